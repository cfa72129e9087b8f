import type { Elsewhere, Rcode } from './answer.ts';
import { makeAnswers } from './kept-answers.ts';
import { bareReply, limitOf, readQuery, refusal, TC, type Encoded, type Query } from './packet.ts';
import { writeReply } from './reply.ts';
import type { Zones } from '../zones/records.ts';

export type Transport = 'udp' | 'tcp';

/** A packet to its answer; undefined: none is given. Never throws, never rejects. */
export type Respond = (packet: Buffer, transport: Transport) => Buffer | undefined | Promise<Buffer>;

/** Asks somebody else; undefined when nobody has answered. */
export type Forward = (packet: Buffer, transport: Transport) => Promise<Buffer | undefined>;

export interface ResponderSettings {
  /** What is known now; nothing before Marathon was read. */
  readonly zones: () => Zones | undefined;
  /** To the upstream, where there is one. */
  readonly forward: Forward | undefined;
  /** Which names of our zones the upstream may know; asked only where there is one. */
  readonly mayKnow: Elsewhere['mayKnow'];
  /** From 0 up to 1, as Math.random gives. */
  readonly random: () => number;
  /** What kept answers may take in all, in bytes. */
  readonly keptBytes: number;
}

/** Over TCP, in bytes: left for what a resolver adds when it gives the answer on, such as a cookie. */
const SPARE = 512;

/** Answers from the zones; what is not in them is forwarded, or refused. */
export function makeResponder({ zones, forward, mayKnow, random, keptBytes }: ResponderSettings): Respond {
  const answers = makeAnswers({ mayKnow: forward === undefined ? () => false : mayKnow }, keptBytes);
  const recursive = forward !== undefined;
  return (packet, transport) => {
    const query = readQuery(packet);
    if (query === undefined) return undefined;
    if (typeof query === 'string') return refusal(packet, query);
    const limit = limitOf(query, transport);
    const how = transport === 'udp' ? { limit, saysCut: true } : { limit: limit - SPARE, saysCut: false };
    const write = (encoded: Encoded): Buffer => writeReply(query, encoded, { ...how, recursive, random });
    const say = (rcode: Rcode): Buffer => write(bareReply(rcode));
    if (query.edns !== undefined && query.edns.version !== 0) return say('NOERROR'); // BADVERS is in its OPT
    const now = zones();
    if (now === undefined) return say('SERVFAIL');
    const known = answers(query.question, now);
    if (known !== 'elsewhere') return write(known);
    if (forward === undefined) return say('REFUSED');
    return forward(packet, transport).then(
      (reply) => (reply === undefined ? say('SERVFAIL') : fitted(query, reply, { limit, say })),
      () => say('SERVFAIL'),
    );
  };
}

/** The answer without records that says that it is cut: whoever gets it asks over TCP, which proves the address. None for what is no query. */
export function cutReply(packet: Buffer): Buffer | undefined {
  const query = readQuery(packet);
  if (query === undefined || typeof query === 'string') return undefined;
  return withTc(
    writeReply(query, bareReply('NOERROR'), { limit: limitOf(query, 'udp'), saysCut: true, recursive: false, random: () => 0 }),
  );
}

interface Fit {
  readonly limit: number;
  readonly say: (rcode: Rcode) => Buffer;
}

/** Somebody else's answer, as far as the asker takes it: what is too long says only that it is. */
function fitted(query: Query, reply: Buffer, { limit, say }: Fit): Buffer {
  if (reply.length <= limit) {
    const own = Buffer.from(reply);
    own.writeUInt16BE(query.id, 0);
    return own;
  }
  return withTc(say('NOERROR'));
}

function withTc(reply: Buffer): Buffer {
  reply.writeUInt16BE(reply.readUInt16BE(2) | TC, 2);
  return reply;
}
