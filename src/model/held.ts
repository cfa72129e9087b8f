import type { AppId, TaskId } from './names.ts';

/** Tasks that full reads no longer have, and that serve on. All times in ms since 1970. */
export interface Held {
  /** When the first read was sent that did not have one of them … */
  readonly since: number;
  /** … and when the last one was; they are held until one is sent after `until` that says the same. */
  readonly sentAt: number;
  readonly until: number;
  /** How many full reads have said so. */
  readonly reads: number;
  /** By app and task: when the first read was sent that did not have it; all since then said so. */
  readonly lost: ReadonlyMap<AppId, ReadonlyMap<TaskId, number>>;
  /** How many tasks that is … */
  readonly losses: number;
  /** … of so many that served. */
  readonly of: number;
}

/** Times in ms since 1970. */
export interface Unread {
  /** When the first read was begun that did not succeed. */
  readonly since: number;
  /** When the last one was sent that did. */
  readonly known: number;
}
