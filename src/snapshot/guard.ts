import { byText } from '../lib/lists.ts';
import type { AppId, TaskId } from '../model/names.ts';
import type { App, Task } from '../model/snapshot.ts';
import { isServing } from '../model/task-states.ts';
import type { State } from './state.ts';
import type { Held } from '../model/held.ts';

/**
 * This many tasks may vanish from one read without an explanation, as long as they are not all tasks that served. More may vanish only up to a half.
 */
const FEW = 20;

/** The time between full reads that have to agree, in milliseconds; shorter when losses are held for a shorter time. */
const APART_MS = 5_000;

/**
 * How old knowledge from before the start may be for the first read to be compared with it, in milliseconds: longer than a restart of the daemon
 * takes, and longer than the saved file lags behind. What vanished while nobody looked for longer than this is believed to be gone.
 */
const RECENT_MS = 600_000;

/** Whether knowledge from `knownAt` is recent for a read sent at `sentAt`; both in ms since 1970. */
export function isRecent(knownAt: number | undefined, sentAt: number): boolean {
  return knownAt !== undefined && sentAt - knownAt <= RECENT_MS;
}

interface FullRead {
  readonly sentAt: number;
  /** The apps in the read, without apps about which something newer is known. */
  readonly apps: readonly App[];
  /** Whether the read says nothing about an app that counts. */
  readonly isPassedOver: (app: AppId) => boolean;
  readonly holdMs: number;
}

/**
 * The losses of a full read that are held back: tasks that served and that are missing from the read without an explanation, when they are all tasks
 * that served, or more than half of them and more than 20. A loss is held until it is confirmed by a read sent `holdMs` after the first read that
 * lacked the task, until a read has the task again, or until something explains the loss. The first read ever is believed, and so is the first read
 * of a run when the previous run's knowledge is not recent.
 */
export function makeHeld(
  { snapshot, held, sentAt: last, staleSince }: State,
  { sentAt, apps, isPassedOver, holdMs }: FullRead,
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

/** The tasks that served and are missing from the read, when no deployment, no scaling and no replacement tasks explain it. */
function findUnexplained(before: App, after: App | undefined, serving: number): readonly TaskId[] {
  if (before === after || before.deploying === true || after?.deploying === true) return [];
  if (after !== undefined && (after.instances < before.instances || countServing(after) >= serving)) return [];
  const present = new Set(after?.tasks.map(({ id }) => id));
  return before.tasks.flatMap((task) => (isServing(task) && !present.has(task.id) ? task.id : []));
}

/** The apps of a full read, completed by held tasks. Held tasks of an older configuration keep that configuration. */
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

/** The losses that stay held after news about an app. Tasks of the app that no longer serve are explained. */
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

/** When the next full read is to be sent while losses are held, in ms since 1970. */
export function nextRead({ sentAt, since, until }: Held): number {
  const next = sentAt + Math.min(APART_MS, until - since);
  return until > sentAt ? Math.min(next, until) : next;
}
