import type { Document } from '../model/document.ts';
import type { Drive, DriveParts, Outcome, Waiting } from './dependencies.ts';
import { Actual } from './actual.ts';
import { QuickLane } from './quick-lane.ts';
import { SlowLane } from './slow-lane.ts';
import { Wanted } from './wanted.ts';

/**
 * Brings HAProxy to the latest document asked for, in two lanes. The quick one sends commands at once; the slow one, when it is quiet, writes,
 * validates and reloads if there is a reason. Both work from what is known of HAProxy towards what is wanted of it, and ask for each other.
 */
export function drive(parts: DriveParts): Drive {
  return new Driver(parts);
}

class Driver implements Drive {
  readonly #parts: DriveParts;
  readonly #actual: Actual;
  readonly #wanted: Wanted;
  readonly #quick: QuickLane;
  readonly #slow: SlowLane;

  constructor(parts: DriveParts) {
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

  waits(): Waiting | undefined {
    const forMs = this.#wanted.waitsMs;
    return forMs === undefined ? undefined : { forMs, what: this.#actual.steps.now };
  }

  settled(): Promise<Outcome> {
    return this.#wanted.settled();
  }
}
