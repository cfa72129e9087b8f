import { Socket } from 'node:net';
import { afterEach, expect, jest, test } from '@jest/globals';
import { marathons, NGINX } from './marathons.ts';
import { openRaw, openStream, typesOf } from './raw.ts';

const start = marathons();

afterEach(() => {
  jest.restoreAllMocks();
});

test('the stream begins with this head and the event of its own attachment, byte by byte', async () => {
  const marathon = await start({ version: '1.4.13' });
  const stream = await openStream(marathon.port);
  const text = await stream.until(/\}\r\n\r\n$/);
  expect(text.replace(/"timestamp":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"/, '"timestamp":"T"')).toBe(
    [
      'HTTP/1.1 200 OK',
      'Content-Type: text/event-stream;charset=utf-8',
      'Connection: close',
      `X-Marathon-Leader: http://127.0.0.1:${marathon.port}`,
      'Cache-Control: no-cache, no-store, must-revalidate',
      'Pragma: no-cache',
      'Expires: 0',
      '',
      'event: event_stream_attached',
      'data: {"remoteAddress":"127.0.0.1","eventType":"event_stream_attached","timestamp":"T"}',
      '',
      '',
    ].join('\r\n'),
  );
});

test.each([
  ['a list', ['Accept: text/event-stream, */*']],
  ['anything', ['Accept: */*']],
  ['a parameter', ['Accept: text/event-stream;charset=utf-8']],
  ['nothing', []],
])('an Accept of %s is answered by 405 and a page', async (_, accept) => {
  const { port } = await start();
  const raw = openRaw(port, ['GET /v2/events HTTP/1.1', ...accept, 'Connection: close']);
  const text = await raw.closed;
  expect(text).toMatch(/^HTTP\/1\.1 405 /);
  expect(text).toMatch(/\r\nContent-Type: text\/html/);
  expect(text).toContain('HTTP method GET is not supported by this URL');
});

test('one of several Accept lines is enough', async () => {
  const { port } = await start();
  const raw = openRaw(port, ['GET /v2/events HTTP/1.1', 'Accept: */*', 'Accept: text/event-stream']);
  expect(await raw.until(/\r\n\r\n/)).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  raw.close();
});

test('HTTP/1.0 without the Accept is answered by 400', async () => {
  const { port } = await start();
  expect(await openRaw(port, ['GET /v2/events HTTP/1.0']).closed).toMatch(/^HTTP\/1\.1 400 /);
});

test('a stream is never compressed and never chunked', async () => {
  const { port } = await start();
  const raw = openRaw(port, ['GET /v2/events HTTP/1.1', 'Accept: text/event-stream', 'Accept-Encoding: gzip']);
  const text = await raw.until(/event_stream_attached.*\r\n\r\n/);
  expect(text).not.toMatch(/content-encoding|transfer-encoding|content-length/i);
  raw.close();
});

test('a heart-beat is CR and LF in two writes, and nothing comes between', async () => {
  const marathon = await start({ heartBeatMs: 5 });
  const writes: unknown[] = [];
  const write: unknown = Reflect.get(Socket.prototype, 'write');
  jest.spyOn(Socket.prototype, 'write').mockImplementation(function (this: Socket, ...args: unknown[]) {
    writes.push(args[0]);
    const taken = Reflect.apply(write as Socket['write'], this, args) as boolean;
    if (args[0] === '\r') marathon.sendEvent('scheduler_disconnected_event', {});
    return taken;
  });
  const stream = await openStream(marathon.port, '?event_type=scheduler_disconnected_event');
  await stream.framesUntil('scheduler_disconnected_event');
  const beat = writes.indexOf('\r');
  expect(writes.slice(beat, beat + 2)).toEqual(['\r', '\n']);
  expect(writes[beat + 2]).toMatch(/^event: scheduler_disconnected_event\r\n/);
  expect(stream.text()).toMatch(/\r\n\r\n\r\nevent: scheduler_disconnected_event\r\n/);
});

test('heart-beats come while nothing happens', async () => {
  const { port } = await start({ heartBeatMs: 5 });
  const stream = await openStream(port, '?event_type=none');
  expect(await stream.until(/\r\n\r\n\r\n\r\n/)).toMatch(/^HTTP\/1\.1 200 OK\r\n[^{]*$/);
});

test.each([
  ['?event_type=status_update_event&event_type=group_change_success', ['group_change_success', 'status_update_event']],
  ['?event_type=status_update_event,group_change_success&event_type=api_post_event', ['api_post_event']],
  ['?event_type=STATUS_UPDATE_EVENT&event_type=api_post_event', ['api_post_event']],
  ['?event_type=status_update&event_type=api_post_event', ['api_post_event']],
])('the filter %s lets only these pass', async (query, expected) => {
  const marathon = await start();
  const stream = await openStream(marathon.port, `${query}&event_type=end`);
  marathon.deploy(NGINX);
  marathon.addTask('/nginx', { host: '10.0.0.1', addresses: ['192.168.84.196'] });
  marathon.sendEvent('end', {});
  expect(typesOf(await stream.framesUntil('end'))).toEqual([...expected, 'end']);
});

test('before 1.3.7 there is no filter', async () => {
  const { port } = await start({ version: '1.3.6' });
  const stream = await openStream(port, '?event_type=api_post_event');
  expect(typesOf(await stream.framesUntil('event_stream_attached'))).toEqual(['event_stream_attached']);
});

test('everybody is told who attaches and who leaves, as far as their filter lets them', async () => {
  const marathon = await start();
  const first = await openStream(marathon.port);
  await first.framesUntil('event_stream_attached');
  const deaf = await openStream(marathon.port, '?event_type=end');
  const second = await openStream(marathon.port);
  await second.framesUntil('event_stream_attached');
  expect(marathon.streams()).toBe(3);
  second.close();
  const frames = await first.framesUntil('event_stream_detached');
  expect(typesOf(frames)).toEqual([...Array<string>(3).fill('event_stream_attached'), 'event_stream_detached']);
  expect(frames.at(-1)?.data).toMatchObject({ remoteAddress: '127.0.0.1', eventType: 'event_stream_detached' });
  marathon.sendEvent('end', {});
  expect(typesOf(await deaf.framesUntil('end'))).toEqual(['end']);
  expect(marathon.streams()).toBe(2);
});

test('JSON has the headers of the leader, and of newer releases two more', async () => {
  const marathon = await start();
  const raw = openRaw(marathon.port, ['GET /v2/apps HTTP/1.1', 'Connection: close']);
  const [head = '', body] = (await raw.closed).split('\r\n\r\n');
  expect(head.split('\r\n')).toEqual(
    expect.arrayContaining([
      'HTTP/1.1 200 OK',
      `X-Marathon-Leader: http://127.0.0.1:${marathon.port}`,
      'X-Frame-Options: DENY',
      'X-XSS-Protection: 1; mode=block',
      'Cache-Control: no-cache, no-store, must-revalidate',
      'Pragma: no-cache',
      'Expires: 0',
      'Content-Type: application/json',
      'Content-Length: 11',
    ]),
  );
  expect(body).toBe('{"apps":[]}');
});

test('JSON comes in gzip when asked for', async () => {
  const { url } = await start();
  const response = await fetch(`${url}/v2/apps`, { headers: { 'Accept-Encoding': 'gzip' } });
  expect(Object.fromEntries(response.headers)).toMatchObject({ 'content-encoding': 'gzip', vary: 'Accept-Encoding' });
  expect(await response.json()).toEqual({ apps: [] });
});
