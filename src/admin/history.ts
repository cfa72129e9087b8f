import type { HaproxyChange, NewChange } from './change.ts';

/** The last changes, in order. */
export interface History {
  /** Takes a change, gives it its number, and forgets the oldest beyond fifty. The same failure again and again is one. */
  readonly add: (change: NewChange) => HaproxyChange | undefined;
  readonly all: () => readonly HaproxyChange[];
}

/** So many changes are remembered. */
export const MOST_CHANGES = 50;

/** A history that goes on from what an earlier run has left. */
export function makeHistory(before: readonly HaproxyChange[]): History {
  let changes = before.slice(-MOST_CHANGES);
  return {
    add: (change) => {
      const last = changes.at(-1);
      if (last?.error != null && last.error === change.error) return undefined;
      const numbered = { id: (last?.id ?? 0) + 1, ...change };
      changes = [...changes.slice(1 - MOST_CHANGES), numbered];
      return numbered;
    },
    all: () => changes,
  };
}
