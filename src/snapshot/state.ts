import type { Certificates } from '../model/certificates.ts';
import type { Held, Unread } from '../model/held.ts';
import type { AppId, TaskId } from '../model/names.ts';
import type { Problem } from '../model/problem.ts';
import type { Defaulted, Quarantined, TakenBind } from '../model/quarantine.ts';
import type { Release } from '../model/release.ts';
import type { Holder } from '../model/holder.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { HealthMemory } from './health.ts';

/** All that the daemon knows, as one value. */
export interface State {
  readonly snapshot: Snapshot;
  /** When the last full read was sent, in ms since 1970; none before the first: nothing is derived from a part. */
  readonly sentAt: number | undefined;
  /** When the first full read was understood, in ms since 1970: who has run for longer has not been watched for longer. */
  readonly since: number | undefined;
  /** When what serves was known, where that was before the start: until the first full read. */
  readonly staleSince: number | undefined;
  /** That Marathon can't be read for a while already: until the next full read that can. */
  readonly unread: Unread | undefined;
  /** When the last read of an app by itself was sent, where that is later than the last full read. */
  readonly touched: ReadonlyMap<AppId, number>;
  /** When an event told something new of a task, where that is later than the last read of its app, or of everything, was sent. */
  readonly told: ReadonlyMap<TaskId, number>;
  /** Tasks that are being killed or have ended: no read and no event brings them back. */
  readonly ended: ReadonlyMap<TaskId, Ended>;
  /** What was known of tasks before the start; empty after the first full read. */
  readonly memory: HealthMemory;
  /** What a run that has ended knew, against which the first full read is held; none after that. */
  readonly before: Before | undefined;
  /** What the last full read says is gone, and nothing explains. */
  readonly held: Held | undefined;
  /** When a task has waited long enough for its health, in ms since 1970, or earlier: then a tick is wanted. */
  readonly wakeAt: number | undefined;
  /** Who holds which port and route, by what HAProxy runs: an app that exists and claims it keeps it. */
  readonly holders: readonly Holder[];
  /** The HAProxy on the disk, for which the configuration is written. */
  readonly release: Release;
  /** What `haproxy -c` had against the last candidate, and no app is to blame for. */
  readonly refused: readonly Problem[];
  /** Ports that HAProxy does not take as they are. */
  readonly quarantine: readonly Quarantined[];
  /** Templates of the operator's that the default ones stand for. */
  readonly defaulted: Defaulted | undefined;
  /** What HAProxy can't bind. */
  readonly taken: readonly TakenBind[];
  readonly certificates: Certificates;
}

/** A task that has ended, or is being killed, as far as an event said so. */
export interface Ended {
  readonly app: AppId;
  /** 'TASK_KILLED'; 'TASK_KILLING' becomes one of the others. */
  readonly state: string;
  /** When that was told, in ms since 1970. */
  readonly at: number;
  /** How many reads of its app or of everything, sent later and one after the other, no longer had it; it is forgotten after the second. */
  readonly missed: number;
}

const NO_CERTIFICATES: Certificates = { files: [], problems: [], contents: [], named: [] };

/** What was known, and when that was so, in ms since 1970. */
export interface Before {
  readonly snapshot: Snapshot;
  readonly savedAt: number;
}

/** What is known before Marathon was asked. */
interface Start {
  /** What an earlier run has left of the health of tasks … */
  readonly memory?: HealthMemory | undefined;
  /** … and of everything. */
  readonly before?: Before | undefined;
  readonly certificates?: Certificates;
  /** Who held which port and route when an earlier run ended. */
  readonly holders?: readonly Holder[] | undefined;
}

/** Nothing is known yet of Marathon. `release`: the HAProxy on the disk. */
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
    certificates,
  };
}
