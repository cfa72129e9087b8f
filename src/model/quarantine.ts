import type { NamedFile } from './certificates.ts';
import type { AppId, ServerName } from './names.ts';
import type { Problem } from './problem.ts';
import type { BackendOptions, Front } from './service.ts';

/** A port whose configuration HAProxy refused. It is tried again only when something that is recorded here changes. */
export interface Quarantined {
  readonly app: AppId;
  readonly index: number;
  /** What its labels and definition asked for when HAProxy refused it. */
  readonly of: RenderedFrom;
  /** What was known at that time about the files that its labels name, as far as they had been read. */
  readonly files: readonly NamedFile[];
  readonly problems: readonly Problem[];
  /** The servers it had, when HAProxy refused it because of them (two servers with the same name). With different servers it is tried again. */
  readonly servers?: readonly ServerName[];
  /** The other ports that contributed to the text that HAProxy refused. It is tried again when one of these ports changes or goes away. */
  readonly beside?: readonly Beside[];
  /** HAProxy refused it for what may be otherwise later without anybody's doing: a name that does not resolve, a file that is missing. */
  readonly passes?: true;
  /** When it is tried again for that reason; set when the refusal is absorbed. */
  readonly again?: Again;
  /** HAProxy also refused what is rendered in its place, so that nothing is: a path of its labels may be at fault. */
  readonly isShutToo?: true;
  /** How many file descriptors its app needs, when it is left out because HAProxy may not have so many. It is tried again when they suffice. */
  readonly descriptors?: number;
}

/** The next try of a port that was refused for what passes by itself. */
export interface Again {
  /** In ms since 1970. */
  readonly at: number;
  /** How long the wait for it is; the one behind it is twice as long. */
  readonly waitMs: number;
  /** The time has come: the port is left out no longer, unless it is refused again. */
  readonly isDue?: true;
}

/** An app that is left out because HAProxy may not have the file descriptors that it needs. */
export type Unaffordable = Pick<Quarantined, 'app'> & Required<Pick<Quarantined, 'descriptors'>>;

/** A port that contributed to the text that HAProxy refused, beside the quarantined port. */
export type Beside = Pick<Quarantined, 'app' | 'index' | 'of'>;

/** Templates of the operator that HAProxy refused at its first start. The default templates are used instead, so that HAProxy can start. */
export interface Defaulted {
  /** The names of the templates: HAPROXY_HTTP_FRONTEND_HEAD. */
  readonly templates: readonly string[];
  readonly problems: readonly Problem[];
}

/** Everything that a port's configuration is rendered from, except its tasks. */
export interface RenderedFrom {
  readonly front: Omit<Front, 'changedAt' | 'claimed'> & { readonly changedAt: undefined; readonly claimed: undefined };
  readonly options: BackendOptions;
}

/** An address and port in the configuration that HAProxy can't bind, and why. */
export interface TakenBind {
  /** `*` (all IPv4 addresses), an IPv4 or IPv6 address without brackets, or a name. */
  readonly address: string;
  readonly port: number;
  /** It is `::` for IPv6 only. */
  readonly v6only?: true;
  /** It is bound only on this network interface. */
  readonly interface?: string;
  /** It may be bound to an address that this machine does not have. */
  readonly transparent?: true;
  /** A sentence: '*:10004 is taken by nginx (pid 123): end that process, or choose another port'. */
  readonly why: string;
}
