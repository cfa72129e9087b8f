import type { Certificates } from './certificates.ts';
import type { AppId, TaskId } from './names.ts';
import type { Release } from './release.ts';
import type { Problem } from './problem.ts';
import type { Defaulted, Quarantined, TakenBind } from './quarantine.ts';
import type { Front } from './service.ts';
import type { App, Snapshot } from './snapshot.ts';

/**
 * Everything that can change what we know. Sources tell it, `absorb` understands it; nothing else enters the middle. `at`: ms since 1970, with
 * a fraction. `sentAt`: when a read was sent; what is known from later than that is not overwritten by it.
 */
export type News = { readonly at: number } & (
  | { readonly kind: 'apps'; readonly sentAt: number; readonly apps: readonly App[]; readonly problems: readonly Problem[] } // a full read
  | {
      readonly kind: 'app';
      readonly sentAt: number;
      readonly id: AppId;
      readonly app: App | undefined;
      readonly problems: readonly Problem[];
    } // one read again; without app and Problems: it is gone
  | { readonly kind: 'task'; readonly app: AppId; readonly task: TaskUpdate } // a status_update_event
  | { readonly kind: 'serving'; readonly fronts: readonly Front[] } // HAProxy runs a document with these
  | {
      readonly kind: 'refused';
      readonly problems: readonly Problem[];
      readonly quarantined: readonly Quarantined[];
      readonly defaulted?: Defaulted;
    } // by HAProxy, and whose ports are left out therefore
  | { readonly kind: 'taken' | 'freed'; readonly binds: readonly TakenBind[] } // what HAProxy can't bind, and what it can again
  | { readonly kind: 'accepted' } // by `haproxy -c`
  | { readonly kind: 'certificates'; readonly certificates: Certificates } // all that is known of them, now
  | { readonly kind: 'release'; readonly release: Release } // another HAProxy stands on the disk
  | { readonly kind: 'restored'; readonly snapshot: Snapshot; readonly savedAt: number } // what was known then; counts before the first full read
  | { readonly kind: 'unread'; readonly since: number } // full reads fail, or hang; the first of them was begun then
  | { readonly kind: 'tick' } // time has passed: somebody waits for it
);

/** What follows from an event. */
export interface Heard {
  /** In words for the log: 'status_update_event TASK_KILLED /nginx'. */
  readonly reason: string;
  /** What it tells by itself. */
  readonly news?: News;
  /** What is to be read again. */
  readonly dirty: readonly AppId[] | 'all';
}

/** What an event says of a task. */
export interface TaskUpdate {
  readonly id: TaskId;
  /** 'TASK_RUNNING' */
  readonly state: string;
  /** The agent, as in `Task`; empty when the event does not say. */
  readonly host: string;
  /** The agent's Mesos id, as in `Task`. */
  readonly agent?: string;
  readonly addresses: readonly string[];
  /** Host ports as Marathon packs them: mappings without one are skipped. */
  readonly ports: readonly number[];
  /** Of the app, when the task was started. */
  readonly version: string | undefined;
}
