/**
 * Task changes on an estate that is followed: how long a new task waits for its first request, whether any request fails meanwhile, and what it
 * costs: the processor time of the daemon a change, with the files that are written afterwards; and that of HAProxy, most of which is requests.
 *
 *   npm run bench:churn                     1,000 and 10,000 apps of 5 tasks, 280 changes, ten a second
 *   npm run bench:churn -- 1000 5 20000 200 1,000 apps of 5 tasks, 20,000 changes, two hundred a second
 *   FLAGS='--spare-backends 0' npm run bench:churn -- 1000 5 480 10 80   with more flags for the daemon
 *   npm run bench:churn -- 1000 --pods      every other app is a pod of two containers
 *   npm run bench:churn -- 10000 5 480 10 80  the same with a new app beside every eightieth change
 *   npm run bench:churn -- 1000 --labels    apps without labels of traffic and apps that all have a dozen, by turns, twice each
 *   npm run bench:churn -- 10000 5 200 200    a burst: two hundred changes within a second
 *   NODE_FLAGS='--cpu-prof --cpu-prof-dir=/tmp/profile' npm run bench:churn -- 10000   with flags of Node for the daemon
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { firstAnswer, firstOfApp, inWords, share } from './answers.ts';
import { openCluster, type Cluster, type Cost } from './cluster.ts';
import type { Estate, EstateSize } from './estate.ts';
import { quarters } from './quarters.ts';

interface Size extends EstateSize {
  readonly changes: number;
  readonly perSecond: number;
  /** Beside every so many changes an app comes; none when 0. */
  readonly newAppEvery: number;
}

/** How long new tasks and new apps waited for their first answer; ms. */
interface Waits {
  readonly tasks: readonly number[];
  readonly apps: readonly number[];
}

/** Labels of traffic that an app in use may well have. */
const LABELS: Readonly<Record<string, string>> = {
  ...{ HAPROXY_0_RATE_LIMIT: '100000/10s', HAPROXY_0_MAXCONN: '1000', HAPROXY_0_MAX_BODY: '10m', HAPROXY_0_TIMEOUT_SERVER: '2m' },
  ...{ HAPROXY_0_ALLOW: '127.0.0.0/8', HAPROXY_0_DENY: '192.0.2.0/24', HAPROXY_0_CORS_ORIGINS: 'https://shop.test' },
  ...{ HAPROXY_0_REQUEST_HEADERS: 'X-Team:blue||X-Debug:', HAPROXY_0_RESPONSE_HEADERS: 'X-Frame-Options:DENY||Server:' },
  ...{ HAPROXY_0_STRIP_PREFIX: '/shop', HAPROXY_0_COMPRESS: 'true', HAPROXY_0_HASH_BY: 'header:X-User', HAPROXY_0_RETRIES: '2' },
};

/** A change is a task that starts or one that is killed, by turns, of one app after the other. */
async function churn(estate: Estate, { changes, perSecond, newAppEvery }: Size, port: number): Promise<Waits> {
  const [waits, apps]: [Promise<number>[], Promise<number>[]] = [[], []];
  const kills: Promise<void>[] = [];
  const start = performance.now();
  for (let i = 0; i < changes; i += 2) {
    const app = estate.random();
    if (newAppEvery > 0 && i % newAppEvery === newAppEvery >> 1) apps.push(firstOfApp(estate, port));
    waits.push(firstAnswer(estate, app, port));
    await sleep(Math.max(0, start + ((i + 1) * 1000) / perSecond - performance.now()));
    kills.push(estate.kill(app));
    await sleep(Math.max(0, start + ((i + 2) * 1000) / perSecond - performance.now()));
  }
  await Promise.all(kills);
  const sorted = async (all: readonly Promise<number>[]) => (await Promise.all(all)).sort((a, b) => a - b);
  return { tasks: await sorted(waits), apps: await sorted(apps) };
}

/** How long the daemon is watched while nothing changes, and how long it may follow the last change with its files, in ms. */
const [REST_MS, FOLLOW_MS] = [10_000, 12_000];

/** The processor time that the daemon uses while nothing changes, in ms a second. */
async function costAtRest({ cost }: Cluster): Promise<number> {
  const before = cost().cpu;
  await sleep(REST_MS);
  return (cost().cpu - before) / (REST_MS / 1000);
}

/** The processor time a change in each quarter of the run, in words: it falls while the compiler of V8 is still at work. */
function quartersOfCpu(seen: readonly Cost[], changes: number): string {
  const at = [0, 1, 2, 3, 4].map((quarter) => seen[Math.round(((seen.length - 1) * quarter) / 4)]?.cpu ?? NaN);
  const each = at.slice(1).map((cpu, i) => ((cpu - (at[i] ?? NaN)) * 4) / changes);
  return `${each.map((cpu) => cpu.toFixed(1)).join(', ')} ms`;
}

const ms = (milliseconds: number): string => `${milliseconds.toFixed(0)} ms`;

async function measure(size: Size): Promise<Readonly<Record<string, string>>> {
  const cluster = await openCluster(size);
  const atRest = await costAtRest(cluster);
  const before = cluster.cost();
  const seen: Cost[] = [];
  const sampling = setInterval(() => seen.push(cluster.cost()), 250);
  const { tasks: waits, apps } = await churn(cluster.estate, size, cluster.http);
  clearInterval(sampling);
  const end = cluster.cost();
  await sleep(FOLLOW_MS);
  const after = cluster.cost();
  await cluster.close();
  return {
    'apps x tasks': `${size.apps}${size.pods ? ', half of them pods,' : ''} x ${size.tasks}${size.labels === undefined ? '' : ', with labels'}`,
    changes: `${size.changes}, ${size.perSecond}/s${size.newAppEvery > 0 ? `, ${Math.floor(size.changes / size.newAppEvery)} new apps` : ''}`,
    'first answer p50': ms(share(waits, 0.5)),
    p95: ms(share(waits, 0.95)),
    max: ms(share(waits, 1)),
    ...(apps.length > 0 && { 'new app p50': ms(share(apps, 0.5)), 'new app p95': ms(share(apps, 0.95)) }),
    requests: String(cluster.traffic.requests()),
    failed: inWords(cluster.traffic.failures),
    reloads: String(after.reloads - before.reloads),
    'read from Marathon': `${((after.bytes - before.bytes) / 1e6).toFixed(2)} MB`,
    'CPU per change': `${((after.cpu - before.cpu - (atRest * FOLLOW_MS) / 1000) / size.changes).toFixed(1)} ms`,
    'in each quarter': quartersOfCpu([before, ...seen], size.changes),
    'at rest': `${atRest.toFixed(1)} ms/s`,
    "HAProxy's CPU": `${((end.haproxyCpu - before.haproxyCpu) / size.changes).toFixed(1)} ms`,
    'RSS before, mean of each quarter': `${[before.rss, ...quarters(seen.map(({ rss }) => rss))].map((mb) => mb.toFixed(0)).join(', ')} MB`,
  };
}

const WORDS = ['--pods', '--labels'];
const [apps, tasks = 5, changes = 280, perSecond = 10, newAppEvery = 0] = process.argv.slice(2).filter((word) => !WORDS.includes(word)).map(Number); // prettier-ignore
const pods = process.argv.includes('--pods');
const kinds: readonly Pick<Size, 'labels'>[] = process.argv.includes('--labels') ? [{}, { labels: LABELS }, {}, { labels: LABELS }] : [{}];
const sizes = apps === undefined ? [1_000, 10_000] : [apps];
const rows: Readonly<Record<string, string>>[] = [];
for (const size of sizes)
  for (const kind of kinds) rows.push(await measure({ apps: size, tasks, changes, perSecond, newAppEvery, pods, ...kind }));
console.table(rows);
