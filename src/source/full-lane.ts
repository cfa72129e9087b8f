import type { Backoff } from '../lib/backoff.ts';
import type { Sleep } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import { withResolvers, type Resolvers } from '../lib/resolvers.ts';
import { reasonOf, type PendingRead } from './pending-read.ts';
import { makeRetry } from './retry.ts';

interface Settings {
  readonly read: (signal: AbortSignal) => Promise<void>;
  readonly quietMs: number;
  readonly backoff: Backoff | undefined;
  readonly now: () => number;
  readonly sleep: Sleep;
  readonly log: Pick<Logger, 'debug'>;
  readonly signal: AbortSignal;
}

/** A read that waits to start. `hurry` aborts when a caller waits for its result. `decided` resolves when the read starts or must wait for its turn. */
interface WaitingRead extends PendingRead {
  readonly hurry: AbortController;
  readonly decided: Resolvers;
}

/** The pause after a read, in milliseconds. If a caller waits for the next read: as long as the last read took, at most this … */
const SOON_MS = 5_000;
/** … and else four times as long as the last read took, between these two limits. */
const [LEAST_MS, MOST_MS, TIMES] = [1_000, 30_000, 4];

/** Reads everything, one read at a time. All requests that come before a read starts share that read. */
export class FullLane {
  readonly #settings: Settings;
  readonly #retry: ReturnType<typeof makeRetry>;
  #last = { tookMs: 0, end: Number.NEGATIVE_INFINITY };
  #waiting: WaitingRead | undefined;
  #isReading = false;
  #newest: Promise<void> = Promise.resolve(); // the read that waits to start, or else the last read that started

  constructor(settings: Settings) {
    this.#settings = settings;
    const again = (): void => {
      this.read('the last read failed').catch(() => undefined);
    };
    this.#retry = makeRetry({ ...settings, again });
  }

  /** Asks for a read after a pause, which keeps the load on Marathon low. `since` is when the burst of events began; by default now. */
  ask(reason: string, since?: number): void {
    this.#enter(reason, since);
  }

  /** Asks for a read soon. Resolves when a read that started after this call has succeeded, and rejects with the error of that read. */
  read(reason: string): Promise<void> {
    this.#enter(reason).hurry.abort();
    return this.#newest;
  }

  /** Whether a read is asked for and has not started yet. */
  isAsked(): boolean {
    return this.#waiting !== undefined;
  }

  /** Resolves when the requested read has started, or when it is known that it must wait for its turn. */
  async startedOrDelayed(): Promise<void> {
    await this.#waiting?.decided.promise;
  }

  #enter(reason: string, since = this.#settings.now()): WaitingRead {
    if (this.#waiting !== undefined) {
      this.#waiting.more++;
      return this.#waiting;
    }
    const waiting: WaitingRead = { reason, more: 0, at: since, hurry: new AbortController(), decided: withResolvers() };
    if (this.#isReading) waiting.decided.resolve();
    this.#waiting = waiting;
    this.#newest = this.#readAfter(this.#newest, waiting).finally(waiting.decided.resolve);
    this.#newest.catch(() => undefined); // callers of `read` get the error
    return waiting;
  }

  async #readAfter(previous: Promise<void>, waiting: WaitingRead): Promise<void> {
    const { read, now, log, signal } = this.#settings;
    await previous.catch(() => undefined);
    await this.#rest(waiting);
    signal.throwIfAborted();
    this.#waiting = undefined; // requests from now on need the next read
    log.debug({ reason: reasonOf(waiting) }, 'reading Marathon');
    const start = now();
    this.#isReading = true;
    try {
      const reading = read(signal);
      waiting.decided.resolve();
      await reading;
      this.#retry.needless();
    } catch (error) {
      this.#retry.soon();
      throw error;
    } finally {
      this.#isReading = false;
      this.#last = { tookMs: now() - start, end: now() };
    }
  }

  async #rest({ at, hurry, decided }: WaitingRead): Promise<void> {
    const { quietMs, now, sleep, signal } = this.#settings;
    const { tookMs, end } = this.#last;
    const sleepUntil = async (then: number, until: AbortSignal): Promise<void> => {
      const wait = then - now();
      if (wait <= 0) return;
      decided.resolve();
      await sleep(wait, until);
    };
    await sleepUntil(Math.max(at + quietMs, end + Math.min(tookMs, SOON_MS)), signal);
    const turn = end + Math.min(Math.max(TIMES * tookMs, LEAST_MS), MOST_MS);
    await sleepUntil(turn, AbortSignal.any([signal, hurry.signal])).catch(() => undefined);
  }
}
