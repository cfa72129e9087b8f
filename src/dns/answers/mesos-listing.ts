import type { ListedRecord, Zones } from '../zones/records.ts';
import { goJson, lineAt } from './go-json.ts';
import { sortInTurns } from './sort-in-turns.ts';
import { makeValuesByName, type ValuesByName } from './values-by-name.ts';

/**
 * Mesos-DNS's /v1/enumerate in pieces: all tasks with their records, in one framework. A record that several tasks share, such as the address of an
 * agent, is listed with the first of them only.
 */
export function* enumeratePieces(zones: Zones, framework: string): Generator<string> {
  yield `{${lineAt(1)}"frameworks": [${lineAt(2)}{${lineAt(3)}"tasks": [`;
  const shared = makeValuesByName();
  let separator = '';
  for (const { name, id, listed } of zones.tasks()) {
    const records = unlisted(listed(), shared).map((record) => ({ name: record.name, host: record.host, rtype: record.rtype }));
    yield `${separator}${lineAt(4)}${goJson({ name, id, records: records.length === 0 ? null : records }, 4)}`;
    separator = ',';
  }
  const end = separator === '' ? '' : lineAt(3);
  yield `${end}],${lineAt(3)}"name": ${goJson(framework)}${lineAt(2)}}${lineAt(1)}]${lineAt(0)}}`;
}

/** The records that no task before has listed; within one task, each only once. */
function unlisted(records: readonly ListedRecord[], shared: ValuesByName): readonly ListedRecord[] {
  const own = new Set<string>();
  return records.filter(({ name, host, isShared }) => {
    const [seen, key] = isShared ? [shared.of(name), host] : [own, `${name} ${host}`];
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

/** What /v1/axfr says before the records. */
export interface AxfrHead {
  readonly domain: string;
  /** The records of the name server, as Mesos-DNS has them. */
  readonly nameServer: { readonly name: string; readonly addresses: readonly string[]; readonly v6: readonly string[] };
}

const KINDS = [
  ['As', 'A'],
  ['AAAAs', 'AAAA'],
  ['SRVs', 'SRV'],
] as const;

/** Mesos-DNS's /v1/axfr in pieces: the zone of Mesos names, by type and name. Pieces may be empty: they give other work a turn. */
export function* axfrPieces(zones: Zones, { domain, nameServer }: AxfrHead): Generator<string> {
  const apex = zones.apexOf(domain);
  const { mname = '', rname = '', refresh = 0 } = apex?.soa ?? {};
  const head = { TTL: apex?.ttl ?? 0, Serial: zones.serial >>> 0, RefreshSeconds: refresh };
  const names = { Mname: `${mname}.`, Rname: `${rname}.`, Domain: domain };
  for (const [key, value] of Object.entries({ ...head, ...names })) {
    yield `${key === 'TTL' ? '{' : ','}${lineAt(1)}"${key}": ${goJson(value)}`;
  }
  yield `,${lineAt(1)}"Records": {`;
  const records = { A: makeValuesByName(), AAAA: makeValuesByName(), SRV: makeValuesByName() };
  for (const address of nameServer.addresses) records.A.of(`${nameServer.name}.`).add(address);
  for (const address of nameServer.v6) records.AAAA.of(`${nameServer.name}.`).add(address);
  for (const { listed } of zones.tasks()) {
    for (const { name, host, rtype } of listed()) records[rtype].of(name).add(host);
    yield '';
  }
  for (const [key, rtype] of KINDS) {
    yield `${key === 'As' ? '' : ','}${lineAt(2)}"${key}": `;
    yield* byName(records[rtype]);
  }
  yield `${lineAt(1)}}${lineAt(0)}}`;
}

/** An object of names in order, as Go writes a map, each with its values in order. */
function* byName(values: ValuesByName): Generator<string> {
  const names: string[] = [];
  for (const part of values.names()) {
    names.push(...part);
    yield '';
  }
  if (names.length === 0) {
    yield '{}';
    return;
  }
  let separator = '{';
  for (const name of yield* sortInTurns(names)) {
    yield `${separator}${lineAt(3)}${goJson(name)}: ${goJson([...values.of(name)].sort(), 3)}`;
    separator = ',';
  }
  yield `${lineAt(2)}}`;
}
