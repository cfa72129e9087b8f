import type { NamedFile } from './certificates.ts';
import type { Held, Unread } from './held.ts';
import type { TakenBind, Unaffordable } from './quarantine.ts';
import type { Document } from './document.ts';
import type { Holder } from './holder.ts';
import type { Problem } from './problem.ts';
import type { Service } from './service.ts';
import type { LeftOut } from './left-out.ts';
import type { Snapshot } from './snapshot.ts';

/** Everything that is worked out from a state. All consumers (HAProxy, DNS, status and so on) get the same View. */
export interface View {
  readonly snapshot: Snapshot;
  readonly services: readonly Service[];
  /** The ports that are left out for a fault and whose hosts are answered 503; each is in `leftOut` too. */
  readonly shut: readonly Service[];
  readonly leftOut: readonly LeftOut[];
  /** Who holds which port and route when HAProxy runs the document. */
  readonly holders: readonly Holder[];
  /** The files that labels name, by the names that `fileName` makes. Stays the same list as long as the labels name the same files. */
  readonly certificates: readonly string[];
  /** What is known about the files in `certificates`. */
  readonly named: readonly NamedFile[];
  readonly document: Document;
  readonly problems: readonly Problem[];
  /** The addresses and ports that HAProxy can't bind at the moment. */
  readonly taken: readonly TakenBind[];
  /** The apps that are left out because HAProxy may not have the file descriptors that they need. */
  readonly unaffordable: readonly Unaffordable[];
  /** Why the load balancer is not healthy, a sentence for each of its own ports that HAProxy can't bind. Always empty under `--degraded-ok`. */
  readonly unbound: readonly string[];
  /** The tasks that vanished from Marathon without an explanation and that are served on; undefined when there are none. */
  readonly held: Held | undefined;
  /** When the snapshot was saved, in ms since 1970, if it is one that was saved before this start. */
  readonly staleSince: number | undefined;
  /** Set when Marathon could not be read for a while. */
  readonly unread: Unread | undefined;
}
