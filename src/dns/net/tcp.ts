import { once } from 'node:events';
import { createServer, isIPv6, type Socket } from 'node:net';
import { makeConnections, type Connection } from './connections.ts';
import type { DnsListener } from './listening.ts';
import type { Respond } from '../answers/respond.ts';

/**
 * The most connections on one endpoint, and of them from one /24 or /56 network. When a limit is reached, a new connection closes the one that has
 * been idle the longest.
 */
const LIMITS = { most: 256, mostOfSource: 32 };
/** How long a connection may take to send its next query, and to accept an answer, in milliseconds. */
const IDLE_MS = 10_000;

/** Answers over TCP. Each message is preceded by its length (RFC 7766). Resolves with a function that closes the server, once it listens. */
export async function listenTcp({ endpoint: { address, port }, respond, failed }: DnsListener): Promise<() => Promise<void>> {
  const connections = makeConnections(LIMITS);
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    const connection = connections.add(socket, socket.remoteAddress ?? '');
    converse({ socket, respond, connection }).catch((error: unknown) => {
      socket.destroy();
      failed(error);
    });
  });
  server.listen({ host: address, port, ipv6Only: isIPv6(address) });
  await once(server, 'listening');
  server.on('error', failed);
  return async () => {
    const done = once(server, 'close');
    server.close();
    connections.closeAll();
    await done;
  };
}

interface Conversation {
  readonly socket: Socket;
  readonly respond: Respond;
  readonly connection: Connection;
}

/** Answers one query after another. A client can't hold the connection open by staying silent, by sending single bytes, or by not reading. */
async function converse({ socket, respond, connection }: Conversation): Promise<void> {
  const idle = setTimeout(() => socket.destroy(), IDLE_MS);
  socket.once('close', () => {
    clearTimeout(idle);
  });
  for await (const packet of messages(socket)) {
    connection.busy();
    const reply = await respond(packet, 'tcp');
    if (reply === undefined) break; // the packet is not a query and gets no answer
    const isTaken = socket.write(frame(reply));
    if (!isTaken) await Promise.race([once(socket, 'drain'), once(socket, 'close')]);
    if (socket.destroyed) return;
    idle.refresh();
    connection.idle();
  }
  socket.end(); // flushes the answers that were written
}

function frame(message: Buffer): Buffer {
  const length = Buffer.allocUnsafe(2);
  length.writeUInt16BE(message.length, 0);
  return Buffer.concat([length, message]);
}

/** Cuts the received bytes into messages by their lengths. At most one message and one chunk are held in memory. */
async function* messages(socket: Socket): AsyncGenerator<Buffer> {
  let waiting: Buffer = Buffer.alloc(0);
  for await (const chunk of socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    waiting = waiting.length === 0 ? chunk : Buffer.concat([waiting, chunk]);
    for (let size = sizeIn(waiting); waiting.length >= size; size = sizeIn(waiting)) {
      yield waiting.subarray(2, size);
      waiting = waiting.subarray(size);
    }
  }
}

/** The size of the first message with its length field; Infinity until the length field has arrived. */
function sizeIn(bytes: Buffer): number {
  return bytes.length < 2 ? Infinity : 2 + bytes.readUInt16BE(0);
}
