import { afterEach, expect, test } from '@jest/globals';
import { setMaxListeners } from 'node:events';
import { request } from 'node:http';
import { deploymentRoutes, type DeploymentParts } from '../../src/admin/deployments.ts';
import { apiRoutes, type ApiParts } from '../../src/admin/api.ts';
import { changeOf } from '../../src/admin/change.ts';
import { healthRoutes } from '../../src/admin/health.ts';
import { makeHistory } from '../../src/admin/history.ts';
import { marathonLbRoutes, type MarathonLbParts } from '../../src/admin/marathon-lb.ts';
import { makeHub } from '../../src/admin/hub.ts';
import { DESCRIBED, describeApi } from '../../src/admin/openapi.ts';
import { pageApiRoutes } from '../../src/admin/page-api.ts';
import { openapiRoute } from '../../src/admin/openapi-route.ts';
import { SCHEMAS } from '../../src/admin/schemas.ts';
import type { View } from '../../src/model/view.ts';
import { readCases, viewOf, type Case } from '../golden/cases.ts';
import { makePageParts } from './page-parts.ts';
import { ask, serveAdmin, type Heard } from './rig.ts';

const CASES = readCases();
const ends: (() => unknown)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

const GOOD = {
  at: 1_000,
  syncedAt: 900,
  staleSince: undefined,
  maxStalenessMs: 120_000,
  isUp: true,
  silent: undefined,
  haproxy: { state: 'as-wanted' },
  unbound: [],
} as const;

async function serve(view: View | undefined, more: Partial<MarathonLbParts> = {}) {
  const history = makeHistory([]);
  const hub = makeHub();
  const asked: string[] = [];
  const parts: ApiParts & MarathonLbParts = {
    view: () => view,
    running: () => view && { document: view.document, exceptions: new Map(), lost: new Map() },
    lack: () => undefined,
    memory: () => view && { holders: view.holders, refused: [], taken: view.taken },
    history,
    hub,
    pids: () => Promise.resolve([70, 64, 71]),
    resync: (by) => {
      asked.push(by);
      return Promise.resolve({ ok: true, text: 'HAProxy runs what Marathon said' });
    },
    reload: () => asked.push('reload'),
    ...more,
  };
  const pageApi = pageApiRoutes(makePageParts({ view: parts.view }));
  const routes = [...apiRoutes(parts), ...pageApi, ...marathonLbRoutes(parts), ...healthRoutes(() => Promise.resolve(GOOD)), openapiRoute];
  const { port } = await serveAdmin({ routes }, ends);
  const get = (path: string): Promise<Heard> => ask({ port, path });
  const post = (path: string): Promise<Heard> => ask({ port, path, method: 'POST' });
  return { get, post, port, history, hub, asked };
}

/** Checks an answer against the shape that the description gives for its path and status. */
function read(path: string, { status, text }: Heard): Record<string, unknown> {
  const route = DESCRIBED.find((one) => new RegExp(`^${one.path.replace(/\{\w+…\}/, '.+')}$`).test(path.replace(/\?.*/, '')));
  const answer = route?.answers[status];
  if (answer === undefined || !('shape' in answer)) throw new Error(`no shape is described for ${path} with ${status}: ${text}`);
  return SCHEMAS[answer.shape].parse(JSON.parse(text));
}

test.each(CASES)('$name: the answers have the shapes that are described, and no others', async (one) => {
  const view = viewOf(one);
  const { get } = await serve(view);
  const check = async (path: string): Promise<Record<string, unknown>> => read(path, await get(path));
  const { apps } = (await check('/v1/apps')) as { apps: readonly { app: string; tasks: number }[] };
  expect(apps.map(({ app, tasks }) => [app, tasks])).toEqual(view.snapshot.apps.map(({ id, tasks }) => [id, tasks.length]));
  for (const { app } of apps) await expect(check(`/v1/apps${app}`)).resolves.toMatchObject({ app });
  const hosts = new Set(view.services.flatMap(({ front }) => front.routes.map(({ host }) => host)));
  for (const host of [...hosts, 'nobody.example'])
    await expect(check(`/v1/routes?host=${host}&path=/x`)).resolves.toMatchObject({ host, path: '/x' });
  const ports = view.services.flatMap(({ front: { bind } }) => (bind === undefined ? [] : `:${bind.port}`));
  for (const about of [...apps.map(({ app }) => app), ...hosts, ...ports, '/none', 'nobody.example/x', ':9'])
    await expect(check(`/v1/explain?about=${about}`)).resolves.toMatchObject({ served: expect.any(Boolean), lack: null });
  await expect(check('/v1/memory')).resolves.toMatchObject({ holders: view.holders });
  const { problems } = (await check('/v1/problems')) as { problems: readonly unknown[] };
  expect(problems).toHaveLength(view.problems.length);
  const config = await get('/v1/config');
  expect(config).toMatchObject({ status: 200, headers: { 'content-type': 'text/plain; charset=utf-8' } });
  expect(config.text).not.toMatch(/password (?!\*\*\*)\S/);
});

test('passwords of user lists are hidden, in the configuration and in labels', async () => {
  const one = CASES.find(({ name }) => name === 'auth-redirect');
  if (one === undefined) throw new Error('the case is gone');
  const view = viewOf(one);
  const secrets = view.services.flatMap(({ front }) => front.auth?.password ?? []);
  expect(secrets.length).toBeGreaterThan(0);
  const { get } = await serve(view);
  const ids = view.snapshot.apps.map(({ id }) => id);
  const hosts = view.services.flatMap(({ front }) => front.routes.map(({ host }) => host));
  const questions = [...ids, ...hosts].map((about) => `/v1/explain?about=${about}`);
  const others = ['/v1/problems', '/v1/apps', '/v1/memory', '/_haproxy_getconfig', ...hosts.map((host) => `/v1/routes?host=${host}`)];
  const apps = ids.map((id) => `/v1/apps${id}`);
  const texts = await Promise.all(['/v1/config', ...others, ...questions, ...apps].map((path) => get(path).then(({ text }) => text)));
  expect(texts[0]).toContain('password ***');
  for (const text of texts) for (const secret of secrets) expect(text).not.toContain(secret);
});

test('before Marathon was read there is nothing to say; wrong questions are told so', async () => {
  const { get } = await serve(undefined);
  for (const path of [
    '/v1/apps',
    '/v1/apps/shop',
    '/v1/routes?host=a',
    '/v1/explain?about=a.b',
    '/v1/memory',
    '/v1/problems',
    '/v1/config',
  ]) {
    expect(read(path, await get(path))).toMatchObject({ error: expect.any(String), hint: expect.any(String) });
    await expect(get(path)).resolves.toMatchObject({ status: 503 });
  }
  const { get: ask } = await serve(viewOf(CASES[0] as Case));
  expect(read('/v1/apps/none', await ask('/v1/apps/none'))).toMatchObject({ error: 'Marathon has no app /none' });
  await expect(ask('/v1/routes')).resolves.toMatchObject({ status: 400 });
  await expect(ask('/v1/routes?host=a&path=x')).resolves.toMatchObject({ status: 400 });
  expect(read('/v1/explain', await ask('/v1/explain?about=a+b'))).toMatchObject({ error: expect.stringContaining('no app, host or port') });
});

test('changes and Problems are heard by who listens; the last changes can be read, the latest first', async () => {
  const { get, port, hub, history } = await serve(undefined);
  const heard = await new Promise<{ next: () => Promise<string> }>((resolve) => {
    request({ host: '127.0.0.1', port, path: '/v1/events', agent: false }, (response) => {
      const chunks = response.setEncoding('utf8')[Symbol.asyncIterator]() as AsyncIterator<string>;
      ends.push(() => response.destroy());
      resolve({ next: async () => String((await chunks.next()).value) });
    }).end();
  });
  await expect(heard.next()).resolves.toMatch(/^: /);
  const change = history.add(
    changeOf({ at: 0, result: 'commands', ms: 1.26, reasons: [{ code: 'server-added', subject: 'shop_10004', detail: 'a' }] }),
  );
  hub.publish({ event: 'change', data: change });
  await expect(heard.next()).resolves.toBe(`event: change\ndata: ${JSON.stringify(change)}\n\n`);
  history.add(changeOf({ at: 5, result: 'failed', error: 'no' }));
  expect(history.add(changeOf({ at: 6, result: 'failed', error: 'no' }))).toBeUndefined(); // the same again
  const { changes } = read('/v1/history', await get('/v1/history')) as { changes: readonly unknown[] };
  expect(changes).toEqual([
    { id: 2, at: '1970-01-01T00:00:00.005Z', result: 'failed', ms: null, why: [], what: [], more: 0, error: 'no' },
    {
      ...{ id: 1, at: '1970-01-01T00:00:00.000Z', result: 'commands', ms: 1.3, more: 0, error: null },
      why: [{ code: 'server-added', text: 'a task serves that did not before' }],
      what: ['shop_10004: a'],
    },
  ]);
});

test('the story of the demo is told from the beginning to those who come later; nothing else is', async () => {
  const hub = makeHub();
  hub.publish({ event: 'change', data: 1 });
  for (let i = 0; i < 13; i++) hub.publish({ event: 'story', data: i });
  const over = new AbortController();
  const stream = hub.listen(over.signal)?.[Symbol.asyncIterator]();
  const { value } = (await stream?.next()) as { value: string };
  over.abort();
  expect(value.match(/^data: .*$/gm)).toEqual(Array.from({ length: 12 }, (_, i) => `data: ${i + 1}`));
});

test('who listens and does not read loses the connection, and only so many may listen', async () => {
  const hub = makeHub();
  const over = new AbortController();
  setMaxListeners(20, over.signal);
  const slow = hub.listen(over.signal);
  for (let i = 1; i < 20; i++) expect(hub.listen(over.signal)).toBeDefined();
  expect(hub.listen(over.signal)).toBeUndefined();
  for (let i = 0; i < 20; i++) hub.publish({ event: 'change', data: 'x'.repeat(100_000) });
  const taken: string[] = [];
  for await (const text of slow ?? []) taken.push(text);
  expect(taken.join('').length).toBeLessThan(1_100_000);
  over.abort();
  expect(hub.listeners()).toBe(0);
});

test('a resync says what became of it, a reload that it was asked for', async () => {
  const { post, asked } = await serve(undefined, { resync: () => Promise.resolve({ ok: false, text: 'Marathon is away' }) });
  const resync = await post('/v1/resync');
  expect([resync.status, read('/v1/resync', resync)]).toEqual([503, { ok: false, text: 'Marathon is away' }]);
  const reload = await post('/v1/reload');
  expect([reload.status, read('/v1/reload', reload)]).toEqual([202, { ok: true, text: expect.any(String) }]);
  expect(asked).toEqual(['reload']);
});

test('every route is described, and every description is of a route', async () => {
  const { get } = await serve(undefined);
  const api = [...apiRoutes({} as ApiParts), ...deploymentRoutes({} as DeploymentParts), ...pageApiRoutes(makePageParts({}))];
  const served = [...api, ...healthRoutes(() => Promise.resolve(GOOD)), openapiRoute].map(({ method, path }) => `${method} ${path}`);
  const described = DESCRIBED.map(({ method, path }) => `${method} ${path}`);
  expect(described.filter((one) => one !== 'GET /metrics').sort()).toEqual(served.sort()); // its text has a test of its own
  for (const path of ['/health/live', '/health/ready', '/health/sync']) expect(read(path, await get(path))).toMatchObject({ ok: true });
  const { text } = await get('/v1/openapi.json');
  expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(describeApi())));
  expect(JSON.parse(text)).toMatchObject({
    openapi: '3.1.0',
    paths: { '/v1/apps/{id}': { get: { parameters: [{ name: 'id', in: 'path' }] } } },
  });
});

test("marathon-lb's endpoints have its texts: pids newest first, maps without a line end at the end, and signals that say 'sent'", async () => {
  const view = viewOf(CASES.find(({ name }) => name === 'acl-maps') as Case);
  const { get, asked } = await serve(view);
  const plain = (text: string): object => ({ status: 200, headers: { 'content-type': 'text/plain' }, text });
  await expect(get('/_haproxy_getpids')).resolves.toMatchObject(plain('71 70 64'));
  for (const [path, file] of [
    ['/_haproxy_getvhostmap', 'domain2backend.map'],
    ['/_haproxy_getappmap', 'app2backend.map'],
  ] as const) {
    const lines = Array.from(view.document.maps[file] ?? [], ([key, backend]) => `${key} ${backend}`);
    expect(lines).not.toEqual([]);
    await expect(get(path)).resolves.toMatchObject(plain(lines.join('\n')));
  }
  await expect(get('/_haproxy_getconfig')).resolves.toMatchObject({ status: 200, text: (await get('/v1/config')).text });
  await expect(get('/_mlb_signal/hup')).resolves.toMatchObject(plain('Sent SIGHUP signal to marathon-lb'));
  await expect(get('/_mlb_signal/usr1')).resolves.toMatchObject(plain('Sent SIGUSR1 signal to marathon-lb'));
  expect(asked).toEqual(['/_mlb_signal/hup', 'reload']);
  const early = await serve(undefined);
  await expect(early.get('/_haproxy_getconfig')).resolves.toMatchObject({ status: 503 });
});
