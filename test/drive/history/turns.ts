import { setImmediate } from 'node:timers/promises';

interface Gate {
  readonly owner: string;
  readonly open: () => void;
}

interface Timer {
  readonly owner: string;
  readonly at: number;
  readonly work: () => void;
}

/**
 * Decides what happens next among programs that run beside each other. Each of them waits at a gate before whatever the others may see, such as
 * writing a file or sending a command. A test opens the gates one by one, so that a history can be run again in the same order.
 */
export class Turns {
  /** Milliseconds. Time passes only in `pass`. */
  now = 0;
  #gates: Gate[] = [];
  #timers: Timer[] = [];
  readonly #ended = new Set<string>();

  /** Waits for its turn. It never comes for a program that was ended. */
  gate(owner: string): Promise<void> {
    if (this.#ended.has(owner)) return new Promise(() => undefined);
    return new Promise((open) => this.#gates.push({ owner, open }));
  }

  later(owner: string, ms: number, work: () => void): void {
    if (!this.#ended.has(owner)) this.#timers.push({ owner, at: this.now + ms, work });
  }

  /** Ends a program, as `kill -9` does: nothing of it runs any more. */
  end(owner: string): void {
    this.#ended.add(owner);
    this.cancel(owner);
  }

  /** Takes away everything that a program waits for. */
  cancel(owner: string): void {
    this.#gates = this.#gates.filter((gate) => gate.owner !== owner);
    this.#timers = this.#timers.filter((timer) => timer.owner !== owner);
  }

  /** Everything runs that waits for nothing else. */
  async flush(): Promise<void> {
    await setImmediate();
  }

  /** Opens one of the gates, counted from the one that waits longest. Returns false when nobody waits. */
  async step(which: number): Promise<boolean> {
    const [gate] = this.#gates.splice(which % Math.max(1, this.#gates.length), 1);
    if (gate === undefined) return false;
    gate.open();
    await this.flush();
    return true;
  }

  /** Lets time pass, and does what is due by then. */
  async pass(ms: number): Promise<void> {
    const until = this.now + ms;
    for (let due = this.#due(until); due !== undefined; due = this.#due(until)) {
      this.#timers.splice(this.#timers.indexOf(due), 1);
      this.now = Math.max(this.now, due.at);
      due.work();
      await this.flush();
    }
    this.now = until;
  }

  /** Opens gates and lets time pass until nobody waits for anything that is due within so many milliseconds from now. */
  async calm(ms: number): Promise<void> {
    const until = this.now + ms;
    await this.flush();
    for (let steps = 0; steps < MOST_STEPS; steps++) {
      if (await this.step(0)) continue;
      const due = this.#due(until);
      if (due === undefined) return;
      await this.pass(Math.max(0, due.at - this.now));
    }
    throw new Error('it does not come to rest');
  }

  #due(until: number): Timer | undefined {
    return this.#timers.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
  }
}

/** A history that does not come to rest in so many steps goes on for ever. */
const MOST_STEPS = 20_000;
