import { afterEach, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { bindsOf, takenOf, countListeners } from '../../src/apply/binds.ts';

/** Why the wanted ones can't be had, in order. */
const whyTaken = async (...given: Parameters<typeof takenOf>): Promise<string> => (await takenOf(...given)).map(({ why }) => why).join();

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function take(): Promise<number> {
  const server = createServer();
  servers.push(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return (server.address() as AddressInfo).port;
}

async function free(): Promise<number> {
  const port = await take();
  await new Promise((resolve) => servers.pop()?.close(resolve));
  return port;
}

test.each([
  ['*:80', ['*:80']],
  [':80', ['*:80']],
  ['127.0.0.1:80 ssl crt /a.pem', ['127.0.0.1:80']],
  ['[::]:443', [':::443']],
  ['::1:80', ['::1:80']],
  [':::80 v6only', [':::80']],
  ['ipv4@10.0.0.1:80', ['10.0.0.1:80']],
  ['ipv6@:80', [':::80']],
  ['"*:80"', ['*:80']],
  ['10.0.0.1:80,[::1]:81,:82', ['10.0.0.1:80', '::1:81', '*:82']],
  ['127.0.0.1:8000-8002', ['127.0.0.1:8000', '127.0.0.1:8001', '127.0.0.1:8002']],
  ['abns@name', []],
  ['unix@/run/a.sock', []],
  ['/run/a:80', []],
  ['fd@3', []],
  ['quic4@:443', []],
  ['${ADDRESS}:80', []],
  ['10.0.0.1:80 transparent', []],
  ['*:80 # transparent', ['*:80']],
])('bind %s', (words, wanted) => {
  expect(bindsOf(`frontend f\n  bind ${words}\n`).map(({ address, port }) => `${address}:${port}`)).toEqual(wanted);
});

const CONFIG =
  'global\n  stats bind-process 1\nfrontend f\n  bind *:80,*:81\n  #bind *:82\nlisten l\n\tbind :9000-9003\n  bind abns@x accept-proxy\n';

test('binds of any section, none of comments and other words', () => {
  expect(bindsOf(CONFIG).map(({ port }) => port)).toEqual([80, 81, 9000, 9001, 9002, 9003]);
});

test('listeners are counted with those that are no ports', () => {
  expect(countListeners(CONFIG)).toBe(7);
});

test('a taken port is told with its holder', async () => {
  const port = await take();
  await expect(whyTaken([{ address: '127.0.0.1', port }], [])).resolves.toMatch(
    new RegExp(`^127\\.0\\.0\\.1:${port} is taken by .+ \\(pid ${process.pid}\\): .*EADDRINUSE`),
  );
  await expect(whyTaken([{ address: '*', port }], [])).resolves.toContain(`*:${port} is taken`);
});

test('a port that HAProxy itself has is not tried', async () => {
  const port = await take();
  await expect(whyTaken([{ address: '127.0.0.1', port }], [{ address: '*', port }])).resolves.toBe('');
});

test('a free port is free, and still is afterwards', async () => {
  const wanted = [{ address: '127.0.0.1', port: await free() }];
  await expect(whyTaken(wanted, [])).resolves.toBe('');
  await expect(whyTaken(wanted, [])).resolves.toBe('');
});

test('an address of another machine is told, and none throws', async () => {
  const port = await free();
  await expect(whyTaken([{ address: '192.0.2.1', port }], [])).resolves.toContain(`192.0.2.1:${port} can't be bound`);
  await expect(whyTaken([{ address: '2001:db8::1', port }], [])).resolves.toContain(`[2001:db8::1]:${port} can't be bound`);
});
