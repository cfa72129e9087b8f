import type { Backoff } from '../lib/backoff.ts';
import type { Logger } from '../lib/logger.ts';

/** Waits so many milliseconds; rejects when the signal aborts. */
export type Sleep = (ms: number, signal: AbortSignal) => Promise<void>;

/** Reads when asked. What is asked for while a read is in flight, or in the short time before one starts, becomes one read. */
export interface Reader {
  /** Asks for a read whose outcome is not the caller's. `reason` is for the log: `status_update_event TASK_KILLED /nginx`. */
  ask(reason: string): void;
  /** Asks for a read: resolves when one that started after this call has succeeded, rejects as that one does. */
  read(reason: string): Promise<void>;
}

interface Settings {
  /** One full read. */
  readonly read: (signal: AbortSignal) => Promise<void>;
  /** How long to gather a burst before a read, in milliseconds, counted from its first event: 20 when left out. */
  readonly quietMs?: number;
  /** Waits before a read that failed is tried again without being asked; none: it is not. */
  readonly backoff?: Backoff;
  /** Milliseconds of any clock that does not jump. */
  readonly now?: () => number;
  readonly sleep: Sleep;
  readonly log: Pick<Logger, 'debug'>;
  readonly signal: AbortSignal;
}

/** A read that has not started yet: its first reason, and how many others asked for it too. */
interface Waiting {
  readonly reason: string;
  more: number;
}

/** However long a read took, the next one does not wait longer than this, in milliseconds. */
const MOST_REST_MS = 5_000;

/**
 * What to read when. For now every reason leads to a read of everything; later an event's app will be read by itself here. At most one read
 * is in flight, between two there is as much rest as the last one took, and all fail once `signal` has aborted.
 */
export function makeReader({ read, quietMs = 20, backoff, now = () => performance.now(), sleep, log, signal }: Settings): Reader {
  let tookMs = 0;
  const retry = makeRetry({ backoff, sleep, signal, again: () => void readSoon('the last read failed').catch(() => undefined) });
  let waiting: Waiting | undefined;
  let newest: Promise<void> = Promise.resolve(); // the read that waits or else the last that started

  async function readAfter(previous: Promise<void>, asked: Waiting): Promise<void> {
    await previous.catch(() => undefined);
    await sleep(Math.max(quietMs, Math.min(tookMs, MOST_REST_MS)), signal);
    waiting = undefined; // whoever asks from now on wants another one
    log.debug({ reason: asked.more === 0 ? asked.reason : `${asked.reason} and ${asked.more} more` }, 'reading Marathon');
    const start = now();
    try {
      await read(signal);
      retry.needless();
    } catch (error) {
      retry.soon();
      throw error;
    } finally {
      tookMs = now() - start;
    }
  }

  function readSoon(reason: string): Promise<void> {
    if (waiting === undefined) {
      waiting = { reason, more: 0 };
      newest = readAfter(newest, waiting);
    } else waiting.more++;
    return newest;
  }

  return {
    ask(reason) {
      readSoon(reason).catch(() => undefined);
    },
    read: readSoon,
  };
}

interface Retry extends Pick<Settings, 'sleep' | 'signal'> {
  readonly backoff: Backoff | undefined;
  readonly again: () => void;
}

/** Tries again after a failure, one wait at a time, unless a success makes it needless meanwhile. */
function makeRetry({ backoff, sleep, signal, again }: Retry) {
  let waits = false;
  let needed = false;
  return {
    soon(): void {
      needed = true;
      if (backoff === undefined || waits) return;
      waits = true;
      sleep(backoff.next(), signal)
        .then(() => {
          waits = false;
          if (needed) again();
        })
        .catch(() => undefined); // the end
    },
    needless(): void {
      needed = false;
      backoff?.reset();
    },
  };
}
