import { decode, encode, type Answer as LibraryRecord, type DecodedPacket } from 'dns-packet';
import type { DnsRecord, DnsQuestion, Rcode } from './answer.ts';

/** A query that was read and can be answered. */
export interface Query {
  readonly id: number;
  /** The flags of the query that the answer repeats: recursion desired (RD) and checking disabled (CD). */
  readonly flags: number;
  readonly question: DnsQuestion;
  /** The bytes of the question as received. The answer repeats them, including the upper and lower case of the letters (0x20). */
  readonly asked: Buffer;
  /** Undefined when the query had no OPT record; the answer then has none either. */
  readonly edns: Edns | undefined;
}

/** The content of the OPT record (RFC 6891). */
export interface Edns {
  /** The longest UDP answer that the client accepts, in bytes. */
  readonly size: number;
  readonly version: number;
  /** DNSSEC OK. */
  readonly dnssec: boolean;
}

/** The length of the header in bytes. */
export const HEADER = 12;
/** The flag of the header that says that the packet is a response (RFC 1035, section 4.1.1). */
export const QR = 0x8000;
/** The flag of an authoritative answer: the name lies in one of our zones. */
export const AA = 0x0400;
/** The flag of a truncated answer: the client asks again over TCP. */
export const TC = 0x0200;
/** The flag that says that recursion is available: an upstream is asked for names of other zones. */
export const RA = 0x0080;
const REPEATED = 0x0110; // RD and CD (RFC 4035, section 3.2.2)
const OPCODE = 0x7800;
/** The most records a query may have in addition to the question: OPT, and perhaps a signature. No real client sends more. */
const MOST_RECORDS = 4;
const LONGEST_NAME = 255; // bytes, RFC 1035

/** The longest UDP answer we send, in bytes: short enough not to be fragmented on today's networks. */
const LONGEST_UDP = 1232;
/** The longest UDP answer, in bytes, when the query has no OPT record. */
const SHORTEST_UDP = 512;
/** The longest message over TCP, in bytes: its length is sent in two bytes. */
const LONGEST_TCP = 65_535;

const RCODES: Readonly<Record<Rcode, number>> = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5 };

/**
 * Reads a packet as a query. Returns the response code to send when the packet is not a valid query, and undefined when it gets no answer at all: a
 * packet shorter than a header, or a response (two servers must never answer each other in a loop). Never throws.
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

/** Returns undefined when the packet is truncated, has a pointer loop, or has bytes after its end. */
function tryDecode(packet: Buffer): DecodedPacket | undefined {
  try {
    const decoded = decode(packet);
    return decode.bytes === packet.length ? decoded : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Reads the name of the question byte by byte. The packet library reads it as UTF-8, which can turn other bytes into letters of our names, and it
 * does not tell a dot inside a label from the dot between two labels.
 */
function readName(packet: Buffer): { readonly text: string; readonly end: number } | undefined {
  const labels: string[] = [];
  for (let at = HEADER; at < packet.length && at < HEADER + LONGEST_NAME;) {
    const length = packet[at] as number;
    if (length === 0) return { text: labels.join('.').toLowerCase(), end: at + 1 };
    if (length > 63) return undefined; // a compression pointer: in the question there is nothing before it to point to
    labels.push(packet.toString('latin1', at + 1, at + 1 + length).replaceAll('.', '\\')); // no name of ours has a backslash
    at += 1 + length;
  }
  return undefined;
}

function readEdns(opt: LibraryRecord | undefined): Edns | undefined {
  if (opt?.type !== 'OPT') return undefined;
  return { size: opt.udpPayloadSize, version: opt.ednsVersion, dnssec: opt.flag_do };
}

/** The longest allowed answer to a query, in bytes. */
export function limitOf({ edns }: Pick<Query, 'edns'>, transport: 'udp' | 'tcp'): number {
  if (transport === 'tcp') return LONGEST_TCP;
  return Math.max(SHORTEST_UDP, Math.min(edns?.size ?? 0, LONGEST_UDP));
}

/** A reply that is only a header, for a packet that is not a valid query. */
export function refusal(packet: Buffer, rcode: Rcode): Buffer {
  const header = Buffer.alloc(HEADER);
  header.writeUInt16BE(packet.readUInt16BE(0), 0);
  header.writeUInt16BE(QR | (packet.readUInt16BE(2) & (OPCODE | REPEATED)) | RCODES[rcode], 2);
  return header;
}

/** The records of one section as consecutive bytes, and the offset at which each record ends. */
export interface PacketPart {
  readonly bytes: Buffer;
  readonly ends: readonly number[];
}

/** A section without records. */
export const NONE: PacketPart = { bytes: Buffer.alloc(0), ends: [] };

/** An answer as bytes. They are the same for every query for the same name and type, whatever the case of its letters. */
export interface Encoded {
  readonly rcode: number;
  readonly aa: boolean;
  readonly answers: PacketPart;
  readonly authority: PacketPart;
  readonly additional: PacketPart;
}

interface ToEncode {
  readonly rcode: Rcode;
  readonly aa: boolean;
  readonly answers: readonly DnsRecord[];
  readonly authority: readonly DnsRecord[];
  readonly additional: readonly DnsRecord[];
}

/**
 * Encodes an answer. `asked` is the name in the question, as in `Question`: record names with the same ending are compressed to a pointer to it. Does
 * not throw for an answer that `answer` made.
 */
export function encodeAnswer({ rcode, aa, answers, authority, additional }: ToEncode, asked: string): Encoded {
  const part = (records: readonly DnsRecord[]): PacketPart => encodeRecords(records, asked);
  return { rcode: RCODES[rcode], aa, answers: part(answers), authority: part(authority), additional: part(additional) };
}

/** An encoded answer without records. */
export function bareReply(rcode: Rcode): Encoded {
  return { rcode: RCODES[rcode], aa: false, answers: NONE, authority: NONE, additional: NONE };
}

/**
 * Encodes as many records as fit in a TCP message. The packet library encodes type, class, TTL and data, with the root as the name of every record;
 * the real names are put in front here.
 */
function encodeRecords(records: readonly DnsRecord[], asked: string): PacketPart {
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

/** Lengths in bytes: the root as a name; and type, class, TTL and data length together. */
const [ROOT, BEFORE_DATA] = [1, 10];
/** No record is shorter than a compressed name and the fields before its data, so a message never holds more records than this. */
const MOST_IN_MESSAGE = Math.ceil(LONGEST_TCP / (2 + BEFORE_DATA));

/** Encodes record names. Records of one name are adjacent, so remembering the last name is enough. */
function makeOwnerOf(asked: string): (name: string) => Buffer {
  let last: { readonly name: string; readonly owner: Buffer } | undefined;
  return (name) => {
    if (last?.name !== name) last = { name, owner: encodeOwner(name, asked) };
    return last.owner;
  };
}

/** Encodes a name as the labels that differ from the question's name, followed by a pointer to the part both share (RFC 1035, section 4.1.4). */
function encodeOwner(name: string, asked: string): Buffer {
  const same = sameEnd(name, asked);
  const own = name.slice(0, name.length - same);
  const labels = own === '' ? [] : own.replace(/\.$/, '').split('.');
  const text = labels.map((label) => String.fromCharCode(label.length) + label).join('');
  if (same === 0) return Buffer.from(`${text}\0`, 'latin1');
  const place = HEADER + asked.length - same;
  return Buffer.from(`${text}${String.fromCharCode(0xc0 | (place >> 8), place & 0xff)}`, 'latin1');
}

/** The number of characters, in whole labels, that the ends of two names share. */
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

/** The encoded OPT record of the answer; undefined when the query had no OPT record. */
export function optOf(edns: Edns | undefined): Buffer | undefined {
  if (edns === undefined) return undefined;
  if (edns.version !== 0) return OPT_BADVERS;
  return edns.dnssec ? OPT_DNSSEC : OPT;
}
