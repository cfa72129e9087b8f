import { byText } from '../lib/lists.ts';
import type { AppId, TaskId } from '../model/names.ts';
import type { App, Task } from '../model/snapshot.ts';
import { isServing } from '../model/task-states.ts';
import type { State } from './state.ts';
import type { Held } from '../model/held.ts';

/** As many may vanish from one read without an explanation as long as they are not all there were; more than these only up to a half. */
const FEW = 20;

/** Full reads that shall agree are sent so far apart, in milliseconds, or as long as losses are held where that is shorter. */
const APART_MS = 5_000;

/**
 * How old what was known before the start may be, in milliseconds, for a first read to be held against it: longer than the daemon needs to be
 * started again, and than what is saved lags behind what is known. What vanished while nobody looked for longer than that is believed to be gone.
 */
const RECENT_MS = 600_000;

/** Whether what was known then, in ms since 1970, is recent for a read that was sent now. */
export function isRecent(knownAt: number | undefined, sentAt: number): boolean {
  return knownAt !== undefined && sentAt - knownAt <= RECENT_MS;
}

interface Read {
  readonly sentAt: number;
  /** What it says of apps of which nothing is known from later. */
  readonly apps: readonly App[];
  /** Of which it says nothing that counts. */
  readonly isPassedOver: (app: AppId) => boolean;
  readonly holdMs: number;
}

/**
 * What of a full read is held back: tasks that served and that it no longer has, without an explanation, when they are all there were or more than
 * half and more than 20. Each is held until a read says so that was sent `holdMs` after the first that did, or until a read has it again, or
 * something explains it. The first read ever is believed, and the first one of a run where what an earlier run knew is not recent.
 */
export function makeHeld(
  { snapshot, held, sentAt: last, staleSince }: State,
  { sentAt, apps, isPassedOver, holdMs }: Read,
): Held | undefined {
  if (holdMs === 0 || (last === undefined && !isRecent(staleSince, sentAt))) return undefined;
  const read = new Map(apps.map((app) => [app.id, app]));
  const found: { readonly id: AppId; readonly missing: readonly TaskId[] }[] = [];
  let [of, losses] = [0, 0];
  for (const before of snapshot.apps) {
    const serving = countServing(before);
    const missing = serving === 0 || isPassedOver(before.id) ? [] : findUnexplained(before, read.get(before.id), serving);
    of += serving;
    losses += missing.length;
    if (missing.length > 0) found.push({ id: before.id, missing });
  }
  const isMass = losses > 0 && (losses === of || (losses > FEW && losses > of / 2));
  const lost = new Map<AppId, ReadonlyMap<TaskId, number>>();
  for (const { id, missing } of found) {
    const known = held?.lost.get(id);
    const dated = missing.map((task) => [task, known?.get(task) ?? sentAt] as const);
    const kept = dated.filter(([task, since]) => sentAt - since < holdMs && (isMass || known?.has(task)));
    if (kept.length > 0) lost.set(id, new Map(kept));
  }
  return makeOne({ lost, sentAt, of, holdMs, reads: (held?.reads ?? 0) + 1 });
}

type LossesFound = Pick<Held, 'lost' | 'sentAt' | 'of' | 'reads'> & { readonly holdMs: number };

function makeOne({ holdMs, ...parts }: LossesFound): Held | undefined {
  const times = [...parts.lost.values()].flatMap((tasks) => [...tasks.values()]);
  if (times.length === 0) return undefined;
  const since = times.reduce((first, time) => Math.min(first, time));
  return { ...parts, since, until: since + holdMs, losses: times.length };
}

function countServing({ tasks }: App): number {
  return tasks.reduce((count, task) => (isServing(task) ? count + 1 : count), 0);
}

/** The tasks that served and are not in the read, when neither a deployment nor a scaling explains it, nor others that run in their place. */
function findUnexplained(before: App, after: App | undefined, serving: number): readonly TaskId[] {
  if (before === after || before.deploying === true || after?.deploying === true) return [];
  if (after !== undefined && (after.instances < before.instances || countServing(after) >= serving)) return [];
  const present = new Set(after?.tasks.map(({ id }) => id));
  return before.tasks.flatMap((task) => (isServing(task) && !present.has(task.id) ? task.id : []));
}

/** The apps of a full read with what is held of them; held tasks of an older configuration keep that one. */
export function withHeld(read: readonly App[], before: readonly App[], held: Held | undefined): readonly App[] {
  if (held === undefined) return read;
  const byId = new Map(read.map((app) => [app.id, app]));
  const kept = before.flatMap((known) => {
    const lost = held.lost.get(known.id);
    return lost === undefined ? [] : keepLost(known, byId.get(known.id), lost);
  });
  for (const app of kept) byId.set(app.id, app);
  return [...byId.values()];
}

function keepLost(before: App, after: App | undefined, lost: ReadonlyMap<TaskId, number>): App {
  if (after === undefined) {
    const tasks = before.tasks.filter((task) => lost.has(task.id) || !isServing(task));
    return tasks.length === before.tasks.length ? before : { ...before, tasks };
  }
  const isChanged = after.definition.changedAt !== before.definition.changedAt;
  const asItWas = (task: Task): Task => (isChanged ? { of: before.definition, ...task } : task);
  const kept = before.tasks.filter(({ id }) => lost.has(id)).map(asItWas);
  return { ...after, tasks: [...after.tasks, ...kept].sort((a, b) => byText(a.id, b.id)) };
}

/** What is still held after something was told of this app: what no longer serves there is explained. */
export function withoutExplained(held: Held | undefined, id: AppId, app: App | undefined): Held | undefined {
  const lost = held?.lost.get(id);
  if (held === undefined || lost === undefined) return held;
  const serving = new Set(app?.tasks.flatMap((task) => (isServing(task) ? task.id : [])));
  const rest = new Map([...lost].filter(([task]) => serving.has(task)));
  if (rest.size === lost.size) return held;
  const others = new Map(held.lost);
  if (rest.size === 0) others.delete(id);
  else others.set(id, rest);
  return makeOne({ ...held, lost: others, holdMs: held.until - held.since });
}

/** When the next full read is to be sent while losses are held. */
export function nextRead({ sentAt, since, until }: Held): number {
  const next = sentAt + Math.min(APART_MS, until - since);
  return until > sentAt ? Math.min(next, until) : next;
}
