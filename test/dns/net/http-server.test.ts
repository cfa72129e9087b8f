import { afterEach, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { plain, type HttpAnswer, type HttpQuestion } from '../../../src/dns/answers/mesos-http.ts';
import { serveHttp } from '../../../src/dns/net/http-server.ts';
import { freePorts } from '../../e2e/ports.ts';

const ends: (() => unknown)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function startServer(answer: (question: HttpQuestion) => HttpAnswer): Promise<number> {
  const [port = 0] = await freePorts(1);
  const ending = new AbortController();
  ends.push(() => {
    ending.abort();
  });
  const isOwnName = (name: string): boolean => name.endsWith('.mesos');
  await serveHttp({ endpoint: { address: '127.0.0.1', port }, answer, isOwnName, log: { debug: () => undefined }, signal: ending.signal });
  return port;
}

interface Got {
  readonly status: number | undefined;
  readonly headers: NodeJS.Dict<string | readonly string[]>;
  readonly text: string;
}

async function get(port: number, path: string, { host = '127.0.0.1', method = 'GET' } = {}): Promise<Got> {
  const sent = request({ host: '127.0.0.1', port, path, method, headers: { host }, agent: false });
  sent.end();
  const [response] = (await once(sent, 'response')) as [import('node:http').IncomingMessage];
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += String(chunk);
  return { status: response.statusCode, headers: response.headers, text };
}

const ok = (question: HttpQuestion): HttpAnswer => ({ status: 200, type: 'application/json', text: JSON.stringify(question) });

test('the question is handed on without its query, and the answer is sent with its type and length', async () => {
  const port = await startServer(ok);
  const { status, headers, text } = await get(port, '/v1/hosts/a%20b?x=1');
  expect([status, headers['content-type'], headers['content-length']]).toEqual([200, 'application/json', String(text.length)]);
  expect(JSON.parse(text)).toEqual({ method: 'GET', path: '/v1/hosts/a%20b' });
});

test.each([
  ['127.0.0.1:8123', 200],
  ['[::1]:8123', 200],
  ['localhost:8123', 200],
  ['leader.mesos:8123', 200],
  ['evil.example', 421],
])('asked by the name %j: %i, so that no page of a different site reads the names', async (host, status) => {
  const port = await startServer(ok);
  expect((await get(port, '/v1/version', { host })).status).toBe(status);
});

test('HEAD gets no body', async () => {
  const port = await startServer(() => plain(405, 'Method Not Allowed'));
  expect(await get(port, '/v1/version', { method: 'HEAD' })).toMatchObject({ status: 405, text: '' });
});

test('a long answer is sent in chunks; while two are being sent, a third is refused with the time to come back', async () => {
  const release: (() => void)[] = [];
  const pieces = Array.from({ length: 300 }, (_, i) => String(i % 10).repeat(100_000));
  const port = await startServer(() => ({ status: 200, type: 'application/json', pieces }));
  for (let i = 0; i < 2; i++) {
    const socket = connect(port, '127.0.0.1');
    ends.push(() => socket.destroy());
    socket.write('GET /v1/axfr HTTP/1.1\r\nhost: localhost\r\n\r\n');
    await once(socket, 'readable');
    socket.pause();
    release.push(() => socket.destroy());
  }
  expect(await get(port, '/v1/axfr')).toMatchObject({ status: 503, headers: { 'retry-after': '1' }, text: '503: Service Unavailable' });
  for (const one of release) one();
  let last: Got;
  do last = await get(port, '/v1/axfr');
  while (last.status === 503);
  expect([last.status, last.headers['transfer-encoding'], last.text === pieces.join('')]).toEqual([200, 'chunked', true]);
});

test('an endpoint that a different program has is refused with the reason', async () => {
  const port = await startServer(ok);
  const serving = { answer: ok, isOwnName: () => false, log: { debug: () => undefined }, signal: new AbortController().signal };
  await expect(serveHttp({ ...serving, endpoint: { address: '127.0.0.1', port } })).rejects.toThrow('EADDRINUSE');
});
