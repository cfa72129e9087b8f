import type { BackendFigures } from './figures-of-backends.ts';

/** All backends together, at one time. Rates are per second; null at the first time that HAProxy is asked. */
export interface Totals {
  /** In ms since 1970. */
  readonly at: number;
  readonly requests: number | null;
  readonly errors: number | null;
  readonly sessions: number;
  /** The answer time that half of the requests, and 95 of 100, do not exceed, in ms; null without requests. */
  readonly p50: number | null;
  readonly p95: number | null;
  readonly up: number;
  readonly checking: number;
  readonly draining: number;
  readonly down: number;
}

/**
 * Adds up all backends. HAProxy tells an average for each backend and no distribution, so each request counts with the average of its backend:
 * the percentiles are those between backends, not within one.
 */
export function totalsOf(at: number, backends: readonly BackendFigures[]): Totals {
  const sum = (of: (one: BackendFigures) => number): number => backends.reduce((total, one) => total + of(one), 0);
  const isFirst = backends.some(({ requests }) => requests === null);
  const timed = backends.filter(({ came, answerMs }) => came > 0 && answerMs !== null);
  const sorted = timed.map(({ came, answerMs }) => ({ came, ms: answerMs ?? 0 })).sort((a, b) => a.ms - b.ms);
  return {
    at,
    requests: isFirst ? null : sum(({ requests }) => requests ?? 0),
    errors: isFirst ? null : sum(({ errors }) => errors ?? 0),
    sessions: sum(({ sessions }) => sessions),
    p50: percentile(sorted, 0.5),
    p95: percentile(sorted, 0.95),
    up: sum(({ up }) => up),
    checking: sum(({ checking }) => checking),
    draining: sum(({ draining }) => draining),
    down: sum(({ down }) => down),
  };
}

/**
 * Of a list in order, in which each element counts `came` times; null for an empty list. Between two elements it grows from the one to the other, so
 * that two backends with as many requests do not make it jump to and fro.
 */
function percentile(sorted: readonly { readonly came: number; readonly ms: number }[], part: number): number | null {
  const wanted = part * sorted.reduce((sum, { came }) => sum + came, 0);
  let [seen, last] = [0, undefined as { readonly at: number; readonly ms: number } | undefined];
  for (const { came, ms } of sorted) {
    const at = seen + came / 2;
    if (at >= wanted) return last === undefined ? ms : last.ms + ((wanted - last.at) / (at - last.at)) * (ms - last.ms);
    [seen, last] = [seen + came, { at, ms }];
  }
  return last?.ms ?? null;
}
