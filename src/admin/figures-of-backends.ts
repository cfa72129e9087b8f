import { isOwnBackend } from '../haproxy/daemon-backend.ts';
import { isSpare, servedBySpares } from '../haproxy/spares.ts';
import type { Running } from '../model/document.ts';
import type { StatRow } from '../model/figures.ts';
import type { BackendName } from '../model/names.ts';

/** What HAProxy counts for one backend. Rates are per second since HAProxy was asked before; null at the first time. */
export interface BackendFigures {
  readonly iid: number;
  readonly backend: string;
  /** The spare backend that serves in its place until the next reload, and has these figures. */
  readonly spare?: string;
  /** `up`: they may get requests. `checking`: they wait for their first check. `draining`: their task is being killed. `down`: all others. */
  readonly up: number;
  readonly checking: number;
  readonly draining: number;
  readonly down: number;
  readonly sessions: number;
  readonly requests: number | null;
  readonly errors: number | null;
  /** How many requests and errors came since HAProxy was asked before. */
  readonly came: number;
  /** How long servers take to answer, in ms; null where HAProxy does not know. */
  readonly answerMs: number | null;
}

interface CountedRows {
  readonly at: number;
  readonly rows: readonly StatRow[];
  /** What HAProxy ran before it was asked, and afterwards: a server that came or went meanwhile is not down. */
  readonly before: Running | undefined;
  readonly after: Running | undefined;
}

/** Makes a function that turns HAProxy's counters into rates, by what they were the time before. Backends of our own are left out. */
export function makeCounting(): (counted: CountedRows) => ReadonlyMap<string, BackendFigures> {
  let last: { readonly at: number; readonly rows: ReadonlyMap<string, StatRow> } | undefined;
  return ({ at, rows, before, after }) => {
    const own = namedAsServed(rows, after).filter(({ backend }) => !isOwnBackend(`backend ${backend}`) && backend !== 'stats');
    const seconds = last === undefined ? undefined : Math.max(0.001, (at - last.at) / 1000);
    const [stages, earlier] = [stagesOf(after), stagesOf(before)];
    const figures = own.map((row): BackendFigures => {
      const counted = last?.rows.get(row.backend);
      const [came, failed] = [since(row.requests, counted?.requests), since(row.errors, counted?.errors)];
      return {
        iid: row.iid,
        backend: row.backend,
        ...(row.spare !== undefined && { spare: row.spare }),
        ...serversOf(row, stages),
        down: Math.min(serversOf(row, stages).down, serversOf(row, earlier).down),
        sessions: row.sessions,
        requests: seconds === undefined ? null : came / seconds,
        errors: seconds === undefined ? null : failed / seconds,
        came: seconds === undefined ? 0 : came,
        answerMs: row.mode === 'http' && row.requests > 0 ? row.answerMs : null,
      };
    });
    last = { at, rows: new Map(own.map((row) => [row.backend, row])) };
    return new Map(figures.map((one) => [one.backend, one]));
  };
}

/** The rows of backends; one of a spare backend has the name of the backend in whose place it serves, and there is none of one that serves nobody. */
function namedAsServed(rows: readonly StatRow[], running: Running | undefined): readonly (StatRow & { readonly spare?: BackendName })[] {
  const served = servedBySpares(running?.document ?? { maps: {} });
  return rows.flatMap((row) => {
    if (!isSpare(row.backend)) return [row];
    const backend = served.get(row.backend);
    return backend === undefined ? [] : [{ ...row, backend, spare: row.backend }];
  });
}

/** A new worker counts from 0 again. */
function since(now: number, before = 0): number {
  return now >= before ? now - before : now;
}

interface Stages {
  readonly written: ReadonlyMap<string, number>;
  readonly checking: ReadonlyMap<string, number>;
  readonly draining: ReadonlyMap<string, number>;
}

/** How many servers the file has, and how many of them or beside them are in a state of their own, by backend. */
function stagesOf(running: Running | undefined): Stages {
  const [checking, draining] = [new Map<string, number>(), new Map<string, number>()];
  const served = servedBySpares(running?.document ?? { maps: {} });
  const nameOf = (backend: BackendName): BackendName => served.get(backend) ?? backend;
  for (const { backend: of, stage } of running?.exceptions.values() ?? []) {
    const backend = nameOf(of);
    const counts = stage === 'checking' || stage === 'passed' ? checking : stage === 'draining' ? draining : undefined;
    counts?.set(backend, (counts.get(backend) ?? 0) + 1);
  }
  const { backends = [], spares = [] } = running?.document ?? {};
  const written = [...backends, ...spares].map(({ backend, servers }) => [nameOf(backend), servers.size] as const);
  return { written: new Map(written), checking, draining };
}

function serversOf({ backend, usable }: StatRow, stages: Stages): Pick<BackendFigures, 'up' | 'checking' | 'draining' | 'down'> {
  const written = stages.written.get(backend) ?? usable;
  const [checking, draining] = [stages.checking.get(backend) ?? 0, stages.draining.get(backend) ?? 0];
  return { up: usable, checking, draining, down: Math.max(0, written - usable - checking) };
}
