import { keep } from '../lib/keep.ts';
import { byText, common } from '../lib/lists.ts';
import type { AppId } from '../model/names.ts';
import type { News } from '../model/news.ts';
import type { Problem } from '../model/problem.ts';
import type { Release } from '../model/release.ts';
import type { App, Snapshot } from '../model/snapshot.ts';
import { rememberHealth } from './health.ts';

/** All that the daemon knows, as one value. */
export interface State {
  /** None before the first read: nothing is derived from nothing. */
  readonly snapshot: Snapshot | undefined;
  /** The HAProxy on the disk, for which the configuration is written. */
  readonly release: Release;
  /** What `haproxy -c` had against the last candidate. */
  readonly refused: readonly Problem[];
}

/** What is known after the news. Pure; news that change nothing give the same state. */
export function absorb(state: State, news: News): State {
  switch (news.kind) {
    case 'apps':
      return withChange(state, { snapshot: absorbApps(state.snapshot, news.apps, news.problems) });
    case 'refused':
      return withChange(state, { refused: keep(state.refused, news.problems) });
    case 'accepted':
      return withChange(state, { refused: keep(state.refused, []) });
    case 'release':
      return withChange(state, { release: keep(state.release, news.release) });
  }
}

function withChange(state: State, change: Partial<State>): State {
  const same = Object.entries(change).every(([key, value]) => value === state[key as keyof State]);
  return same ? state : { ...state, ...change };
}

/** A full read: what is not in it is gone. An app that can't be read keeps what was known of it, and its tasks what was known of their health. */
function absorbApps(before: Snapshot | undefined, read: readonly App[], problems: readonly Problem[]): Snapshot {
  const known = new Map<AppId, App>(before?.apps.map((app) => [app.id, app]));
  const unreadable = problems.flatMap(({ owner }) => (owner.by === 'app' ? (known.get(owner.app) ?? []) : []));
  const sorted = [...read, ...unreadable].sort((a, b) => byText(a.id, b.id));
  const apps = sorted.map((app) => keep(known.get(app.id), rememberHealth(known.get(app.id), app)));
  const after: Snapshot = { apps, problems: keep(before?.problems, problems) };
  const same = before !== undefined && common(before.apps, apps).head === Math.max(before.apps.length, apps.length);
  return same && after.problems === before.problems ? before : after;
}
