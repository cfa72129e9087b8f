import type { Ask } from '../lib/runs.ts';
import { sentence } from '../lib/sentence.ts';
import type { Document, Reason, Running } from '../model/document.ts';
import { Attempts, type AttemptResult } from './attempts.ts';
import type { LaneDependencies } from './lane-dependencies.ts';
import type { QuickLane } from './quick-lane.ts';

const BY_HAND: Reason = { code: 'by-hand', subject: 'haproxy', detail: 'asked for' };
/** How many candidates are tried in one run. HAProxy may name only one bad port at a time, and each next candidate leaves that port out. */
const MOST_PASSES = 50;

/** Writes files and reloads HAProxy, once changes have stopped for a moment. Tries candidates until HAProxy runs what is wanted or refuses it. */
export class SlowLane {
  /** Requests a run. */
  readonly ask: Ask;
  readonly #shared: LaneDependencies;
  readonly #quick: QuickLane;
  readonly #attempts: Attempts;
  #asked: readonly Reason[] = []; // for a reload of the file as it stands
  #working: Promise<void> | undefined;

  constructor(shared: LaneDependencies, quick: QuickLane) {
    this.#shared = shared;
    this.#quick = quick;
    this.#attempts = new Attempts(shared, {
      quick: () => void quick.run(),
      slow: () => {
        this.ask();
      },
    });
    this.ask = shared.parts.quiet(() => {
      this.#working = shared.actual
        .onFiles(() => this.#work())
        .finally(() => {
          this.#working = undefined;
        });
      return this.#working;
    });
  }

  /** The current run, which rejects when it fails; undefined between runs. */
  get working(): Promise<void> | undefined {
    return this.#working;
  }

  /** Requests a run that starts with a reload of the file as it is; without reasons, somebody has asked for it. */
  reloadAsItIs(reasons: readonly Reason[] = [BY_HAND]): void {
    this.#asked = [...this.#asked, ...reasons];
    this.ask();
  }

  async #work(): Promise<void> {
    const { parts, wanted, settling } = this.#shared;
    if (this.#asked.length > 0) {
      await this.#reloadAsItIs();
      void this.#quick.run(); // for what the file does not have: the new worker has lost it
      if (wanted.hasEnded() && !settling.isDue) return; // somebody may have edited the file, so it is not written
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

  async #reloadAsItIs(): Promise<void> {
    const { actual } = this.#shared;
    const reasons = this.#asked;
    this.#asked = [];
    const isEdited = reasons.includes(BY_HAND) && !(await actual.isFileOurs()); // then it stays, and says what is wanted
    if (!isEdited) await actual.file.write();
    await actual.onSocket(async () => {
      await actual.reload(reasons, isEdited ? undefined : actual.running?.document);
      const { running, file } = actual;
      if (running === undefined || isEdited || file.written === undefined) {
        await actual.readAgain();
        return;
      }
      const loaded: Running = { document: file.written, exceptions: new Map(), lost: new Map() };
      await actual.loaded({ running: loaded, doubts: actual.duringReload.doubts, isUnsure: false }, 'reloaded');
    });
  }

  async #attempt(candidate: Document): Promise<AttemptResult> {
    try {
      return await this.#attempts.attempt(candidate);
    } catch (error) {
      this.#shared.wanted.settle(candidate, { ok: false, why: sentence(error) });
      throw error; // `quiet` tries again
    }
  }
}
