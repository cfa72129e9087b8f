import type { HaproxyChange } from '../../admin/change.ts';
import type { LiveStatus } from '../../admin/live-status.ts';
import type { Problem } from '../../model/problem.ts';
import type { StatsShape } from './shapes.ts';

/** What the page knows of the daemon now. */
export interface PageKnowledge {
  readonly status: LiveStatus | undefined;
  readonly problems: readonly Problem[];
  readonly changes: readonly HaproxyChange[];
  /** HAProxy's figures; or a sentence why there are none, as far as the daemon gives one. */
  readonly stats: StatsShape | string | undefined;
  /** When the daemon did not answer any more, in ms since 1970; undefined while it answers. */
  readonly silentSince: number | undefined;
}

/** What is known, and who shows it. */
export interface Board {
  readonly known: () => PageKnowledge;
  /** Takes what is new, and shows it. */
  readonly learn: (more: Partial<PageKnowledge>) => void;
  /** The time now by the daemon's clock, from which the browser's may differ. */
  readonly now: () => Date;
}

/** A board on which nothing is known yet. `show` is also called every second, because ages grow. */
export function makeBoard(show: (known: PageKnowledge, now: Date) => void): Board {
  let known: PageKnowledge = { status: undefined, problems: [], changes: [], stats: undefined, silentSince: undefined };
  let ahead = 0;
  const now = (): Date => new Date(Date.now() + ahead);
  const learn: Board['learn'] = (more) => {
    if (more.status !== undefined) ahead = Date.parse(more.status.at) - Date.now();
    known = { ...known, ...more };
    show(known, now());
  };
  setInterval(learn, 1_000, {});
  return { known: () => known, learn, now };
}
