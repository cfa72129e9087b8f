import type { Elsewhere, Rcode } from './answer.ts';
import { makeAnswers } from './kept-answers.ts';
import { bareReply, limitOf, readQuery, refusal, TC, type Encoded, type Query } from './packet.ts';
import { writeReply } from './reply.ts';
import type { Zones } from '../zones/records.ts';

/** The protocol over which a query came. */
export type Transport = 'udp' | 'tcp';

/** Returns the answer to a packet; undefined when the packet gets no answer. Never throws and never rejects. */
export type Respond = (packet: Buffer, transport: Transport) => Buffer | undefined | Promise<Buffer>;

/** Asks an upstream name server; undefined when none answered. */
export type Forward = (packet: Buffer, transport: Transport) => Promise<Buffer | undefined>;

/** What a responder answers from. */
export interface ResponderSettings {
  /** The current zones; undefined before Marathon was read for the first time. */
  readonly zones: () => Zones | undefined;
  /** Asks the upstream; undefined when no upstream is configured. */
  readonly forward: Forward | undefined;
  /** Which names of our zones the upstream may know. Used only when there is an upstream. */
  readonly mayKnow: Elsewhere['mayKnow'];
  /** A number from 0 up to but not including 1, like Math.random. */
  readonly random: () => number;
  /** The most memory that cached answers may take, in bytes. */
  readonly keptBytes: number;
}

/** Bytes left free in a TCP answer for what a resolver adds when it passes the answer on, for example a cookie. */
const SPARE = 512;

/**
 * Returns the function that answers packets. Names in our zones are answered from the zones; other names are forwarded to the upstream, or refused
 * when there is none.
 */
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
    if (query.edns !== undefined && query.edns.version !== 0) return say('NOERROR'); // the OPT record carries BADVERS
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

/**
 * A truncated answer without records. The client then asks again over TCP, which proves that its address is not forged. Undefined when the packet is
 * not a query.
 */
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

/** The upstream's answer with the client's id. When it is longer than the client accepts, a truncated answer without records instead. */
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
