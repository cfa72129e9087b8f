import type { ServerException, Command, Document, Reason, Running, UnresolvedServer } from './document.ts';
import type { BackendName } from './names.ts';
import type { Release } from './release.ts';

/** The environment variables that HAProxy always gets; `--haproxy-env` adds others. */
export const ALWAYS_PASSED: readonly string[] = ['PATH', 'TZ', 'LANG'];

/** HAProxy did not confirm a start or reload. `lines` are the lines that it wrote. */
export class ReloadRefused extends Error {
  readonly code = 'reload-refused';
  readonly lines: readonly string[];

  constructor(message: string, lines: readonly string[]) {
    super(message);
    this.lines = lines;
  }
}

/** What a start or reload may be given. */
export interface ReloadMore {
  /** The document in the file: servers of it that are down now stay down after the reload until they pass their checks. */
  readonly wanted?: Document | undefined;
  /** Called when the process of a HAProxy that did not run is there, which then loads the file in its own time. Not called at a reload. */
  readonly spawned?: (() => void) | undefined;
}

/** A HAProxy, whether we run it ourselves or reload it by --command. Every call has a deadline. Calls during a reload wait until it is finished. */
export interface Haproxy {
  /**
   * Returns the version of the running worker; undefined when it takes no runtime commands, because none runs or because there is only --command
   * and no socket. The worker is asked again after each reload.
   */
  release(): Promise<Release | undefined>;
  /**
   * Sends commands in order and returns for each whether HAProxy accepted it. Rejects when that can't be known; then the state of HAProxy must be
   * read back.
   */
  send(commands: readonly Command[]): Promise<readonly Answer[]>;
  /**
   * Starts HAProxy, or reloads it with its file. Resolves when HAProxy has confirmed that it serves the file, and rejects with a sentence if not.
   */
  reload(reasons: readonly Reason[], more?: ReloadMore): Promise<void>;
  /**
   * Call it right before a reload. Returns how to send commands to the worker that serves now while the reload runs; undefined when that worker can't
   * be reached then.
   */
  meanwhile?(): Meanwhile | undefined;
  /** Reads back what HAProxy runs, given that it loaded this document. Rejects when HAProxy does not answer. */
  holds(document: Document): Promise<Running>;
  /** How to look at what HAProxy runs while commands are sent; absent where that can't be. */
  readonly review?: Review;
  /** Returns those of the given servers whose health check has passed, as 'backend/server'. */
  passed(servers: readonly Pick<ServerException, 'backend' | 'server'>[]): Promise<ReadonlySet<string>>;
  /**
   * Records that the files with this fingerprint describe what HAProxy runs, although runtime commands brought it there and it did not load the
   * files. The next daemon, which adopts this HAProxy, reads the record. Nothing is recorded of a worker whose memory is not known: it may have loaded
   * different files, such as those of a reload that was not confirmed.
   */
  agrees(fingerprint: string): Promise<void>;
}

/**
 * Commands for the worker that served when a reload began. They do not wait for the reload. They reject once a different worker answers, or the
 * worker is about to end: it still takes commands then, and their effect ends with it [haproxy 2.6 to 3.4, tried].
 */
export type Meanwhile = Pick<Haproxy, 'send' | 'passed'>;

/** Looks at what HAProxy runs in two steps, of which only the second, a short one, has to keep commands waiting. */
export interface Review {
  /**
   * Looks whether HAProxy runs this document, which it has just loaded, while others send commands. Returns what may be otherwise: that may also be
   * what they have changed meanwhile. Rejects when HAProxy does not answer, or when a different worker answers than takes the commands.
   */
  doubts(document: Document): Promise<Doubts>;
  /** Reads back only these parts of what HAProxy runs. Nobody may send commands meanwhile. Rejects when HAProxy does not answer. */
  settle(running: Running, doubts: DoubtfulParts): Promise<Running>;
}

/** Parts of what HAProxy runs of which it is not known whether HAProxy has them so. */
export interface DoubtfulParts {
  readonly backends: ReadonlySet<BackendName>;
  /** File names. */
  readonly maps: ReadonlySet<string>;
}

/** What may be otherwise than a document, and what was read beside. */
export interface Doubts extends DoubtfulParts {
  /** Servers without an address. */
  readonly unresolved: readonly UnresolvedServer[];
}

/**
 * What `haproxy -c` says about a file. `lines` are its messages, without the notices. With `isLate` it did not end by its deadline and was killed;
 * `lines` then says so in one sentence, which blames no app or template.
 */
export type Verdict = { readonly ok: true } | { readonly ok: false; readonly lines: readonly string[]; readonly isLate?: true };

/** HAProxy's answer to one runtime command. */
export interface Answer {
  readonly taken: boolean;
  readonly answer: string;
}
