import { withResolvers } from '../lib/resolvers.ts';
import type { Document, Reason, Running } from '../model/document.ts';
import type { DriveDependencies } from './dependencies.ts';
import { Actual } from './actual.ts';
import { QuickLane } from './quick-lane.ts';
import { Settling } from './settling.ts';
import { SlowLane } from './slow-lane.ts';
import type { Outcome } from './outcome.ts';
import { Wanted } from './wanted.ts';

/** How long a change has been waiting, in milliseconds, and what it waits for: 'HAProxy to confirm the reload'. */
export interface Waiting {
  readonly forMs: number;
  readonly what: string;
}

/** Makes HAProxy run the document that is wanted. */
export interface Drive {
  /**
   * Starts HAProxy with the files that it served last, so that it serves while Marathon is read. What has changed follows by commands. Resolves when
   * its process runs and loads the files, or when nothing is to be started. Never rejects.
   */
  begin(): Promise<void>;
  /** Asks for HAProxy to run this document. Returns at once. */
  want(document: Document): void;
  /** Reloads HAProxy with its file as it is, for these reasons or because somebody asked. Returns at once. */
  reloadAsItIs(reasons?: readonly Reason[]): void;
  /** Reports that HAProxy has ended. Returns false, and does nothing, when HAProxy should not run or is being worked on. */
  lost(): boolean;
  /** Reports that a different worker of HAProxy serves than before. Reads back what that worker runs, and changes it to what is wanted. */
  doubt(): void;
  /** Resolves when no work on HAProxy and its files is left, and the file describes what HAProxy runs. */
  idle(): Promise<void>;
  /** Whether HAProxy runs with a configuration that it has confirmed, even if a newer one is on its way or was refused. */
  isUp(): boolean;
  /** What HAProxy runs, as it has confirmed; undefined while that is not known. */
  running(): Running | undefined;
  /** Returns how long the oldest change that HAProxy does not have yet has waited; undefined when there is none. */
  waits(): Waiting | undefined;
  /** Resolves with the outcome of the document that was wanted last. A failure counts as an outcome, even though it is tried again. */
  settled(): Promise<Outcome>;
  /** Returns that outcome if there is one already; undefined while HAProxy is being brought to the document. */
  outcome(): Outcome | undefined;
}

/**
 * Makes HAProxy run the latest document that is wanted, in two lanes. The quick lane sends commands at once. The slow lane waits until changes have
 * stopped for a moment, then checks and writes the files, and reloads HAProxy if there is a reason. Both compare what HAProxy runs with what is
 * wanted, and each can request a run of the other.
 */
export function drive(parts: DriveDependencies): Drive {
  return new Driver(parts);
}

class Driver implements Drive {
  readonly #parts: DriveDependencies;
  readonly #actual: Actual;
  readonly #wanted: Wanted;
  readonly #quick: QuickLane;
  readonly #slow: SlowLane;

  constructor(parts: DriveDependencies) {
    this.#parts = parts;
    this.#wanted = new Wanted(parts);
    this.#actual = new Actual(parts, this.#wanted, () => void this.#quick.run());
    const settling = new Settling({
      ...parts,
      slow: () => {
        this.#slow.ask();
      },
    });
    const shared = { parts, actual: this.#actual, wanted: this.#wanted, settling };
    this.#quick = new QuickLane(shared, (how) => {
      this.#slow.ask(how);
    });
    this.#slow = new SlowLane(shared, this.#quick);
  }

  begin(): Promise<void> {
    const { onFiles, onSocket } = this.#actual;
    const { promise, resolve } = withResolvers();
    void onFiles(() => onSocket(() => this.#actual.serveAtOnce(resolve)))
      .catch(this.#parts.troubled)
      .finally(resolve);
    return promise;
  }

  want(document: Document): void {
    this.#wanted.set(document);
    void this.#quick.run();
    this.#actual.duringReload.ask();
  }

  reloadAsItIs(reasons?: readonly Reason[]): void {
    this.#slow.reloadAsItIs(reasons);
  }

  lost(): boolean {
    if (this.#slow.working !== undefined || !this.#actual.gone()) return false;
    void this.begin(); // connections are refused until HAProxy is there: what it served last serves before what is wanted is compared with it
    this.#slow.ask('at-once');
    return true;
  }

  doubt(): void {
    void this.#actual.onSocket(() => this.#actual.readAgain()).then(() => this.#quick.run());
  }

  async idle(): Promise<void> {
    await this.#slow.working?.catch(() => undefined); // the error is reported through settled()
    await this.#actual.check.idle();
    await this.#actual.onFiles(() => this.#actual.file.write()).catch(this.#parts.troubled);
  }

  running(): Running | undefined {
    return this.#actual.running;
  }

  isUp(): boolean {
    return this.#actual.isUp;
  }

  waits(): Waiting | undefined {
    const forMs = this.#wanted.waitsMs;
    return forMs === undefined ? undefined : { forMs, what: this.#actual.steps.inWords };
  }

  outcome(): Outcome | undefined {
    return this.#wanted.outcome;
  }

  settled(): Promise<Outcome> {
    return this.#wanted.settled();
  }
}
