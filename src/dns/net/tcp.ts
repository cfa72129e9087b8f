import { once } from 'node:events';
import { createServer, isIPv6, type Socket } from 'node:net';
import type { Listening } from './listening.ts';
import type { Respond } from '../answers/respond.ts';

/** Connections at one endpoint; more are turned away. */
const MOST_CONNECTIONS = 256;
/** Until the next query must be there, and until an answer must be taken; in milliseconds. */
const IDLE_MS = 10_000;

/** Answers over TCP, each message with its length before it (RFC 7766). Resolves when it listens, with what ends it. */
export async function listenTcp({ endpoint: { address, port }, respond, failed }: Listening): Promise<() => Promise<void>> {
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    open.add(socket.once('close', () => open.delete(socket)));
    converse(socket, respond).catch((error: unknown) => {
      socket.destroy();
      failed(error);
    });
  });
  server.maxConnections = MOST_CONNECTIONS;
  server.listen({ host: address, port, ipv6Only: isIPv6(address) });
  await once(server, 'listening');
  server.on('error', failed);
  return async () => {
    const done = once(server, 'close');
    server.close();
    for (const socket of open) socket.destroy();
    await done;
  };
}

/** One query after the other. Nobody keeps the connection by silence, by single bytes, or by not reading. */
async function converse(socket: Socket, respond: Respond): Promise<void> {
  const idle = setTimeout(() => socket.destroy(), IDLE_MS);
  socket.once('close', () => {
    clearTimeout(idle);
  });
  for await (const packet of messages(socket)) {
    const reply = await respond(packet, 'tcp');
    if (reply === undefined) break; // it is no query: there is nothing to say to this one
    const isTaken = socket.write(frame(reply));
    if (!isTaken) await Promise.race([once(socket, 'drain'), once(socket, 'close')]);
    if (socket.destroyed) return;
    idle.refresh();
  }
  socket.end(); // what was said is still on its way
}

function frame(message: Buffer): Buffer {
  const length = Buffer.allocUnsafe(2);
  length.writeUInt16BE(message.length, 0);
  return Buffer.concat([length, message]);
}

/** What came between two lengths, as bytes come. At most one message and one chunk wait. */
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

/** Of the first message with its length; more than any as long as that is not there. */
function sizeIn(bytes: Buffer): number {
  return bytes.length < 2 ? Infinity : 2 + bytes.readUInt16BE(0);
}
