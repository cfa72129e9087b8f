import { oneAtATime, type Ask } from '../lib/runs.ts';
import type { Running } from '../model/document.ts';
import { CHECK_MS, DELETE_MS, hasStopped, isChecking, sendDeletions } from './send-commands.ts';
import type { LaneDependencies } from './lane-dependencies.ts';
import { outcomeOf } from './wanted.ts';

/** Sends runtime commands at once, one batch at a time, for everything that HAProxy can change without a reload. */
export class QuickLane {
  readonly #shared: LaneDependencies;
  readonly #slow: Ask;
  /** Runs one round of commands as soon as nothing else works on HAProxy. A call during a run makes one more run after it. */
  readonly run = oneAtATime(() => this.#shared.actual.onSocket(() => this.#round()));
  #stopped: Running['exceptions'] = new Map(); // the exceptions when we last looked for servers to delete
  readonly #scheduled = new Set<number>();

  /** `slow` requests a run of the slow lane. */
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
    const { sent, reload, isPart } = await actual.command(running, document);
    if (isPart)
      void this.run(); // with what is wanted by then
    else if (reload.length === 0) {
      actual.accept();
      wanted.settle(document, outcomeOf(sent));
    }
    if (reload.length > 0 && !wanted.hasFailed(document)) this.#slow(actual.running === undefined ? 'at-once' : undefined); // at once, because HAProxy may have ended
    this.tend();
  }

  /** Schedules what has to be done later: servers that wait for their check, servers to delete, and writing the file. */
  tend(): void {
    const { actual, settling } = this.#shared;
    if (actual.running === undefined) return;
    settling.look(actual.running);
    actual.file.soon();
    if (isChecking(actual.running)) this.#wakeIn(CHECK_MS, () => this.run());
    if (hasStopped(actual.running)) this.#wakeIn(DELETE_MS, () => actual.onSocket(() => this.#sweep()).then(() => this.run()));
  }

  /** Does something once after a time, unless that is scheduled already. Each kind of work has a time of its own, and waits for no other kind. */
  #wakeIn(ms: number, work: () => unknown): void {
    if (this.#scheduled.has(ms)) return;
    this.#scheduled.add(ms);
    this.#shared.parts.later(ms, () => {
      this.#scheduled.delete(ms);
      work();
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
