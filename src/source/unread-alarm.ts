import type { Sleep } from '../lib/clock.ts';

interface Settings {
  /** How long reads may fail or hang before `tell` is called, in milliseconds; 60 s when left out. */
  readonly afterMs?: number;
  /** Called once until a read succeeds. `since` is when the first read that did not succeed was started, in ms since 1970. */
  readonly tell: (since: number) => void;
  readonly now: () => number;
  readonly sleep: Sleep;
}

/** Watches whether full reads fail or hang for too long. */
export interface UnreadAlarm {
  /** Reports that a full read has started. */
  begun(signal: AbortSignal): void;
  /** Reports that a full read has succeeded. */
  succeeded(): void;
}

/** Makes an alarm, before the first read. */
export function makeUnreadAlarm({ afterMs = 60_000, tell, now, sleep }: Settings): UnreadAlarm {
  let over: AbortController | undefined; // set from the start of a read until a read succeeds
  return {
    begun(signal) {
      if (over !== undefined) return;
      over = new AbortController();
      const since = now();
      void sleep(afterMs, AbortSignal.any([signal, over.signal])).then(
        () => {
          tell(since);
        },
        () => undefined, // a read succeeded, or the daemon ends
      );
    },
    succeeded() {
      over?.abort();
      over = undefined;
    },
  };
}
