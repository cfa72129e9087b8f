import { makeLineage } from './lineage.ts';

type Table = ReadonlyMap<string, unknown>;

const NONE: ReadonlySet<string> = new Set();

/** Of maps that are further apart than this, all keys are compared. */
const tables = makeLineage<Table, ReadonlySet<string>>({ none: NONE, united, sizeOf: ({ size }) => size, mostSize: 200, mostEarlier: 6 });

/**
 * Notes that `map` has other values than `before` at most at these keys. Comparing the two then costs only these keys. Neither map may be changed
 * afterwards.
 */
export function noteKeys(map: Table, before: Table, keys: Iterable<string>): void {
  tables.note(map, before, new Set(keys));
}

/** Returns the keys at which two maps may have other values; undefined when it is not known how they are related. */
export function keysBetween(a: Table, b: Table): Iterable<string> | undefined {
  return a === b ? NONE : tables.between(a, b);
}

function united(a: ReadonlySet<string>, b: ReadonlySet<string>): ReadonlySet<string> {
  if (a.size === 0) return b;
  return b.size === 0 ? a : new Set([...a, ...b]);
}
