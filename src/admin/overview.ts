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
  /** Stands for this run of the daemon, so that a revision of an earlier one is known as such. */
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

/** An overview that begins at the first question. Its rows are made when somebody asks, and only for a View that is another. */
export function makeOverview({ view: latest, run }: OverviewParts): Overview {
  let [rows, revision, oldest] = [new Map<string, Kept>(), 0, 0];
  let gone: readonly { readonly id: string; readonly revision: number }[] = [];
  let seen: View | undefined;
  const take = async (view: View): Promise<void> => {
    const next = new Map<string, Kept>();
    let turn = performance.now();
    for (const row of appRows(view)) {
      if (performance.now() - turn >= TURN_MS) {
        await setImmediate();
        turn = performance.now();
      }
      if (row === PAUSE) continue;
      const [text, before] = [JSON.stringify(row), rows.get(row.app)];
      next.set(row.app, before?.text === text ? before : { text, revision: revision + 1 });
    }
    const lost = [...rows.keys()].filter((id) => !next.has(id)).map((id) => ({ id, revision: revision + 1 }));
    const all = [...gone.filter(({ id }) => !next.has(id)), ...lost];
    gone = all.slice(-MOST_GONE);
    oldest = all.length > MOST_GONE ? revision + 1 : oldest;
    [rows, seen, revision] = [next, view, revision + 1];
  };
  let taking: Promise<void> | undefined;
  return {
    since: async (asked) => {
      await taking;
      const view = latest();
      if (view === undefined) return undefined;
      if (view !== seen)
        await (taking ??= take(view).finally(() => {
          taking = undefined;
        }));
      const [of = '', number = ''] = asked?.split('.') ?? [];
      const from = of === run && /^\d{1,12}$/.test(number) && Number(number) >= oldest ? Number(number) : -1;
      return {
        revision: `${run}.${revision}`,
        whole: from === -1,
        rows: Array.from(rows.values()).flatMap((row) => (row.revision > from ? [row.text] : [])),
        gone: from === -1 ? [] : gone.filter((one) => one.revision > from).map(({ id }) => id),
      };
    },
  };
}
