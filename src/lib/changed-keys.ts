type Table = ReadonlyMap<string, unknown>;

interface Earlier {
  readonly token: object;
  readonly keys: ReadonlySet<string>;
}

interface Origin {
  /** Stands for the map, so that the map itself can be let go of. */
  readonly token: object;
  /** The nearest first. */
  readonly earlier: readonly Earlier[];
}

/** How many earlier maps are remembered of a map, and how many keys of each. A map that is further away is compared key by key. */
const MOST_EARLIER = 6;
const MOST_KEYS = 200;

/** Only a shortcut: without an entry, maps are compared key by key, with the same result. */
const origins = new WeakMap<Table, Origin>();

/**
 * Notes that `map` has other values than `before` at most at these keys. Comparing the two then costs only these keys. Neither map may be changed
 * afterwards.
 */
export function noteKeys(map: Table, before: Table, keys: Iterable<string>): void {
  const changed = new Set(keys);
  const of = originOf(before);
  const all = [{ token: of.token, keys: changed }, ...of.earlier.map((one) => ({ ...one, keys: united(one.keys, changed) }))];
  const near = all.slice(0, MOST_EARLIER).filter((one) => one.keys.size <= MOST_KEYS);
  if (near.length > 0) origins.set(map, { token: originOf(map).token, earlier: near });
}

/** Returns the keys at which two maps may have other values; undefined when it is not known how they are related. */
export function keysBetween(a: Table, b: Table): Iterable<string> | undefined {
  if (a === b) return [];
  const [ofA, ofB] = [origins.get(a), origins.get(b)];
  if (ofA === undefined || ofB === undefined) return undefined;
  for (const one of [{ token: ofA.token, keys: NONE }, ...ofA.earlier])
    for (const other of [{ token: ofB.token, keys: NONE }, ...ofB.earlier])
      if (one.token === other.token) return united(one.keys, other.keys);
  return undefined;
}

const NONE: ReadonlySet<string> = new Set();

function originOf(map: Table): Origin {
  const known = origins.get(map);
  if (known !== undefined) return known;
  const made: Origin = { token: {}, earlier: [] };
  origins.set(map, made);
  return made;
}

function united(a: ReadonlySet<string>, b: ReadonlySet<string>): ReadonlySet<string> {
  if (a.size === 0) return b;
  return b.size === 0 ? a : new Set([...a, ...b]);
}
