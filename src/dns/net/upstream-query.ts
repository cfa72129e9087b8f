import { HEADER, optOf, type Query } from '../answers/packet.ts';

/** Returns `count` random bits. */
export type RandomBits = (count: number) => readonly boolean[];

/**
 * Makes the query for an upstream. Only the client's question, flags and OPT are taken from its packet; the id is the given one, and every letter of
 * the name is randomly in upper or lower case (0x20), which a forged answer would have to repeat.
 */
export function makeUpstreamQuery({ asked, flags, edns }: Query, id: number, bits: RandomBits): Buffer {
  const header = Buffer.alloc(HEADER);
  header.writeUInt16BE(id, 0);
  header.writeUInt16BE(flags, 2);
  header.writeUInt16BE(1, 4);
  const opt = optOf(edns);
  header.writeUInt16BE(opt === undefined ? 0 : 1, 10);
  return Buffer.concat([header, inRandomCase(asked, bits), ...(opt === undefined ? [] : [opt])]);
}

/**
 * Changes the case of letters only. Label lengths are below 64, so no length is mistaken for a letter; type and class at the end stay as they are.
 */
function inRandomCase(asked: Buffer, bits: RandomBits): Buffer {
  const mixed = Buffer.from(asked);
  const isUpper = bits(asked.length);
  for (let at = 0; at < mixed.length - 4; at++) {
    const lower = (mixed[at] as number) | 0x20;
    if (lower >= 0x61 && lower <= 0x7a && (mixed[at] as number) > 0x40) mixed[at] = isUpper[at] === true ? lower & 0xdf : lower;
  }
  return mixed;
}
