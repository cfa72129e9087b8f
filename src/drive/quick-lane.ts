import { oneAtATime, type Ask } from '../lib/runs.ts';
import type { Running } from '../model/document.ts';
import { sendDeletions, wakeIn } from './send-commands.ts';
import type { LaneDependencies } from './lane-dependencies.ts';
import { outcomeOf } from './wanted.ts';

/** All that HAProxy takes while it runs: commands, at once, one batch at a time. */
export class QuickLane {
  readonly #shared: LaneDependencies;
  readonly #slow: Ask;
  /** Runs it when its turn comes; and once more, when it is asked for meanwhile. */
  readonly run = oneAtATime(() => this.#shared.actual.onSocket(() => this.#round()));
  #stopped: Running['exceptions'] = new Map(); // as it was when we last looked for servers to delete
  #wakes = false;

  /** `slow`: asks for the slow lane. */
  constructor(shared: LaneDependencies, slow: Ask) {
    this.#shared = shared;
    this.#slow = slow;
  }

  async #round(): Promise<void> {
    const { parts, actual, wanted } = this.#shared;
    const { document } = wanted;
    const { running } = actual;
    if (document === undefined || parts.signal.aborted) return;
    if (running === undefined) {
      this.#slow();
      return;
    }
    const { sent, reload } = await actual.command(running, document);
    if (reload.length === 0) {
      actual.accept();
      wanted.settle(document, outcomeOf(sent));
    } else if (!wanted.hasFailed(document)) this.#slow(actual.running === undefined ? 'at-once' : undefined); // it may be gone
    this.tend();
  }

  /** What is left to do later: servers that wait for their check, servers to be deleted, the file. */
  tend(): void {
    const { parts, actual } = this.#shared;
    if (actual.running === undefined) return;
    actual.file.soon();
    const ms = wakeIn(actual.running);
    if (ms === undefined || this.#wakes) return;
    this.#wakes = true;
    parts.later(ms, () => {
      this.#wakes = false;
      void actual.onSocket(() => this.#sweep()).then(() => this.run());
    });
  }

  async #sweep(): Promise<void> {
    const { parts, actual } = this.#shared;
    if (actual.running === undefined) return;
    try {
      actual.running = await sendDeletions(parts, actual.running, this.#stopped);
      this.#stopped = actual.running.exceptions;
    } catch (error) {
      parts.troubled(error);
      await actual.readAgain();
    }
  }
}
