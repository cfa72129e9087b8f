import type { Backoff } from '../lib/backoff.ts';
import type { Sleep } from '../lib/clock.ts';

interface Settings {
  /** Undefined: nothing is tried again. */
  readonly backoff: Backoff | undefined;
  readonly again: () => void;
  readonly sleep: Sleep;
  readonly signal: AbortSignal;
}

/** Makes a retry: after a failure it waits and calls `again`. There is only one wait at a time, and a success during it cancels the retry. */
export function makeRetry({ backoff, sleep, signal, again }: Settings) {
  let waits = false;
  let needed = false;
  return {
    soon(): void {
      needed = true;
      if (backoff === undefined || waits) return;
      waits = true;
      void sleep(backoff.next(), signal).then(
        () => {
          waits = false;
          if (needed) again();
        },
        () => undefined, // the signal has aborted
      );
    },
    needless(): void {
      needed = false;
      backoff?.reset();
    },
  };
}
