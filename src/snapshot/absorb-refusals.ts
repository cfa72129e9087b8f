import { keep } from '../lib/keep.ts';
import type { AppId } from '../model/names.ts';
import type { News } from '../model/news.ts';
import type { NamedFile } from '../model/certificates.ts';
import type { Again, Defaulted, Quarantined, TakenBind, RenderedFrom } from '../model/quarantine.ts';
import type { Release } from '../model/release.ts';
import { withChange } from './absorb-reads.ts';
import type { State } from './state.ts';

/**
 * Takes what HAProxy has refused; for a port, it replaces an earlier refusal. Between HAProxy's check and this news, a file that a port's labels name may
 * have been read again: then the refusal is about a version that is not wanted any more, and the port is tried with the new one.
 */
export function absorbRefusal(
  state: State,
  { at, problems, quarantined: told, defaulted }: Omit<Extract<News, { readonly kind: 'refused' }>, 'kind'>,
): State {
  const { named } = state.certificates;
  const valid = told.filter(({ of, files }) => isSame(knownOf(of, named), files));
  const quarantined = valid.map((one) => (one.passes === true ? { ...one, again: nextTry(state.quarantine.find(isOf(one)), at) } : one));
  const old = state.quarantine.filter(({ app, index }) => !quarantined.some(isOf({ app, index })));
  return withChange(state, {
    refused: keep(state.refused, problems),
    defaulted: defaulted === undefined ? state.defaulted : joined(state.defaulted, defaulted),
    quarantine: quarantined.length === 0 ? state.quarantine : keep(state.quarantine, [...old, ...quarantined]),
  });
}

/** What is known of the files that the labels of a port name, by the list of all. */
export function knownOf({ front }: RenderedFrom, named: readonly NamedFile[]): readonly NamedFile[] {
  const own = new Set((front.files ?? []).map(({ file }) => file));
  return named.filter(({ file }) => own.has(file));
}

function isSame(a: readonly NamedFile[], b: readonly NamedFile[]): boolean {
  return a.length === b.length && a.every((one, i) => one === b[i]);
}

/** The wait before the next try of a port: it doubles each time. */
const TRIES = { firstMs: 5_000, mostMs: 600_000, takenMs: 60_000 } as const;

/** When a port is tried again. If HAProxy had accepted it for a minute, or for as long as its last wait, the waits start again with the shortest. */
function nextTry(before: Quarantined | undefined, at: number): Again {
  const last = before?.again;
  const wasTaken = last?.isDue === true && at > last.at + Math.max(TRIES.takenMs, last.waitMs);
  const waitMs = last === undefined || wasTaken ? TRIES.firstMs : Math.min(TRIES.mostMs, last.waitMs * 2);
  return { at: at + waitMs, waitMs };
}

type PortKey = Pick<Quarantined, 'app' | 'index'>;

function isOf({ app, index }: PortKey): (one: PortKey) => boolean {
  return (one) => one.app === app && one.index === index;
}

/** The time of the next try of a port in quarantine, in ms since 1970; undefined when no port is waiting for one. */
export function firstTry(quarantine: readonly Quarantined[]): number | undefined {
  const times = quarantine.flatMap(({ again }) => (again === undefined || again.isDue === true ? [] : again.at));
  return times.length === 0 ? undefined : Math.min(...times);
}

/** The quarantine at a later time: ports whose time has come are marked, so that they are tried again. */
export function withTries(quarantine: readonly Quarantined[], at: number): readonly Quarantined[] {
  if ((firstTry(quarantine) ?? Infinity) > at) return quarantine;
  return quarantine.map((one) => {
    const { again } = one;
    return again === undefined || again.at > at || again.isDue === true ? one : { ...one, again: { ...again, isDue: true } };
  });
}

/** The apps that were left out for want of file descriptors are tried again. */
export function absorbAffordable(state: State, apps: readonly AppId[]): State {
  const left = state.quarantine.filter(({ app, descriptors }) => descriptors === undefined || !apps.includes(app));
  return withChange(state, { quarantine: keep(state.quarantine, left) });
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
