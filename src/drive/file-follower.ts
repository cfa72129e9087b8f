import { sentence } from '../lib/sentence.ts';
import type { Document } from '../model/document.ts';
import type { DriveDependencies } from './dependencies.ts';

/** The file follows what HAProxy took at runtime no sooner than this after the last time, and after ten times what writing it cost. */
const FOLLOW_MS = 2_000;
const FOLLOW_COSTS = 10;

type FollowingParts = Pick<DriveDependencies, 'files' | 'haproxy' | 'later' | 'now' | 'troubled'> & {
  /** What HAProxy runs, when that is known. */
  readonly runs: () => Document | undefined;
  /** One thing at a time is done to the files. */
  readonly inTurn: <Result>(work: () => Promise<Result>) => Promise<Result>;
};

/** Writes what HAProxy has taken at runtime, so that a crash, a reload by hand or a reboot brings the same servers. Nothing is validated again. */
export class FileFollower {
  /** What the file says, when that is known. */
  written: Document | undefined;
  readonly #parts: FollowingParts;
  #waits = false;
  #costMs = 0;

  constructor(parts: FollowingParts) {
    this.#parts = parts;
  }

  /** After a while, when there is something to write. */
  soon(): void {
    const { later, inTurn, runs, troubled } = this.#parts;
    if (this.#waits || runs() === this.written) return;
    this.#waits = true;
    later(Math.max(FOLLOW_MS, FOLLOW_COSTS * this.#costMs), () => {
      this.#waits = false;
      inTurn(() => this.write()).catch((error: unknown) => {
        troubled(new Error(`the file can't be written: ${sentence(error)}`, { cause: error }));
        this.soon();
      });
    });
  }

  /** At once; nothing when the file says it already. Whoever calls has the turn. */
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
