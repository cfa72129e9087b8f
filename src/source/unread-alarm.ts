import type { Sleep } from '../lib/clock.ts';

interface Settings {
  /** How long reads may fail, or take, before it is told, in milliseconds; 60 s when left out. */
  readonly afterMs?: number;
  /** Told once, until a read succeeds. `since`: when the first read was begun that did not, in ms since 1970. */
  readonly tell: (since: number) => void;
  readonly now: () => number;
  readonly sleep: Sleep;
}

/** Watches over full reads: whether they fail, or hang, for too long. */
export interface UnreadAlarm {
  begun(signal: AbortSignal): void;
  succeeded(): void;
}

/** No read has begun yet. */
export function makeUnreadAlarm({ afterMs = 60_000, tell, now, sleep }: Settings): UnreadAlarm {
  let over: AbortController | undefined; // set from the first read that begins until one succeeds
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
