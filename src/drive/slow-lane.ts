import type { Ask } from '../lib/runs.ts';
import { sentence } from '../lib/sentence.ts';
import type { Document, Reason } from '../model/document.ts';
import { Attempts, type Attempt } from './attempts.ts';
import type { LaneDependencies } from './lane-dependencies.ts';
import type { QuickLane } from './quick-lane.ts';

const BY_HAND: Reason = { code: 'by-hand', subject: 'haproxy', detail: 'asked for' };
/** How many candidates follow each other at once, each without those that HAProxy named in the one before: it may name one at a time. */
const MOST_PASSES = 50;

/** All that takes a file: when it is quiet, candidate after candidate, until HAProxy runs what is wanted or does not take it. */
export class SlowLane {
  /** Asks for a run. */
  readonly ask: Ask;
  readonly #shared: LaneDependencies;
  readonly #quick: QuickLane;
  readonly #attempts: Attempts;
  #byHand = false;
  #working: Promise<void> | undefined;

  constructor(shared: LaneDependencies, quick: QuickLane) {
    this.#shared = shared;
    this.#quick = quick;
    this.#attempts = new Attempts(shared, () => void quick.run());
    this.ask = shared.parts.quiet(() => {
      this.#working = shared.actual
        .onFiles(() => this.#work())
        .finally(() => {
          this.#working = undefined;
        });
      return this.#working;
    });
  }

  /** The run of now; rejects when it fails. None between two. */
  get working(): Promise<void> | undefined {
    return this.#working;
  }

  /** Asks for a run that begins with a reload of the file as it stands. */
  reloadAsItIs(): void {
    this.#byHand = true;
    this.ask();
  }

  async #work(): Promise<void> {
    const { parts, actual, wanted } = this.#shared;
    if (this.#byHand) {
      this.#byHand = false;
      await actual.onSocket(async () => {
        await actual.reload([BY_HAND], undefined);
        if (actual.running !== undefined) actual.running = await parts.haproxy.holds(actual.running.document);
      });
      if (wanted.hasEnded()) return; // the file may have been edited: it stays as it is
    }
    for (let pass = 1; wanted.document !== undefined; pass++) {
      const candidate = wanted.document;
      const { outcome, another } = await this.#attempt(candidate);
      if (!another || pass === MOST_PASSES || !(await wanted.isOther(candidate, parts))) {
        wanted.settle(candidate, outcome);
        break;
      }
    }
    this.#quick.tend();
  }

  async #attempt(candidate: Document): Promise<Attempt> {
    try {
      return await this.#attempts.attempt(candidate);
    } catch (error) {
      this.#shared.wanted.settle(candidate, { ok: false, why: sentence(error) });
      throw error; // `quiet` tries again
    }
  }
}
