import { afterEach, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { listenersOf } from '../../src/apply/listeners.ts';

const servers: Server[] = [];
const children: ReturnType<typeof spawn>[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

async function listen(host: string): Promise<number> {
  const server = createServer();
  servers.push(server);
  server.listen(0, host);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

test.each(['127.0.0.1', '0.0.0.0', '::1', '::'])('a port on %s, as long as it is listened on', async (host) => {
  const port = await listen(host);
  await expect(listenersOf(process.pid)).resolves.toContainEqual({ address: '*', port });
  servers.pop()?.close();
  await expect(listenersOf(process.pid)).resolves.not.toContainEqual({ address: '*', port });
});

test('ports of others are not its own', async () => {
  const port = await listen('127.0.0.1');
  const child = spawn('sleep', ['60'], { stdio: 'ignore' });
  children.push(child);
  await once(child, 'spawn');
  await expect(listenersOf(child.pid ?? 0)).resolves.toEqual([]);
  await expect(listenersOf(process.pid)).resolves.toContainEqual({ address: '*', port });
});

test('none where it can not be seen', async () => {
  await expect(listenersOf(2 ** 30)).resolves.toEqual([]);
});
