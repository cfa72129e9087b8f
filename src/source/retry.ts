import type { Backoff } from '../lib/backoff.ts';
import type { Sleep } from '../lib/clock.ts';

interface Settings {
  /** None: nothing is tried again. */
  readonly backoff: Backoff | undefined;
  readonly again: () => void;
  readonly sleep: Sleep;
  readonly signal: AbortSignal;
}

/** Tries again after a failure, with one wait at a time. A success during the wait cancels the try. */
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
