import { describe, expect, jest, test } from '@jest/globals';
import { askRaw, type RawRequest } from './raw-h2.ts';
import { useEstate } from './rules.ts';

jest.setTimeout(60_000);

const estate = useEstate({
  apps: [
    { id: '/a', labels: { VHOST: 'a.test' } },
    { id: '/b', labels: { VHOST: 'b.test' } },
    { id: '/w', labels: { VHOST: '*.w.test' } },
  ],
});

const GET: RawRequest['headers'] = [
  [':method', 'GET'],
  [':scheme', 'https'],
  [':path', '/'],
  [':authority', 'a.test'],
];
const without = (name: string): RawRequest['headers'] => GET.filter(([one]) => one !== name);
const POST: RawRequest['headers'] = [[':method', 'POST'], ...without(':method')];
const SMUGGLED = 'GET /smuggled HTTP/1.1\r\nHost: b.test\r\n\r\n';

/** Requests that mean one thing to one reader and another thing to the next. */
const WRONG: readonly (readonly [string, RawRequest])[] = [
  ['a length and Transfer-Encoding', { headers: [...POST, ['transfer-encoding', 'chunked']], body: `0\r\n\r\n${SMUGGLED}` }],
  ['a body that is longer than its length', { headers: [...POST, ['content-length', '1']], body: `x${SMUGGLED}` }],
  ['a body that is shorter than its length', { headers: [...POST, ['content-length', '100']], body: 'x' }],
  ['two lengths', { headers: [...POST, ['content-length', '1'], ['content-length', '2']], body: 'x' }],
  ['a length that is no number', { headers: [...POST, ['content-length', '+1']], body: 'x' }],
  ['a line end in a value', { headers: [...GET, ['x-a', 'b\r\nhost: b.test']] }],
  ['a zero byte in a value', { headers: [...GET, ['x-a', 'b\0']] }],
  ['a line end in a name', { headers: [...GET, ['x-a: b\r\nx-b', 'c']] }],
  ['upper case in a name', { headers: [...GET, ['X-A', 'b']] }],
  ['a colon in a name', { headers: [...GET, ['x:a', 'b']] }],
  ['a request in the path', { headers: [...without(':path'), [':path', `/ HTTP/1.1\r\nHost: a.test\r\n\r\n${SMUGGLED}`]] }],
  ['a request in the method', { headers: [[':method', `GET / HTTP/1.1\r\nHost: b.test\r\n\r\nGET`], ...without(':method')] }],
  ['a line end in the host', { headers: [...without(':authority'), [':authority', 'a.test\r\nx-a: b']] }],
  ['no method', { headers: without(':method') }],
  ['no path', { headers: without(':path') }],
  ['an empty path', { headers: [...without(':path'), [':path', '']] }],
  ['two hosts', { headers: [...GET, [':authority', 'b.test']] }],
  ['two paths', { headers: [...GET, [':path', '/b']] }],
  ['a host behind the headers', { headers: [...without(':authority'), ['x-a', 'b'], [':authority', 'a.test']] }],
  ['a part of an answer', { headers: [...GET, [':status', '200']] }],
  ['a header of the connection', { headers: [...GET, ['connection', 'x-a'], ['x-a', 'b']] }],
  ['TE other than trailers', { headers: [...GET, ['te', 'gzip']] }],
  ['more headers than HAProxy takes', { headers: [...GET, ...Array.from({ length: 200 }, (_, i) => [`x-${i}`, 'a'] as const)] }],
  ['a header as long as all of HAProxy’s buffer', { headers: [...GET, ['x-a', 'b'.repeat(20_000)]] }],
  ['headers in many frames', { headers: [...GET, ...Array.from({ length: 90 }, (_, i) => [`x-${i}`, 'a'.repeat(1_000)] as const)] }],
];

describe('over HTTP/2', () => {
  test.each(WRONG)('%s: no app gets the request, and the next client is served', async (_, request) => {
    const outcome = await askRaw(estate().ports.https, request);
    expect(['stream ended', 'connection ended', 'status 400', 'status 413', 'status 431']).toContain(outcome);
    for (const host of ['a.test', 'b.test']) {
      const { path, headers } = await estate().arrived({ over: 'https', host, path: '/next' });
      expect([path, headers['host']]).toEqual(['/next', host]);
    }
  });

  test('the same requests without what is wrong in them are served', async () => {
    await expect(askRaw(estate().ports.https, { headers: GET })).resolves.toBe('status 200');
    const headers = [...POST, ['content-length', '1'] as const, ['te', 'trailers'] as const];
    await expect(askRaw(estate().ports.https, { headers, body: 'x' })).resolves.toBe('status 200');
  });
});
