import { keep } from '../lib/keep.ts';
import { byText } from '../lib/lists.ts';
import { isUnfit, nameOf, targetOf, type NameRecord } from './app-names.ts';
import type { Entry, Srv } from './records.ts';

/** What a name has that only has names below it. */
export const NOTHING: Entry = { a: [], aaaa: [], srv: [] };

export type Entries = ReadonlyMap<string, Entry>;

/** What each name has of all records; those that can't be told are left out. */
export function gather(records: Iterable<NameRecord>): Map<string, Entry> {
  const found = new Map<string, { readonly addresses: string[]; readonly srv: Srv[] }>();
  for (const record of records) {
    if (isUnfit(record)) continue;
    const name = nameOf(record);
    let one = found.get(name);
    if (one === undefined) found.set(name, (one = { addresses: [], srv: [] }));
    for (const address of record.addresses) one.addresses.push(address);
    if (record.service !== undefined) one.srv.push({ target: targetOf(record.stem, record.service), port: record.service.port });
  }
  return new Map(Array.from(found, ([name, { addresses, srv }]) => [name, makeEntry(addresses, srv)]));
}

/** In order, each once, so that it does not matter where they come from. */
export function makeEntry(addresses: readonly string[], srv: readonly Srv[]): Entry {
  const inOrder = [...new Set(addresses)].sort(byText);
  const services = new Map(srv.map((one) => [`${one.target} ${one.port}`, one]));
  return {
    a: inOrder.filter((address) => !address.includes(':')),
    aaaa: inOrder.filter((address) => address.includes(':')),
    srv: [...services.values()].sort((one, other) => byText(one.target, other.target) || one.port - other.port),
  };
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
