/** Sets of values by name. */
export interface ValuesByName {
  /** The values of a name, to read and to add to. */
  readonly of: (name: string) => Set<string>;
  /** All names, in parts. */
  readonly names: () => Iterable<readonly string[]>;
}

const PARTS = 256;

/** Makes an empty table. It is kept in many small parts, because a Map of 200,000 entries moves all of them at once when it grows. */
export function makeValuesByName(): ValuesByName {
  const parts = Array.from({ length: PARTS }, () => new Map<string, Set<string>>());
  return {
    of: (name) => {
      const part = parts[numberOf(name) % PARTS] as Map<string, Set<string>>;
      const known = part.get(name) ?? new Set();
      if (known.size === 0) part.set(name, known);
      return known;
    },
    names: function* () {
      for (const part of parts) yield [...part.keys()];
    },
  };
}

function numberOf(name: string): number {
  let number = 0;
  for (let i = 0; i < name.length; i++) number = (number * 31 + name.charCodeAt(i)) >>> 0;
  return number;
}
