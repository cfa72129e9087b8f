import type { Document } from '../model/document.ts';
import type { DriveDependencies } from './dependencies.ts';
import { Actual } from './actual.ts';
import { QuickLane } from './quick-lane.ts';
import { SlowLane } from './slow-lane.ts';
import { Wanted, type Outcome } from './wanted.ts';

/** How long a change has been waiting, in milliseconds, and for what: 'HAProxy to confirm the reload'. */
export interface Waiting {
  readonly forMs: number;
  readonly what: string;
}

/** What brings HAProxy to what is wanted. */
export interface Drive {
  /** Brings HAProxy to this document; returns at once. */
  want(document: Document): void;
  /** HAProxy reads its file again, as it is. */
  reloadAsItIs(): void;
  /** HAProxy is gone, somebody says: whatever it ran, it runs no more. Counts only where it should run, and nobody works on it. */
  lost(): boolean;
  /** Another worker of HAProxy's serves than before, somebody says: what that one has is read back, and brought to what is wanted. */
  doubt(): void;
  /** Resolves when nobody works on HAProxy and its files, and the file says what HAProxy runs. */
  idle(): Promise<void>;
  /** Whether HAProxy runs, with a configuration that it has confirmed; also while a newer one is on its way, or was refused. */
  isUp(): boolean;
  /** The wait of the oldest change that HAProxy does not have yet; undefined when there is none. */
  waits(): Waiting | undefined;
  /** How the document wanted last ended, when it has; a failure is told although it is tried again. */
  settled(): Promise<Outcome>;
}

/**
 * Brings HAProxy to the latest document asked for, in two lanes. The quick one sends commands at once; the slow one, when it is quiet, writes,
 * validates and reloads if there is a reason. Both work from what is known of HAProxy towards what is wanted of it, and ask for each other.
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
    this.#wanted = new Wanted(parts.now);
    this.#actual = new Actual(parts);
    const shared = { parts, actual: this.#actual, wanted: this.#wanted };
    this.#quick = new QuickLane(shared, (how) => {
      this.#slow.ask(how);
    });
    this.#slow = new SlowLane(shared, this.#quick);
  }

  want(document: Document): void {
    this.#wanted.set(document);
    void this.#quick.run();
  }

  reloadAsItIs(): void {
    this.#slow.reloadAsItIs();
  }

  lost(): boolean {
    if (this.#slow.working !== undefined || !this.#actual.gone()) return false;
    this.#slow.ask('at-once'); // nobody serves
    return true;
  }

  doubt(): void {
    void this.#actual.onSocket(() => this.#actual.readAgain()).then(() => this.#quick.run());
  }

  async idle(): Promise<void> {
    await this.#slow.working?.catch(() => undefined); // whoever waits for the outcome has heard
    await this.#actual.onFiles(() => this.#actual.file.write()).catch(this.#parts.troubled);
  }

  isUp(): boolean {
    return this.#actual.isUp;
  }

  waits(): Waiting | undefined {
    const forMs = this.#wanted.waitsMs;
    return forMs === undefined ? undefined : { forMs, what: this.#actual.steps.inWords };
  }

  settled(): Promise<Outcome> {
    return this.#wanted.settled();
  }
}
