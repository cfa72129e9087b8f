/** The owners of each word. A word may have several owners. */
export interface Owners<Owner> {
  readonly of: (word: string) => readonly Owner[];
  readonly add: (word: string, owner: Owner) => void;
  readonly remove: (word: string, owner: Owner) => void;
  /** The words that have more than one owner. */
  readonly shared: ReadonlySet<string>;
}

/** Makes a register without words. */
export function makeOwners<Owner extends object>(): Owners<Owner> {
  const owners = new Map<string, readonly Owner[]>();
  const shared = new Set<string>();
  const set = (word: string, now: readonly Owner[]): void => {
    if (now.length === 0) owners.delete(word);
    else owners.set(word, now);
    if (now.length > 1) shared.add(word);
    else shared.delete(word);
  };
  const of = (word: string): readonly Owner[] => owners.get(word) ?? [];
  return {
    of,
    add: (word, owner) => {
      set(word, [...of(word), owner]);
    },
    remove: (word, owner) => {
      set(
        word,
        of(word).filter((one) => one !== owner),
      );
    },
    shared,
  };
}

/** A set of words in which a word stays until it was removed as often as it was added. */
export interface WordCounts {
  readonly has: (word: string) => boolean;
  readonly add: (word: string) => void;
  readonly remove: (word: string) => void;
}

/** Makes a set without words. */
export function makeCounts(): WordCounts {
  const counts = new Map<string, number>();
  return {
    has: (word) => counts.has(word),
    add: (word) => {
      counts.set(word, (counts.get(word) ?? 0) + 1);
    },
    remove: (word) => {
      const left = (counts.get(word) ?? 0) - 1;
      if (left > 0) counts.set(word, left);
      else counts.delete(word);
    },
  };
}
