/** Whether the daemon is in step, as the page shows it. Times are ISO 8601 in UTC. */
export interface LiveStatus {
  /** Now. */
  readonly at: string;
  readonly version: string;
  /** The name of the machine. */
  readonly machine: string;
  /** When the daemon was started. */
  readonly started: string;
  readonly ok: boolean;
  /** The same in a sentence. */
  readonly text: string;
  readonly marathon: {
    /** Whether its event stream is attached. */
    readonly attached: boolean;
    /** The Marathon whose stream it is; null where none is attached. */
    readonly url: string | null;
    /** Why none is attached; null where one is. */
    readonly why: string | null;
    /** Since when the stream is attached, or when it was last heard; null where that was never so since the start. */
    readonly since: string | null;
    /** When everything was last read. */
    readonly read: string | null;
    /** When what serves was known, where Marathon can't be read now. */
    readonly staleSince: string | null;
  };
  readonly haproxy: {
    readonly state: 'as-wanted' | 'behind' | 'stuck' | 'failed' | 'nothing-yet';
    /** Why it does not run what is wanted; null where it does. */
    readonly why: string | null;
    /** Whether it serves. */
    readonly up: boolean;
    /** When it last took a change since the daemon was started. */
    readonly changed: string | null;
  };
  /** Why not all ports of the load balancer's own are bound. */
  readonly unbound: readonly string[];
  readonly apps: number;
  readonly tasks: number;
  readonly problems: number;
}
