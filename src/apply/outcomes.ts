import type { Document } from '../model/document.ts';
import type { Outcome } from './drive-parts.ts';

/** How the documents that were wanted ended, for those who wait for it. */
export class Outcomes {
  #last: { readonly document: Document; readonly outcome: Outcome } | undefined;
  readonly #waiting: ((outcome: Outcome) => void)[] = [];

  /** How this document ended, when it was the last that did; else when the next one has that is wanted. */
  of(document: Document | undefined): Promise<Outcome> {
    if (this.#last !== undefined && this.#last.document === document) return Promise.resolve(this.#last.outcome);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Whether this document was the last that ended. */
  isLast(document: Document | undefined): boolean {
    return document === this.#last?.document;
  }

  hasFailed(document: Document): boolean {
    return this.#last?.document === document && !this.#last.outcome.ok;
  }

  /** The same is wanted again: nothing is to be done for it, if it went well. */
  askAgain(document: Document): void {
    if (this.#last?.document === document && this.#last.outcome.ok) this.#last = { document, outcome: outcomeOf(false) };
  }

  /** What went well stays so. `isWanted`: nothing newer is. */
  settle(document: Document, outcome: Outcome, isWanted: boolean): void {
    if (this.#last?.document !== document || !this.#last.outcome.ok) this.#last = { document, outcome };
    if (isWanted) for (const tell of this.#waiting.splice(0)) tell(this.#last.outcome);
  }
}

/** Without a reload. */
export function outcomeOf(sent: boolean): Outcome {
  return { ok: true, by: sent ? 'commands' : 'nothing' };
}
