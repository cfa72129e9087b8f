import { describe, expect, jest, test } from '@jest/globals';
import { askBehind, askRaw, headerBlock, type RawFrame, type RawRequest } from './raw-h2.ts';
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

const [DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION] = [
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9,
];
const [END_STREAM, END_HEADERS, PADDED] = [1, 4, 8];
const hex = (digits: string): Buffer => Buffer.from(digits.replaceAll(' ', ''), 'hex');
const ASKED = headerBlock(GET);
const HALF: RawFrame = { type: HEADERS, stream: 1, flags: END_STREAM, payload: ASKED };

/** Frames that RFC 9113 has a connection or a stream end for. */
const BROKEN: readonly (readonly [string, ...RawFrame[]])[] = [
  ['settings of five bytes', { type: SETTINGS, payload: hex('0003000000') }],
  ['settings of a stream', { type: SETTINGS, stream: 1 }],
  ['an acknowledgement with settings', { type: SETTINGS, flags: 1, payload: hex('0003 00000064') }],
  ['a window of more than 2^31', { type: SETTINGS, payload: hex('0004 80000000') }],
  ['frames of one byte at most', { type: SETTINGS, payload: hex('0005 00000001') }],
  ['a ping of six bytes', { type: PING, payload: hex('000000000000') }],
  ['a ping of a stream', { type: PING, stream: 1, payload: hex('0000000000000000') }],
  ['data of no stream', { type: DATA, payload: hex('61') }],
  ['data of a stream that nobody opened', { type: DATA, stream: 1, payload: hex('61') }],
  ['headers of no stream', { type: HEADERS, flags: END_STREAM + END_HEADERS, payload: ASKED }],
  ['headers of a stream of the server', { type: HEADERS, flags: END_STREAM + END_HEADERS, stream: 2, payload: ASKED }],
  ['more padding than there is frame', { type: HEADERS, flags: END_STREAM + END_HEADERS + PADDED, stream: 1, payload: hex('ff 82') }],
  ['a reset of a stream that nobody opened', { type: RST_STREAM, stream: 1, payload: hex('00000008') }],
  ['a reset of no stream', { type: RST_STREAM, payload: hex('00000008') }],
  ['a reset of three bytes', { type: RST_STREAM, stream: 1, payload: hex('000008') }],
  ['a priority of no stream', { type: PRIORITY, payload: hex('00000000 10') }],
  ['a priority of four bytes', { type: PRIORITY, stream: 1, payload: hex('00000000') }],
  ['a window that grows by nothing', { type: WINDOW_UPDATE, payload: hex('00000000') }],
  ['a window that grows past 2^31', { type: WINDOW_UPDATE, payload: hex('7fffffff') }],
  ['a window of three bytes', { type: WINDOW_UPDATE, payload: hex('000001') }],
  ['a push by the client', { type: PUSH_PROMISE, flags: END_HEADERS, stream: 1, payload: hex('00000002 82') }],
  ['an end of the connection on a stream', { type: GOAWAY, stream: 1, payload: hex('00000000 00000000') }],
  ['more headers of none', { type: CONTINUATION, flags: END_HEADERS, stream: 1, payload: ASKED }],
  ['data between headers', HALF, { type: DATA, stream: 1, payload: hex('61') }],
  ['a ping between headers', HALF, { type: PING, payload: hex('0000000000000000') }],
  ['more headers of another stream', HALF, { type: CONTINUATION, flags: END_HEADERS, stream: 3, payload: ASKED }],
  ['a header by a number that has none', { type: HEADERS, flags: END_STREAM + END_HEADERS, stream: 1, payload: hex('ff 80 80 01') }],
  ['a table larger than was agreed', { type: HEADERS, flags: END_STREAM + END_HEADERS, stream: 1, payload: hex('3f e1 ff 7f 82') }],
  ['a frame of more than 16,384 bytes', { type: HEADERS, flags: END_STREAM + END_HEADERS, stream: 1, payload: Buffer.alloc(20_000) }],
  [
    'a stream number lower than before',
    { ...HALF, flags: END_STREAM + END_HEADERS, stream: 11 },
    { ...HALF, flags: END_STREAM + END_HEADERS, stream: 3 },
  ],
];

/** Frames of no meaning here, which have to be passed over. */
const PASSED: readonly (readonly [string, ...RawFrame[]])[] = [
  ['a frame of a type that nobody knows', { type: 0xfa, payload: hex('616263') }],
  ['a setting that nobody knows', { type: SETTINGS, payload: hex('00ff 00000001') }],
  ['a ping', { type: PING, payload: hex('0000000000000000') }],
  ['a priority', { type: PRIORITY, stream: 5, payload: hex('00000000 10') }],
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

  test.each(BROKEN)('%s: the connection or the stream is ended, and the next client is served', async (_, ...frames) => {
    const outcome = await askBehind(estate().ports.https, frames, GET);
    expect(['stream ended', 'connection ended']).toContain(outcome);
    const { path } = await estate().arrived({ over: 'https', host: 'a.test', path: '/next' });
    expect(path).toBe('/next');
  });

  test.each(PASSED)('%s: the request behind it is served', async (_, ...frames) => {
    await expect(askBehind(estate().ports.https, frames, GET)).resolves.toBe('status 200');
  });
});
