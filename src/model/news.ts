import type { Certificates } from './certificates.ts';
import type { AppId, TaskId } from './names.ts';
import type { UnresolvedServer } from './document.ts';
import type { Release } from './release.ts';
import type { Problem } from './problem.ts';
import type { Defaulted, Quarantined, TakenBind } from './quarantine.ts';
import type { Holder } from './holder.ts';
import type { App, Snapshot } from './snapshot.ts';

/**
 * Everything that can change what we know. Sources tell news and `absorb` applies them to the state; nothing else changes the state. `at` is when
 * it happened, in ms since 1970 with a fraction. `sentAt` is when a read was sent: its answer does not overwrite what was learned after that.
 */
export type News = { readonly at: number } & (
  | {
      readonly kind: 'apps';
      readonly sentAt: number;
      readonly apps: readonly App[];
      readonly problems: readonly Problem[];
      readonly podsUnread?: true;
    } // a full read; of apps only, when Marathon has pods that could not be read
  | {
      readonly kind: 'app';
      readonly sentAt: number;
      readonly id: AppId;
      readonly app: App | undefined;
      readonly problems: readonly Problem[];
    } // one app was read again; without an app and Problems it does not exist any more
  | { readonly kind: 'task'; readonly app: AppId; readonly task: TaskUpdate } // a status_update_event
  | { readonly kind: 'serving'; readonly holders: readonly Holder[] } // HAProxy runs a document in which these ports have what they hold
  | {
      readonly kind: 'refused';
      readonly problems: readonly Problem[];
      readonly quarantined: readonly Quarantined[];
      readonly defaulted?: Defaulted;
    } // HAProxy refused a configuration, and these ports are left out because of it
  | { readonly kind: 'taken' | 'freed'; readonly binds: readonly TakenBind[] } // addresses and ports that HAProxy can't bind, or can bind again
  | { readonly kind: 'unresolved'; readonly servers: readonly UnresolvedServer[] } // all servers that HAProxy has no address of
  | { readonly kind: 'affordable'; readonly apps: readonly AppId[] } // the file descriptors suffice for these apps again
  | { readonly kind: 'accepted' } // `haproxy -c` accepted a configuration
  | { readonly kind: 'certificates'; readonly certificates: Certificates } // everything that is known about certificates now
  | { readonly kind: 'release'; readonly release: Release } // a different version of HAProxy is installed
  | { readonly kind: 'restored'; readonly snapshot: Snapshot; readonly savedAt: number } // a snapshot that was saved earlier; used until the first full read
  | { readonly kind: 'unread'; readonly since: number } // full reads fail or hang since then
  | { readonly kind: 'tick' } // the time has come that the state asked to be woken at
);

/** What an event of Marathon means for us. */
export interface EventMeaning {
  /** The event in words, for the log: 'status_update_event TASK_KILLED /nginx'. */
  readonly reason: string;
  /** The news that the event itself contains. */
  readonly news?: News;
  /** The apps that have to be read again. */
  readonly dirty: readonly AppId[] | 'all';
  /** The version of a change of groups, which its deployment has too: the event of the change names no apps, those of the deployment name them all. */
  readonly change?: { readonly version: string; readonly isDeployed: boolean };
}

/** What an event says about a task. */
export interface TaskUpdate {
  readonly id: TaskId;
  /** Mesos's name of the state: 'TASK_RUNNING'. */
  readonly state: string;
  /** The agent, as in `Task`; empty when the event does not say. */
  readonly host: string;
  /** The agent's Mesos id, as in `Task`. */
  readonly agent?: string;
  readonly addresses: readonly string[];
  /** Host ports as Marathon packs them: mappings without one are skipped. */
  readonly ports: readonly number[];
  /** The app's version when the task was started. */
  readonly version: string | undefined;
}
