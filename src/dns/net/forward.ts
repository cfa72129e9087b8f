import { randomBytes, randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, isIPv6 } from 'node:net';
import { withDeadline } from '../../lib/deadline.ts';
import type { Endpoint } from '../../lib/endpoint.ts';
import { HEADER, QR, TC, type Query } from '../answers/packet.ts';
import type { Forward, Transport } from '../answers/respond.ts';
import { foldedQuestion, makeSharedQuestions } from './shared-questions.ts';
import { makeUpstreamQuery, type RandomBits } from './upstream-query.ts';

/** Which name servers are asked for names of other zones, and how long. */
export interface ForwardSettings {
  /** The name servers to ask, in this order. */
  readonly upstreams: readonly Endpoint[];
  /** The deadline for all tries together, in milliseconds. */
  readonly deadlineMs: number;
  /** The most queries in flight. Further queries are not sent and get undefined. */
  readonly most: number;
  readonly signal: AbortSignal;
}

/** Every upstream is asked once, and the upstreams that did not answer are asked a second time. */
const ROUNDS = 2;

/**
 * Asks the upstreams one after another. Each query has an unpredictable id, unpredictable upper and lower case (0x20) and its own source port; equal
 * questions in flight at the same time are sent once. A SERVFAIL, NOTIMP or REFUSED answer is used only when no other upstream gives a better one.
 */
export function makeForward({ upstreams, deadlineMs, most, signal }: ForwardSettings): Forward {
  let inFlight = 0;
  return makeSharedQuestions(async (query, transport) => {
    if (inFlight >= most || upstreams.length === 0) return undefined;
    inFlight++;
    try {
      return await askAll(query, { upstreams, tryMs: deadlineMs / (upstreams.length * ROUNDS), transport, signal });
    } finally {
      inFlight--;
    }
  });
}

interface UpstreamQuery {
  readonly upstreams: readonly Endpoint[];
  /** The deadline for each try, in milliseconds. */
  readonly tryMs: number;
  readonly transport: Transport;
  readonly signal: AbortSignal;
}

async function askAll(query: Query, { upstreams, tryMs, transport, signal }: UpstreamQuery): Promise<Buffer | undefined> {
  let poor: Buffer | undefined;
  let silent = upstreams;
  for (let round = 0; round < ROUNDS; round++) {
    const again: Endpoint[] = [];
    for (const upstream of silent) {
      const tryOnce = (enough: AbortSignal): Promise<Buffer | undefined> => ask({ query, upstream, transport, signal: enough });
      const reply = await withDeadline({ ms: tryMs, signal, late: tooLate }, tryOnce).catch(() => undefined); // the end
      if (reply === undefined) again.push(upstream);
      else if (isPoor(reply)) poor ??= reply;
      else return reply;
    }
    silent = again;
  }
  return poor;
}

interface One {
  readonly query: Query;
  readonly upstream: Endpoint;
  readonly transport: Transport;
  readonly signal: AbortSignal;
}

/**
 * Asks one upstream; undefined when no answer comes in time. A truncated UDP answer is asked for again over TCP, because it may still be short enough
 * for the client. The same goes for an answer whose letters differ in case from the query: a few old servers do this, and TCP proves who answers.
 */
async function ask({ query, transport, ...one }: One): Promise<Buffer | undefined> {
  const packet = makeUpstreamQuery(query, randomInt(65_536), randomBits);
  const overTcp = (): Promise<Buffer | undefined> => askTcp(packet, one).catch(() => undefined);
  if (transport === 'tcp') return overTcp();
  const reply = await askUdp(packet, one).catch(() => undefined);
  if (reply === undefined) return undefined;
  if (!hasSameLetters(reply, packet)) return overTcp();
  return isCut(reply) ? ((await overTcp()) ?? reply) : reply;
}

const randomBits: RandomBits = (count) => Array.from(randomBytes(count), (byte) => byte > 127);

type ForwardWay = Pick<One, 'upstream' | 'signal'>;

const tooLate = (): Error => new Error('no answer in time');

/** Uses a connected socket, which receives packets from the upstream's address and port only, and ignores packets that do not answer the query. */
async function askUdp(query: Buffer, { upstream: { address, port }, signal }: ForwardWay): Promise<Buffer> {
  const socket = createSocket({ type: isIPv6(address) ? 'udp6' : 'udp4' });
  try {
    return await new Promise<Buffer>((resolve, reject) => {
      const end = (): void => {
        reject(tooLate());
      };
      if (signal.aborted) end();
      signal.addEventListener('abort', end, { once: true });
      socket
        .on('error', reject)
        .on('message', (reply) => {
          if (answers(reply, query)) resolve(reply);
        })
        .connect(port, address, () => {
          socket.send(query, (error) => {
            if (error !== null) reject(error);
          });
        });
    });
  } finally {
    socket.close();
  }
}

async function askTcp(query: Buffer, { upstream: { address, port }, signal }: ForwardWay): Promise<Buffer | undefined> {
  const socket = connect({ host: address, port, signal });
  socket.on('error', () => undefined); // the awaited calls below reject with the error
  try {
    await once(socket, 'connect', { signal });
    const length = Buffer.alloc(2);
    length.writeUInt16BE(query.length, 0);
    socket.write(Buffer.concat([length, query]));
    let heard: Buffer = Buffer.alloc(0);
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      heard = Buffer.concat([heard, chunk]);
      const size = heard.length < 2 ? Infinity : 2 + heard.readUInt16BE(0);
      if (heard.length < size) continue;
      const reply = heard.subarray(2, size);
      return answers(reply, query) ? reply : undefined;
    }
    return undefined;
  } finally {
    socket.destroy();
  }
}

/** Whether a packet is the answer to a query: it has the same id and the same question. Letters of the name may differ in case. */
function answers(reply: Buffer, query: Buffer): boolean {
  if (reply.length < HEADER || (reply.readUInt16BE(2) & QR) === 0 || reply.readUInt16BE(0) !== query.readUInt16BE(0)) return false;
  if (reply.readUInt16BE(4) !== 1) return false;
  const end = endOfQuestion(query);
  if (reply.length < end) return false;
  return foldedQuestion(reply.subarray(HEADER, end)) === foldedQuestion(query.subarray(HEADER, end));
}

function hasSameLetters(reply: Buffer, query: Buffer): boolean {
  const end = endOfQuestion(query);
  return reply.subarray(HEADER, end).equals(query.subarray(HEADER, end));
}

/** The offset at which the question ends, in a query that was already checked. */
function endOfQuestion(query: Buffer): number {
  let at = HEADER;
  while (at < query.length && query[at] !== 0) at += 1 + (query[at] as number);
  return at + 5;
}

function isCut(reply: Buffer): boolean {
  return (reply.readUInt16BE(2) & TC) !== 0;
}

/** Whether the response code is SERVFAIL, NOTIMP or REFUSED. */
function isPoor(reply: Buffer): boolean {
  return [2, 4, 5].includes(reply.readUInt16BE(2) & 0x000f);
}
