import { setTimeout } from 'node:timers/promises';

/** Returns milliseconds since 1970, with a fraction. It never jumps, even when the machine's clock is set. */
export function now(): number {
  return performance.timeOrigin + performance.now();
}

/** Gives milliseconds since 1970. Whoever needs the time or measures one is handed a function of this type, called `now`. */
export type Now = () => number;

/** Returns milliseconds since 1970 by the machine's clock, which may be set while the process runs: for dates that others have written. */
export const machineTime: Now = Date.now;

/** Waits for `ms` milliseconds. Rejects when the signal aborts. */
export type Sleep = (ms: number, signal: AbortSignal) => Promise<void>;

/** The real `Sleep`; tests pass their own. */
export const sleep: Sleep = (ms, signal) => setTimeout(ms, undefined, { signal });
