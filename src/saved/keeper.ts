import { inTime } from '../lib/in-time.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { Saved } from './state-folder.ts';

/** How it writes, and how often. */
export interface KeeperSettings {
  readonly write: (known: Saved) => Promise<void>;
  /** From one write to the next, in milliseconds. */
  readonly everyMs?: number;
  /** How long a write is waited for, in milliseconds; 60,000 when left out. */
  readonly deadlineMs?: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly later: (work: () => void, ms: number) => void;
  /** Told why a write failed; it is tried again after `everyMs`. */
  readonly failed: (error: unknown) => void;
}

/** What is known, now and at the start. Times in ms since 1970. */
export interface Seen {
  readonly snapshot: Snapshot;
  /** When the last full read was sent that said so. */
  readonly sentAt: number | undefined;
  /** Tasks that Marathon lacks and nobody has explained: they are known no better by a read that lacks them. */
  readonly held: unknown;
  /** What was known before the start, and is on the disk: nothing new. */
  readonly staleSince: number | undefined;
}

/** What has not changed is written again when a read has confirmed it so much later, in milliseconds: how old it is says what it is worth. */
const AGAIN_MS = 240_000;

/** Keeps on the disk what is known: at once when it changes, but not too often, and at the end. */
export class Keeper {
  readonly #settings: KeeperSettings;
  #last: Saved | undefined;
  #unwritten: Saved | undefined;
  #written = -Infinity; // when
  #writing: Promise<void> = Promise.resolve();
  #hanging: Promise<void> | undefined; // a write that has not ended
  #isWaiting = false;
  #isEnded = false;

  constructor(settings: KeeperSettings) {
    this.#settings = settings;
  }

  /** Takes what is to be on the disk; returns at once. */
  see({ snapshot, staleSince, sentAt = -Infinity, held }: Seen): void {
    if (this.#isEnded || staleSince !== undefined) return;
    const isNew = snapshot !== this.#last?.snapshot;
    const isConfirmed = held === undefined && sentAt >= (this.#last?.savedAt ?? 0) + AGAIN_MS;
    if (!isNew && !isConfirmed) return;
    this.#last = this.#unwritten = { savedAt: isNew ? this.#settings.now() : sentAt, snapshot };
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
    const { now, failed } = this.#settings;
    const known = this.#unwritten;
    if (known === undefined) return;
    this.#unwritten = undefined;
    this.#written = now();
    try {
      await this.#inTime(this.#hanging); // none is begun beside one that hangs: they would take all threads for files
      this.#hanging = this.#settings.write(known).finally(() => {
        this.#hanging = undefined;
      });
      await this.#inTime(this.#hanging);
    } catch (error) {
      this.#unwritten ??= known;
      failed(error);
    }
  }

  #inTime(work: Promise<void> | undefined): Promise<void> {
    return inTime(work ?? Promise.resolve(), { ms: this.#settings.deadlineMs ?? 60_000, what: 'writing what is known' });
  }
}

/** A keeper of nothing yet. */
export function makeKeeper(settings: KeeperSettings): Keeper {
  return new Keeper(settings);
}
