import { keep } from '../lib/keep.ts';
import type { News } from '../model/news.ts';
import type { NamedFile } from '../model/certificates.ts';
import type { Defaulted, TakenBind, Written } from '../model/quarantine.ts';
import type { Release } from '../model/release.ts';
import { withChange } from './absorb-reads.ts';
import type { State } from './state.ts';

/**
 * What HAProxy does not take stands until it changes: what is known of a port is replaced by what is told of it now. A refusal takes its time: one of
 * a port with a file that was looked into meanwhile is about something that is not wanted any more, and the port is tried as it is now.
 */
export function absorbRefusal(
  state: State,
  { problems, quarantined: told, defaulted }: Pick<Extract<News, { readonly kind: 'refused' }>, 'problems' | 'quarantined' | 'defaulted'>,
): State {
  const { named } = state.certificates;
  const quarantined = told.filter(({ of, files }) => isSame(knownOf(of, named), files));
  const old = state.quarantine.filter(({ app, index }) => !quarantined.some((one) => one.app === app && one.index === index));
  return withChange(state, {
    refused: keep(state.refused, problems),
    defaulted: defaulted === undefined ? state.defaulted : joined(state.defaulted, defaulted),
    quarantine: quarantined.length === 0 ? state.quarantine : keep(state.quarantine, [...old, ...quarantined]),
  });
}

/** What is known of the files that the labels of a port name, by the list of all. */
export function knownOf({ front }: Written, named: readonly NamedFile[]): readonly NamedFile[] {
  const own = new Set((front.files ?? []).map(({ file }) => file));
  return named.filter(({ file }) => own.has(file));
}

function isSame(a: readonly NamedFile[], b: readonly NamedFile[]): boolean {
  return a.length === b.length && a.every((one, i) => one === b[i]);
}

function joined(before: Defaulted | undefined, more: Defaulted): Defaulted {
  if (before === undefined) return more;
  return { templates: [...new Set([...before.templates, ...more.templates])], problems: [...before.problems, ...more.problems] };
}

/** Absorbs HAProxy's release. With a different release the quarantine is emptied, because that HAProxy may accept what the previous one refused. */
export function absorbRelease(state: State, release: Release): State {
  const kept = keep(state.release, release);
  return kept === state.release ? state : { ...state, release: kept, quarantine: [], defaulted: undefined };
}

/** The binds in `taken` that are not among `these`. */
export function others(taken: readonly TakenBind[], these: readonly TakenBind[]): readonly TakenBind[] {
  return taken.filter(({ address, port }) => !these.some((one) => one.address === address && one.port === port));
}
