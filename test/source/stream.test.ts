import type { RequestListener } from 'node:http';
import { afterEach, expect, test } from '@jest/globals';
import { basicAuth, noAuth } from '../../src/source/auth.ts';
import { makeClient, type Client } from '../../src/source/client.ts';
import { openStream, type StreamAttempt } from '../../src/source/stream.ts';
import { closeServers, recordLog, refusedUrl, serve } from './server.ts';
import { now } from '../../src/lib/clock.ts';

const clients: Client[] = [];
afterEach(async () => {
  for (const made of clients.splice(0)) await made.close();
  await closeServers();
});

interface Seen {
  readonly events: unknown[];
  readonly error: string | undefined;
  readonly attached: number;
  readonly lines: readonly string[];
}

/** One attempt until it is over: what came, and the sentence that ended it. */
async function attempt(url: string, more: Partial<StreamAttempt> = {}, auth = noAuth): Promise<Seen> {
  const client = makeClient({ urls: [url], auth, now });
  clients.push(client);
  const { log, lines } = recordLog();
  const events: unknown[] = [];
  let attached = 0;
  const error = await openStream({
    get: client.get,
    url,
    types: ['status_update_event'],
    signal: new AbortController().signal,
    log,
    onAttached: () => attached++,
    onEvent: (type, data) => events.push([type, data]),
    ...more,
  }).catch((reason: unknown) => (reason instanceof Error ? reason.message : JSON.stringify(reason)));
  return { events, error: error ?? undefined, attached, lines };
}

const HEAD = { 'content-type': 'text/event-stream;charset=utf-8', connection: 'close' };

/** A stream that sends these pieces, each in a turn of its own, and closes. */
const stream =
  (...pieces: readonly (string | Buffer)[]): RequestListener =>
  (_, response) => {
    response.writeHead(200, HEAD).flushHeaders();
    response.socket?.setNoDelay(true);
    const next = (i: number): void => {
      const piece = pieces[i];
      if (piece === undefined) response.end();
      else response.write(piece, () => setImmediate(next, i + 1));
    };
    next(0);
  };

const event = (type: string, data: object): string => `event: ${type}\r\ndata: ${JSON.stringify({ ...data, eventType: type })}\r\n\r\n`;
const ATTACHED = event('event_stream_attached', { remoteAddress: '127.0.0.1' });
const UPDATE = event('status_update_event', { taskId: 'é€😀' });
const BOTH = [
  ['event_stream_attached', { remoteAddress: '127.0.0.1', eventType: 'event_stream_attached' }],
  ['status_update_event', { taskId: 'é€😀', eventType: 'status_update_event' }],
];

test('asks as Marathon wants it', async () => {
  const { url, asked } = await serve(stream(ATTACHED));
  await attempt(`${url}/marathon`, { types: ['a', 'event_stream_attached', 'b'] }, basicAuth('me:s3cret'));
  expect(asked).toHaveLength(1);
  expect(asked[0]?.url).toBe('/marathon/v2/events?plan-format=light&event_type=event_stream_attached&event_type=a&event_type=b');
  expect(asked[0]?.headers).toMatchObject({
    accept: 'text/event-stream',
    'accept-encoding': 'identity',
    authorization: 'Basic bWU6czNjcmV0',
  });
});

test('hands events on in order, and says when the stream closes', async () => {
  const { url } = await serve(stream(ATTACHED + UPDATE));
  expect(await attempt(url)).toMatchObject({ events: BOTH, error: 'closed the event stream', attached: 1 });
});

test('a heart-beat split between CR and LF is no event', async () => {
  const { url } = await serve(stream('\r', '\n', ATTACHED, '\r', '\n', '\r', '\n', UPDATE, '\r', '\n'));
  expect(await attempt(url)).toMatchObject({ events: BOTH, attached: 1 });
});

test('events may be split at any byte', async () => {
  const bytes = Buffer.from(ATTACHED + UPDATE);
  const { url } = await serve(stream(...Array.from(bytes, (byte) => Buffer.of(byte))));
  expect((await attempt(url)).events).toEqual(BOTH);
});

test('several JSON texts in one event are handed on one by one, and what is no JSON is skipped', async () => {
  const text =
    'data: {"eventType":"a"}\r\ndata: {"eventType":"b"}\r\n\r\ndata: {"eventType":\r\n\r\nevent: status_update_event\r\ndata: 1\r\n\r\n';
  const { url } = await serve(stream(text));
  const { events, lines } = await attempt(url);
  expect(events).toEqual([
    ['a', { eventType: 'a' }],
    ['b', { eventType: 'b' }],
    ['status_update_event', 1],
  ]);
  expect(lines).toEqual(['debug an event was skipped because its data is not JSON {"data":"{\\"eventType\\":"}']);
});

test('one JSON text over several lines is one', async () => {
  const { url } = await serve(stream('data: {"eventType":\r\ndata: "a"}\r\n\r\n'));
  expect((await attempt(url)).events).toEqual([['a', { eventType: 'a' }]]);
});

test('types that were not asked for are left out', async () => {
  const { url } = await serve(stream(event('framework_message_event', {}) + UPDATE));
  expect((await attempt(url)).events).toEqual([BOTH[1]]);
});

test('a stream that closes at once was never attached', async () => {
  const { url, asked } = await serve(stream());
  expect(await attempt(url)).toMatchObject({ events: [], error: 'closed the event stream', attached: 0 });
  expect(asked).toHaveLength(1);
});

const answer =
  (status: number, type: string): RequestListener =>
  (_, response) =>
    response.writeHead(status, { 'content-type': type }).end('<html>');

const refusals: readonly (readonly [string, RequestListener])[] = [
  ['answered HTTP 401: it wants credentials, which --auth-credentials user:password gives', answer(401, 'text/html')],
  ['answered HTTP 405', answer(405, 'text/html')],
  ['answered with a web page (HTTP 200) instead of an event stream', answer(200, 'text/html;charset=utf-8')],
  ['answered with application/json (HTTP 200) instead of an event stream', answer(200, 'application/json')],
  ['answered with no content type (HTTP 204) instead of an event stream', (_, response) => response.writeHead(204).end()],
];

test.each(refusals)('no stream: %s', async (error, listener) => {
  const { url, asked } = await serve(listener);
  expect(await attempt(url)).toMatchObject({ events: [], error, attached: 0 });
  expect(asked).toHaveLength(1);
});

test('a refused connection says so', async () => {
  expect((await attempt(await refusedUrl())).error).toContain('ECONNREFUSED');
});

test('a head that does not come has a deadline', async () => {
  const { url } = await serve(() => undefined);
  expect((await attempt(url, { headMs: 50 })).error).toBe('no answer within 50 ms');
});

test('silence is death, also behind events', async () => {
  const silent: RequestListener = (_, response) => {
    response.writeHead(200, HEAD).write(ATTACHED);
  };
  const { url } = await serve(silent);
  const error = 'sent nothing for 50 ms, although Marathon sends a heartbeat every 10 s';
  expect(await attempt(url, { silenceMs: 50 })).toMatchObject({ events: [BOTH[0]], error, attached: 1 });
  const mute = await serve((_, response) => {
    response.writeHead(200, HEAD).flushHeaders();
  });
  expect(await attempt(mute.url, { silenceMs: 50 })).toMatchObject({ events: [], error, attached: 0 });
});

test('beats keep a stream alive', async () => {
  const { url } = await serve((_, response) => {
    response.writeHead(200, HEAD).flushHeaders();
    const beat = setInterval(() => response.write('\r\n'), 50);
    setTimeout(() => response.end(UPDATE), 800);
    response.on('close', () => {
      clearInterval(beat);
    });
  });
  expect(await attempt(url, { silenceMs: 600 })).toMatchObject({ events: [BOTH[1]], error: 'closed the event stream' });
});

test('a connection that breaks is lost', async () => {
  const { url } = await serve((_, response) => {
    response.writeHead(200, { ...HEAD, 'content-length': 10_000 }).write(ATTACHED, () => response.destroy());
  });
  expect((await attempt(url)).error).toBe('lost the event stream');
});

test('a redirect to the leader is followed once, with credentials', async () => {
  const leader = await serve(stream(ATTACHED));
  const standby = await serve((request, response) => response.writeHead(302, { location: leader.url + String(request.url) }).end());
  const before = await serve((request, response) => response.writeHead(302, { location: standby.url + String(request.url) }).end());
  expect(await attempt(standby.url, {}, basicAuth('me:s3cret'))).toMatchObject({ events: [BOTH[0]] });
  expect(leader.asked[0]).toMatchObject({ url: standby.asked[0]?.url, headers: { authorization: 'Basic bWU6czNjcmV0' } });
  const { error } = await attempt(before.url, {}, basicAuth('me:s3cret'));
  expect(error).toBe(`its leader ${standby.url}: answered HTTP 302, a second redirect, which is not followed`);
  expect(leader.asked).toHaveLength(1);
});

test('a redirect elsewhere is not followed', async () => {
  const stranger = await serve(stream(ATTACHED));
  const { url } = await serve((_, response) => response.writeHead(302, { location: `${stranger.url}/login` }).end());
  expect((await attempt(url, {}, basicAuth('me:s3cret'))).error).toContain(`answered with a redirect to ${stranger.url}/login`);
  expect(stranger.asked).toEqual([]);
});

test('the signal ends it without an error, at any time', async () => {
  const { url, asked } = await serve((_, response) => {
    response.writeHead(200, HEAD).write(ATTACHED);
  });
  const stop = new AbortController();
  const onEvent = (): void => {
    stop.abort();
  };
  expect((await attempt(url, { signal: stop.signal, onEvent })).error).toBeUndefined();
  expect((await attempt(url, { signal: stop.signal })).error).toBeUndefined();
  expect(asked).toHaveLength(1);
});

test('a listener that fails ends the attempt, not the process', async () => {
  const { url } = await serve(stream(ATTACHED, UPDATE));
  const onEvent = (): never => {
    throw new Error('listener failed');
  };
  expect((await attempt(url, { onEvent })).error).toBe('listener failed');
});

test('an event of very many lines ends the attempt: each costs memory, however short it is', async () => {
  const { url } = await serve(stream(ATTACHED, 'data:\n'.repeat(3), UPDATE, 'data:\n'.repeat(6), 'data:\n'.repeat(6)));
  const { events, error } = await attempt(url, { maxEventLines: 10 });
  expect(events).toEqual(BOTH);
  expect(error).toBe('sent more than 10 lines without the end of an event');
});
