import { afterEach, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { allSockets, canonical, overlaps, socketsOf } from '../../src/process/listeners.ts';

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

/** The addresses that a process listens on at a port. */
async function addressesAt(port: number, pid: number): Promise<readonly string[]> {
  const own = await socketsOf([pid]);
  return (await allSockets()).listeners.filter((one) => one.port === port && own?.has(one.socket) === true).map(({ address }) => address);
}

test.each([
  ['127.0.0.1', '127.0.0.1'],
  ['127.0.0.2', '127.0.0.2'],
  ['0.0.0.0', '0.0.0.0'],
  ['::1', '::1'],
  ['::', '::'],
  ['::ffff:127.0.0.3', '127.0.0.3'],
])('a port on %s, as long as it is listened on', async (host, address) => {
  const port = await listen(host);
  await expect(addressesAt(port, process.pid)).resolves.toEqual([address]);
  servers.pop()?.close();
  await expect(addressesAt(port, process.pid)).resolves.toEqual([]);
});

test("listeners of other processes do not count as HAProxy's own", async () => {
  const port = await listen('127.0.0.1');
  const child = spawn('sleep', ['60'], { stdio: 'ignore' });
  children.push(child);
  await once(child, 'spawn');
  await expect(addressesAt(port, child.pid ?? 0)).resolves.toEqual([]);
});

test('a process that has ended has no listeners', async () => {
  await expect(socketsOf([2 ** 30])).resolves.toEqual(new Set());
});

test.each([
  ['*', '0.0.0.0'],
  ['10.0.0.1', '10.0.0.1'],
  ['0:0:0:0:0:0:0:1', '::1'],
  ['2001:DB8::0:1', '2001:db8::1'],
  ['::ffff:10.1.2.3', '10.1.2.3'],
  ['fe80::1%eth0', 'fe80::1'],
  ['localhost', 'localhost'],
])('%s is %s', (given, wanted) => {
  expect(canonical(given)).toBe(wanted);
});

test.each([
  ['0.0.0.0', '10.0.0.1', true],
  ['10.0.0.1', '0.0.0.0', true],
  ['::', '10.0.0.1', true],
  ['::', '::1', true],
  ['0.0.0.0', '::', true],
  ['10.0.0.1', '10.0.0.1', true],
  ['10.0.0.1', '10.0.0.2', false],
  ['0.0.0.0', '::1', false],
  ['::1', '::2', false],
])('%s and %s on one port', (a, b, wanted) => {
  expect(overlaps(a, b)).toBe(wanted);
});
