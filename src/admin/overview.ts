import { setImmediate } from 'node:timers/promises';
import { appRows, PAUSE } from '../explain/app-rows.ts';
import type { View } from '../model/view.ts';

/** The apps that are others than at an earlier question. */
export interface OverviewAnswer {
  /** To be given at the next question. */
  readonly revision: string;
  /** Whether these are all apps, because the earlier revision is not known here. */
  readonly whole: boolean;
  /** JSON of the rows, in order of id. */
  readonly rows: readonly string[];
  /** Ids of apps that are no more. */
  readonly gone: readonly string[];
}

/** Tells what has changed in the list of all apps, so that a page does not read ten thousand rows for each change. */
export interface Overview {
  readonly since: (revision: string | undefined) => Promise<OverviewAnswer | undefined>;
}

interface OverviewParts {
  readonly view: () => View | undefined;
  /** A word that stands for this run of the daemon: a revision that begins with a different word is of an earlier run. */
  readonly run: string;
}

interface Kept {
  readonly text: string;
  readonly revision: number;
}

/** Rows are made for so long at a time, in milliseconds. */
const TURN_MS = 5;
/** So many ids of apps that are gone are kept. */
const MOST_GONE = 1_000;

/** An overview whose rows are made when somebody asks, and only when the View has changed since the last question. */
export function makeOverview(parts: OverviewParts): Overview {
  const rows = new KeptRows(parts);
  return { since: (revision) => rows.since(revision) };
}

class KeptRows {
  readonly #parts: OverviewParts;
  #rows: ReadonlyMap<string, Kept> = new Map();
  #gone: readonly { readonly id: string; readonly revision: number }[] = [];
  #revision = 0;
  #oldest = 0; // the first revision from which on all gone apps are known
  #seen: View | undefined;
  #taking: Promise<void> | undefined;

  constructor(parts: OverviewParts) {
    this.#parts = parts;
  }

  async since(asked: string | undefined): Promise<OverviewAnswer | undefined> {
    await this.#taking;
    const view = this.#parts.view();
    if (view === undefined) return undefined;
    if (view !== this.#seen) {
      this.#taking ??= this.#take(view).finally(() => {
        this.#taking = undefined;
      });
      await this.#taking;
    }
    const from = this.#numberOf(asked);
    return {
      revision: `${this.#parts.run}.${this.#revision}`,
      whole: from === undefined,
      rows: Array.from(this.#rows.values()).flatMap(({ text, revision }) => (revision > (from ?? -1) ? [text] : [])),
      gone: from === undefined ? [] : this.#gone.filter(({ revision }) => revision > from).map(({ id }) => id),
    };
  }

  /** The number of a revision; undefined when the revision is too old, or of a different run of the daemon. */
  #numberOf(revision = ''): number | undefined {
    const [run, text = ''] = revision.split('.');
    const number = /^\d{1,12}$/.test(text) ? Number(text) : -1;
    return run === this.#parts.run && number >= this.#oldest ? number : undefined;
  }

  async #take(view: View): Promise<void> {
    const revision = this.#revision + 1;
    const next = await this.#rowsOf(view, revision);
    const lost = [...this.#rows.keys()].filter((id) => !next.has(id)).map((id) => ({ id, revision }));
    const gone = [...this.#gone.filter(({ id }) => !next.has(id)), ...lost];
    if (gone.length > MOST_GONE) this.#oldest = revision;
    [this.#rows, this.#gone, this.#seen, this.#revision] = [next, gone.slice(-MOST_GONE), view, revision];
  }

  async #rowsOf(view: View, revision: number): Promise<ReadonlyMap<string, Kept>> {
    const next = new Map<string, Kept>();
    let turn = performance.now();
    for (const row of appRows(view)) {
      if (performance.now() - turn >= TURN_MS) {
        await setImmediate();
        turn = performance.now();
      }
      if (row === PAUSE) continue;
      const [text, before] = [JSON.stringify(row), this.#rows.get(row.app)];
      next.set(row.app, before?.text === text ? before : { text, revision });
    }
    return next;
  }
}
