import { setTimeout } from 'node:timers/promises';

/** Milliseconds since 1970, with a fraction, by a clock that goes on evenly whatever is done to the machine's. */
export function now(): number {
  return performance.timeOrigin + performance.now();
}

/** A wait of so many milliseconds. Rejects when the signal aborts. */
export type Sleep = (ms: number, signal: AbortSignal) => Promise<void>;

/** The real one. */
export const sleep: Sleep = (ms, signal) => setTimeout(ms, undefined, { signal });
