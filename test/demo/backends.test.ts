import { afterEach, expect, test } from '@jest/globals';
import { startBackend, type DemoBackendSettings, type RunningBackend } from '../../src/demo/backends.ts';
import { openRaw } from './raw.ts';

const running: RunningBackend[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((backend) => backend.close()));
});

async function start(settings: Partial<DemoBackendSettings> = {}): Promise<RunningBackend> {
  const backend = await startBackend({ address: '127.0.0.1', port: 0, name: 'nginx.0001', ...settings });
  running.push(backend);
  return backend;
}

test('any method and path: 200 and a line that names the task and its address', async () => {
  const backend = await start({ address: '127.84.0.196' });
  for (const [method, path] of [
    ['GET', '/'],
    ['POST', '/cart'],
    ['DELETE', '/a/b?c'],
  ] as const) {
    const response = await fetch(`http://127.84.0.196:${backend.port}${path}`, { method });
    expect([response.status, response.headers.get('Content-Type')]).toEqual([200, 'text/plain;charset=utf-8']);
    expect(await response.text()).toBe(`Hello from task nginx.0001 at 127.84.0.196:${backend.port}\n`);
  }
  expect(backend.requests()).toBe(3);
});

test('connections are kept: two requests over one', async () => {
  const { port } = await start();
  const raw = openRaw(port, ['GET / HTTP/1.1', 'Host: one', '', 'GET / HTTP/1.1', 'Connection: close']);
  const text = await raw.closed;
  expect(text.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(2);
  expect(text).toContain('Connection: keep-alive');
});

test('each request is told before it is answered', async () => {
  const told: (string | undefined)[] = [];
  const { port } = await start({
    onRequest: ({ method, url, headers }) => told.push(`${method ?? ''} ${url ?? ''} ${String(headers['x-told'])}`),
  });
  await fetch(`http://127.0.0.1:${port}/x`, { headers: { 'X-Told': 'yes' } });
  expect(told).toEqual(['GET /x yes']);
});

test('a slow request that runs when the backend closes is answered, and its connection closed', async () => {
  const backend = await start();
  const raw = openRaw(backend.port, ['GET /slow?ms=50 HTTP/1.1']);
  while (backend.requests() === 0) await new Promise(setImmediate);
  await backend.close();
  const text = await raw.closed;
  expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*Hello from task nginx\.0001/);
  expect(text).toContain('Connection: close');
});

test('one that takes too long is cut off', async () => {
  const backend = await start({ delayMs: 60_000 });
  const raw = openRaw(backend.port, ['GET / HTTP/1.1']);
  while (backend.requests() === 0) await new Promise(setImmediate);
  await backend.close();
  expect(await raw.closed).toBe('');
});

test('a connection that idles does not hold the backend open', async () => {
  const backend = await start();
  const raw = openRaw(backend.port, ['GET / HTTP/1.1']);
  await raw.until(/Hello/);
  await backend.close();
  await raw.closed;
});

test('an address that is taken, or is not of this machine, is said in words', async () => {
  const { port } = await start();
  await expect(start({ port })).rejects.toThrow(
    `Cannot listen on 127.0.0.1:${port} for the backend "nginx.0001": another program listens there (EADDRINUSE); end it or choose another port`,
  );
  await expect(start({ address: '192.0.2.1' })).rejects.toThrow(
    'Cannot listen on 192.0.2.1:0 for the backend "nginx.0001": this machine has no such address (EADDRNOTAVAIL); choose 127.0.0.1 and another port',
  );
});
