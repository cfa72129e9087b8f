/** Returns milliseconds since 1970, with a fraction. It never jumps, even when the machine's clock is set. */
export function now(): number {
  return performance.timeOrigin + performance.now();
}

/** Gives milliseconds since 1970. Whoever needs the time or measures one is handed a function of this type, called `now`. */
export type Now = () => number;

/** Returns milliseconds since 1970 by the machine's clock, which may be set while the process runs: for dates that others have written. */
export const machineTime: Now = Date.now;

/** Waits for `ms` milliseconds. Rejects with the reason of the signal when it aborts. */
export type Sleep = (ms: number, signal: AbortSignal) => Promise<void>;

/**
 * The real `Sleep`; tests pass their own. Node's own makes two errors with their stacks for each wait that ends early, and nearly every wait for a
 * deadline does.
 */
export const sleep: Sleep = (ms, signal) =>
  new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, ms);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
