import type { AppId, TaskId } from './names.ts';

/** Tasks that vanished from full reads without an explanation and that are served on. All times are in ms since 1970. */
export interface Held {
  /** When the first full read was sent in which one of the tasks was missing … */
  readonly since: number;
  /** … and when the last one was sent. */
  readonly sentAt: number;
  /** The tasks are held until a full read that was sent after this time says again that they are missing. */
  readonly until: number;
  /** In how many full reads tasks were missing. */
  readonly reads: number;
  /** By app and task: when the first full read was sent in which the task was missing. It was missing in all reads since then. */
  readonly lost: ReadonlyMap<AppId, ReadonlyMap<TaskId, number>>;
  /** How many tasks are missing … */
  readonly losses: number;
  /** … of how many that served. */
  readonly of: number;
}

/** Full reads of Marathon fail. Times are in ms since 1970. */
export interface Unread {
  /** When the first full read that failed was started. */
  readonly since: number;
  /** When the last full read that succeeded was sent. */
  readonly known: number;
}
