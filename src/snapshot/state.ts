import type { Certificates } from '../model/certificates.ts';
import type { UnresolvedServer } from '../model/document.ts';
import type { Held, Unread } from '../model/held.ts';
import type { AppId, TaskId } from '../model/names.ts';
import type { Problem } from '../model/problem.ts';
import type { Defaulted, Quarantined, TakenBind } from '../model/quarantine.ts';
import type { Release } from '../model/release.ts';
import type { Holder } from '../model/holder.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { HealthMemory } from './health.ts';

/** Everything the daemon knows, as one value. */
export interface State {
  readonly snapshot: Snapshot;
  /** When the last full read was sent, in ms since 1970. Undefined before the first one: no view is derived until then. */
  readonly sentAt: number | undefined;
  /** When the first full read was absorbed, in ms since 1970. Tasks that have been running longer have been watched only since then. */
  readonly since: number | undefined;
  /** When the served state was saved, if it comes from an earlier run; undefined after the first full read. */
  readonly staleSince: number | undefined;
  /** Since when Marathon can't be read; undefined after the next full read that succeeds. */
  readonly unread: Unread | undefined;
  /** When the last read of a single app was sent, if that is later than the last full read. */
  readonly touched: ReadonlyMap<AppId, number>;
  /** When an event told something new about a task, if that is later than the last read that covers the task was sent. */
  readonly told: ReadonlyMap<TaskId, number>;
  /** Tasks that are being killed or have ended. No read and no event brings them back. */
  readonly ended: ReadonlyMap<TaskId, EndedTask>;
  /** What was known of tasks before the start; empty after the first full read. */
  readonly memory: HealthMemory;
  /** What an earlier run knew, to compare the first full read with; undefined afterwards. */
  readonly before: SavedSnapshot | undefined;
  /** Tasks that are missing from the last full read without an explanation. */
  readonly held: Held | undefined;
  /** When a tick is needed, because a task may have waited long enough for its health; in ms since 1970. */
  readonly wakeAt: number | undefined;
  /** Who holds which port and route, by what HAProxy runs: an app that exists and claims it keeps it. */
  readonly holders: readonly Holder[];
  /** The release of the installed HAProxy, for which the configuration is written. */
  readonly release: Release;
  /** Complaints of `haproxy -c` about the last candidate for which no app is to blame. */
  readonly refused: readonly Problem[];
  /** Ports that HAProxy refuses in their current form. */
  readonly quarantine: readonly Quarantined[];
  /** Templates of the operator's that are replaced by the default ones. */
  readonly defaulted: Defaulted | undefined;
  /** Binds that HAProxy can't get, because another process has them. */
  readonly taken: readonly TakenBind[];
  /** Servers whose host name HAProxy could not resolve. */
  readonly unresolved: readonly UnresolvedServer[];
  readonly certificates: Certificates;
}

/** A task that has ended or is being killed, according to an event. */
export interface EndedTask {
  readonly app: AppId;
  /** For example 'TASK_KILLED'. TASK_KILLING is later replaced by a terminal state. */
  readonly state: string;
  /** When the event arrived, in ms since 1970. */
  readonly at: number;
  /** How many consecutive reads that cover the task, sent after the event, no longer had it. It is forgotten after the second. */
  readonly missed: number;
}

const NO_CERTIFICATES: Certificates = { files: [], problems: [], contents: [], named: [] };

/** A snapshot of an earlier run, and when it was saved, in ms since 1970. */
export interface SavedSnapshot {
  readonly snapshot: Snapshot;
  readonly savedAt: number;
}

/** What is known before Marathon is asked. */
interface Start {
  /** What an earlier run knew of the health of tasks. */
  readonly memory?: HealthMemory | undefined;
  /** Everything that an earlier run knew. */
  readonly before?: SavedSnapshot | undefined;
  readonly certificates?: Certificates;
  /** Who held which port and route when an earlier run ended. */
  readonly holders?: readonly Holder[] | undefined;
}

/** The state at the start, without any knowledge from Marathon. `release` is the release of the installed HAProxy. */
export function startState(
  release: Release,
  { memory = new Map(), before, certificates = NO_CERTIFICATES, holders = [] }: Start = {},
): State {
  return {
    snapshot: { apps: [], problems: [] },
    sentAt: undefined,
    since: undefined,
    staleSince: undefined,
    unread: undefined,
    touched: new Map(),
    told: new Map(),
    ended: new Map(),
    memory,
    before,
    held: undefined,
    wakeAt: undefined,
    holders,
    release,
    refused: [],
    quarantine: [],
    defaulted: undefined,
    taken: [],
    unresolved: [],
    certificates,
  };
}
