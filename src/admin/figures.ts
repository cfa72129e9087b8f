import { setImmediate } from 'node:timers/promises';
import { sentence } from '../lib/sentence.ts';
import type { Running } from '../model/document.ts';
import type { StatRow } from '../model/figures.ts';
import { makeCounting, type BackendFigures } from './figures-of-backends.ts';
import { totalsOf, type Totals } from './figures-totals.ts';

/** Asks HAProxy, each time anew. Rejects with a sentence when it does not answer. */
export interface AskFigures {
  /** All backends. */
  readonly backends: () => Promise<Iterable<StatRow>>;
  /** The servers of one, by HAProxy's number of it. */
  readonly servers: (iid: number) => Promise<Iterable<StatRow>>;
}

/** What HAProxy counted, at one time. */
export interface HaproxyFigures {
  /** When HAProxy was asked, in ms since 1970. */
  readonly at: number;
  readonly backends: ReadonlyMap<string, BackendFigures>;
  readonly totals: Totals;
}

/** What HAProxy counts, asked for only while somebody looks. */
export interface FiguresBook {
  /** The figures of now, at most a few seconds old; or a sentence why there are none. Never rejects. */
  readonly look: () => Promise<HaproxyFigures | string>;
  /** The servers of a backend; a sentence when HAProxy does not answer, undefined for a backend that it has not. Never rejects. */
  readonly servers: (backend: string) => Promise<readonly StatRow[] | string | undefined>;
  /** The totals of the last 15 minutes, as far as somebody looked. */
  readonly past: () => readonly Totals[];
  /** How long the answer to `look` stays the same, in milliseconds. */
  readonly everyMs: () => number;
}

interface BookParts {
  readonly ask: AskFigures;
  readonly running: () => Running | undefined;
  readonly now: () => number;
}

/** HAProxy is asked no more often than every two seconds, and spends at most a twentieth of the time on it, once there are rates. */
const LEAST_MS = 2_000;
const SHARE = 20;
/** While HAProxy does not answer, as during a reload, its last figures stand in for so long, in milliseconds. */
const KEEP_MS = 15_000;
/** So long the totals are kept, in milliseconds. */
const PAST_MS = 15 * 60_000;

/** A book of figures that is empty until somebody looks. */
export function makeFiguresBook({ ask, running, now }: BookParts): FiguresBook {
  const count = makeCounting();
  let last: HaproxyFigures | string | undefined;
  let [askedAt, everyMs] = [-Infinity, LEAST_MS];
  let asking: Promise<HaproxyFigures | string> | undefined;
  let past: readonly Totals[] = [];
  const take = async (): Promise<HaproxyFigures | string> => {
    askedAt = now();
    try {
      const before = running();
      const rows = await gather(await ask.backends());
      const at = now();
      everyMs = last === undefined ? LEAST_MS : Math.max(LEAST_MS, SHARE * (at - askedAt));
      const backends = count({ at, rows, before, after: running() });
      const totals = totalsOf(at, [...backends.values()]);
      past = [...past.filter((one) => one.at > at - PAST_MS), totals];
      last = { at, backends, totals };
    } catch (error) {
      const isKept = typeof last === 'object' && now() - last.at < KEEP_MS;
      if (!isKept) last = sentence(error);
    }
    return last ?? 'HAProxy was not asked yet';
  };
  const look = (): Promise<HaproxyFigures | string> => {
    if (last !== undefined && asking === undefined && now() - askedAt < everyMs) return Promise.resolve(last);
    asking ??= take().finally(() => {
      asking = undefined;
    });
    return asking;
  };
  return { look, servers: (backend) => askServers(backend, { look, ask }), past: () => past, everyMs: () => everyMs };
}

/** So many rows are read at a time, with turns for everything else. */
const AT_A_TIME = 500;

async function gather(rows: Iterable<StatRow>): Promise<readonly StatRow[]> {
  const all: StatRow[] = [];
  for (const row of rows) {
    all.push(row);
    if (all.length % AT_A_TIME === 0) await setImmediate();
  }
  return all;
}

async function askServers(backend: string, { look, ask }: Pick<FiguresBook, 'look'> & { readonly ask: AskFigures }) {
  const figures = await look();
  if (typeof figures === 'string') return figures;
  const known = figures.backends.get(backend);
  if (known === undefined) return undefined;
  try {
    return (await gather(await ask.servers(known.iid))).filter((row) => row.backend === (known.spare ?? backend)); // after a reload, the number may be that of a different backend
  } catch (error) {
    return sentence(error);
  }
}
