import { isIPv4, isIPv6 } from 'node:net';
import { keep } from '../lib/keep.ts';
import { byText } from '../lib/lists.ts';
import { isUnfit, nameOf, targetOf, type NameRecord } from './app-names.ts';
import type { Entry, Srv } from './records.ts';

/** What a name has that only has names below it. */
export const NOTHING: Entry = { a: [], aaaa: [], srv: [] };

export type Entries = ReadonlyMap<string, Entry>;

/** What each name has of all records; those that can't be told are left out. */
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

/** In order, each once, so that it does not matter where they come from. */
export function makeEntry(addresses: readonly string[], srv: readonly Srv[]): Entry {
  const inOrder = addresses.length < 2 ? addresses : [...new Set(addresses)].sort(byText);
  const [a, aaaa] = [only(inOrder, isIPv4), only(inOrder, isIPv6)];
  if (srv.length < 2) return { a, aaaa, srv: srv.length === 0 ? NONE : srv };
  const services = new Map(srv.map((one) => [`${one.target} ${one.port}`, one]));
  return { a, aaaa, srv: [...services.values()].sort((one, other) => byText(one.target, other.target) || one.port - other.port) };
}

const NONE: readonly never[] = [];

/** As `filter`, but without a new list where that is not needed: there are as many of these as there are names. */
function only<One>(list: readonly One[], is: (one: One) => boolean): readonly One[] {
  if (list.length === 0) return NONE;
  if (list.every(is)) return list;
  const found = list.filter(is);
  return found.length === 0 ? NONE : found;
}

/** What a name has that several make. */
export function merged(entries: readonly Entry[]): Entry {
  return makeEntry(
    entries.flatMap(({ a, aaaa }) => [...a, ...aaaa]),
    entries.flatMap(({ srv }) => srv),
  );
}

/** What things have as entries, made when it is first asked for. */
export interface Asked<Thing> {
  readonly of: (thing: Thing) => Entries;
  /** One thing stands for another from now on: what stays the same of its entries is the same objects. */
  readonly replace: (before: Thing, thing: Thing) => void;
}

export function makeAsked<Thing extends object>(make: (thing: Thing) => Entries): Asked<Thing> {
  const made = new WeakMap<Thing, Entries>();
  const inherited = new WeakMap<Thing, Entries>();
  return {
    of: (thing) => {
      const known = made.get(thing);
      if (known !== undefined) return known;
      const entries = kept(inherited.get(thing), make(thing));
      made.set(thing, entries);
      inherited.delete(thing);
      return entries;
    },
    replace: (before, thing) => {
      const known = made.get(before) ?? inherited.get(before);
      if (known !== undefined) inherited.set(thing, known);
    },
  };
}

function kept(before: Entries | undefined, entries: Entries): Entries {
  if (before === undefined) return entries;
  return new Map(Array.from(entries, ([name, entry]) => [name, keep(before.get(name), entry)]));
}
