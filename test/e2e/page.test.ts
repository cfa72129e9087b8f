import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { ask } from './ask.ts';
import { needBuild, start, type Running } from './command.ts';
import { endAll, makeFolder } from './ends.ts';
import { needHaproxy, type Ends } from './fixtures/stage.ts';
import { openCluster, type Cluster } from './open-cluster.ts';
import { barriersOf, openBrowser, visit, type Visit } from './page-browser.ts';
import { freePorts } from './ports.ts';
import { FIRST, HOST, OTHER_HOST } from './tasks.ts';
import { until } from './until.ts';

jest.setTimeout(180_000);

const ends: Ends = [];

/** One browser, one Marathon and one HAProxy for all tests. */
interface Stage {
  readonly browser: Browser;
  readonly cluster: Cluster;
  /** The port of the admin side. */
  readonly admin: number;
}

const running = { stage: undefined as Stage | undefined, daemon: undefined as Running | undefined, visits: [] as readonly Visit[] };

beforeAll(async () => {
  await needHaproxy();
  needBuild();
  const browser = await openBrowser();
  ends.push(() => browser.close());
  const cluster = await openCluster({ ends, settings: { heartBeatMs: 500 } });
  const [admin = 0] = await freePorts(1);
  running.stage = { browser, cluster, admin };
  startDaemon();
  await cluster.deploy();
  await cluster.served(FIRST);
});

afterAll(() => endAll(ends));

afterEach(async () => {
  for (const { page } of running.visits) await page.context().close();
  running.visits = [];
  const { marathon, app, otherApp } = onStage().cluster;
  marathon.deploy(otherApp); // what a test that broke off has left
  marathon.remove(otherApp.id);
  marathon.deploy(app);
});

function onStage(): Stage {
  if (running.stage === undefined) throw new Error('nothing runs yet');
  return running.stage;
}

function startDaemon(): void {
  const { cluster, admin } = onStage();
  running.daemon = cluster.daemon(['--admin-address', `127.0.0.1:${admin}`]);
}

/** What the browsers of this test have complained about. */
function complaints(): readonly string[] {
  return running.visits.flatMap((one) => one.complaints);
}

/** The page on the stats port, as an operator opens it; without complaints of the browser. */
async function open(query = '', look: BrowserContextOptions = {}, url = addressOf()): Promise<Page> {
  const one = await visit(onStage().browser, url + query, look);
  running.visits = [...running.visits, one];
  return one.page;
}

function addressOf(): string {
  return `http://127.0.0.1:${onStage().cluster.ports.stats}/_mlb/`;
}

/** Waits until a text is somewhere on the page. */
async function sees(page: Page, where: string, text: string | RegExp): Promise<void> {
  try {
    await page.locator(where).filter({ hasText: text }).first().waitFor();
  } catch (error) {
    throw new Error(`${String(text)} is not in ${where}: ${(await page.locator(where).allTextContents()).join(' | ')}`, { cause: error });
  }
}

/** Waits until the address bar has this behind the path: the page writes it a moment after what it shows. */
async function addressed(page: Page, search: string): Promise<void> {
  const found = (): string => new URL(page.url()).search;
  await until(() => `'${search}' in the address bar, which has '${found()}'`, () => Promise.resolve(found() === search)); // prettier-ignore
}

test('it shows what is so: Marathon, HAProxy, apps with the figures of HAProxy, changes and the way of a request', async () => {
  const { ports } = onStage().cluster;
  const page = await open();
  await sees(page, '#verdict-text', 'HAProxy runs what is wanted');
  await sees(page, '#tile-marathon', /Followed for .*http:\/\/127\.0\.0\.1:\d+ since \d\d:\d\d:\d\d/s);
  await sees(page, '#tile-haproxy', 'Runs what is wanted');
  await sees(page, '#tile-servers', /3 up, 0 down.*1 app, 3 tasks/s);
  await sees(page, '#app-body .row', new RegExp(`/nginx.*${HOST}.*${ports.service}.*3 up`));
  await sees(page, '#change-list', /HAProxy does not run, or has not loaded a file/);

  for (let i = 0; i < 9; i++) await ask({ port: ports.http, host: HOST });
  await page.locator('.app-name', { hasText: '/nginx' }).click();
  const requests = await until('nine requests', async () => {
    const cells = await page.locator('#details tbody tr td:nth-child(4)').allTextContents();
    return cells.length === 3 && cells.reduce((sum, text) => sum + Number(text), 0) >= 9 && cells;
  });
  expect(requests.every((text) => Number(text) >= 3)).toBe(true); // by turns
  await sees(page, '#details', 'up, not checked');
  await sees(page, '#details', 'HAPROXY_0_VHOST=mytask.acme.org');
  await addressed(page, '?app=/nginx');
  await page.keyboard.press('Escape');
  await page.locator('#details').waitFor({ state: 'hidden' });
  await addressed(page, '');

  await page.locator('#way-host').fill(`http://${HOST}/cart`);
  await page.keyboard.press('Enter');
  await sees(page, '#way-answer', /http: the request goes to a backend.*mytask\.acme\.org nginx_\d+.*by HAPROXY_0_VHOST.*with 3 servers/);
  await addressed(page, `?host=${HOST}&path=/cart`);
  await page.locator('#way-host').fill('nobody.acme.org');
  await page.keyboard.press('Enter');
  await sees(page, '#way-answer', 'No server answers.');
  expect(complaints()).toEqual([]);
});

test('what is looked for stays in the address bar, and a link shows the same', async () => {
  const page = await open();
  await sees(page, '#app-count', '1 app');
  await page.keyboard.press('/');
  await page.keyboard.type('mytask nobody');
  await sees(page, '#app-count', '0 of 1 app');
  await page.locator('#app-show').selectOption('unserved');
  await addressed(page, '?q=mytask+nobody&show=unserved');
  const other = await open('?q=MYTASK&sort=requests&app=/nginx', {}, `http://127.0.0.1:${onStage().admin}/`);
  await sees(other, '#details-title', '/nginx');
  await expect(other.locator('#app-search').inputValue()).resolves.toBe('MYTASK');
  await expect(other.locator('#app-sort').inputValue()).resolves.toBe('requests');
  await sees(other, '#app-count', '1 app');
  await sees(other, '#details', `127.84.0.196:${onStage().cluster.ports.container}`);
});

const MARKUP = '<img src=x onerror=alert(1)>';

test('a label that is wrong, and hostile, is shown as text while it is there', async () => {
  const { marathon, app } = onStage().cluster;
  const page = await open();
  await sees(page, '#verdict-text', 'HAProxy runs what is wanted');
  marathon.deploy({ ...app, labels: { ...app.labels, HAPROXY_0_BALANCE: MARKUP, HAPROXY_0_NONSENSE: MARKUP } });
  await sees(page, '#problem-list', MARKUP);
  await sees(page, '#problem-list .problem', /serious\/nginx, port 0HAPROXY_0_BALANCElabel-value.*What to do: wanted: an algorithm/);
  await sees(page, '#problem-list .problem:first-child', /critical.*load balancer.*certificate/); // the worst first: there is none here
  await sees(page, '#tile-problems', '3');
  await sees(page, '#app-body .row', '2 problems');
  await page.locator('#problem-list button', { hasText: '/nginx' }).first().click();
  await sees(page, '#details .labels', `HAPROXY_0_BALANCE=${MARKUP}`);
  await expect(page.locator('main img, dialog img').count()).resolves.toBe(0);
  await page.keyboard.press('Escape');
  marathon.deploy(app);
  await page.locator('#problem-list .problem', { hasText: '/nginx' }).first().waitFor({ state: 'detached' });
  await sees(page, '#tile-problems', '1');
  expect(complaints()).toEqual([]);
});

test('a server that goes down is shown, found by the filter, and shown when it is back; its app comes and goes', async () => {
  const { marathon, otherApp, addTask } = onStage().cluster;
  const page = await open('?sort=down');
  const check = { protocol: 'MESOS_HTTP', path: '/', portIndex: 0, gracePeriodSeconds: 1, intervalSeconds: 1, timeoutSeconds: 1 } as const;
  marathon.deploy({ ...otherApp, healthChecks: [{ ...check, maxConsecutiveFailures: 1 }] });
  const { id, backend } = await addTask(otherApp.id, '127.84.0.201');
  await addTask(otherApp.id, '127.84.0.202').then((task) => {
    marathon.setHealth(otherApp.id, task.id, true);
  });
  marathon.setHealth(otherApp.id, id, true);
  await sees(page, '#app-body .row', new RegExp(`/other.*${OTHER_HOST}.*2 up`));
  await backend.close();
  await sees(page, '#app-body .row', /\/other.*1 up, 1 down/);
  await sees(page, '#tile-servers', '4 up, 1 down');
  await sees(page, '#verdict-text', '1 server is down');
  await sees(page, '#app-body .row:first-child', '/other'); // most servers down first
  await page.locator('#app-show').selectOption('trouble');
  await sees(page, '#app-count', '1 of 2 apps');
  await page.locator('.app-name', { hasText: '/other' }).click();
  await sees(page, '#details .state', /down for \d+ s \(L4CON\)/);
  await page.keyboard.press('Escape');
  marathon.killTask(otherApp.id, id);
  await sees(page, '#app-none', 'No app fits');
});

test('while the daemon is away the page says so, and goes on by itself when it is back', async () => {
  const { marathon, otherApp, addTask } = onStage().cluster;
  const page = await open();
  await sees(page, '#verdict-text', 'HAProxy runs what is wanted');
  running.daemon?.signal('SIGTERM');
  await sees(page, '#verdict-text', /The daemon has not answered since \d\d:\d\d:\d\d/);
  await sees(page, '#live', 'no answer');
  await sees(page, '#app-body .row', '/nginx'); // what was known is shown on
  await running.daemon?.ended;
  startDaemon();
  await sees(page, '#live', 'live');
  await sees(page, '#verdict-text', 'HAProxy runs what is wanted');
  const renewed = page.waitForRequest(/v1\/events/);
  marathon.deploy(otherApp);
  await addTask(otherApp.id, '127.84.0.203');
  await sees(page, '#app-body .row', /\/other.*1 up/);
  await sees(page, '#change-list', 'a port of an app is served for the first time');
  await renewed; // or the worker before the reload would stay for the sake of the old stream
});

test.each([
  ['in the light', undefined, { colorScheme: 'light' }],
  ['in the dark', ['color-contrast'], { colorScheme: 'dark' }],
  ['on a phone', undefined, { colorScheme: 'light', viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true }],
] as const)('everybody can use it %s', async (_, rules, look) => {
  const { marathon, app } = onStage().cluster;
  marathon.deploy({ ...app, labels: { ...app.labels, HAPROXY_0_BALANCE: 'fastest' } });
  const page = await open(`?host=${HOST}`, look);
  await sees(page, '#problem-list', 'fastest');
  await sees(page, '#way-answer', 'A server answers.');
  await sees(page, '#app-body .row', '3 up');
  await expect(barriersOf(page, rules)).resolves.toEqual([]);
  const [width, room] = await page.evaluate<[number, number]>('[document.documentElement.scrollWidth, innerWidth]');
  expect(width).toBeLessThanOrEqual(room); // nothing is beside the screen
  await page.locator('.app-name').first().focus();
  await page.keyboard.press('Enter');
  await sees(page, '#details', 'HAPROXY_0_BALANCE=fastest');
  await expect(barriersOf(page, rules)).resolves.toEqual([]);
  await page.keyboard.press('Escape');
  await expect(page.evaluate('document.activeElement.textContent')).resolves.toBe('/nginx'); // where the reader was
});

test('of ten thousand apps only the rows in view are made, and keys lead through all', async () => {
  const row = (i: number): object => {
    const port = {
      index: 0,
      servicePort: 10_000 + i,
      backend: `b_${i}`,
      mode: 'http',
      bind: null,
      hosts: [`a${i}.acme.org`],
      servers: 1,
      draining: 0,
    };
    const app = `/app-${String(i).padStart(5, '0')}`;
    return { app, servedAs: null, instances: 1, tasks: 1, ports: [port], leftOut: [], problems: 0 };
  };
  const many = { revision: 'x.1', whole: true, gone: [], apps: Array.from({ length: 10_000 }, (_, i) => row(i)) };
  const page = await open('about:blank', {}, '');
  await page.route('**/v1/overview*', (route) => route.fulfill({ json: many }));
  await page.goto(addressOf());
  await sees(page, '#app-count', '10,000 apps');
  await page.locator('.app-name', { hasText: '/app-00000' }).focus();
  await page.keyboard.press('End');
  await sees(page, '#app-body .row', '/app-09999');
  await expect(page.evaluate('document.activeElement.textContent')).resolves.toBe('/app-09999');
  await page.keyboard.press('ArrowUp');
  await expect(page.evaluate('document.activeElement.textContent')).resolves.toBe('/app-09998');
  await expect(page.locator('#app-body .row').count()).resolves.toBeLessThan(60);
  await page.locator('#app-search').fill('a77.acme.org');
  await sees(page, '#app-count', '1 of 10,000 apps');
  await sees(page, '#app-body .row', '/app-00077');
});

test("the demo's story is told on the page, whose address it prints", async () => {
  const names = ['http', 'https', 'app-id', 'stats', 'dns', 'service', 'marathon', 'container'];
  const ports = await freePorts(names.length);
  const folder = await makeFolder(ends);
  const words = names.flatMap((name, i) => [`--${name}-port`, String(ports[i])]);
  const demo = start({ words: ['demo', ...words, '--every', '1'], ends, folder, env: { TMPDIR: folder } });
  const url = await until('the address', () => /http:\/\/127\.0\.0\.1:\d+\/_mlb\//.exec(demo.stdout())?.[0]);
  const page = await open('', {}, url);
  await sees(page, '#story-list', 'an embedded Marathon'); // from the beginning
  await sees(page, '#story-list', '/nginx is scaled to 4');
  await sees(page, '#app-body .row', '/shop');
  demo.signal('SIGINT');
  await demo.ended;
  expect(complaints()).toEqual([]);
});
