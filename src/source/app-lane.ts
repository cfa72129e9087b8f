import type { Backoff } from '../lib/backoff.ts';
import type { Sleep } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import type { AppId } from '../model/names.ts';
import { reasonOf, type PendingRead } from './pending-read.ts';
import { makeRetry } from './retry.ts';

type Dirty = ReadonlyMap<AppId, PendingRead>;

interface Settings {
  readonly read: (id: AppId, signal: AbortSignal) => Promise<void>;
  readonly quietMs: number;
  /**
   * If at least `from` apps wait, `tell` is called before the next app is read. It resolves when the apps were taken, or when they can't be taken yet;
   * then they are read one by one.
   */
  readonly many: { readonly from: number; readonly tell: (reason: string, since: number) => Promise<void> };
  readonly backoff: Backoff | undefined;
  readonly now: () => number;
  readonly sleep: Sleep;
  readonly log: Pick<Logger, 'debug'>;
  readonly signal: AbortSignal;
}

/** Reads apps again, one at a time. The app that has waited longest comes first. */
export class AppLane {
  readonly #settings: Settings;
  readonly #dirty = new Map<AppId, PendingRead>();
  readonly #aside = new Map<AppId, PendingRead>(); // apps whose read failed and that wait for the next try
  readonly #retry: ReturnType<typeof makeRetry>;
  #runs = false;

  constructor(settings: Settings) {
    this.#settings = settings;
    const again = (): void => {
      for (const [id, { reason }] of this.#aside) this.ask(id, reason);
    };
    this.#retry = makeRetry({ ...settings, again });
  }

  /** Asks for an app to be read again. Events of one change come close together and cause only one read. */
  ask(id: AppId, reason: string): void {
    const pending = this.#dirty.get(id);
    if (pending === undefined) this.#dirty.set(id, { reason, at: this.#settings.now(), more: 0 });
    else pending.more++;
    this.#aside.delete(id);
    if (!this.#runs) this.#run().catch(unlessAborted(this.#settings.signal));
  }

  /** Returns and removes all waiting apps if they are many, because a full read covers them. If they are few, reading them one by one is faster. */
  take(): Dirty {
    if (this.#aside.size + this.#dirty.size < this.#settings.many.from) return new Map();
    const taken = new Map([...this.#aside, ...this.#dirty]);
    this.#aside.clear();
    this.#dirty.clear();
    return taken;
  }

  /** Takes back apps whose read failed. They are tried again later. */
  putAside(failed: Dirty): void {
    for (const [id, pending] of failed) if (!this.#dirty.has(id)) this.#aside.set(id, pending);
    if (this.#aside.size > 0) this.#retry.soon();
  }

  async #run(): Promise<void> {
    this.#runs = true;
    try {
      for (let next = first(this.#dirty); next !== undefined; next = first(this.#dirty)) await this.#next(...next);
    } finally {
      this.#runs = false;
    }
  }

  async #next(id: AppId, pending: PendingRead): Promise<void> {
    const { many, quietMs, now, sleep, signal } = this.#settings;
    const wait = pending.at + quietMs - now();
    if (wait > 0) await sleep(wait, signal);
    signal.throwIfAborted();
    if (this.#dirty.size >= many.from) await many.tell(`${this.#dirty.size} apps changed`, pending.at);
    if (this.#dirty.get(id) === pending) await this.#read(id, pending);
  }

  async #read(id: AppId, pending: PendingRead): Promise<void> {
    const { read, log, signal } = this.#settings;
    this.#dirty.delete(id);
    log.debug({ app: id, reason: reasonOf(pending) }, 'reading an app of Marathon');
    try {
      await read(id, signal);
      if (this.#aside.size === 0) this.#retry.needless();
    } catch {
      this.putAside(new Map([[id, pending]])); // `read` has logged the error
    }
  }
}

/** Ignores an error after the signal has aborted. Any other error is thrown and ends the process. */
function unlessAborted(signal: AbortSignal): (error: unknown) => void {
  return (error) => {
    if (!signal.aborted) throw error;
  };
}

function first<Key, Value>(map: ReadonlyMap<Key, Value>): readonly [Key, Value] | undefined {
  return map.entries().next().value;
}
