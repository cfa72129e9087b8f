import { randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { RequestListener } from 'node:http';
import { afterEach, expect, test } from '@jest/globals';
import type { AppId } from '../../src/model/names.ts';
import { noAuth } from '../../src/source/auth.ts';
import { makeClient, type Client, type Deadlines } from '../../src/source/client.ts';
import { closeServers, refusedUrl, serve } from './server.ts';
import { now } from '../../src/lib/clock.ts';

const deadlines: Deadlines = { connectMs: 2_000, headMs: 2_000, silenceMs: 2_000, wholeMs: 10_000 };
const { signal } = new AbortController();
const clients: Client[] = [];
const client = (settings: Partial<Parameters<typeof makeClient>[0]> & { urls: readonly string[] }): Client => {
  const made = makeClient({ auth: noAuth, deadlines, now, ...settings });
  clients.push(made);
  return made;
};
const read = async (from: Client, id = '/shop/cart'): Promise<unknown> =>
  (await from.readApp({ id: id as AppId, decode: (json) => JSON.parse(json) as unknown, signal })).answer;

afterEach(async () => {
  for (const made of clients.splice(0)) await made.close();
  await closeServers();
});

const answer =
  (body: unknown, status = 200, type = 'application/json'): RequestListener =>
  (_, response) =>
    response.writeHead(status, { 'content-type': type }).end(typeof body === 'string' ? body : JSON.stringify(body));
const CART = { id: '/shop/cart', tasks: [{ id: 'shop_cart.1' }] };
const good = answer({ app: CART });
const gone = answer({ message: "App '/shop/cart' does not exist" }, 404);

test('reads one app with its tasks and their readiness, below a prefix', async () => {
  const { url, asked } = await serve(good);
  expect(await read(client({ urls: [`${url}/service/marathon/`] }))).toEqual(CART);
  expect(asked[0]).toMatchObject({
    url: '/service/marathon/v2/apps/shop/cart?embed=app.tasks&embed=app.readiness',
    headers: { accept: 'application/json', 'accept-encoding': 'gzip' },
  });
});

test('unpacks gzip', async () => {
  const { url } = await serve((_, response) => response.setHeader('content-encoding', 'gzip').end(gzipSync(JSON.stringify({ app: CART }))));
  expect(await read(client({ urls: [url] }))).toEqual(CART);
});

test('unpacks a large gzip', async () => {
  const tasks = Array.from({ length: 20_000 }, () => ({ id: `shop_cart.${randomUUID()}` }));
  const zip = gzipSync(JSON.stringify({ app: { ...CART, tasks } }));
  expect(zip.length).toBeGreaterThan(64 * 1024);
  const { url } = await serve((_, response) => response.setHeader('content-encoding', 'gzip').end(zip));
  expect(await read(client({ urls: [url] }))).toEqual({ ...CART, tasks });
});

const zipped =
  (bytes: Buffer): RequestListener =>
  (_, response) =>
    response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(bytes);

test.each([
  ['half of its gzip', gzipSync(JSON.stringify({ app: CART })).subarray(0, 20), /: closed the connection in the middle of the answer$/],
  ['no gzip', Buffer.from('{}'), /: sent a broken gzip$/],
  ['too much in a small gzip', gzipSync(' '.repeat(2_000_000)), /: sent more than 1000000 bytes$/],
  ['too much in a large gzip', gzipSync(' '.repeat(100_000_000)), /: sent more than 1000000 bytes$/],
])('a host that sends %s is told so', async (_, bytes, message) => {
  const { url } = await serve(zipped(bytes));
  const limits = { bytes: 1_000_000, appBytes: 1_000_000, apps: 2 };
  await expect(read(client({ urls: [url], limits }))).rejects.toThrow(message);
});

test('characters of an id that mean something in an address are no part of it', async () => {
  const { url, asked } = await serve((_, response) => response.end(JSON.stringify({ app: {} })));
  await read(client({ urls: [url] }), '/a b/c?d=e#f/100%/ü');
  expect(asked[0]?.url).toBe('/v2/apps/a%20b/c%3Fd%3De%23f/100%25/%C3%BC?embed=app.tasks&embed=app.readiness');
});

test("an app that does not exist, in Marathon's own words, is none, and no other host is asked", async () => {
  const first = await serve(gone);
  const second = await serve(good);
  expect(await read(client({ urls: [first.url, second.url] }))).toBeUndefined();
  expect(second.asked).toEqual([]);
});

const failing: readonly (readonly [string, RequestListener, RegExp])[] = [
  ['a 404 as a web page', answer('<html>', 404, 'text/html'), /: answered with a web page \(HTTP 404\) instead of JSON$/],
  ['a 404 in plain text', answer('no such service', 404, 'text/plain'), /: answered HTTP 404$/],
  ['a 404 about a path', answer({ message: 'URI not found: /v2/apps/shop/cart' }, 404), /: answered HTTP 404$/],
  ['a 404 about another app', answer({ message: "App '/shop' does not exist" }, 404), /: answered HTTP 404$/],
  ['an error with a message', answer({ message: "App '/shop/cart' does not exist" }, 500), /: answered HTTP 500$/],
  ['a list of apps', answer({ '*': [CART] }), /: sent JSON without an app, \/shop\/cart was wanted$/],
  ['another app', answer({ app: { id: '/shop' } }), /: sent the app \/shop, \/shop\/cart was wanted$/],
  ['broken JSON', answer('{"app":{"id"'), /: sent something that is not JSON: /],
  ['too much', answer({ app: { ...CART, cmd: 'x'.repeat(300) } }), /: sent more than 200 bytes$/],
];

test.each(failing)('a host that sends %s is told by name, and the next one is asked', async (_, listener, message) => {
  const bad = await serve(listener);
  const next = await serve(good);
  const limits = { bytes: 200, appBytes: 200, apps: 2 };
  await expect(read(client({ urls: [bad.url], limits }))).rejects.toThrow(message);
  await expect(read(client({ urls: [bad.url], limits }))).rejects.toThrow(`an app could not be read: ${bad.url}: `);
  expect(await read(client({ urls: [bad.url, next.url], limits }))).toEqual(CART);
});

test('begins with the host that answered last, whatever it was asked', async () => {
  const bad = await serve(answer({ message: 'x' }, 500));
  const next = await serve((request, response) => {
    (request.url?.startsWith('/v2/apps?') === true ? answer({ apps: [CART] }) : good)(request, response);
  });
  const both = client({ urls: [bad.url, next.url] });
  await both.readApps(String, signal);
  await read(both);
  await both.readVersion({ id: '/shop/cart' as AppId, version: 'v', signal });
  expect([bad.asked.length, next.asked.length]).toEqual([1, 3]);
});

test('says when it was asked: the host that answered, not those before it', async () => {
  const refused = await refusedUrl();
  const { url } = await serve((request, response) => {
    (request.url?.startsWith('/v2/apps?') === true ? answer({ apps: [] }) : good)(request, response);
  });
  let time = 1_000;
  const two = client({ urls: [refused, url], now: () => time++ });
  const first = await two.readApps(String, signal);
  expect(first).toMatchObject({ answer: [] });
  expect(first.sentAt).toBeGreaterThan(1_000); // when the one that refused was asked
  const second = await two.readApp({ id: '/shop/cart' as AppId, decode: () => 'cart', signal });
  expect(second).toMatchObject({ answer: 'cart' });
  expect(second.sentAt).toBeGreaterThan(first.sentAt);
});

test('the time of a request is of the clock that tells the time of day', async () => {
  const { url } = await serve(good);
  const before = performance.timeOrigin + performance.now();
  const { sentAt } = await client({ urls: [url] }).readApp({ id: '/shop/cart' as AppId, decode: String, signal });
  expect(sentAt).toBeGreaterThanOrEqual(before);
  expect(sentAt).toBeLessThanOrEqual(performance.timeOrigin + performance.now());
});

test('a version is the bare definition; one that Marathon has no more is none', async () => {
  const { url, asked } = await serve((request, response) => {
    if (request.url?.endsWith('/versions/2026-01-01T00%3A00%3A00.000Z') === true) answer({ id: '/shop/cart' })(request, response);
    else answer({ message: "App '/shop/cart' does not exist in version 2025-01-01T00:00:00.000Z" }, 404)(request, response);
  });
  const from = client({ urls: [url] });
  const id = '/shop/cart' as AppId;
  expect(await from.readVersion({ id, version: '2026-01-01T00:00:00.000Z', signal })).toBe('{"id":"/shop/cart"}');
  expect(await from.readVersion({ id, version: '2025-01-01T00:00:00.000Z', signal })).toBeUndefined();
  expect(asked[0]?.url).toBe('/v2/apps/shop/cart/versions/2026-01-01T00%3A00%3A00.000Z');
});

test('the signal ends a read, and no other host is asked', async () => {
  const stop = new AbortController();
  const bad = await serve(() => {
    stop.abort(new Error('the end'));
  });
  const next = await serve(good);
  const from = client({ urls: [bad.url, next.url] });
  await expect(from.readApp({ id: '/shop/cart' as AppId, decode: String, signal: stop.signal })).rejects.toThrow('the end');
  await expect(from.readVersion({ id: '/shop/cart' as AppId, version: 'v', signal: stop.signal })).rejects.toThrow('the end');
  expect(next.asked).toEqual([]);
});
