import { sentence } from '../lib/sentence.ts';
import type { Document } from '../model/document.ts';
import type { DriveDependencies } from './dependencies.ts';

/**
 * How long to wait before the file is updated to what HAProxy took at runtime: 2 s, or forty times as long as the last write took, but at most 10 s.
 * The whole file is written for whatever has changed, so a large one is written for many changes at once.
 */
const FOLLOW_MS = 2_000;
const FOLLOW_COSTS = 40;
const FOLLOW_MOST_MS = 10_000;

type FollowingParts = Pick<DriveDependencies, 'files' | 'haproxy' | 'later' | 'now' | 'troubled'> & {
  /** Returns what HAProxy runs, if that is known. */
  readonly runs: () => Document | undefined;
  /** Runs work on the files one at a time. */
  readonly inTurn: <Result>(work: () => Promise<Result>) => Promise<Result>;
};

/**
 * Writes what HAProxy took at runtime into its file, so that HAProxy has the same servers after a crash, a reload by hand or a reboot. It is not
 * checked with `haproxy -c` again.
 */
export class FileFollower {
  /** The document that the file describes, if that is known. */
  written: Document | undefined;
  readonly #parts: FollowingParts;
  #waits = false;
  #costMs = 0;

  constructor(parts: FollowingParts) {
    this.#parts = parts;
  }

  /**
   * Writes the file after a while, if it does not describe what HAProxy runs. After a change of certificates the file is written at once, because
   * HAProxy does not start with a list that names a missing file.
   */
  soon(): void {
    const { later, inTurn, runs, troubled } = this.#parts;
    const document = runs();
    if (document === this.written) return;
    const isUrgent = document?.certificates !== this.written?.certificates && this.written !== undefined;
    if (this.#waits && !isUrgent) return;
    this.#waits = true;
    const usualMs = Math.min(FOLLOW_MOST_MS, Math.max(FOLLOW_MS, FOLLOW_COSTS * this.#costMs));
    later(isUrgent ? 0 : usualMs, () => {
      this.#waits = false;
      inTurn(() => this.write()).catch((error: unknown) => {
        troubled(new Error(`the file can't be written: ${sentence(error)}`, { cause: error }));
        this.soon();
      });
    });
  }

  /** Writes the file now, unless it already describes what HAProxy runs. The caller must be the only one who works on the files. */
  async write(): Promise<void> {
    const { files, haproxy, now, runs } = this.#parts;
    const document = runs();
    if (document === undefined || document === this.written) return;
    const start = now();
    const fingerprint = await files.write(document);
    await haproxy.agrees(fingerprint);
    this.written = document;
    this.#costMs = now() - start;
  }
}
