import { isEmpty } from '../zones/entries.ts';
import type { Apex, Entry, Zones } from '../zones/records.ts';

/** What is asked. */
export interface Question {
  /** In full, in lower case, without the last dot; '' is the root. */
  readonly name: string;
  /** 'A', 'SRV'; 'UNKNOWN_65' for one without a name. */
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

export type Rcode = 'NOERROR' | 'FORMERR' | 'SERVFAIL' | 'NXDOMAIN' | 'NOTIMP' | 'REFUSED';

/** What is said to a question. Records of one name and type are in no order that counts. */
export interface Answer {
  readonly rcode: Rcode;
  /** With authority: the name lies in a zone of ours. */
  readonly aa: boolean;
  readonly answers: readonly DnsRecord[];
  readonly authority: readonly DnsRecord[];
  readonly additional: readonly DnsRecord[];
  /** Every name that was looked up, and what it had: as long as that is so, the answer is the same, but for a SOA in it. */
  readonly from: readonly (readonly [name: string, entry: Entry | undefined])[];
}

/** Who else may know a name. */
export interface Elsewhere {
  /** Of a name in a zone of ours that has nothing: whether to ask the upstream for it. */
  readonly mayKnow: (name: string) => boolean;
}

/** Nothing is said. */
export function bare(rcode: Rcode): Answer {
  return { rcode, aa: false, answers: [], authority: [], additional: [], from: [] };
}

/**
 * What the zones say to a question; 'elsewhere' for a name that is not theirs. A name without anything is NXDOMAIN, one that has something else
 * NODATA: no error and no answer; the SOA stands in authority then (RFC 2308). In a zone that is `mildToUnknown` a service, SOA or NS of an
 * unknown name is NODATA as well, as Mesos-DNS has it. ANY gives the first kind that the name has (RFC 8482). Classes other than IN are refused.
 */
export function answer(question: Question, zones: Zones, elsewhere: Elsewhere): Answer | 'elsewhere' {
  if (question.class !== 'IN') return bare('REFUSED');
  const name = withoutWildcards(question.name);
  const apex = zones.apexOf(name);
  if (apex === undefined) return 'elsewhere';
  const entry = zones.find(name);
  const lookup: Lookup = { name, apex, entry, zones };
  if (name !== apex.name && isEmpty(entry) && elsewhere.mayKnow(name)) return 'elsewhere';
  const type = question.type === 'ANY' ? firstType(lookup) : question.type;
  const answers = answersOf(lookup, type);
  if (answers.length > 0) return { ...bare('NOERROR'), aa: true, answers, ...additionalOf(lookup, type) };
  const isMild = apex.mildToUnknown && ['SRV', 'SOA', 'NS'].includes(question.type);
  const isKnown = entry !== undefined || name === apex.name || isMild;
  return { ...bare(isKnown ? 'NOERROR' : 'NXDOMAIN'), aa: true, authority: [negativeSoaOf(lookup)] };
}

interface Lookup {
  readonly name: string;
  readonly apex: Apex;
  readonly entry: Entry | undefined;
  readonly zones: Zones;
}

/** Mesos-DNS takes out every part that is `*`, but for the first: `*` at the front is part of nobody's name. */
export function withoutWildcards(name: string): string {
  return name.includes('.*') ? name.replace(/\.\*(?=\.|$)/g, '') : name;
}

/** The one kind of records that ANY gives. */
function firstType({ name, apex, entry }: Lookup): string {
  if (name === apex.name) return 'SOA';
  const { a = [], aaaa = [] } = entry ?? {};
  return a.length > 0 ? 'A' : aaaa.length > 0 ? 'AAAA' : 'SRV';
}

function answersOf(lookup: Lookup, type: string): readonly DnsRecord[] {
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

/** The addresses of those that an answer names, each once, and what the answer comes from. */
function additionalOf({ name, apex, entry, zones }: Lookup, type: string): Pick<Answer, 'additional' | 'from'> {
  const named = type === 'NS' ? [apex.ns] : type === 'SRV' ? (entry?.srv ?? []).map(({ target }) => target) : [];
  const found = [...new Set(named)].map((target) => [target, zones.find(target)] as const);
  const additional = found.flatMap(([target, its]) => {
    const ttl = zones.apexOf(target)?.ttl ?? apex.ttl;
    const a = (its?.a ?? []).map((data) => ({ name: target, type: 'A' as const, ttl, data }));
    return [...a, ...(its?.aaaa ?? []).map((data) => ({ name: target, type: 'AAAA' as const, ttl, data }))];
  });
  return { additional, from: [[name, entry], ...found] };
}

function soaOf({ apex, zones }: Pick<Lookup, 'apex' | 'zones'>): DnsRecord {
  const { ttl, ...soa } = apex.soa;
  return { name: apex.name, type: 'SOA', ttl, data: { ...soa, serial: zones.serial >>> 0 } };
}

/** With how long others may keep that there is nothing, which some take from its TTL alone (RFC 2308, 3). */
function negativeSoaOf(lookup: Lookup): DnsRecord {
  const soa = soaOf(lookup);
  return { ...soa, ttl: Math.min(soa.ttl, lookup.apex.soa.minimum) };
}
