import { AA, HEADER, NONE, optOf, QR, RA, TC, type Encoded, type PacketPart, type Query } from './packet.ts';

/** How an answer is to be sent. */
export interface DnsReply {
  /** The longest allowed answer, in bytes. */
  readonly limit: number;
  /**
   * Whether a shortened answer sets TC, so that the client asks again over TCP. False over TCP, because resolvers treat a TCP answer with TC as no
   * answer.
   */
  readonly saysCut: boolean;
  /** Whether names outside our zones are looked up as well (the RA flag). */
  readonly recursive: boolean;
  /** A number from 0 up to but not including 1, like Math.random. */
  readonly random: () => number;
}

/**
 * Writes the packet that answers a query, with its answers in random order. When it would be too long, the additional records are dropped first, then
 * the answers that do not fit. A shortened packet has the TC flag when `saysCut` is set.
 */
export function writeReply(query: Query, { rcode, aa, ...parts }: Encoded, { limit, saysCut, recursive, random }: DnsReply): Buffer {
  const end = optOf(query.edns);
  const room = limit - HEADER - query.asked.length - (end?.length ?? 0);
  const { answers, authority, additional } = parts;
  const isWhole = answers.bytes.length + authority.bytes.length + additional.bytes.length <= room;
  const chosen = answers.ends.length < 2 ? answers : shuffled(answers, random, isWhole ? Infinity : room);
  const both = isWhole || answers.bytes.length + authority.bytes.length <= room;
  const rest = isWhole ? [authority, additional] : both ? [authority, NONE] : [NONE, NONE];
  const [its, others] = rest as [PacketPart, PacketPart];
  const fits = chosen.bytes.length <= room ? chosen : NONE;
  const header = Buffer.allocUnsafe(HEADER);
  header.writeUInt16BE(query.id, 0);
  header.writeUInt16BE(QR | query.flags | (aa ? AA : 0) | (isWhole || !saysCut ? 0 : TC) | (recursive ? RA : 0) | rcode, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(fits.ends.length, 6);
  header.writeUInt16BE(its.ends.length, 8);
  header.writeUInt16BE(others.ends.length + (end === undefined ? 0 : 1), 10);
  return Buffer.concat([header, query.asked, fits.bytes, its.bytes, others.bytes, ...(end === undefined ? [] : [end])]);
}

/** The records in random order, as many as fit into `room` bytes. */
function shuffled({ bytes, ends }: PacketPart, random: () => number, room: number): PacketPart {
  const order = ends.map((_, i) => i);
  const pieces: Buffer[] = [];
  const chosen: number[] = [];
  let size = 0;
  for (let left = order.length; left > 0; left--) {
    const pick = Math.floor(random() * left);
    const index = order[pick] as number;
    order[pick] = order[left - 1] as number;
    const piece = bytes.subarray(index === 0 ? 0 : ends[index - 1], ends[index]);
    if (size + piece.length > room) break;
    pieces.push(piece);
    chosen.push((size += piece.length));
  }
  return { bytes: Buffer.concat(pieces), ends: chosen };
}
