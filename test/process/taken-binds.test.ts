import { afterEach, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { takenOf } from '../../src/process/taken-binds.ts';
import { socketsOf } from '../../src/process/listeners.ts';

/** Why the wanted ones can't be had, in order. */
const whyTaken = async (wanted: Parameters<typeof takenOf>[0], own: ReadonlySet<string> = new Set()): Promise<string> =>
  (await takenOf(wanted, own)).map(({ why }) => why).join();

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function take(host = '127.0.0.1', port = 0): Promise<number> {
  const server = createServer();
  servers.push(server);
  await once(server.listen({ port, host, exclusive: true }), 'listening');
  return (server.address() as AddressInfo).port;
}

async function free(): Promise<number> {
  const port = await take();
  await new Promise((resolve) => servers.pop()?.close(resolve));
  return port;
}

test('a port that is taken is reported with the process that has it', async () => {
  const port = await take();
  await expect(whyTaken([{ address: '127.0.0.1', port }])).resolves.toMatch(
    new RegExp(`^127\\.0\\.0\\.1:${port} is taken by .+ \\(pid ${process.pid}\\): .*EADDRINUSE`),
  );
  await expect(whyTaken([{ address: '*', port }])).resolves.toContain(`*:${port} is taken`);
});

/** The sockets of this process that listen now: as if it were our HAProxy. */
const ownSockets = async (): Promise<ReadonlySet<string>> => (await socketsOf([process.pid])) ?? new Set();

test.each([
  ['127.0.0.1', '127.0.0.1'],
  ['127.0.0.1', '::ffff:127.0.0.1'],
  ['127.0.0.1', 'localhost'],
  ['127.0.0.1', '*'],
  ['0.0.0.0', '*'],
  ['0.0.0.0', '127.0.0.3'],
  ['::', '*'],
  ['::', '::1'],
])('HAProxy itself listens on %s: %s is not taken by that', async (has, wanted) => {
  const port = await take(has);
  await expect(whyTaken([{ address: wanted, port }], await ownSockets())).resolves.toBe('');
});

test.each(['127.0.0.3', '*', '::'])('HAProxy itself listens on 127.0.0.2, a stranger on 127.0.0.3: %s is taken', async (address) => {
  const port = await take('127.0.0.2');
  const own = await ownSockets();
  await take('127.0.0.3', port);
  await expect(whyTaken([{ address, port }], own)).resolves.toContain(`${port} is taken by`);
  await expect(whyTaken([{ address: '127.0.0.4', port }], own)).resolves.toBe('');
});

test('all of IPv6 alone is free where a stranger has all of IPv4', async () => {
  const port = await take('0.0.0.0');
  await expect(whyTaken([{ address: '::', port, v6only: true }])).resolves.toBe('');
  await expect(whyTaken([{ address: '::', port }])).resolves.toContain('is taken by');
});

test('a free port is free, and still is afterwards', async () => {
  const wanted = [{ address: '127.0.0.1', port: await free() }];
  await expect(whyTaken(wanted)).resolves.toBe('');
  await expect(whyTaken(wanted)).resolves.toBe('');
});

test('an address of another machine is told, and none throws', async () => {
  const port = await free();
  await expect(whyTaken([{ address: '192.0.2.1', port }])).resolves.toContain(`192.0.2.1:${port} can't be bound`);
  await expect(whyTaken([{ address: '2001:db8::1', port }])).resolves.toContain(`[2001:db8::1]:${port} can't be bound`);
});

test('an address that is not here can be bound transparently by a HAProxy that may do so, and by no other', async () => {
  const wanted = [{ address: '198.51.100.7', port: await free(), transparent: true as const }];
  await expect(whyTaken(wanted)).resolves.toContain(
    "this machine does not have the address, and 'transparent' needs root or CAP_NET_ADMIN",
  );
  await expect(takenOf(wanted, new Set(), () => Promise.resolve(1n << 12n))).resolves.toEqual([]);
  await take('0.0.0.0', wanted[0]?.port);
  await expect(takenOf(wanted, new Set(), () => Promise.resolve(1n << 12n))).resolves.toHaveLength(1);
});

test('an interface that is not here is told; on one that is, the port is looked up', async () => {
  const port = await free();
  await expect(whyTaken([{ address: '*', port, interface: 'no-such0' }])).resolves.toContain('no network interface no-such0');
  await expect(whyTaken([{ address: '*', port, interface: 'lo' }])).resolves.toBe('');
  await take('0.0.0.0', port);
  await expect(whyTaken([{ address: '*', port, interface: 'lo' }])).resolves.toContain('is taken by');
});

test('of many ports on one address, those that listen or are the end of a connection are reported as taken', async () => {
  const [first, listens, last] = [await free(), await take('0.0.0.0'), await free()];
  const client = connect(listens, '127.0.0.1');
  await once(client, 'connect');
  const connected = client.localPort ?? 0;
  const wanted = [first, listens, connected, last].map((port) => ({ address: '127.0.0.1', port }));
  const taken = await takenOf(wanted, new Set());
  client.destroy();
  expect(taken.map(({ port }) => port)).toEqual([listens, connected]);
});

test('a bind that fails says nothing about the next port of its address', async () => {
  const ports = [await free(), await free()];
  const taken = await takenOf(
    ports.map((port) => ({ address: '192.0.2.1', port })),
    new Set(),
  );
  expect(taken.map(({ port }) => port)).toEqual(ports);
});
