import { inTime } from '../lib/deadline.ts';
import type { Logger } from '../lib/logger.ts';
import type { Holder } from '../model/holder.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { Saved } from './state-folder.ts';

/** How a keeper writes, and how often. */
export interface KeeperSettings {
  readonly write: (saved: Saved) => Promise<void>;
  /** The shortest time between two writes, in milliseconds; 30,000 when left out. After a write that took long it is up to four times as much. */
  readonly everyMs?: number;
  /** How long to wait for a write, in milliseconds; 60,000 when left out. */
  readonly deadlineMs?: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Gets a line while a write takes more than ten seconds. */
  readonly log?: Pick<Logger, 'warn'>;
  readonly later: (work: () => void, ms: number) => void;
  /** Called when a write failed; the write is tried again after `everyMs`. */
  readonly failed: (error: unknown) => void;
}

/** The part of the state that is kept on the disk. Times in ms since 1970. */
export interface StateToKeep {
  readonly snapshot: Snapshot;
  /** Who holds which port and route in what HAProxy runs. */
  readonly holders: readonly Holder[];
  /** When the last full read that gave this snapshot was sent. */
  readonly sentAt: number | undefined;
  /** Tasks that the guard holds although Marathon no longer lists them. While there are any, a read does not confirm the snapshot. */
  readonly held: unknown;
  /** Set while the state is the one that was read from the disk at the start, so that there is nothing new to write. */
  readonly staleSince: number | undefined;
}

/** An unchanged snapshot is written again when a read confirms it this many milliseconds later, because its date decides whether a later start may use it. */
const AGAIN_MS = 240_000;

/** What takes long to write is written for more changes at once: after 100 times as long as the last write took, or four times `everyMs` if that is less. */
const COSTS = 100;
const MOST_TIMES = 4;

/** Writes the snapshot to the disk when it changes, at most once per `everyMs`, and once more at the end. */
export class Keeper {
  readonly #settings: KeeperSettings;
  #last: Saved | undefined;
  #unwritten: Saved | undefined;
  #written = -Infinity; // when the last write started
  #costMs = 0; // how long it took
  #writing: Promise<void> = Promise.resolve();
  #hanging: Promise<void> | undefined; // a write that has not ended
  #isWaiting = false;
  #isEnded = false;

  constructor(settings: KeeperSettings) {
    this.#settings = settings;
  }

  /** Takes the state that is to be on the disk. Returns at once. */
  see({ snapshot, holders, staleSince, sentAt = -Infinity, held }: StateToKeep): void {
    if (this.#isEnded || staleSince !== undefined) return;
    const isNew = snapshot !== this.#last?.snapshot;
    const isConfirmed = held === undefined && sentAt >= (this.#last?.savedAt ?? 0) + AGAIN_MS;
    const { savedAt = 0, holders: before } = this.#last ?? {};
    if (!isNew && !isConfirmed && holders === before) return;
    this.#last = this.#unwritten = { savedAt: isNew ? this.#settings.now() : isConfirmed ? sentAt : savedAt, snapshot, holders };
    this.#arm();
  }

  /** Writes what is not on the disk yet, and stops writing after that. Never rejects. */
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
    const apartMs = Math.max(everyMs, Math.min(MOST_TIMES * everyMs, COSTS * this.#costMs));
    later(() => void work(), Math.max(0, this.#written + apartMs - now()));
  }

  #flush(): Promise<void> {
    return (this.#writing = this.#writing.then(() => this.#write()));
  }

  async #write(): Promise<void> {
    const { now, failed } = this.#settings;
    const saved = this.#unwritten;
    if (saved === undefined) return;
    this.#unwritten = undefined;
    this.#written = now();
    try {
      await this.#inTime(this.#hanging); // more writes beside one that hangs would use up all of Node's threads for files
      this.#hanging = this.#settings.write(saved).finally(() => {
        this.#hanging = undefined;
      });
      await this.#inTime(this.#hanging);
      this.#costMs = now() - this.#written;
    } catch (error) {
      this.#unwritten ??= saved;
      failed(error);
    }
  }

  #inTime(work: Promise<void> | undefined): Promise<void> {
    return inTime(work ?? Promise.resolve(), {
      ms: this.#settings.deadlineMs ?? 60_000,
      what: 'writing the last snapshot',
      log: this.#settings.log,
    });
  }
}
