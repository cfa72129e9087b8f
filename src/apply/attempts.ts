import { addAbortListener } from 'node:events';
import type { Document } from '../model/document.ts';
import type { DriveParts, Outcome } from './drive-parts.ts';

/** How a candidate ended, and whether another one comes therefore. */
export interface Attempt {
  readonly outcome: Outcome;
  readonly another?: boolean;
}

/** What was refused at the reload, for a reason that does not pass by itself. `isBack`: the files before it stand in place. */
export interface Hopeless {
  readonly document: Document;
  readonly why: string;
  readonly isBack: boolean;
}

/** How many candidates follow each other at once, each without those that HAProxy named in the one before: it may name one at a time. */
export const MOST_PASSES = 50;
const ANOTHER_MS = 5_000;

/** The document that is wanted now, and a wait for the next. */
export class Wanted {
  #document: Document | undefined;
  #changed: () => void = () => undefined;

  get document(): Document | undefined {
    return this.#document;
  }

  /** Whether it is another than before. */
  set(document: Document): boolean {
    if (document === this.#document) return false;
    this.#document = document;
    this.#changed();
    return true;
  }

  /** Whether another document is wanted than this one, or will be within five seconds. */
  async isOther(than: Document, { later, signal }: Pick<DriveParts, 'later' | 'signal'>): Promise<boolean> {
    if (this.#document !== than) return true;
    await new Promise<void>((resolve) => {
      this.#changed = resolve;
      later(ANOTHER_MS, resolve);
      addAbortListener(signal, () => {
        resolve();
      });
    });
    return this.#document !== than;
  }
}
