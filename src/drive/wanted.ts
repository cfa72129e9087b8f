import { addAbortListener } from 'node:events';
import { hideSecrets } from '../lib/secrets.ts';
import type { Document } from '../model/document.ts';
import type { DriveDependencies } from './dependencies.ts';
import type { Outcome } from './outcome.ts';

const ANOTHER_MS = 5_000;

/** The document that is wanted now, and the outcome of the last document that has one. */
export class Wanted {
  #document: Document | undefined;
  #changed: () => void = () => undefined;
  #last: { readonly document: Document; readonly outcome: Outcome } | undefined; // the last document with an outcome
  readonly #waiting: ((outcome: Outcome) => void)[] = [];
  readonly #now: () => number;
  readonly #settled: DriveDependencies['settled'];
  #since: number | undefined; // when the oldest change came that HAProxy does not have yet

  constructor({ now, settled }: Pick<DriveDependencies, 'now' | 'settled'>) {
    this.#now = now;
    this.#settled = settled;
  }

  /** How long a change has been waiting, in milliseconds; undefined when none does. */
  get waitsMs(): number | undefined {
    return this.#since === undefined ? undefined : this.#now() - this.#since;
  }

  get document(): Document | undefined {
    return this.#document;
  }

  /** Sets the document that is wanted. If it is the same one again and HAProxy has it, its outcome becomes `nothing`. */
  set(document: Document): void {
    if (document !== this.#document) {
      this.#document = document;
      this.#since ??= this.#now();
      this.#changed();
    } else if (this.#last?.document === document && this.#last.outcome.ok) {
      this.#last = { document, outcome: outcomeOf(false) };
    }
  }

  /** Resolves with whether a different document is wanted now or within five seconds. */
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

  /** The outcome of the wanted document; undefined until there is one. */
  get outcome(): Outcome | undefined {
    return this.#last?.document === this.#document ? this.#last?.outcome : undefined;
  }

  /** Resolves with the outcome of the wanted document, as soon as there is one. */
  settled(): Promise<Outcome> {
    const { outcome } = this;
    if (outcome !== undefined) return Promise.resolve(outcome);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Whether the wanted document already has an outcome. */
  hasEnded(): boolean {
    return this.#document === this.#last?.document;
  }

  /** Whether this document was the last with an outcome, and failed. */
  hasFailed(document: Document): boolean {
    return this.#last?.document === document && !this.#last.outcome.ok;
  }

  /**
   * Records the outcome of a document. A success is not replaced by a later failure, and the outcome of the wanted document not by that of an earlier one,
   * of which the other lane has told too late. Callers of `settled` are told if no newer document is wanted. HAProxy may have quoted a line with
   * secrets, which are hidden.
   */
  settle(document: Document, how: Outcome): void {
    if (document !== this.#document && this.hasEnded()) return;
    const outcome: Outcome = how.ok ? how : { ok: false, why: hideSecrets(how.why) };
    if (this.#last?.document !== document || !this.#last.outcome.ok) this.#last = { document, outcome };
    if (document !== this.#document) return;
    this.#since = undefined;
    this.#settled?.(this.#last.outcome);
    for (const tell of this.#waiting.splice(0)) tell(this.#last.outcome);
  }
}

/** Returns the outcome of a success without a reload. */
export function outcomeOf(sent: boolean): Outcome {
  return { ok: true, by: sent ? 'commands' : 'nothing' };
}
