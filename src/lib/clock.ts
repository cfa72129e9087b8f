import { setTimeout } from 'node:timers/promises';

/** Returns milliseconds since 1970, with a fraction. It never jumps, even when the machine's clock is set. */
export function now(): number {
  return performance.timeOrigin + performance.now();
}

/** Waits for `ms` milliseconds. Rejects when the signal aborts. */
export type Sleep = (ms: number, signal: AbortSignal) => Promise<void>;

/** The real `Sleep`; tests pass their own. */
export const sleep: Sleep = (ms, signal) => setTimeout(ms, undefined, { signal });
