import { afterEach, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { json, type AdminRoute } from '../../src/admin/route.ts';
import { ask, serveAdmin } from './rig.ts';

const ends: (() => unknown)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

const ROUTES: readonly AdminRoute[] = [
  { method: 'GET', path: '/v1/things', answer: ({ query }) => json({ of: query.get('of') }) },
  { method: 'GET', path: '/v1/things/{id…}', answer: ({ params }) => json(params) },
  { method: 'POST', path: '/v1/change', isChange: true, answer: () => json({ ok: true }) },
  { method: 'GET', path: '/long', answer: () => ({ status: 200, type: 'text/plain', pieces: many() }) },
  { method: 'GET', path: '/broken', answer: () => Promise.reject(new Error('the disk is full')) },
  { method: 'GET', path: '/slow', deadlineMs: 20, answer: () => new Promise(() => undefined) },
];

function* many(): Generator<string> {
  for (let i = 0; i < 20_000; i++) yield `line ${i} of a long answer\n`;
}

const serve = (more = {}) => serveAdmin({ routes: ROUTES, ...more }, ends);

test('the same is answered on the socket, which its group may open, and over TCP', async () => {
  const { socketPath, port } = await serve();
  expect((await stat(socketPath)).mode & 0o777).toBe(0o660);
  const bySocket = await ask({ socketPath, path: '/v1/things?of=shop' });
  expect(bySocket).toMatchObject({ status: 200, text: '{\n  "of": "shop"\n}\n' });
  expect(bySocket.headers).toMatchObject({ 'content-type': 'application/json', 'cache-control': 'no-store' });
  await expect(ask({ port, path: '/v1/things?of=shop' })).resolves.toMatchObject({ status: 200, text: bySocket.text });
});

test('what is asked for is found by its path: slashes and escapes in an id, HEAD without a body, and no such thing', async () => {
  const { port } = await serve();
  await expect(ask({ port, path: '/v1/things/shop/c%61rt' })).resolves.toMatchObject({ status: 200, text: '{\n  "id": "shop/cart"\n}\n' });
  await expect(ask({ port, path: '/v1/things', method: 'HEAD' })).resolves.toMatchObject({ status: 200, text: '' });
  await expect(ask({ port, path: '/v1/nothing' })).resolves.toMatchObject({ status: 404, text: expect.stringContaining('/v1/nothing') });
  await expect(ask({ port, path: '/v1/things/%zz' })).resolves.toMatchObject({ status: 400 });
  const other = await ask({ port, path: '/v1/things', method: 'DELETE' });
  expect(other).toMatchObject({ status: 405, headers: { allow: 'GET' } });
});

test('a long answer comes whole; one that fails or takes too long is told so, and the server goes on', async () => {
  const { port } = await serve();
  const { text } = await ask({ port, path: '/long' });
  expect(text.split('\n')).toHaveLength(20_001);
  await expect(ask({ port, path: '/broken' })).resolves.toMatchObject({ status: 500, text: expect.stringContaining('the disk is full') });
  await expect(ask({ port, path: '/slow' })).resolves.toMatchObject({ status: 504 });
  await expect(ask({ port, path: '/v1/things' })).resolves.toMatchObject({ status: 200 });
});

test('a page of another site is refused, by its Origin, by what the browser says, and by a name that leads here', async () => {
  const { port, socketPath } = await serve();
  const get = (headers: Readonly<Record<string, string>>) => ask({ port, path: '/v1/things', headers }).then(({ status }) => status);
  await expect(get({ host: 'evil.example' })).resolves.toBe(421);
  await expect(get({ host: 'lb1.acme.org:9092' })).resolves.toBe(200);
  await expect(get({ host: '[::1]:9092' })).resolves.toBe(200);
  await expect(get({ origin: 'http://evil.example' })).resolves.toBe(403);
  await expect(get({ origin: 'null' })).resolves.toBe(403);
  await expect(get({ origin: `http://127.0.0.1:${port}` })).resolves.toBe(200);
  await expect(get({ 'sec-fetch-site': 'cross-site' })).resolves.toBe(403);
  await expect(get({ 'sec-fetch-site': 'none' })).resolves.toBe(200);
  const foreign = await ask({ socketPath, path: '/v1/things', headers: { host: 'any.example', origin: 'http://evil.example' } });
  expect(foreign.status).toBe(403); // HAProxy may hand on what a browser has sent
  await expect(ask({ socketPath, path: '/v1/things', headers: { host: 'any.example' } })).resolves.toMatchObject({ status: 200 });
});

test('whoever is on the machine may change something', async () => {
  const { port, socketPath } = await serve();
  await expect(ask({ port, path: '/v1/change', method: 'POST' })).resolves.toMatchObject({ status: 200 });
  await expect(ask({ socketPath, path: '/v1/change', method: 'POST' })).resolves.toMatchObject({ status: 200 });
});

test('a long body is refused, and one that is longer than it says is cut', async () => {
  const { port } = await serve();
  const long = 'x'.repeat(100_000);
  const headers = { 'content-length': String(long.length) };
  await expect(ask({ port, path: '/v1/change', method: 'POST', headers }, long)).resolves.toMatchObject({ status: 413 });
  await expect(ask({ port, path: '/v1/change', method: 'POST' }, 'small')).resolves.toMatchObject({ status: 200 });
});

test('at its end nobody is waited for, and the socket is gone', async () => {
  const { port, over, isThere } = await serve();
  const idle = connect(port, '127.0.0.1');
  await once(idle, 'connect');
  await expect(isThere()).resolves.toBe(true);
  const closed = once(idle.resume(), 'close');
  over.abort();
  await closed;
  await expect(ask({ port, path: '/v1/things' })).rejects.toThrow('ECONNREFUSED');
});
