import { expect, test } from '@jest/globals';
import { marathons, NGINX } from './marathons.ts';
import { getJson, openRaw, openStream, typesOf } from './raw.ts';

const start = marathons();

test('/v2/info, /v2/leader and /ping', async () => {
  const { url, port } = await start({ version: '1.4.13' });
  const leader = `127.0.0.1:${port}`;
  expect(await getJson(`${url}/v2/info`)).toMatchObject({
    name: 'marathon',
    version: '1.4.13',
    elected: true,
    leader,
    http_config: { http_port: port },
  });
  expect(await getJson(`${url}/v2/leader`)).toEqual({ leader });
  const ping = async (Accept: string): Promise<string> => (await fetch(`${url}/ping`, { headers: { Accept } })).text();
  expect([await ping('*/*'), await ping('application/json')]).toEqual(['pong', '"pong"']);
});

test.each([
  ['1.4.13', 404, { message: 'URI not found: /v2/queue' }],
  ['1.11.24', 500, { message: 'URI not found' }],
])('%s: an unknown path is answered by %d', async (version, status, body) => {
  const { url } = await start({ version });
  const response = await fetch(`${url}/v2/queue`);
  expect([response.status, await response.json()]).toEqual([status, body]);
});

test('an unknown version of an app, and a method that is not GET', async () => {
  const marathon = await start();
  marathon.deploy(NGINX);
  expect(await getJson(`${marathon.url}/v2/apps/nginx/versions/1999`)).toEqual({ message: "App '/nginx' does not exist in version 1999" });
  expect((await fetch(`${marathon.url}/v2/apps`, { method: 'DELETE' })).status).toBe(405);
});

test('requests are counted by path, without their query', async () => {
  const marathon = await start();
  await getJson(`${marathon.url}/v2/apps?embed=apps.tasks`);
  await getJson(`${marathon.url}/v2/apps`);
  expect([marathon.requestsOf('/v2/apps'), marathon.requestsOf('/v2/info'), [...marathon.requests]]).toEqual([2, 0, [['/v2/apps', 2]]]);
});

test('with credentials every path wants them', async () => {
  const { url, port } = await start({ credentials: { user: 'lb', password: 'se:cret' } });
  for (const path of ['/ping', '/v2/apps', '/v2/events', '/nowhere']) {
    const response = await fetch(url + path, { headers: { Accept: 'text/event-stream' } });
    expect([path, response.status, response.headers.get('WWW-Authenticate')]).toEqual([path, 401, 'basic realm="Mesosphere"']);
    expect(response.headers.get('Content-Type')).toMatch(/^text\/html/);
    expect(await response.text()).toMatch(/^<html>/);
  }
  const headers = { Authorization: `Basic ${Buffer.from('lb:se:cret').toString('base64')}` };
  expect((await fetch(`${url}/v2/apps`, { headers })).status).toBe(200);
  const stream = openRaw(port, ['GET /v2/events HTTP/1.1', 'Accept: text/event-stream', `Authorization: ${headers.Authorization}`]);
  expect(await stream.until(/event_stream_attached/)).toMatch(/^HTTP\/1\.1 200 OK/);
  stream.close();
});

test('apps, misbehaving in every way and well again', async () => {
  const marathon = await start();
  marathon.deploy(NGINX);
  const get = (): Promise<string> => openRaw(marathon.port, ['GET /v2/apps HTTP/1.1', 'Connection: close']).closed;
  const bodyOf = (text: string): string => text.slice(text.indexOf('\r\n\r\n') + 4);
  const good = await get();

  marathon.misbehave.apps = 'refuse';
  expect(await get()).toBe('');
  marathon.misbehave.apps = 'html';
  expect(await get()).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*\r\nContent-Type: text\/html[^]*Please sign in/);
  marathon.misbehave.apps = 'error500';
  expect(await get()).toMatch(/^HTTP\/1\.1 500 [^]*\{"message":"Futures timed out after \[2 seconds\]"\}$/);
  marathon.misbehave.apps = 'unauthorized';
  expect(await get()).toMatch(/^HTTP\/1\.1 401 /);

  marathon.misbehave.apps = 'broken-json';
  const broken = await get();
  expect(broken).toMatch(new RegExp(`^HTTP/1\\.1 200 OK\r\n[^]*\r\nContent-Length: ${bodyOf(broken).length}\r\n`));
  expect(() => JSON.parse(bodyOf(broken)) as unknown).toThrow(SyntaxError);

  marathon.misbehave.apps = 'cut';
  const cut = await get();
  expect(cut).toContain(`\r\nContent-Length: ${bodyOf(good).length}\r\n`);
  expect(bodyOf(cut)).toBe(bodyOf(good).slice(0, bodyOf(good).length / 2));

  marathon.misbehave.apps = 'empty';
  expect(bodyOf(await get())).toBe('{"apps":[]}');

  marathon.misbehave.apps = 'ok';
  expect(bodyOf(await get())).toBe(bodyOf(good));
  expect(marathon.requestsOf('/v2/apps')).toBe(9);
  expect((await fetch(`${marathon.url}/v2/info`)).status).toBe(200);
});

test('apps that hang say nothing until the end of Marathon', async () => {
  const marathon = await start();
  marathon.misbehave.apps = 'hang';
  const raw = openRaw(marathon.port, ['GET /v2/apps HTTP/1.1']);
  await getJson(`${marathon.url}/v2/info`);
  while (marathon.requestsOf('/v2/apps') === 0) await new Promise(setImmediate);
  await marathon.close();
  expect(await raw.closed).toBe('');
});

test('events that close at once, are a page or are refused', async () => {
  const marathon = await start();
  const attach = (): Promise<string> =>
    openRaw(marathon.port, ['GET /v2/events HTTP/1.1', 'Accept: text/event-stream', 'Connection: close']).closed;
  marathon.misbehave.events = 'close-at-once';
  expect(await attach()).toMatch(/^HTTP\/1\.1 200 OK\r\nContent-Type: text\/event-stream[^]*\r\n\r\n$/);
  marathon.misbehave.events = 'html';
  expect(await attach()).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*Please sign in/);
  marathon.misbehave.events = 'refuse';
  expect(await attach()).toBe('');
  expect(marathon.streams()).toBe(0);
});

test('silent streams stay open without a byte, old and new ones, and lose what happens meanwhile', async () => {
  const marathon = await start({ heartBeatMs: 2 });
  const old = await openStream(marathon.port);
  await old.framesUntil('event_stream_attached');
  marathon.misbehave.events = 'silent';
  const silent = await openStream(marathon.port);
  const before = old.text().trimEnd();
  marathon.deploy(NGINX);
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setTimeout(resolve, 1));
  expect(silent.text()).toMatch(/^[^{]*\r\nExpires: 0\r\n\r\n$/);
  expect(old.text().trimEnd()).toBe(before);
  marathon.misbehave.events = 'ok';
  marathon.sendEvent('end', {});
  expect(typesOf(await old.framesUntil('end'))).toEqual(['event_stream_attached', 'end']);
  expect(typesOf(await silent.framesUntil('end'))).toEqual(['end']);
});

test('streams that are dropped end, and others can attach', async () => {
  const marathon = await start();
  const streams = [await openStream(marathon.port), await openStream(marathon.port)];
  marathon.dropStreams();
  for (const stream of streams) expect(await stream.closed).toMatch(/^HTTP\/1\.1 200 OK/);
  const next = await openStream(marathon.port);
  expect(typesOf(await next.framesUntil('event_stream_attached'))).toEqual(['event_stream_attached']);
});

test('closing ends every stream and connection and gives the port back', async () => {
  const marathon = await start({ heartBeatMs: 2 });
  const stream = await openStream(marathon.port);
  await getJson(`${marathon.url}/v2/apps`);
  await marathon.close();
  await stream.closed;
  const next = await start({ port: marathon.port });
  expect(next.port).toBe(marathon.port);
});

test('a port that is taken is said in words', async () => {
  const { port } = await start();
  await expect(start({ port })).rejects.toThrow(
    `Cannot listen on 127.0.0.1:${port} for the demo's Marathon: another program listens there (EADDRINUSE); end it or choose another port`,
  );
});

test('bytes are counted over all connections, heads and events included', async () => {
  const marathon = await start();
  expect(marathon.sent()).toBe(0);
  const text = await openRaw(marathon.port, ['GET /v2/apps HTTP/1.1', 'Connection: close']).closed;
  expect(marathon.sent()).toBe(text.length);
  const stream = await openStream(marathon.port);
  await stream.framesUntil('event_stream_attached');
  expect(marathon.sent()).toBe(text.length + stream.text().length);
  stream.close();
});
