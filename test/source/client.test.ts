import { gzipSync } from 'node:zlib';
import type { RequestListener } from 'node:http';
import { afterEach, expect, test } from '@jest/globals';
import { generate } from 'selfsigned';
import { basicAuth, noAuth } from '../../src/source/auth.ts';
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
const ids = async (from: Client): Promise<readonly string[]> =>
  (await from.readApps((json) => (JSON.parse(json) as { id: string }).id, signal)).answer;

afterEach(async () => {
  for (const made of clients.splice(0)) await made.close();
  await closeServers();
});

const BODY = '{"apps":[{"id":"/a"},{"id":"/b"}]}';
const good: RequestListener = (_, response) => response.setHeader('content-type', 'application/json').end(BODY);
const status =
  (code: number): RequestListener =>
  (_, response) =>
    response.writeHead(code, { 'content-type': 'text/html' }).end('<html>');
const body =
  (text: string, type = 'application/json'): RequestListener =>
  (_, response) =>
    response.setHeader('content-type', type).end(text);

test('reads all apps with their tasks, below a prefix', async () => {
  const { url, asked } = await serve(good);
  expect(await ids(client({ urls: [`${url}/service/marathon/`] }))).toEqual(['/a', '/b']);
  expect(asked[0]).toMatchObject({
    url: '/service/marathon/v2/apps?embed=apps.tasks&embed=apps.readiness',
    headers: { accept: 'application/json', 'accept-encoding': 'gzip' },
  });
});

test('unpacks gzip', async () => {
  const { url } = await serve((_, response) => response.setHeader('content-encoding', 'gzip').end(gzipSync(BODY)));
  expect(await ids(client({ urls: [url] }))).toEqual(['/a', '/b']);
});

test('a large body leaves the event loop turns', async () => {
  const apps = Array.from({ length: 3_000 }, (_, i) => ({ id: `/app-${i}` }));
  const { url } = await serve(body(JSON.stringify({ apps })));
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  const slow = (json: string): string => {
    const end = performance.now() + 0.05;
    while (performance.now() < end);
    return json;
  };
  expect((await client({ urls: [url] }).readApps(slow, signal)).answer).toHaveLength(apps.length);
  clearInterval(timer);
  expect(turns).toBeGreaterThan(1);
});

const failing: readonly (readonly [string, RequestListener, RegExp])[] = [
  ['an error', status(500), /: answered HTTP 500$/],
  ['no credentials', status(401), /: answered HTTP 401: it wants credentials, which --auth-credentials user:password gives$/],
  ['a web page', body('<html>', 'text/html'), /: answered with a web page \(HTTP 200\) instead of JSON$/],
  ['a web page in disguise', body('<html>'), /: the JSON is broken at byte 0: "<" where a JSON object was wanted$/],
  ['another object', body('{"message":"x"}'), /: the JSON has no "apps"$/],
  ['nothing', body(''), /: the body is empty$/],
  ['broken JSON', body('{"apps":[{"id":"/x"},{"id"}]}'), /: sent an app that is not JSON: /],
  ['half of it', body(BODY.slice(0, 25)), /: the JSON is cut short after 25 bytes$/],
  [
    'half of it, and breaks the connection',
    (_, response) => {
      response.setHeader('content-length', 1000).write(BODY, () => response.destroy());
    },
    /: closed the connection in the middle of the answer$/,
  ],
  [
    'half of its gzip',
    (_, response) => {
      response.setHeader('content-encoding', 'gzip').end(gzipSync(BODY).subarray(0, 20));
    },
    /: closed the connection in the middle of the answer$/,
  ],
  ['no gzip', (_, response) => response.setHeader('content-encoding', 'gzip').end(BODY), /: sent a broken gzip$/],
  ['another encoding', (_, response) => response.setHeader('content-encoding', 'br').end('x'), /: answered in the encoding 'br'/],
  ['too much', body(`{"apps":[{"id":"/${'x'.repeat(200)}"}]}`), /: sent more than 100 bytes$/],
  ['too many', body('{"apps":[{},{},{}]}'), /: sent more than 2 apps$/],
  ['no HTTP', (request) => request.socket.end('SSH-2.0-OpenSSH\r\n\r\n'), /: Response does not match the HTTP\/1.1 protocol/],
  ['no redirect', (_, response) => response.writeHead(302).end(), /: answered with a redirect without a usable address$/],
];

test.each(failing)('a host that sends %s is told by name, and the next one is asked', async (_, listener, message) => {
  const bad = await serve(listener);
  const next = await serve(good);
  const limits = { bytes: 100, appBytes: 100, apps: 2 };
  await expect(ids(client({ urls: [bad.url], limits }))).rejects.toThrow(message);
  await expect(ids(client({ urls: [bad.url], limits }))).rejects.toThrow(`Marathon's apps could not be read: ${bad.url}: `);
  expect(await ids(client({ urls: [bad.url, next.url], limits }))).toEqual(['/a', '/b']);
});

const hanging: readonly (readonly [string, RequestListener, Partial<Deadlines>, RegExp])[] = [
  ['its head', () => undefined, { headMs: 250 }, /: no answer within 250 ms$/],
  [
    'its body',
    (_, response) => {
      response.write(BODY.slice(0, 25));
    },
    { silenceMs: 250 },
    /: nothing came for 250 ms in the middle of the answer$/,
  ],
  [
    'its body, packed',
    (_, response) => {
      response.setHeader('content-encoding', 'gzip').write(gzipSync(BODY).subarray(0, 20));
    },
    { silenceMs: 250 },
    /: nothing came for 250 ms in the middle of the answer$/,
  ],
  ['the whole', (_, response) => response.write(BODY.slice(0, 25)), { wholeMs: 250 }, /: no whole answer within 250 ms$/],
];

test.each(hanging)('a host that hangs before the end of %s has a deadline', async (_, listener, waits, message) => {
  const bad = await serve(listener);
  const next = await serve(good);
  const short = { ...deadlines, ...waits };
  await expect(ids(client({ urls: [bad.url], deadlines: short }))).rejects.toThrow(message);
  expect(await ids(client({ urls: [bad.url, next.url], deadlines: short }))).toEqual(['/a', '/b']);
});

test('every host is named, without its user info, and with what it said', async () => {
  const refused = await refusedUrl();
  const { url } = await serve(status(503));
  const urls = [refused.replace('//', '//me:s3cret@'), `${url}/marathon/`];
  const error: unknown = await ids(client({ urls })).catch((reason: unknown) => reason);
  expect(String(error)).toMatch(
    new RegExp(`^Error: Marathon's apps could not be read: ${refused}: .*ECONNREFUSED.*; ${url}/marathon: answered HTTP 503$`),
  );
});

test('begins with the host that answered last', async () => {
  const bad = await serve(status(500));
  const next = await serve(good);
  const both = client({ urls: [bad.url, next.url] });
  await ids(both);
  await ids(both);
  expect([bad.asked.length, next.asked.length]).toEqual([1, 2]);
});

test('what a failing host has sent is thrown away', async () => {
  const bad = await serve(body('{"apps":[{"id":"/old"},{"id":"/older"}'));
  const next = await serve(good);
  expect(await ids(client({ urls: [bad.url, next.url] }))).toEqual(['/a', '/b']);
});

test('the signal ends a read, and no other host is asked', async () => {
  const bad = await serve(() => {
    stop.abort(new Error('the end'));
  });
  const next = await serve(good);
  const stop = new AbortController();
  await expect(client({ urls: [bad.url, next.url] }).readApps(String, stop.signal)).rejects.toThrow('the end');
  await expect(client({ urls: [next.url] }).readApps(String, stop.signal)).rejects.toThrow('the end');
  expect(next.asked).toEqual([]);
});

const redirectTo =
  (location: string): RequestListener =>
  (_, response) =>
    response.writeHead(302, { location }).end();

test('the leader that a configured host names gets the credentials', async () => {
  const leader = await serve(good);
  const standby = await serve(redirectTo(`${leader.url}/v2/apps?embed=apps.tasks`));
  expect(await ids(client({ urls: [standby.url], auth: basicAuth('me:s3cret') }))).toEqual(['/a', '/b']);
  expect(leader.asked[0]?.headers['authorization']).toBe('Basic bWU6czNjcmV0');
  expect(standby.asked[0]?.headers['authorization']).toBe('Basic bWU6czNjcmV0');
});

test('a stranger that a configured host names as its leader is not asked, unless the operator names it', async () => {
  const leader = await serve(good);
  const elsewhere = leader.url.replace('127.0.0.1', 'localhost');
  const standby = await serve(redirectTo(`${elsewhere}/v2/apps?embed=apps.tasks`));
  const auth = basicAuth('me:s3cret');
  await expect(ids(client({ urls: [standby.url], auth }))).rejects.toThrow(
    `names ${elsewhere} as its leader, which gets no credentials because it is neither a host of --marathon nor of the same domain; --marathon-leader-hosts localhost allows it`,
  );
  expect(leader.asked).toEqual([]);
  expect(await ids(client({ urls: [standby.url] }))).toEqual(['/a', '/b']);
  expect(leader.asked[0]?.headers['authorization']).toBeUndefined();
  expect(await ids(client({ urls: [standby.url], auth, leaderHosts: ['localhost'] }))).toEqual(['/a', '/b']);
  expect(leader.asked[1]?.headers['authorization']).toBe('Basic bWU6czNjcmV0');
});

test('nobody else gets them: neither a login page nor whom the leader names', async () => {
  const stranger = await serve(good);
  const login = await serve(redirectTo(`${stranger.url}/login`));
  const second = await serve(redirectTo(`${stranger.url}/v2/apps`));
  const first = await serve(redirectTo(`${second.url}/v2/apps`));
  const read = ids(client({ urls: [login.url, first.url], auth: basicAuth('me:s3cret') }));
  await expect(read).rejects.toThrow(
    `${login.url}: answered with a redirect to ${stranger.url}/login instead of to its leader's /v2/apps (does it want credentials?); ` +
      `${first.url}: its leader ${second.url}: answered HTTP 302, a second redirect, which is not followed`,
  );
  expect(stranger.asked).toEqual([]);
});

test('user info of an address goes to its host alone, and never into a message', async () => {
  const bad = await serve(status(401));
  const next = await serve(status(401));
  const read = ids(client({ urls: [bad.url.replace('//', '//me:s3cret@'), next.url] }));
  const message = String(await read.catch((error: unknown) => error));
  expect(bad.asked[0]?.headers['authorization']).toBe('Basic bWU6czNjcmV0');
  expect(next.asked[0]?.headers['authorization']).toBeUndefined();
  expect(message).toContain('answered HTTP 401: it does not accept the credentials of --auth-credentials');
  expect(message).not.toContain('s3cret');
});

test('a failing login is the failure of its host', async () => {
  const { url, asked } = await serve(good);
  const auth = (): Promise<never> => Promise.reject(new Error('no login'));
  await expect(ids(client({ urls: [url], auth }))).rejects.toThrow(`${url}: no login`);
  expect(asked).toEqual([]);
});

test('a certificate is verified, by the given CA, unless that is turned off', async () => {
  const names: { readonly type: 7; readonly ip: string }[] = [{ type: 7, ip: '127.0.0.1' }];
  const pems = await generate([{ name: 'commonName', value: 'marathon' }], {
    keySize: 2048,
    extensions: [{ name: 'subjectAltName', altNames: names }],
  });
  const { url } = await serve(good, { key: pems.private, cert: pems.cert });
  await expect(ids(client({ urls: [url] }))).rejects.toThrow(
    /: no TLS connection, .*\(DEPTH_ZERO_SELF_SIGNED_CERT\); --marathon-ca-cert names the file of the CA to trust$/,
  );
  expect(await ids(client({ urls: [url], ca: pems.cert }))).toEqual(['/a', '/b']);
  expect(await ids(client({ urls: [url], insecure: true }))).toEqual(['/a', '/b']);
});

test.each([
  [[], 'no Marathon is given'],
  [['marathon:8080'], "a Marathon's URL must look like http://host:8080, but is 'marathon:8080'"],
  [['http://me:s3/cr@et@host name'], "a Marathon's URL must look like http://host:8080, but is 'http://host name'"],
])('%j are no addresses', (urls, message) => {
  expect(() => makeClient({ urls, auth: noAuth, now })).toThrow(message);
});
