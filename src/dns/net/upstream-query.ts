import { HEADER, optOf, type Query } from '../answers/packet.ts';

/** The number of random bits, 0 or 1 each. */
export type RandomBits = (count: number) => readonly boolean[];

/**
 * The query that is sent to an upstream: a question of the client's with nothing else of its packet, an id of its own, and each letter of the name
 * in upper or lower case by chance (0x20). A forged answer has to repeat them.
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

/** The lengths of labels are below 64, so that no letter is mistaken for one; type and class at the end stay as they are. */
function inRandomCase(asked: Buffer, bits: RandomBits): Buffer {
  const mixed = Buffer.from(asked);
  const isUpper = bits(asked.length);
  for (let at = 0; at < mixed.length - 4; at++) {
    const lower = (mixed[at] as number) | 0x20;
    if (lower >= 0x61 && lower <= 0x7a && (mixed[at] as number) > 0x40) mixed[at] = isUpper[at] === true ? lower & 0xdf : lower;
  }
  return mixed;
}
