import { keep } from '../lib/keep.ts';
import { byText, isSameList, placeOf, withElement, withSpliced } from '../lib/lists.ts';
import type { AppId } from '../model/names.ts';
import type { News } from '../model/news.ts';
import type { Problem } from '../model/problem.ts';
import type { App, Snapshot, Task } from '../model/snapshot.ts';
import { countMissing, withEnded } from './ended-tasks.ts';
import { firstDeadline, withOverdue } from './grace.ts';
import { isRecent, makeHeld, withHeld } from './guard.ts';
import { rememberHealth } from './health.ts';
import type { State } from './state.ts';
import { withTold } from './task.ts';

type Told<Kind extends News['kind']> = Extract<News, { readonly kind: Kind }>;

/** The state with these parts replaced; the same object when no part changed. */
export function withChange(state: State, change: Partial<State>): State {
  const same = Object.entries(change).every(([key, value]) => value === state[key as keyof State]);
  return same ? state : { ...state, ...change };
}

/**
 * Absorbs a full read. Apps that are not in it are gone, except those about which something newer than the read is known, and those with held losses.
 * An app that can't be decoded stays as it was, and so do pods when only apps could be read.
 */
export function absorbApps(given: State, { apps, problems, sentAt, at, podsUnread }: Told<'apps'>, holdMs: number): State {
  if (given.sentAt !== undefined && sentAt < given.sentAt) return given;
  const state = withBefore(given, { sentAt, at });
  const before = state.snapshot;
  const later = {
    sentAt,
    touched: after(state.touched, sentAt),
    told: after(state.told, sentAt),
    staleSince: undefined,
    unread: undefined,
    since: state.since ?? at,
    before: undefined,
  };
  const unreadPods = podsUnread ? before.apps.filter(({ definition }) => definition.pod) : [];
  const unread = new Set(unreadPods.map(({ id }) => id));
  const isLater = ({ owner }: Problem): boolean => owner.by === 'app' && (later.touched.has(owner.app) || unread.has(owner.app));
  const told = [...before.problems.filter(isLater), ...problems.filter((problem) => !isLater(problem))];
  const unreadable = new Set(problems.flatMap(({ owner }) => (owner.by === 'app' ? owner.app : [])));
  const isPassedOver = (id: AppId): boolean => later.touched.has(id) || unreadable.has(id) || unread.has(id);
  const kept = before.apps.filter(({ id }) => isPassedOver(id));
  const read = apps.filter(({ id }) => !later.touched.has(id));
  const held = makeHeld(state, { sentAt, apps: read, isPassedOver, holdMs });
  // A read with held losses does not prove that a task ended.
  const ended = held === undefined ? countMissing(state.ended, { apps: [...apps, ...unreadPods], sentAt }) : state.ended;
  const known = new Map<AppId, App>(before.apps.map((app) => [app.id, app]));
  const better = { ...later, ended, memory: state.memory, at };
  const settled = withHeld(read, before.apps, held).map((app) => settle(known.get(app.id), app, better));
  const next = [...settled, ...kept].sort((a, b) => byText(a.id, b.id));
  const memory = state.memory.size === 0 ? state.memory : new Map();
  const snapshot = keepSnapshot(before, next, told);
  return withChange(state, { snapshot, ...later, ended, held, memory, wakeAt: firstDeadline(next, better) });
}

/** Before the first read, restores what the previous run knew when that is recent, so that the read is judged as if that run had gone on. */
function withBefore(state: State, { sentAt, at }: Pick<Told<'apps'>, 'sentAt' | 'at'>): State {
  const { before } = state;
  if (before === undefined || !isRecent(before.savedAt, sentAt)) return state;
  return absorbRestored(state, { kind: 'restored', at, ...before });
}

/** The stamps later than `sentAt`; the same Map when all are. */
function after<Id>(stamps: ReadonlyMap<Id, number>, sentAt: number): ReadonlyMap<Id, number> {
  const later = [...stamps].filter(([, at]) => at > sentAt);
  return later.length === stamps.size ? stamps : new Map(later);
}

/** Absorbs a read of one app. When the app no longer exists, it is removed. */
export function absorbApp(state: State, { id, app, problems, sentAt, at: now }: Told<'app'>): State {
  if (sentAt < Math.max(state.sentAt ?? -Infinity, state.touched.get(id) ?? -Infinity)) return state;
  const { apps } = state.snapshot;
  const at = placeOf(apps, id);
  const before = apps[at]?.id === id ? apps[at] : undefined;
  const after = app === undefined ? (problems.length > 0 ? before : undefined) : settle(before, app, { ...state, sentAt, at: now });
  const others = state.snapshot.problems.filter(({ owner }) => owner.by !== 'app' || owner.app !== id);
  const same = after === before && problems.length === 0 && others.length === state.snapshot.problems.length;
  const isThere = before !== undefined && after !== undefined;
  const next = isThere
    ? withElement(apps, at, after)
    : withSpliced(apps, at, { without: before === undefined ? 0 : 1, elements: after === undefined ? [] : [after] });
  const snapshot = same ? state.snapshot : keepSnapshot(state.snapshot, next, [...others, ...problems]);
  const overtaken = (before?.tasks ?? []).filter((task) => (state.told.get(task.id) ?? Infinity) <= sentAt);
  const isRead = app !== undefined || problems.length === 0;
  return withChange(state, {
    snapshot,
    touched: new Map(state.touched).set(id, sentAt),
    told: without(state.told, overtaken),
    ended: isRead ? countMissing(state.ended, { apps: app === undefined ? [] : [app], sentAt, of: id }) : state.ended,
    wakeAt: earlier(state.wakeAt, after && firstDeadline([after], { ...state, at: now })),
  });
}

/** The stamps without those of these tasks: the read that was just absorbed is newer than what events told of them. */
function without(told: State['told'], tasks: readonly Task[]): State['told'] {
  if (tasks.length === 0) return told;
  const rest = new Map(told);
  for (const { id } of tasks) rest.delete(id);
  return rest;
}

function earlier(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.min(a, b);
}

/** Absorbs what an earlier run saved. It counts until Marathon is read, except for apps that were read already. */
export function absorbRestored(state: State, { snapshot, savedAt, at }: Told<'restored'>): State {
  if (state.sentAt !== undefined || state.staleSince !== undefined) return state;
  const isNew = ({ id }: Pick<App, 'id'>): boolean => !state.touched.has(id);
  const restored = snapshot.apps.filter(isNew).map((app) => withOverdue(app, withEnded(app, state.ended), { ...state, at }));
  const apps = [...restored, ...state.snapshot.apps].sort((a, b) => byText(a.id, b.id));
  const problems = snapshot.problems.filter(({ owner }) => owner.by !== 'app' || isNew({ id: owner.app }));
  return withChange(state, {
    snapshot: { apps, problems: [...problems, ...state.snapshot.problems] },
    staleSince: savedAt,
    wakeAt: firstDeadline(apps, { ...state, at }),
  });
}

/** Notes that full reads have been failing since a time, unless a read sent later has succeeded. Before the first read nothing can be stale. */
export function absorbUnread(state: State, since: number): State {
  const { sentAt } = state;
  return sentAt === undefined || sentAt > since || state.unread !== undefined
    ? state
    : withChange(state, { unread: { since, known: sentAt } });
}

/** An app as it was read, completed by what is known better from events and memory. Returns the previous object when nothing changed. */
function settle(before: App | undefined, app: App, { ended, told, memory, sentAt, since, at }: Better): App {
  const read = before === undefined ? app : withTold(before, app, (id) => (told.get(id) ?? -Infinity) > sentAt);
  return keep(before, withOverdue(before, rememberHealth(before, withEnded(read, ended), memory), { since, at }));
}

interface Better extends Pick<State, 'ended' | 'told' | 'memory' | 'since'> {
  readonly sentAt: number;
  /** Now, in ms since 1970. */
  readonly at: number;
}

function keepSnapshot(before: Snapshot, apps: readonly App[], problems: readonly Problem[]): Snapshot {
  const same = isSameList(before.apps, apps);
  const after: Snapshot = { apps: same ? before.apps : apps, problems: keep(before.problems, problems) };
  return same && after.problems === before.problems ? before : after;
}

/** The app with this id; undefined when it is not known. */
export function appOf({ apps }: Snapshot, id: AppId): App | undefined {
  const app = apps[placeOf(apps, id)];
  return app?.id === id ? app : undefined;
}
