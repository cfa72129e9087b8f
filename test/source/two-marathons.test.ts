import type { RequestListener, ServerResponse } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterEach, expect, test } from '@jest/globals';
import { makeBackoff } from '../../src/lib/backoff.ts';
import { now, type Sleep } from '../../src/lib/clock.ts';
import type { AppId } from '../../src/model/names.ts';
import type { News } from '../../src/model/news.ts';
import { basicAuth } from '../../src/source/auth.ts';
import { makeClient, type Client } from '../../src/source/client.ts';
import { makeReadScheduler } from '../../src/source/read-scheduler.ts';
import { makeAppRead, makeFullRead } from '../../src/source/read-to-news.ts';
import { follow } from '../../src/source/source.ts';
import { openStream } from '../../src/source/stream.ts';
import { decode } from './apps.ts';
import { closeServers, recordLog, refusedUrl, serve } from './server.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
  await closeServers();
});

const sleep: Sleep = (ms, signal) => setTimeout(ms, undefined, { signal });
const LIMITS = { bytes: 2 ** 20, appBytes: 2 ** 18, apps: 1_000 };
const WAITS = { connectMs: 2_000, headMs: 100, silenceMs: 100, wholeMs: 1_000 };

function clientOf(...urls: readonly string[]): Client {
  const client = makeClient({ now, urls, auth: basicAuth('me:s3cret'), deadlines: WAITS, limits: LIMITS });
  ends.push(client.close);
  return client;
}

const STREAM = { 'content-type': 'text/event-stream' };
const JSON_TYPE = { 'content-type': 'application/json' };
const RUBBISH = '{"apps":[{"id":"/rubbish"},{"id":"/more-rubbish"}';

/** A Marathon with the apps /a and /b, whose stream tells at once of a change of /b. */
const good: RequestListener = (request, response) => {
  const [path = ''] = request.url?.split('?') ?? [];
  if (path === '/v2/apps') response.end(JSON.stringify({ apps: [{ id: '/a' }, { id: '/b' }] }));
  else if (path.startsWith('/v2/apps/')) response.end(JSON.stringify({ app: { id: path.slice('/v2/apps'.length) } }));
  else response.writeHead(200, STREAM).write(eventOf('event_stream_attached') + eventOf('status_update_event', '/b'));
};

function eventOf(eventType: string, appId?: string): string {
  return `event: ${eventType}\r\ndata: ${JSON.stringify({ eventType, appId })}\r\n\r\n`;
}

const whole =
  (status: number, head: Readonly<Record<string, string>>, body = ''): RequestListener =>
  (_, response) =>
    response.writeHead(status, head).end(body);

/** Sends its pieces again and again, as fast as they are read, or with a pause. */
function endless(head: Readonly<Record<string, string>>, first: string, piece: string, pauseMs?: number): RequestListener {
  return (_, response) => {
    response.writeHead(200, head).write(first);
    void sendOn(response, piece, pauseMs);
  };
}

async function sendOn(response: ServerResponse, piece: string, pauseMs = 0): Promise<void> {
  while (!response.destroyed && !response.writableEnded) {
    response.write(piece);
    await setTimeout(pauseMs);
  }
}

/** A head that comes byte by byte, and does not end. */
const slowHead: RequestListener = (request) => {
  const { socket } = request;
  const timer = setInterval(() => socket.write('x'), 50);
  socket
    .on('error', () => undefined)
    .once('close', () => {
      clearInterval(timer);
    });
  socket.write('HTTP/1.1 200 OK\r\nX-Slow: ');
};

const BOMB = gzipSync(`{"apps":[{"id":"/rubbish","x":"${' '.repeat(50_000_000)}"}]}`);

/** {what the first Marathon does, whatever it is asked} -> what is said of it after a full read. */
const misbehaving: readonly (readonly [string, RequestListener, RegExp])[] = [
  ['resets the connection', (request) => request.socket.resetAndDestroy(), /ECONNRESET|closed the connection/],
  ['hangs', () => undefined, /no (whole )?answer within/],
  ['sends its head byte by byte', slowHead, /no (whole )?answer within/],
  [
    'hangs behind half of its answer',
    (_, response) => response.writeHead(200, JSON_TYPE).write(RUBBISH),
    /nothing came for 100 ms|no whole answer within/,
  ],
  ['sends a byte now and then', endless(JSON_TYPE, RUBBISH, ' ', 50), /no whole answer within 1000 ms/],
  ['answers 500', whole(500, JSON_TYPE, '{"message":"Futures timed out"}'), /HTTP 500/],
  ['answers 502 with a page', whole(502, { 'content-type': 'text/html' }, '<html>'), /HTTP 502/],
  ['answers 503 with apps', whole(503, JSON_TYPE, `${RUBBISH}]}`), /HTTP 503/],
  ['answers 403', whole(403, JSON_TYPE, '{"message":"Not Authorized"}'), /HTTP 403/],
  ['answers 401', whole(401, { 'content-type': 'text/html' }), /HTTP 401/],
  ['answers 404', whole(404, JSON_TYPE, '{"message":"URI not found"}'), /HTTP 404/],
  ['answers with a page for people', whole(200, { 'content-type': 'text/html' }, '<html>Sign in'), /a web page \(HTTP 200\)/],
  ['answers nothing', whole(204, {}), /the body is empty/],
  ['sends broken JSON', whole(200, JSON_TYPE, `${RUBBISH},{"id"}]}`), /not JSON/],
  ['sends half of it', whole(200, JSON_TYPE, RUBBISH), /cut short/],
  ['sends another object', whole(200, JSON_TYPE, '{"app":{"id":"/rubbish"},"message":"x"}'), /no "apps"/],
  ['sends apps without an end', endless(JSON_TYPE, RUBBISH, ',{"id":"/r"}'.repeat(500)), /sent more than 1000 apps/],
  ['sends an app without an end', endless(JSON_TYPE, RUBBISH + ',{"id":"', 'x'.repeat(60_000)), /sent more than 262144 bytes without/],
  ['sends blanks without an end', endless(JSON_TYPE, '', ' '.repeat(60_000)), /sent more than 262144 bytes without/],
  ['sends a gzip bomb', (_, response) => response.writeHead(200, { ...JSON_TYPE, 'content-encoding': 'gzip' }).end(BOMB), /sent more than/],
  ['sends half a gzip', (_, response) => response.writeHead(200, { ...JSON_TYPE, 'content-encoding': 'gzip' }).end(BOMB.subarray(0, 20)), /closed the connection/], // prettier-ignore
  ['redirects to itself', (request, response) => response.writeHead(302, { location: String(request.url) }).end(), /a second redirect/],
  ['redirects nowhere', whole(302, {}), /without a usable address/],
  ['is no HTTP server', (request) => request.socket.end('SSH-2.0-OpenSSH\r\n\r\n'), /does not match the HTTP/],
  ['opens a stream for everything, and closes it at once', whole(200, STREAM), /the body is empty/],
  ['sends an event without an end', endless(STREAM, 'data: ', 'x'.repeat(60_000)), /broken at byte 0/],
];

/** All that is told of these Marathons until the second one's stream has been heard. */
async function followUntilHeard(...urls: readonly [string, string]): Promise<readonly News[]> {
  const stop = new AbortController();
  const { signal } = stop;
  const { log } = recordLog();
  const client = clientOf(...urls);
  const told: News[] = [];
  const now = (): number => performance.timeOrigin + performance.now();
  const reads = { decode, tell: (news: News) => told.push(news), now, log };
  const readAll = makeFullRead({ readApps: client.readApps, ...reads });
  const readApp = makeAppRead({ readApp: client.readApp, ...reads });
  const newBackoff = () => makeBackoff({ first: 10, most: 20, random: Math.random });
  const source = follow({
    urls: client.urls,
    open: (attempt) =>
      openStream({ get: client.get, types: ['status_update_event'], log, headMs: 200, silenceMs: 400, maxEventBytes: 2 ** 20, ...attempt }),
    readEvent: (type, data) => (type === 'status_update_event' ? { reason: type, dirty: [(data as { appId: AppId }).appId] } : undefined),
    reader: makeReadScheduler({ now, readAll, readApp, quietMs: 1, newBackoff, sleep, log, signal }),
    attachMs: 0,
    ...reads,
    backoff: newBackoff(),
    sleep,
    signal,
  });
  const isHeard = (): boolean => told.some(({ kind }) => kind === 'apps') && told.some(({ kind }) => kind === 'app');
  const stream = (): string | undefined => {
    const found = source.stream();
    return found.attached ? found.url : undefined;
  };
  while (!isHeard() || stream() !== urls[1]) await setTimeout(2);
  stop.abort();
  await source.ended;
  return told;
}

test.each(misbehaving)(
  'of two Marathons the first %s: the second is read and followed, and nothing of the first is told',
  async (_, listener, why) => {
    const bad = await serve(listener);
    const next = await serve(good);
    const { signal } = new AbortController();
    const [told, one] = await Promise.all([
      followUntilHeard(bad.url, next.url),
      clientOf(bad.url, next.url).readApp({ id: '/a' as AppId, decode, signal }),
      expect(clientOf(bad.url).readApps(decode, signal)).rejects.toThrow(why),
    ]);
    for (const news of told) {
      if (news.kind === 'apps') expect(news).toMatchObject({ apps: [{ id: '/a' }, { id: '/b' }], problems: [] });
      else expect(news).toMatchObject({ kind: 'app', id: '/b', app: { id: '/b' } });
    }
    expect(bad.asked.some(({ url }) => url.startsWith('/v2/events'))).toBe(true);
    expect(one.answer).toMatchObject({ app: { id: '/a' } });
  },
  30_000,
);

test('so it is when nobody listens there', async () => {
  const next = await serve(good);
  const told = await followUntilHeard(await refusedUrl(), next.url);
  expect(told.find(({ kind }) => kind === 'apps')).toMatchObject({ apps: [{ id: '/a' }, { id: '/b' }] });
});

test('credentials go to configured hosts and the leader that one of them names, and to nobody else', async () => {
  const stranger = await serve(good);
  const login = await serve((_, response) => response.writeHead(302, { location: `${stranger.url}/login?to=/v2/apps` }).end());
  const leader = await serve(good);
  const standby = await serve((request, response) => response.writeHead(302, { location: `${leader.url}${String(request.url)}` }).end());
  await followUntilHeard(login.url, standby.url);
  expect(stranger.asked).toEqual([]);
  for (const { asked } of [login, standby, leader]) {
    expect(asked.length).toBeGreaterThan(1);
    expect(asked.every(({ headers }) => headers['authorization'] === 'Basic bWU6czNjcmV0')).toBe(true);
  }
});
