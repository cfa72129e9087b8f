import type { Snapshot } from '../model/snapshot.ts';
import type { Known } from './state-folder.ts';

export interface KeeperSettings {
  readonly write: (known: Known) => Promise<void>;
  /** From one write to the next, in milliseconds. */
  readonly everyMs?: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly later: (work: () => void, ms: number) => void;
  /** Told why a write failed; it is tried again after `everyMs`. */
  readonly failed: (error: unknown) => void;
}

/** What is known, now and at the start. */
export interface Seen {
  readonly snapshot: Snapshot;
  /** What was known before the start, and is on the disk: nothing new. */
  readonly staleSince: number | undefined;
}

/** Keeps on the disk what is known: at once when it changes, but not too often, and at the end. */
export class Keeper {
  readonly #settings: KeeperSettings;
  #last: Snapshot | undefined;
  #unwritten: Known | undefined;
  #written = -Infinity; // when
  #writing: Promise<void> = Promise.resolve();
  #isWaiting = false;
  #isEnded = false;

  constructor(settings: KeeperSettings) {
    this.#settings = settings;
  }

  /** Takes what is to be on the disk; returns at once. */
  see({ snapshot, staleSince }: Seen): void {
    if (this.#isEnded || staleSince !== undefined || snapshot === this.#last) return;
    this.#last = snapshot;
    this.#unwritten = { savedAt: this.#settings.now(), snapshot };
    this.#arm();
  }

  /** Writes what is not on the disk yet, and nothing after that. Never rejects. */
  async end(): Promise<void> {
    this.#isEnded = true;
    await this.#flush();
  }

  #arm(): void {
    const { now, later, everyMs = 30_000 } = this.#settings;
    if (this.#isWaiting || this.#isEnded || this.#unwritten === undefined) return;
    this.#isWaiting = true;
    const work = async (): Promise<void> => {
      if (!this.#isEnded) await this.#flush();
      this.#isWaiting = false;
      this.#arm();
    };
    later(() => void work(), Math.max(0, this.#written + everyMs - now()));
  }

  #flush(): Promise<void> {
    return (this.#writing = this.#writing.then(() => this.#write()));
  }

  async #write(): Promise<void> {
    const { write, now, failed } = this.#settings;
    const known = this.#unwritten;
    if (known === undefined) return;
    this.#unwritten = undefined;
    this.#written = now();
    try {
      await write(known);
    } catch (error) {
      this.#unwritten ??= known;
      failed(error);
    }
  }
}

/** A keeper of nothing yet. */
export function makeKeeper(settings: KeeperSettings): Keeper {
  return new Keeper(settings);
}
