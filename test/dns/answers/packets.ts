import { encode, type Packet } from 'dns-packet';

/** A query as a client sends it; `size`: with EDNS, for answers of so many bytes. */
export function makeQuery(
  name: string,
  type = 'A',
  { id = 4711, size, tail }: { id?: number; size?: number; tail?: Partial<Packet> } = {},
): Buffer {
  const opt = { type: 'OPT', name: '.', udpPayloadSize: size, ednsVersion: 0, extendedRcode: 0, flags: 0, flag_do: false, options: [] };
  const additionals = size === undefined ? [] : [opt];
  const packet = encode({ type: 'query', id, flags: 0x0100, questions: [{ name, type }], additionals, ...tail } as Packet);
  if (size !== undefined) packet.writeUInt16BE(size, packet.length - 8); // the library makes 4096 of 0
  return packet;
}

/** Numbers that look like chance, the same in every run; from 0 up to 1. */
export function makeRandom(seed = 1): () => number {
  let state = seed;
  return () => (state = (state * 16_807) % 2_147_483_647) / 2_147_483_647;
}
