import type { ServerException, Command, Document, Reason, Running } from './document.ts';
import type { Release } from './release.ts';

/** The variables that HAProxy is always given; more only by `--haproxy-env`. */
export const ALWAYS_PASSED: readonly string[] = ['PATH', 'TZ', 'LANG'];

/** Why a start or reload was not confirmed, with what HAProxy wrote. */
export class ReloadRefused extends Error {
  readonly code = 'reload-refused';
  readonly lines: readonly string[];

  constructor(message: string, lines: readonly string[]) {
    super(message);
    this.lines = lines;
  }
}

/** A HAProxy that runs, however it is reached. Every promise settles by its deadline; what is asked for during a reload waits for its end. */
export interface Haproxy {
  /** What the running worker is; undefined when it takes no commands (none runs, or it is reached by a command alone). Asked anew after each reload. */
  release(): Promise<Release | undefined>;
  /** Sends commands in order, and tells of each whether HAProxy took it. Rejects when that can't be known: then what HAProxy holds must be read back. */
  send(commands: readonly Command[]): Promise<readonly Answer[]>;
  /**
   * Starts it, or makes it read its file again; resolves when HAProxy confirmed that the file serves, rejects with a sentence. `wanted`: what is in
   * the file; servers of it that are down now stay so until they pass their checks.
   */
  reload(reasons: readonly Reason[], wanted?: Document): Promise<void>;
  /** What HAProxy runs, if its file is this document: read back from it. Rejects when it does not answer. */
  holds(document: Document): Promise<Running>;
  /** Those of these servers ('backend/server') whose health check has passed. */
  passed(servers: readonly Pick<ServerException, 'backend' | 'server'>[]): Promise<ReadonlySet<string>>;
  /** The files of this fingerprint say what HAProxy runs, although it did not load them: noted for the daemon that adopts it. */
  agrees(fingerprint: string): Promise<void>;
}

/**
 * What `haproxy -c` says of a file. `lines`: its messages, without those that are only notices. `isLate`: it had not ended by its deadline and
 * was killed; `lines` then says that in one sentence, and names nobody.
 */
export type Verdict = { readonly ok: true } | { readonly ok: false; readonly lines: readonly string[]; readonly isLate?: true };

/** What HAProxy said to one command. */
export interface Answer {
  readonly taken: boolean;
  readonly answer: string;
}
