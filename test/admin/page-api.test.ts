import { afterEach, expect, test } from '@jest/globals';
import { SCHEMAS, type SchemaName } from '../../src/admin/schemas.ts';
import { makeOverview, type OverviewAnswer } from '../../src/admin/overview.ts';
import { pageApiRoutes } from '../../src/admin/page-api.ts';
import { pageFileRoutes } from '../../src/admin/page-files.ts';
import type { Document, Running } from '../../src/model/document.ts';
import type { StatRow } from '../../src/model/figures.ts';
import type { View } from '../../src/model/view.ts';
import { readCases, viewOf, type Case } from '../golden/cases.ts';
import { makePageParts, statRow } from './page-parts.ts';
import { ask, serveAdmin, type Heard } from './rig.ts';

const CASES = readCases();
const ends: (() => unknown)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

function caseOf(name: string): View {
  const found = CASES.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no case ${name}`);
  return viewOf(found);
}

async function serve(given: Parameters<typeof makePageParts>[0]) {
  const { port } = await serveAdmin({ routes: [...pageApiRoutes(makePageParts(given)), ...pageFileRoutes] }, ends);
  const get = (path: string, headers = {}): Promise<Heard> => ask({ port, path, headers });
  const read = async (path: string, shape: SchemaName): Promise<Record<string, unknown>> => {
    return SCHEMAS[shape].parse(JSON.parse((await get(path)).text));
  };
  return { get, read };
}

test.each(CASES)('$name: the overview has every app once', async (one: Case) => {
  const view = viewOf(one);
  const { read } = await serve({ view: () => view });
  const { apps, whole } = (await read('/v1/overview', 'Overview')) as { apps: readonly { app: string }[]; whole: boolean };
  expect(whole).toBe(true);
  expect(apps.map(({ app }) => app)).toEqual(view.snapshot.apps.map(({ id }) => id));
});

test('the overview tells what has changed since, what is gone, and all of it to whoever comes from another run', async () => {
  const [before, after] = [caseOf('tutorial-1.5'), caseOf('conflicts')];
  const ids = (view: View) => view.snapshot.apps.map(({ id }) => id);
  let view = before;
  const overview = makeOverview({ view: () => view, run: 'b' });
  const since = async (revision?: string): Promise<OverviewAnswer> => {
    const answer = await overview.since(revision);
    if (answer === undefined) throw new Error('nothing is known');
    return answer;
  };
  const first = await since();
  expect(first).toMatchObject({ revision: 'b.1', whole: true, gone: [] });
  await expect(since(first.revision)).resolves.toEqual({ revision: 'b.1', whole: false, rows: [], gone: [] });
  view = { ...before }; // another View of the same apps
  await expect(since(first.revision)).resolves.toMatchObject({ revision: 'b.2', whole: false, rows: [], gone: [] });
  view = after;
  const next = await since(first.revision);
  expect(next.gone).toEqual(ids(before).filter((id) => !ids(after).includes(id)));
  expect(next.rows).toHaveLength(ids(after).length);
  await expect(since('a.3')).resolves.toMatchObject({ whole: true, gone: [] });
  await expect(since('b.x')).resolves.toMatchObject({ whole: true });
});

test('before Marathon was read there is no overview', async () => {
  const { get } = await serve({});
  await expect(get('/v1/overview')).resolves.toMatchObject({ status: 503, text: expect.stringContaining('/health/sync') });
});

function runningWith(servers: Readonly<Record<string, number>>, stages: Readonly<Record<string, string>> = {}): Running {
  const backends = Object.entries(servers).map(([backend, count]) => {
    return { backend, servers: new Map(Array.from({ length: count }, (_, i) => [`s${i}`, {}])) };
  });
  const exceptions = new Map(Object.entries(stages).map(([key, stage]) => [key, { backend: key.split('/')[0], server: key, stage }]));
  return { document: { front: [], backends, maps: {} } as unknown as Document, exceptions, lost: new Map() } as unknown as Running;
}

test("HAProxy's counters become rates, and its servers are counted by what they do", async () => {
  let [now, rows] = [1_000_000, [statRow('a', { requests: 100, usable: 2 }), statRow('b', { requests: 10 })] as readonly StatRow[]];
  let asked = 0;
  const backends = (): Promise<readonly StatRow[]> => {
    asked++;
    return Promise.resolve(rows);
  };
  const own = [statRow('marathon_lb_daemon', { requests: 500 }), statRow('stats', { requests: 500 })];
  rows = [...rows, ...own];
  const running = (): Running => runningWith({ a: 5, b: 1 }, { 'a/s0': 'checking', 'b/x': 'draining' });
  const { read } = await serve({ ask: { backends, servers: () => Promise.resolve([]) }, running, now: () => now });
  const first = await read('/v1/stats?backend=a&backend=none', 'Stats');
  expect(first).toMatchObject({
    totals: { requests: null, errors: null, up: 3, checking: 1, draining: 1, down: 2 },
    backends: [{ backend: 'a', up: 2, checking: 1, draining: 0, down: 2, requests: null }],
    troubled: [{ backend: 'a' }],
    most: [],
  });
  now += 1_000;
  await read('/v1/stats', 'Stats');
  expect(asked).toBe(1); // the answer of a moment ago is good enough for everybody
  now += 4_000;
  rows = [
    statRow('a', { requests: 190, errors: 5, usable: 4, sessions: 3, answerMs: 20 }),
    statRow('b', { requests: 10, answerMs: 900 }),
    ...own.map((row) => ({ ...row, requests: 9_000 })),
  ];
  const second = await read('/v1/stats?backend=a&most=requests', 'Stats');
  expect(second).toMatchObject({
    totals: { requests: 18, errors: 1, sessions: 3, p50: 20, p95: 20, down: 0 },
    backends: [{ backend: 'a', requests: 18, errors: 1, sessions: 3, answerMs: 20 }],
    troubled: [{ backend: 'a', down: 0 }],
    most: [{ backend: 'a' }],
  });
  expect(second['past']).toHaveLength(2);
  await expect(read(`/v1/stats?since=${now - 1}`, 'Stats')).resolves.toMatchObject({ past: [{ at: now }] });
  now += 3_000;
  rows = [statRow('a', { requests: 30, answerMs: 10 }), statRow('b', { requests: 10, answerMs: 40 })]; // a new worker counts anew
  await expect(read('/v1/stats', 'Stats')).resolves.toMatchObject({ totals: { requests: 10, p50: 10, p95: 10 } });
  now += 3_000;
  rows = [statRow('a', { requests: 40, answerMs: 10 }), statRow('b', { requests: 20, answerMs: 50 })]; // each as many
  await expect(read('/v1/stats', 'Stats')).resolves.toMatchObject({ totals: { p50: 30, p95: 50 } });
  now += 16 * 60_000;
  expect((await read('/v1/stats', 'Stats'))['past']).toHaveLength(1);
});

test('a slow HAProxy is asked less often; one that does not answer is told so, and asked again', async () => {
  let [now, asked, isSilent] = [1_000_000, 0, true];
  const backends = (): Promise<readonly StatRow[]> => {
    asked++;
    if (isSilent) return Promise.reject(new Error('no answer from HAProxy'));
    now += 1_000;
    return Promise.resolve([statRow('a')]);
  };
  const servers = (): Promise<readonly StatRow[]> => Promise.resolve([statRow('a', { server: 's1', status: 'DOWN' }), statRow('b')]);
  const { get, read } = await serve({ ask: { backends, servers }, now: () => now });
  await expect(get('/v1/stats')).resolves.toMatchObject({ status: 503, text: expect.stringContaining('no answer from HAProxy') });
  isSilent = false;
  now += 2_000;
  await expect(read('/v1/stats', 'Stats')).resolves.toMatchObject({ everyMs: 20_000 });
  now += 15_000;
  await read('/v1/stats', 'Stats');
  expect(asked).toBe(2);
  await expect(read('/v1/stats/a', 'BackendStats')).resolves.toMatchObject({ servers: [{ server: 's1', status: 'DOWN' }] });
  await expect(get('/v1/stats/none')).resolves.toMatchObject({ status: 404 });
  isSilent = true; // a reload
  now += 20_000;
  await expect(get('/v1/stats')).resolves.toMatchObject({ status: 503 });
});

test('during a reload, when HAProxy does not answer for a moment, its last figures stand in', async () => {
  let [now, isSilent] = [1_000_000, false];
  const backends = () =>
    isSilent ? Promise.reject(new Error('no answer from HAProxy')) : Promise.resolve([statRow('a', { sessions: 4 })]);
  const { get, read } = await serve({ ask: { backends, servers: () => Promise.resolve([]) }, now: () => now });
  await read('/v1/stats', 'Stats');
  isSilent = true;
  now += 5_000;
  await expect(read('/v1/stats', 'Stats')).resolves.toMatchObject({ totals: { sessions: 4 }, past: [{ sessions: 4 }] });
  now += 11_000;
  await expect(get('/v1/stats')).resolves.toMatchObject({ status: 503 });
});

test('the page comes with a policy that lets nothing in it run, at its own address and below /_mlb/', async () => {
  const { get } = await serve({});
  const page = await get('/');
  expect(page).toMatchObject({ status: 200, headers: { 'content-type': 'text/html; charset=utf-8' } });
  expect(page.headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self';/);
  expect(page.headers['content-security-policy']).not.toMatch(/unsafe|data:|https?:/);
  expect(page.text).not.toMatch(/<style|style=|<script(?![^>]* src=)|\son\w+=/);
  await expect(get('/_mlb/')).resolves.toMatchObject({ status: 200, text: page.text });
  await expect(get('/_mlb')).resolves.toMatchObject({ status: 308, headers: { location: '_mlb/' } });
  await expect(get('/_mlb/page/page.css')).resolves.toMatchObject({ status: 200, headers: { 'content-type': 'text/css; charset=utf-8' } });
  await expect(get('/page/icon.svg')).resolves.toMatchObject({ status: 200, headers: { 'content-type': 'image/svg+xml' } });
  for (const name of ['none.js', '..%2fpackage.json', '%2e%2e%2findex.html', 'main.ts', '.js'])
    await expect(get(`/page/${name}`)).resolves.toMatchObject({ status: 404 });
});

test('a link of another site leads to the page, and to nothing else', async () => {
  const { get } = await serve({});
  const link = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
  await expect(get('/_mlb/', link)).resolves.toMatchObject({ status: 200 });
  await expect(get('/', { ...link, 'sec-fetch-dest': 'iframe' })).resolves.toMatchObject({ status: 403 });
  await expect(get('/v1/status', link)).resolves.toMatchObject({ status: 403 });
});
