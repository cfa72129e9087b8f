import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import type { Ends } from './fixtures/stage.ts';

/** Ports of outgoing connections begin above these, on Linux: none of the traffic of a test takes one of them. */
const [FIRST, LAST] = [20_000, 32_000];

/** Test files that run side by side have ports of their own: what is free may otherwise be the other's in the next moment. */
const SHARES = 6;
const share = (LAST - FIRST) / SHARES;
const LEAST = FIRST + share * (Number(process.env['JEST_WORKER_ID'] ?? 1) % SHARES);
const MOST = LEAST + share;

/** The ports that this test file was given: clusters that run side by side must not be given the same one twice. */
const given = new Set<number>();

/** So many ports that nobody has, on any address of this machine. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const free = new Set<number>();
  while (free.size < count) {
    const port = randomInt(LEAST, MOST);
    if (given.has(port)) continue;
    given.add(port);
    const server = await occupied(port, '0.0.0.0').catch(() => undefined);
    if (server === undefined) continue;
    free.add(port);
    await closed(server);
  }
  return [...free];
}

interface Occupation {
  readonly port: number;
  /** 127.0.0.1 when left out. */
  readonly address?: string;
  readonly ends: Ends;
}

/** Takes a port away, until the function that it gives is called, or the test is over. */
export async function occupy({ port, address = '127.0.0.1', ends }: Occupation): Promise<() => Promise<void>> {
  const server = await occupied(port, address);
  const free = (): Promise<void> => (server.listening ? closed(server) : Promise.resolve());
  ends.push(free);
  return free;
}

async function occupied(port: number, host: string): Promise<Server> {
  const server = createServer((socket) => socket.destroy());
  await once(server.listen({ port, host, exclusive: true }), 'listening');
  return server;
}

async function closed(server: Server): Promise<void> {
  server.close();
  await once(server, 'close');
}
