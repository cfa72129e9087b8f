import type { Document } from '../model/document.ts';
import type { News } from '../model/news.ts';

/** Measures how long it takes from the first news of a change until HAProxy has it. */
export interface Lag {
  /** News has changed what is known. */
  readonly absorbed: (news: Pick<News, 'at'>) => void;
  /** A View was made of all news so far. */
  readonly seen: (document: Document) => void;
  /** HAProxy has the document that is wanted now. Returns the time in seconds since the first news that led to it; undefined where none did. */
  readonly applied: () => number | undefined;
}

/** Nothing has happened yet. `now`: in ms since 1970. */
export function makeLag(now: () => number): Lag {
  let first: number | undefined; // the oldest news that no View has seen
  let open: number | undefined; // the oldest news of a document that HAProxy does not have
  let last: Document | undefined;
  return {
    absorbed: ({ at }) => {
      first ??= at;
    },
    seen: (document) => {
      if (document !== last) open ??= first;
      [first, last] = [undefined, document];
    },
    applied: () => {
      const since = open;
      open = undefined;
      return since === undefined ? undefined : Math.max(0, now() - since) / 1000;
    },
  };
}
