import type { NamedCertificate } from './certificates.ts';
import type { AppId, ServerName } from './names.ts';
import type { Problem } from './problem.ts';
import type { BackendOptions, Front } from './service.ts';

/** A port that HAProxy does not take as it is. It is not tried again until what is known of it here is another. */
export interface Quarantined {
  readonly app: AppId;
  readonly index: number;
  /** What its labels and definition asked for when it was refused. */
  readonly of: Written;
  /** What was known then of the certificate that its label names; none where it was not looked into yet, or there is no such label. */
  readonly certificate: NamedCertificate | undefined;
  readonly problems: readonly Problem[];
  /** The servers that it had, where HAProxy refused it for them (two of one name): with others it is tried again. */
  readonly servers?: readonly ServerName[];
  /** The other ports that had a part in the text that HAProxy refused: it is tried again when one of them is another, or gone. */
  readonly beside?: readonly Beside[];
}

/** Another port that had a part in what HAProxy refused. */
export type Beside = Pick<Quarantined, 'app' | 'index' | 'of'>;

/** Templates of the operator's that HAProxy refused before it took anything: the default ones stand in their place, so that it starts. */
export interface Defaulted {
  /** HAPROXY_HTTP_FRONTEND_HEAD */
  readonly templates: readonly string[];
  readonly problems: readonly Problem[];
}

/** All that the text of a port comes from, but for its tasks. */
export interface Written {
  readonly front: Omit<Front, 'changedAt' | 'claimed'> & { readonly changedAt: undefined; readonly claimed: undefined };
  readonly options: BackendOptions;
}

/** An address and port that a configuration binds and HAProxy can't have, and why. */
export interface TakenBind {
  /** `*` (all of IPv4), an IPv4 or IPv6 address without brackets, or a name. */
  readonly address: string;
  readonly port: number;
  /** `::` without what comes over IPv4. */
  readonly v6only?: true;
  /** On this network interface alone. */
  readonly interface?: string;
  /** Its address need not be one of this machine's. */
  readonly transparent?: true;
  /** In a sentence: '*:10004 is taken by nginx (pid 123): end that, or choose another port'. */
  readonly why: string;
}
