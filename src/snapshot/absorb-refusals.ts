import { keep } from '../lib/keep.ts';
import type { News } from '../model/news.ts';
import type { Defaulted, TakenBind } from '../model/quarantine.ts';
import type { Release } from '../model/release.ts';
import { withChange } from './absorb-reads.ts';
import type { State } from './state.ts';

/**
 * What HAProxy does not take stands until it changes: what is known of a port is replaced by what is told of it now. A refusal takes its time: one of
 * a port whose certificate was looked into meanwhile is about something that is not wanted any more, and the port is tried as it is now.
 */
export function absorbRefusal(
  state: State,
  { problems, quarantined: told, defaulted }: Pick<Extract<News, { readonly kind: 'refused' }>, 'problems' | 'quarantined' | 'defaulted'>,
): State {
  const { named } = state.certificates;
  const quarantined = told.filter(({ of, certificate }) => named.find(({ file }) => file === of.front.bind?.certificate) === certificate);
  const old = state.quarantine.filter(({ app, index }) => !quarantined.some((one) => one.app === app && one.index === index));
  return withChange(state, {
    refused: keep(state.refused, problems),
    defaulted: defaulted === undefined ? state.defaulted : joined(state.defaulted, defaulted),
    quarantine: quarantined.length === 0 ? state.quarantine : keep(state.quarantine, [...old, ...quarantined]),
  });
}

function joined(before: Defaulted | undefined, more: Defaulted): Defaulted {
  if (before === undefined) return more;
  return { templates: [...new Set([...before.templates, ...more.templates])], problems: [...before.problems, ...more.problems] };
}

/** Another HAProxy may take what the one before did not. */
export function absorbRelease(state: State, release: Release): State {
  const kept = keep(state.release, release);
  return kept === state.release ? state : { ...state, release: kept, quarantine: [], defaulted: undefined };
}

/** The binds that are not among these. */
export function others(taken: readonly TakenBind[], these: readonly TakenBind[]): readonly TakenBind[] {
  return taken.filter(({ address, port }) => !these.some((one) => one.address === address && one.port === port));
}
