import type { Backoff } from '../lib/backoff.ts';
import type { Sleep } from '../lib/clock.ts';

interface Settings {
  /** None: nothing is tried again. */
  readonly backoff: Backoff | undefined;
  readonly again: () => void;
  readonly sleep: Sleep;
  readonly signal: AbortSignal;
}

/** Tries again after a failure, one wait at a time, unless a success makes it needless meanwhile. */
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
        () => undefined, // the end
      );
    },
    needless(): void {
      needed = false;
      backoff?.reset();
    },
  };
}
