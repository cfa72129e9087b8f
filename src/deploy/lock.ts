import { hostname } from 'node:os';
import { DEPLOYMENT_LEAVING_LABEL } from '../model/deployment-group.ts';
import type { Sleep } from '../lib/clock.ts';
import { DeployError, EXIT } from './deploy-error.ts';
import { OWN_LABELS } from './labels.ts';
import type { MarathonSide } from './marathon-side.ts';
import type { JsonObject } from './read-group.ts';
import type { Group, Lock, PersonNote } from './shapes.ts';

/** How often an owner shows that it lives, and how long it may be silent, in milliseconds. */
const BEAT_MS = 15_000;
const LEASE_MS = 45_000;
/** How long a lock is waited for in all, how often Marathon may refuse to make it, and how often a wait says so. */
const LONGEST_MS = 2 * LEASE_MS;
const MOST_TRIES = 10;
const SAY_MS = 10_000;

/** What the lock of a group is made with. */
export interface LockParts {
  readonly marathon: MarathonSide;
  readonly group: string;
  /** The id that the ids of the colours begin with: `/shop`. */
  readonly base: string;
  readonly owner: string;
  readonly now: () => number;
  readonly sleep: Sleep;
  readonly signal: AbortSignal;
  readonly say: (sentence: string) => void;
}

/** The lock of a group, while it is ours. */
export interface HeldLock {
  /** The app that the deployment makes, as it was noted by the run that began it. */
  readonly makes: string | undefined;
  /** Throws when another run has taken the lock over; shows that this run lives. */
  readonly keep: (group: Group) => Promise<void>;
  readonly note: (change: { readonly leaving?: string; readonly makes?: string; readonly since?: number }) => Promise<void>;
  readonly release: () => Promise<void>;
}

/** Names this process: a run on the same machine sees by it whether the owner of a lock still lives. */
export function ownerName(): string {
  return `${hostname()}:${process.pid}:${Math.round(performance.timeOrigin)}`;
}

/**
 * Takes the lock of a group: an app of 0 instances, which Marathon makes only once. The lock of a run that has ended is taken over by making the app
 * with the next number, so that of two runs only one gets it. Rejects when another run lives.
 */
export async function takeLock(parts: LockParts, makes: string | undefined): Promise<HeldLock> {
  const { marathon, group, now, sleep, signal, say } = parts;
  const begun = now();
  let [seen, refused, saidAt] = [undefined as Seen | undefined, 0, -Infinity];
  for (;;) {
    const { locks } = await marathon.read(group);
    const last = locks.at(-1);
    if (last === undefined || isDead(last, seen, now())) {
      const turn = (last?.turn ?? 0) + 1;
      const state = { turn, makes: last?.makes ?? makes, leaving: last?.leaving, since: now() };
      if (await marathon.create(lockApp(parts, state))) {
        for (const { id } of locks) await marathon.remove(id, true);
        return hold(parts, state);
      }
      if (++refused >= MOST_TRIES) throw neverTaken(parts, String(lockApp(parts, state)['id']));
    } else if (seen !== undefined && seen.beat !== last.beat) {
      throw new DeployError(
        `another run (${last.owner}) drives the deployment of ${group}: wait until it ends, or ask it to stop with deploy abort`,
        EXIT.unexpected,
      );
    } else seen ??= { beat: last.beat, at: now() };
    if (now() - begun > LONGEST_MS) throw neverTaken(parts, last?.id ?? '');
    if (last !== undefined && now() - saidAt >= SAY_MS) {
      saidAt = now();
      say(`the deployment of ${group} is locked by ${last.owner}; waiting up to ${LEASE_MS / 1000} s to see whether that run lives`);
    }
    await sleep(1_000, signal);
  }
}

interface Seen {
  readonly beat: string;
  readonly at: number;
}

function neverTaken({ group }: LockParts, id: string): DeployError {
  return new DeployError(
    `the deployment of ${group} can't be locked: Marathon does not make the app ${id}. Remove that app if it is no lock of a run that lives`,
    EXIT.create,
  );
}

/** Whether the owner of a lock has ended: its process is gone from this machine, or it was silent for too long. */
function isDead({ owner, beat }: Lock, seen: Seen | undefined, now: number): boolean {
  return isGone(owner) || (seen?.beat === beat && now - seen.at > LEASE_MS);
}

/** Whether the owner of a lock was a process of this machine that runs no more. */
function isGone(owner: string): boolean {
  const [host = '', pid = ''] = owner.split(':');
  return host === hostname() && !isRunning(Number(pid));
}

/** Whether a run seems to drive a deployment: its process runs on this machine, or it has lately shown that it lives, by its own clock. */
export function seemsAlive({ owner, beat }: Lock, now: number): boolean {
  const [host = ''] = owner.split(':');
  return host === hostname() ? !isGone(owner) : Math.abs(now - Date.parse(beat)) < LEASE_MS;
}

function isRunning(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

interface LockState {
  readonly turn: number;
  readonly makes: string | undefined;
  readonly leaving: string | undefined;
  readonly since: number;
}

function lockApp({ base, group, owner, now }: LockParts, { turn, makes, leaving, since }: LockState): JsonObject {
  const labels = {
    [OWN_LABELS.lock]: group,
    [OWN_LABELS.owner]: owner,
    [OWN_LABELS.turn]: String(turn),
    [OWN_LABELS.since]: new Date(since).toISOString(),
    [OWN_LABELS.beat]: new Date(now()).toISOString(),
    ...(makes !== undefined && { [OWN_LABELS.makes]: makes }),
    ...(leaving !== undefined && { [DEPLOYMENT_LEAVING_LABEL]: leaving }),
  };
  return { id: `${base}-zdd${turn === 1 ? '' : `-${turn}`}`, cmd: 'true', instances: 0, cpus: 0.01, mem: 16, labels };
}

function hold(parts: LockParts, first: LockState): HeldLock {
  const { marathon, owner, group, now } = parts;
  let [state, beatAt] = [first, now()];
  const put = async (): Promise<void> => {
    const app = lockApp(parts, state);
    await marathon.change(String(app['id']), { labels: app['labels'] }, true);
    beatAt = now();
  };
  return {
    makes: first.makes,
    keep: async ({ locks }) => {
      const last = locks.at(-1);
      if (last !== undefined && last.owner !== owner)
        throw new DeployError(`another run (${last.owner}) has taken over the deployment of ${group}`, EXIT.unexpected);
      if (now() - beatAt > BEAT_MS) await put();
    },
    note: async (change) => {
      state = { ...state, ...change };
      await put();
    },
    release: async () => {
      await marathon.remove(`${parts.base}-zdd-note`, true); // first: while the lock is there, the same command goes on in place of beginning anew
      await marathon.remove(String(lockApp(parts, state)['id']), true);
    },
  };
}

/** Writes a note for the run that drives a deployment, or takes it away. */
export async function writeNote(
  marathon: MarathonSide,
  { base, group, note }: { readonly base: string; readonly group: string; readonly note: PersonNote | undefined },
): Promise<void> {
  const id = `${base}-zdd-note`;
  if (note === undefined) {
    await marathon.remove(id, true);
    return;
  }
  const labels = { [OWN_LABELS.noteFor]: group, [OWN_LABELS.note]: note };
  const isNew = await marathon.create({ id, cmd: 'true', instances: 0, cpus: 0.01, mem: 16, labels });
  if (!isNew) await marathon.change(id, { labels }, true);
}
