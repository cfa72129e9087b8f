import { keep } from '../lib/keep.ts';
import { keepList } from '../lib/lists.ts';
import type { AppId } from '../model/names.ts';
import type { News } from '../model/news.ts';
import { absorbCertificates } from './absorb-certificates.ts';
import { withOverdue, firstDeadline } from './grace.ts';
import { withoutExplained } from './guard.ts';
import { absorbApp, absorbApps, absorbRestored, absorbUnread, appOf, withChange } from './absorb-reads.ts';
import type { State } from './state.ts';
import { absorbAffordable, absorbRefusal, absorbRelease, others, withTries } from './absorb-refusals.ts';
import { absorbTask } from './task.ts';

/** The operator's settings about what is believed. */
export interface AbsorbSettings {
  /** How long servers that vanish without an explanation are held, in milliseconds; 0 holds nothing. */
  readonly massRemovalHoldMs: number;
}

/** Returns the state after the news. Pure; news that change nothing return the same object. */
export type Absorb = (state: State, news: News) => State;

/** Makes `absorb` for an operator's settings. */
export function makeAbsorb({ massRemovalHoldMs: holdMs }: AbsorbSettings): Absorb {
  return (state, news) => {
    switch (news.kind) {
      case 'apps':
        return absorbApps(state, news, holdMs);
      case 'app':
        return withExplained(state, absorbApp(state, news), news.id);
      case 'task':
        return withExplained(state, absorbTask(state, news), news.app);
      case 'serving':
        return withChange(state, { holders: keepList(state.holders, news.holders) });
      case 'refused':
        return absorbRefusal(state, news);
      case 'taken':
        return withChange(state, { taken: keep(state.taken, [...others(state.taken, news.binds), ...news.binds]) });
      case 'freed':
        return withChange(state, { taken: keep(state.taken, others(state.taken, news.binds)) });
      case 'unresolved':
        return withChange(state, { unresolved: keep(state.unresolved, news.servers) });
      case 'affordable':
        return absorbAffordable(state, news.apps);
      case 'accepted':
        return withChange(state, { refused: keep(state.refused, []) });
      case 'certificates':
        return absorbCertificates(state, news.certificates);
      case 'release':
        return absorbRelease(state, news.release);
      case 'restored':
        return absorbRestored(state, news);
      case 'unread':
        return absorbUnread(state, news.since);
      case 'tick':
        return absorbTick(state, news.at);
    }
  };
}

/** `absorb` without the guard: losses are never held. */
export const absorb: Absorb = makeAbsorb({ massRemovalHoldMs: 0 });

/** News about an app may explain its held losses; explained losses are released at once. */
function withExplained({ held }: State, after: State, id: AppId): State {
  return held === undefined ? after : withChange(after, { held: withoutExplained(held, id, appOf(after.snapshot, id)) });
}

/** Absorbs a tick of the clock: tasks that have waited long enough for their health become overdue, and ports in quarantine are tried again. */
function absorbTick(given: State, at: number): State {
  const state = withChange(given, { quarantine: withTries(given.quarantine, at) });
  if (state.wakeAt === undefined || at < state.wakeAt) return state;
  const { apps: before } = state.snapshot;
  const apps = before.map((app) => withOverdue(app, app, { since: state.since, at }));
  const snapshot = apps.some((app, i) => app !== before[i]) ? { ...state.snapshot, apps } : state.snapshot;
  return withChange(state, { snapshot, wakeAt: firstDeadline(apps, { since: state.since, at }) });
}
