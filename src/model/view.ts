import type { NamedCertificate } from './certificates.ts';
import type { Held, Unread } from './held.ts';
import type { TakenBind } from './quarantine.ts';
import type { Document } from './document.ts';
import type { Problem } from './problem.ts';
import type { Service, LeftOut } from './service.ts';
import type { Snapshot } from './snapshot.ts';

/** What follows from a state. Every consumer is given the same one. */
export interface View {
  readonly snapshot: Snapshot;
  readonly services: readonly Service[];
  readonly leftOut: readonly LeftOut[];
  /** The files of certificates that labels name; the same list as long as they do. */
  readonly certificates: readonly string[];
  /** What is known of them. */
  readonly named: readonly NamedCertificate[];
  readonly document: Document;
  readonly problems: readonly Problem[];
  /** What HAProxy can't bind now. */
  readonly taken: readonly TakenBind[];
  /** Why the load balancer does not count as healthy: ports that the operator asked for and HAProxy can't bind; none under `--degraded-ok`. */
  readonly unbound: readonly string[];
  /** What Marathon lacks and nothing explains. */
  readonly held: Held | undefined;
  /** When it was known, in ms since 1970, where that was before the start. */
  readonly staleSince: number | undefined;
  /** That Marathon can't be read for a while already. */
  readonly unread: Unread | undefined;
}
