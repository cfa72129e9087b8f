import { decode, encode, type Answer as LibraryRecord, type DecodedPacket } from 'dns-packet';
import type { DnsRecord, Question, Rcode } from './answer.ts';

/** A query that can be answered. */
export interface Query {
  readonly id: number;
  /** What the answer repeats of the flags: recursion desired, checking disabled. */
  readonly flags: number;
  readonly question: Question;
  /** The question as it came, with its upper and lower case, which the answer repeats (0x20). */
  readonly asked: Buffer;
  /** None where none was sent: then none is answered. */
  readonly edns: Edns | undefined;
}

/** What the OPT record says (RFC 6891). */
export interface Edns {
  /** Bytes of the longest answer over UDP that is taken. */
  readonly size: number;
  readonly version: number;
  /** DNSSEC OK. */
  readonly dnssec: boolean;
}

/** Bytes of the header, and its flags (RFC 1035, 4.1.1). */
export const HEADER = 12;
export const QR = 0x8000;
export const AA = 0x0400;
export const TC = 0x0200;
export const RA = 0x0080;
const REPEATED = 0x0110; // RD and CD (RFC 4035, 3.2.2)
const OPCODE = 0x7800;
/** Records beside the question: OPT, and perhaps a signature. More is nobody's query. */
const MOST_RECORDS = 4;
const LONGEST_NAME = 255; // bytes, RFC 1035

/** The longest answer over UDP, in bytes: what is not cut on its way through any network of today. */
const LONGEST_UDP = 1232;
/** Where no size was given. */
const SHORTEST_UDP = 512;
/** What the length before a message over TCP can say. */
const LONGEST_TCP = 65_535;

const RCODES: Readonly<Record<Rcode, number>> = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5 };

/**
 * A packet as a query; the reason why it is none; or undefined for what gets no answer: an answer, so that two servers never talk to each other
 * in a loop, and what has no header. Never throws.
 */
export function readQuery(packet: Buffer): Query | 'FORMERR' | 'NOTIMP' | undefined {
  if (packet.length < HEADER) return undefined;
  const flags = packet.readUInt16BE(2);
  if ((flags & QR) !== 0) return undefined;
  if ((flags & OPCODE) !== 0) return 'NOTIMP';
  if (packet.readUInt16BE(4) !== 1 || recordsOf(packet) > MOST_RECORDS) return 'FORMERR';
  const name = readName(packet);
  const decoded = name && tryDecode(packet);
  const question = decoded?.questions?.[0];
  const opts = decoded?.additionals?.filter(({ type }) => type === 'OPT') ?? [];
  if (name === undefined || question === undefined || opts.length > 1) return 'FORMERR';
  return {
    id: packet.readUInt16BE(0),
    flags: flags & REPEATED,
    question: { name: name.text, type: question.type, class: question.class ?? 'IN' },
    asked: packet.subarray(HEADER, name.end + 4),
    edns: readEdns(opts[0]),
  };
}

function recordsOf(packet: Buffer): number {
  return packet.readUInt16BE(6) + packet.readUInt16BE(8) + packet.readUInt16BE(10);
}

/** Undefined where it is cut, loops, or has something behind its end. */
function tryDecode(packet: Buffer): DecodedPacket | undefined {
  try {
    const decoded = decode(packet);
    return decode.bytes === packet.length ? decoded : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The name of the question, byte by byte: the library reads it as UTF-8, in which other bytes can become letters of ours, and does not tell a dot
 * inside a label from one between two.
 */
function readName(packet: Buffer): { readonly text: string; readonly end: number } | undefined {
  const labels: string[] = [];
  for (let at = HEADER; at < packet.length && at < HEADER + LONGEST_NAME;) {
    const length = packet[at] as number;
    if (length === 0) return { text: labels.join('.').toLowerCase(), end: at + 1 };
    if (length > 63) return undefined; // a pointer: there is nothing that it could point to
    labels.push(packet.toString('latin1', at + 1, at + 1 + length).replaceAll('.', '\\')); // which is in no name of ours
    at += 1 + length;
  }
  return undefined;
}

function readEdns(opt: LibraryRecord | undefined): Edns | undefined {
  if (opt?.type !== 'OPT') return undefined;
  return { size: opt.udpPayloadSize, version: opt.ednsVersion, dnssec: opt.flag_do };
}

/** How long the answer to a query may be, in bytes. */
export function limitOf({ edns }: Pick<Query, 'edns'>, transport: 'udp' | 'tcp'): number {
  if (transport === 'tcp') return LONGEST_TCP;
  return Math.max(SHORTEST_UDP, Math.min(edns?.size ?? 0, LONGEST_UDP));
}

/** The header alone, for a packet that is no query or that can't be answered. */
export function refusal(packet: Buffer, rcode: Rcode): Buffer {
  const header = Buffer.alloc(HEADER);
  header.writeUInt16BE(packet.readUInt16BE(0), 0);
  header.writeUInt16BE(QR | (packet.readUInt16BE(2) & (OPCODE | REPEATED)) | RCODES[rcode], 2);
  return header;
}

/** Records that are put in one behind the other, as bytes, and where each of them ends. */
export interface Part {
  readonly bytes: Buffer;
  readonly ends: readonly number[];
}

export const NONE: Part = { bytes: Buffer.alloc(0), ends: [] };

/** An answer as bytes that are the same for every query of its name and type, in any case of letters. */
export interface Encoded {
  readonly rcode: number;
  readonly aa: boolean;
  readonly answers: Part;
  readonly authority: Part;
  readonly additional: Part;
}

interface ToEncode {
  readonly rcode: Rcode;
  readonly aa: boolean;
  readonly answers: readonly DnsRecord[];
  readonly authority: readonly DnsRecord[];
  readonly additional: readonly DnsRecord[];
}

/** Encodes an answer. `asked`: the name in the question, as in `Question`: names that end like it only point there. Throws for no answer of ours. */
export function encodeAnswer({ rcode, aa, answers, authority, additional }: ToEncode, asked: string): Encoded {
  const part = (records: readonly DnsRecord[]): Part => encodeRecords(records, asked);
  return { rcode: RCODES[rcode], aa, answers: part(answers), authority: part(authority), additional: part(additional) };
}

/** An answer without records. */
export function bareReply(rcode: Rcode): Encoded {
  return { rcode: RCODES[rcode], aa: false, answers: NONE, authority: NONE, additional: NONE };
}

/** As many as a message over TCP can hold. Type, class, TTL and data are the library's, which has the root as every name. */
function encodeRecords(records: readonly DnsRecord[], asked: string): Part {
  if (records.length === 0) return NONE;
  const few = records.slice(0, MOST_IN_MESSAGE);
  const rootOnly = encode({ answers: few.map((record) => ({ ...record, name: '.', class: 'IN' })) });
  const ownerOf = makeOwnerOf(asked);
  const pieces: Buffer[] = [];
  const ends: number[] = [];
  let end = 0;
  let at = HEADER + ROOT;
  for (const { name } of few) {
    const length = BEFORE_DATA + rootOnly.readUInt16BE(at + BEFORE_DATA - 2);
    const owner = ownerOf(name);
    end += owner.length + length;
    if (end > LONGEST_TCP) break;
    pieces.push(owner, rootOnly.subarray(at, at + length));
    ends.push(end);
    at += length + ROOT;
  }
  return { bytes: Buffer.concat(pieces), ends };
}

/** Bytes of the root as name, and of type, class, TTL and the length of the data. */
const [ROOT, BEFORE_DATA] = [1, 10];
/** No record with a name is shorter than this. */
const MOST_IN_MESSAGE = Math.ceil(LONGEST_TCP / (2 + BEFORE_DATA));

/** Records of one name stand together, so the last one is remembered. */
function makeOwnerOf(asked: string): (name: string) => Buffer {
  let last: { readonly name: string; readonly owner: Buffer } | undefined;
  return (name) => {
    if (last?.name !== name) last = { name, owner: encodeOwner(name, asked) };
    return last.owner;
  };
}

/** A name as its own labels and a pointer to the question's, from where the two are the same (RFC 1035, 4.1.4). */
function encodeOwner(name: string, asked: string): Buffer {
  const same = sameEnd(name, asked);
  const own = name.slice(0, name.length - same);
  const labels = own === '' ? [] : own.replace(/\.$/, '').split('.');
  const text = labels.map((label) => String.fromCharCode(label.length) + label).join('');
  if (same === 0) return Buffer.from(`${text}\0`, 'latin1');
  const place = HEADER + asked.length - same;
  return Buffer.from(`${text}${String.fromCharCode(0xc0 | (place >> 8), place & 0xff)}`, 'latin1');
}

/** How many characters of whole labels are the same at the ends of two names. */
function sameEnd(one: string, other: string): number {
  let [same, whole] = [0, 0];
  for (; ; same++) {
    const [a, b] = [one.charAt(one.length - 1 - same), other.charAt(other.length - 1 - same)];
    if (['', '.'].includes(a) && ['', '.'].includes(b)) whole = same;
    if (a === '' || a !== b) return whole;
  }
}

const OPT = encode({ additionals: [opt({})] }).subarray(HEADER);
const OPT_DNSSEC = encode({ additionals: [opt({ flags: 0x8000 })] }).subarray(HEADER);
const OPT_BADVERS = encode({ additionals: [opt({ extendedRcode: 1 })] }).subarray(HEADER);

function opt(more: { readonly flags?: number; readonly extendedRcode?: number }): LibraryRecord {
  return {
    name: '.',
    type: 'OPT',
    udpPayloadSize: LONGEST_UDP,
    extendedRcode: 0,
    ednsVersion: 0,
    flags: 0,
    flag_do: false,
    options: [],
    ...more,
  };
}

/** The OPT record of an answer, as bytes; none where none was asked with. */
export function optOf(edns: Edns | undefined): Buffer | undefined {
  if (edns === undefined) return undefined;
  if (edns.version !== 0) return OPT_BADVERS;
  return edns.dnssec ? OPT_DNSSEC : OPT;
}
