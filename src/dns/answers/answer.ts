import { isEmpty } from '../zones/entries.ts';
import type { Apex, Entry, Zones } from '../zones/records.ts';

/** The question of a DNS query. */
export interface DnsQuestion {
  /** The full name in lower case, without the final dot; '' is the root. */
  readonly name: string;
  /** For example 'A' or 'SRV'; 'UNKNOWN_65' for a type the packet library has no name for. */
  readonly type: string;
  /** 'IN', 'CH' … */
  readonly class: string;
}

/** One record of an answer; `ttl` in seconds. */
export type DnsRecord = { readonly name: string; readonly ttl: number } & (
  | { readonly type: 'A' | 'AAAA' | 'NS'; readonly data: string }
  | {
      readonly type: 'SRV';
      readonly data: { readonly priority: number; readonly weight: number; readonly port: number; readonly target: string };
    }
  | { readonly type: 'SOA'; readonly data: SoaData }
);

interface SoaData {
  readonly mname: string;
  readonly rname: string;
  readonly serial: number;
  readonly refresh: number;
  readonly retry: number;
  readonly expire: number;
  readonly minimum: number;
}

/** The response codes that are sent, by their names in RFC 1035, section 4.1.1. */
export type Rcode = 'NOERROR' | 'FORMERR' | 'SERVFAIL' | 'NXDOMAIN' | 'NOTIMP' | 'REFUSED';

/** The content of a DNS reply. The order of records of the same name and type has no meaning. */
export interface DnsAnswer {
  readonly rcode: Rcode;
  /** The authoritative-answer flag: the name lies in one of our zones. */
  readonly aa: boolean;
  readonly answers: readonly DnsRecord[];
  readonly authority: readonly DnsRecord[];
  readonly additional: readonly DnsRecord[];
  /**
   * Every name that was looked up and the entry found for it. While these entries stay the same objects, the answer stays the same, except for a SOA
   * in it.
   */
  readonly from: readonly (readonly [name: string, entry: Entry | undefined])[];
}

/** Says which names a name server other than ours may know. */
export interface Elsewhere {
  /** Whether to ask the upstream for a name that lies in one of our zones but has no records here. */
  readonly mayKnow: (name: string) => boolean;
}

/** Returns an answer that has a response code and no records. */
function bare(rcode: Rcode): DnsAnswer {
  return { rcode, aa: false, answers: [], authority: [], additional: [], from: [] };
}

/**
 * Answers a question from the zones. Returns 'elsewhere' for a name outside our zones, and for a name that has nothing here but that the upstream may
 * know. A name that does not exist gets NXDOMAIN. A name that exists without records of the asked type gets NOERROR and no answers (NODATA). Both
 * carry the zone's SOA in the authority section (RFC 2308). In a zone with `mildToUnknown`, a question for SRV, SOA or NS of a name that does not
 * exist is NODATA as well, as in Mesos-DNS. ANY returns the records of the first type that the name has (RFC 8482). Classes other than IN are
 * refused.
 */
export function answer(question: DnsQuestion, zones: Zones, elsewhere: Elsewhere): DnsAnswer | 'elsewhere' {
  if (question.class !== 'IN') return bare('REFUSED');
  const name = withoutWildcards(question.name);
  const apex = zones.apexOf(name);
  if (apex === undefined) return 'elsewhere';
  const entry = zones.find(name);
  const lookup: NameLookup = { name, apex, entry, zones };
  if (name !== apex.name && isEmpty(entry) && elsewhere.mayKnow(name)) return 'elsewhere';
  const type = question.type === 'ANY' ? firstType(lookup) : question.type;
  const answers = answersOf(lookup, type);
  if (answers.length > 0) return { ...bare('NOERROR'), aa: true, answers, ...additionalOf(lookup, type) };
  const isMild = apex.mildToUnknown && ['SRV', 'SOA', 'NS'].includes(question.type);
  const isKnown = entry !== undefined || name === apex.name || isMild;
  return { ...bare(isKnown ? 'NOERROR' : 'NXDOMAIN'), aa: true, authority: [negativeSoaOf(lookup)] };
}

interface NameLookup {
  readonly name: string;
  readonly apex: Apex;
  readonly entry: Entry | undefined;
  readonly zones: Zones;
}

/** Removes every label that is `*`, except the first one, as Mesos-DNS does. A `*` at the front stays: no name of ours starts with it. */
function withoutWildcards(name: string): string {
  return name.includes('.*') ? name.replace(/\.\*(?=\.|$)/g, '') : name;
}

/** The record type that a question for ANY is answered with. */
function firstType({ name, apex, entry }: NameLookup): string {
  if (name === apex.name) return 'SOA';
  const { a = [], aaaa = [] } = entry ?? {};
  return a.length > 0 ? 'A' : aaaa.length > 0 ? 'AAAA' : 'SRV';
}

function answersOf(lookup: NameLookup, type: string): readonly DnsRecord[] {
  const { name, apex, entry } = lookup;
  const isApex = name === apex.name;
  const { ttl, priority, weight } = apex;
  if (type === 'SOA') return isApex ? [soaOf(lookup)] : [];
  if (type === 'NS') return isApex ? [{ name, type, ttl: apex.nsTtl, data: apex.ns }] : [];
  if (type === 'A') return (entry?.a ?? []).map((data) => ({ name, type, ttl, data }));
  if (type === 'AAAA') return (entry?.aaaa ?? []).map((data) => ({ name, type, ttl, data }));
  if (type !== 'SRV') return [];
  return (entry?.srv ?? []).map(({ target, port }) => ({ name, type, ttl, data: { priority, weight, port, target } }));
}

/** The addresses of the names that NS or SRV answers point to, each name once, and the entries that the answer was made from. */
function additionalOf({ name, apex, entry, zones }: NameLookup, type: string): Pick<DnsAnswer, 'additional' | 'from'> {
  const named = type === 'NS' ? [apex.ns] : type === 'SRV' ? (entry?.srv ?? []).map(({ target }) => target) : [];
  const found = [...new Set(named)].map((target) => [target, zones.find(target)] as const);
  const additional = found.flatMap(([target, its]) => {
    const ttl = zones.apexOf(target)?.ttl ?? apex.ttl;
    const a = (its?.a ?? []).map((data) => ({ name: target, type: 'A' as const, ttl, data }));
    return [...a, ...(its?.aaaa ?? []).map((data) => ({ name: target, type: 'AAAA' as const, ttl, data }))];
  });
  return { additional, from: [[name, entry], ...found] };
}

function soaOf({ apex, zones }: Pick<NameLookup, 'apex' | 'zones'>): DnsRecord {
  const { ttl, ...soa } = apex.soa;
  return { name: apex.name, type: 'SOA', ttl, data: { ...soa, serial: zones.serial >>> 0 } };
}

/**
 * The SOA of a negative answer. Its TTL is how long resolvers may cache that there is nothing: some resolvers read the TTL only (RFC 2308, section
 * 3).
 */
function negativeSoaOf(lookup: NameLookup): DnsRecord {
  const soa = soaOf(lookup);
  return { ...soa, ttl: Math.min(soa.ttl, lookup.apex.soa.minimum) };
}
