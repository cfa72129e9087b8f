import { addAbortListener } from 'node:events';
import type { Document } from '../model/document.ts';
import type { DriveDependencies } from './dependencies.ts';

const ANOTHER_MS = 5_000;

/** How a wanted document ended. */
export type Outcome = { readonly ok: true; readonly by: 'reload' | 'commands' | 'nothing' } | { readonly ok: false; readonly why: string };

/** The document that is wanted now, a wait for the next, and how those ended that were. */
export class Wanted {
  #document: Document | undefined;
  #changed: () => void = () => undefined;
  #last: { readonly document: Document; readonly outcome: Outcome } | undefined; // that ended
  readonly #waiting: ((outcome: Outcome) => void)[] = [];
  readonly #now: () => number;
  #since: number | undefined; // when the first change came that HAProxy does not have yet

  constructor(now: () => number) {
    this.#now = now;
  }

  /** How long a change has been waiting, in milliseconds; undefined when none does. */
  get waitsMs(): number | undefined {
    return this.#since === undefined ? undefined : this.#now() - this.#since;
  }

  get document(): Document | undefined {
    return this.#document;
  }

  /** From now on this is wanted. The same again: nothing is to be done for it, if it went well. */
  set(document: Document): void {
    if (document !== this.#document) {
      this.#document = document;
      this.#since ??= this.#now();
      this.#changed();
    } else if (this.#last?.document === document && this.#last.outcome.ok) {
      this.#last = { document, outcome: outcomeOf(false) };
    }
  }

  /** Whether another document is wanted than this one, or will be within five seconds. */
  async isOther(than: Document, { later, signal }: Pick<DriveDependencies, 'later' | 'signal'>): Promise<boolean> {
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

  /** How what is wanted ended, when it was the last that did; else when the next one has that is wanted. */
  settled(): Promise<Outcome> {
    if (this.#last !== undefined && this.#last.document === this.#document) return Promise.resolve(this.#last.outcome);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Whether nothing has been wanted since the last that ended. */
  hasEnded(): boolean {
    return this.#document === this.#last?.document;
  }

  /** Whether this document was the last that ended, and not well. */
  hasFailed(document: Document): boolean {
    return this.#last?.document === document && !this.#last.outcome.ok;
  }

  /** A document has ended. What went well stays so; who waits is told when nothing newer is wanted. */
  settle(document: Document, outcome: Outcome): void {
    if (this.#last?.document !== document || !this.#last.outcome.ok) this.#last = { document, outcome };
    if (document === this.#document) this.#since = undefined;
    if (document === this.#document) for (const tell of this.#waiting.splice(0)) tell(this.#last.outcome);
  }
}

/** Without a reload. */
export function outcomeOf(sent: boolean): Outcome {
  return { ok: true, by: sent ? 'commands' : 'nothing' };
}
