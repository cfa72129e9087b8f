import { AA, HEADER, NONE, optOf, QR, RA, TC, type Encoded, type Part, type Query } from './packet.ts';

/** How an answer is sent. */
export interface Reply {
  /** The longest that it may be, in bytes. */
  readonly limit: number;
  /** Whether it says that it is cut, to be asked again over TCP. Over TCP it does not: resolvers take an answer that says so there for none. */
  readonly saysCut: boolean;
  /** Whether names of others are looked up as well. */
  readonly recursive: boolean;
  /** From 0 up to 1, as Math.random gives. */
  readonly random: () => number;
}

/**
 * The packet that answers a query. Its answers are shuffled. Where it would be too long, the additional records go first, then answers beyond the room; it
 * says that it is cut (TC) where `saysCut` asks for that.
 */
export function writeReply(query: Query, { rcode, aa, ...parts }: Encoded, { limit, saysCut, recursive, random }: Reply): Buffer {
  const end = optOf(query.edns);
  const room = limit - HEADER - query.asked.length - (end?.length ?? 0);
  const { answers, authority, additional } = parts;
  const isWhole = answers.bytes.length + authority.bytes.length + additional.bytes.length <= room;
  const chosen = answers.ends.length < 2 ? answers : shuffled(answers, random, isWhole ? Infinity : room);
  const both = isWhole || answers.bytes.length + authority.bytes.length <= room;
  const rest = isWhole ? [authority, additional] : both ? [authority, NONE] : [NONE, NONE];
  const [its, others] = rest as [Part, Part];
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

/** The records in random order, as many as there is room for. */
function shuffled({ bytes, ends }: Part, random: () => number, room: number): Part {
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
