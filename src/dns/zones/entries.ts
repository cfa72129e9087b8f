import { isIPv4, isIPv6 } from 'node:net';
import { keep } from '../../lib/keep.ts';
import { byText } from '../../lib/lists.ts';
import { isUnfit, nameOf, targetOf, type NameRecord } from './app-names.ts';
import type { Entry, Srv } from './records.ts';

/** The entry of a name that exists only because names lie below it. */
export const NOTHING: Entry = { a: [], aaaa: [], srv: [] };

/** Whether a name has no records, or does not exist. */
export function isEmpty(entry: Entry | undefined): boolean {
  return entry === undefined || entry.a.length + entry.aaaa.length + entry.srv.length === 0;
}

/** The records of names, by name in lower case without a dot at the end. */
export type Entries = ReadonlyMap<string, Entry>;

/** The entry of each name in the records. Records that can't be published are left out. */
export function gather(records: Iterable<NameRecord>): Map<string, Entry> {
  const found = new Map<string, NameRecord[]>();
  for (const record of records) {
    if (isUnfit(record)) continue;
    const name = nameOf(record);
    const known = found.get(name);
    if (known === undefined) found.set(name, [record]);
    else known.push(record);
  }
  return new Map(Array.from(found, ([name, all]) => [name, entryOf(all)]));
}

function entryOf(records: readonly NameRecord[]): Entry {
  const services = records.flatMap(({ stem, service }) =>
    service === undefined ? [] : { target: targetOf(stem, service), port: service.port },
  );
  const [first] = records;
  const isOne = records.length === 1 && first !== undefined;
  return makeEntry(isOne ? first.addresses : records.flatMap(({ addresses }) => addresses), services);
}

/** Makes an entry, sorted and without duplicates, so that the order of the input does not matter. */
export function makeEntry(addresses: readonly string[], srv: readonly Srv[]): Entry {
  const inOrder = addresses.length < 2 ? addresses : [...new Set(addresses)].sort(byText);
  const [a, aaaa] = [only(inOrder, isIPv4), only(inOrder, isIPv6)];
  if (srv.length < 2) return { a, aaaa, srv: srv.length === 0 ? NONE : srv };
  const services = new Map(srv.map((one) => [`${one.target} ${one.port}`, one]));
  return { a, aaaa, srv: [...services.values()].sort((one, other) => byText(one.target, other.target) || one.port - other.port) };
}

const NONE: readonly never[] = [];

/** Like `filter`, but allocates a new list only when needed: there are as many of these lists as names. */
function only<One>(list: readonly One[], is: (one: One) => boolean): readonly One[] {
  if (list.length === 0) return NONE;
  if (list.every(is)) return list;
  const found = list.filter(is);
  return found.length === 0 ? NONE : found;
}

/** One entry for a name that several apps make. */
export function merged(entries: readonly Entry[]): Entry {
  return makeEntry(
    entries.flatMap(({ a, aaaa }) => [...a, ...aaaa]),
    entries.flatMap(({ srv }) => srv),
  );
}

/** Values computed on first use and remembered for each thing. */
export interface Memo<Thing, Value> {
  readonly of: (thing: Thing) => Value;
  /** Replaces `before` by `thing`, or forgets `before`. Parts of the new value that are equal to parts of the old value are the old objects. */
  readonly replace: (before: Thing, thing: Thing | undefined) => void;
}

interface Making<Thing, Value> {
  readonly make: (thing: Thing) => Value;
  readonly keep: (before: Value, value: Value) => Value;
}

/** Uses Maps, because WeakMaps with this many keys make every garbage collection longer. */
export function makeMemo<Thing extends object, Value>({ make, keep: kept }: Making<Thing, Value>): Memo<Thing, Value> {
  const made = new Map<Thing, Value>();
  const inherited = new Map<Thing, Value>();
  return {
    of: (thing) => {
      const known = made.get(thing);
      if (known !== undefined) return known;
      const before = inherited.get(thing);
      const value = before === undefined ? make(thing) : kept(before, make(thing));
      made.set(thing, value);
      inherited.delete(thing);
      return value;
    },
    replace: (before, thing) => {
      const known = made.get(before) ?? inherited.get(before);
      made.delete(before);
      inherited.delete(before);
      if (known !== undefined && thing !== undefined) inherited.set(thing, known);
    },
  };
}

/** Returns `entries`, in which an entry that equals the one before is the same object as before. */
export function keepEntries(before: Entries, entries: Entries): Entries {
  return new Map(Array.from(entries, ([name, entry]) => [name, keep(before.get(name), entry)]));
}
