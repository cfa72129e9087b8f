import type { Document, Running } from '../model/document.ts';
import type { DoubtfulParts } from '../model/haproxy.ts';
import type { DriveDependencies } from './dependencies.ts';

/** What HAProxy runs, and who works on it. */
export interface CheckedState {
  readonly parts: Pick<DriveDependencies, 'haproxy' | 'signal' | 'troubled'>;
  readonly running: () => Running | undefined;
  readonly setRunning: (running: Running) => void;
  /** Runs work on HAProxy one at a time. */
  readonly onSocket: (work: () => Promise<void>) => Promise<void>;
  /** Reads everything back. */
  readonly readAgain: () => Promise<void>;
  /** HAProxy turned out to run something else than it was taken to run. */
  readonly changed: () => void;
}

/** What to do about backends that commands can't put right: only report them, because a second reload would not help, or reload. */
export type Incurable = 'told' | 'reloaded';

/** How many backends are read back in one turn. Commands wait for no more than that. */
const MOST_AT_ONCE = 50;

/**
 * Looks after a reload whether HAProxy runs what it is taken to run, while commands go on: reading back a large estate takes a second. What it may run
 * otherwise, and what has changed while it was read, is read back once more by itself, in turns in which no command is sent.
 */
export class LoadCheck {
  readonly #state: CheckedState;
  #round = 0; // counts checks, so that one that is over changes nothing
  #working: Promise<void> | undefined;

  constructor(state: CheckedState) {
    this.#state = state;
  }

  /** Begins to look whether HAProxy runs this document. */
  begin(document: Document, incurable: Incurable): void {
    const round = ++this.#round;
    const working = this.#check(document, { round, incurable }).finally(() => {
      if (this.#working === working) this.#working = undefined;
    });
    this.#working = working;
  }

  /** Ends the check, because HAProxy was read back, is to be reloaded, or has ended. */
  end(): void {
    this.#round++;
    this.#working = undefined;
  }

  /** Resolves when no check is under way. Never rejects. */
  async idle(): Promise<void> {
    while (this.#working !== undefined && !this.#state.parts.signal.aborted) await this.#working;
  }

  /** Never rejects. */
  async #check(document: Document, how: { readonly round: number; readonly incurable: Incurable }): Promise<void> {
    const { parts, onSocket, changed } = this.#state;
    try {
      const doubts = await parts.haproxy.review?.doubts(document);
      for (const part of inParts(doubts)) await onSocket(() => this.#settle(part, how));
    } catch {
      await onSocket(async () => {
        if (this.#isOver(how.round)) return;
        await this.#state.readAgain();
        changed();
      });
    }
  }

  #isOver(round: number): boolean {
    return round !== this.#round || this.#state.parts.signal.aborted;
  }

  async #settle(doubts: DoubtfulParts, { round, incurable }: { readonly round: number; readonly incurable: Incurable }): Promise<void> {
    const { running, setRunning, changed } = this.#state;
    const before = running();
    if (before === undefined || this.#isOver(round)) return;
    const after = await this.settled(before, { doubts, incurable });
    if (this.#isOver(round) || isSame(before, after)) return;
    setRunning(after);
    changed();
  }

  /** Reads these parts back. Nobody may send commands meanwhile. Rejects when HAProxy does not answer. */
  async settled(
    before: Running,
    { doubts, incurable }: { readonly doubts: DoubtfulParts; readonly incurable: Incurable },
  ): Promise<Running> {
    const { haproxy, troubled } = this.#state.parts;
    const after = (await haproxy.review?.settle(before, doubts)) ?? before;
    if (incurable === 'reloaded') return after;
    for (const [backend, why] of after.lost) if (!before.lost.has(backend)) troubled(new Error(`${backend}: ${why}`));
    return { ...after, lost: before.lost };
  }
}

/** What is read back in each turn: some backends, or one map. */
function inParts({ backends, maps }: DoubtfulParts = { backends: new Set(), maps: new Set() }): readonly DoubtfulParts[] {
  const names = [...backends];
  const turns = Array.from({ length: Math.ceil(names.length / MOST_AT_ONCE) }, (_, i) =>
    names.slice(i * MOST_AT_ONCE, (i + 1) * MOST_AT_ONCE),
  );
  const [noBackends, noMaps] = [new Set<never>(), new Set<never>()];
  return [
    ...turns.map((some) => ({ backends: new Set(some), maps: noMaps })),
    ...Array.from(maps, (file) => ({ backends: noBackends, maps: new Set([file]) })),
  ];
}

function isSame(before: Running, after: Running): boolean {
  const { exceptions, lost, strays } = after;
  const areSame = exceptions.size === before.exceptions.size && [...exceptions].every(([key, one]) => before.exceptions.get(key) === one);
  return after.document === before.document && areSame && lost.size === before.lost.size && strays?.size === before.strays?.size;
}
