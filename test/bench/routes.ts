/**
 * What routing costs: HAProxy's processor time for each request, by how the routes are written and how many there are; and what the labels of an app
 * add to it. All ways with one number of apps run side by side and are asked in turn, round after round; the tables have the medians. Each way is
 * asked for all apps in turn, and for one of them over and over: the second has what it needs in the processor's caches, so it shows what the rules
 * cost, and the difference is memory, of rules, of maps and of 10,000 backends. A request that names its backend shows what is of the backends alone.
 * `npm run bench:routes -- 10000` for other numbers of apps.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startRouted, type Asked, type Routed, type Spread } from './routed.ts';

const host = (i: number): string => `app${i}.acme.org`;
const plain = (i: number): Asked => [host(i), '/'];
const nobody = (i: number): Asked => [`x${i}.example.com`, '/'];

/** One way to write the routes of the apps, and what is asked for. */
interface Way {
  readonly name: string;
  readonly labels: (i: number) => Readonly<Record<string, string>>;
  readonly ask: (i: number) => Asked;
  /** A rule for each host or path costs by their number: 10,000 of them take a minute to measure. */
  readonly most?: number;
  readonly haproxyMap?: false;
  /** The request says which backend it is for. */
  readonly named?: true;
}

const WAYS: readonly Way[] = [
  { name: 'no route for the host (the floor)', labels: (i) => ({ VHOST: host(i) }), ask: nobody },
  {
    name: 'no route, the request names its backend',
    labels: (i) => ({ VHOST: host(i) }),
    ask: (i) => [nobody(i)[0], `/app${i}_${10_000 + i}`],
    named: true,
  },
  { name: 'map of hosts', labels: (i) => ({ VHOST: host(i) }), ask: plain },
  { name: 'a rule for each host (`--no-haproxy-map`)', labels: (i) => ({ VHOST: host(i) }), ask: plain, haproxyMap: false, most: 1_000 },
  { name: '`PATH` by rules', labels: (i) => ({ VHOST: host(i), PATH: '/api' }), ask: (i) => [host(i), '/api/x'], most: 1_000 },
  {
    name: '`PATH` in the table',
    labels: (i) => ({ VHOST: host(i), PATH: '/api', PATH_TYPE: 'segment' }),
    ask: (i) => [host(i), '/api/x'],
  },
  { name: 'a wildcard, one level up', labels: (i) => ({ VHOST: `*.${host(i)}` }), ask: (i) => [`x.${host(i)}`, '/'] },
  { name: 'a wildcard, four levels up', labels: (i) => ({ VHOST: `*.${host(i)}` }), ask: (i) => [`a.b.c.d.${host(i)}`, '/'] },
  {
    name: 'map of hosts, beside a table',
    labels: (i) => ({ VHOST: host(i), ...(i === 0 && { PATH: '/', PATH_TYPE: 'segment' }) }),
    ask: (i) => plain(Math.max(1, i)),
  },
  { name: '`DEFAULT`', labels: (i) => (i === 0 ? { DEFAULT: 'true' } : { VHOST: host(i) }), ask: nobody },
  { name: 'a split of two', labels: (i) => ({ VHOST: host(i - (i % 2)), SPLIT: `s${i - (i % 2)}` }), ask: (i) => [host(i - (i % 2)), '/'] },
];

/** Labels that every request pays for, by what they are for; the request goes on to a server. */
const FEATURES: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
  ['none', {}],
  ['`ALLOW` and `DENY`', { ALLOW: '127.0.0.0/8', DENY: '10.0.0.0/8' }],
  ['`RATE_LIMIT`', { RATE_LIMIT: '1000000/1h' }],
  ['`MAX_BODY`', { MAX_BODY: '1m' }],
  ['`STRIP_PREFIX` and `REWRITE_HOST`', { STRIP_PREFIX: '/shop', REWRITE_HOST: 'internal.test' }],
  ['`REQUEST_HEADERS` and `RESPONSE_HEADERS`, two each', { REQUEST_HEADERS: 'X-A:1||X-B:', RESPONSE_HEADERS: 'X-C:1||Server:' }],
  ['`CORS_ORIGINS`', { CORS_ORIGINS: 'https://shop.test' }],
  ['`COMPRESS`', { COMPRESS: 'true' }],
  ['`CANONICAL_HOST`', { VHOST: 'app0.acme.org,other.acme.org', CANONICAL_HOST: 'app0.acme.org' }],
  ['`PATH_TYPE`: the routing table', { PATH: '/', PATH_TYPE: 'prefix' }],
];

const ROUNDS = 5;
const REQUESTS = 20_000;
const TO_SERVERS = 4_000;

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? NaN;
}

/** The medians of all, asked in turn so that a busy minute of the machine concerns them alike. */
async function mediansOf(all: readonly Routed[], requests: number, spread: Spread): Promise<readonly number[]> {
  const figures = all.map((): number[] => []);
  for (let round = 0; round <= ROUNDS; round++)
    for (const [i, one] of all.entries()) {
      const figure = await one.microseconds(round === 0 ? requests / 10 : requests, spread);
      if (round > 0) figures[i]?.push(figure); // the first round warms up
    }
  return figures.map(median);
}

async function withFolder<Result>(use: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(path.join(tmpdir(), 'bench-routes-'));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The figures of all ways by name: asked for all apps, and for one. */
async function measureWays(count: number): Promise<ReadonlyMap<string, Readonly<Record<Spread, number>>>> {
  const ways = WAYS.filter(({ most = count }) => count <= most);
  const started: Routed[] = [];
  try {
    return await withFolder(async (folder) => {
      for (const [i, { labels, ask, haproxyMap, named }] of ways.entries()) {
        const apps = Array.from({ length: count }, (_, app) => labels(app));
        started.push(
          await startRouted({
            folder: path.join(folder, String(i)),
            apps,
            ask,
            ...(haproxyMap === false && { haproxyMap }),
            ...(named && { named }),
          }),
        );
      }
      const [all, one] = [await mediansOf(started, REQUESTS, 'all'), await mediansOf(started, REQUESTS, 'one')];
      return new Map(ways.map(({ name }, i) => [name, { all: all[i] ?? NaN, one: one[i] ?? NaN }]));
    });
  } finally {
    for (const one of started) await one.stop();
  }
}

async function measureFeatures(): Promise<readonly (readonly [string, number])[]> {
  const together = Object.assign({}, ...FEATURES.map(([, labels]) => labels)) as Record<string, string>;
  const all = [...FEATURES, ['all of these', together] as const];
  const started: Routed[] = [];
  try {
    return await withFolder(async (folder) => {
      for (const [i, [, labels]] of all.entries()) {
        const apps = [{ VHOST: host(0), ...labels }];
        started.push(await startRouted({ folder: path.join(folder, String(i)), apps, ask: () => [host(0), '/shop/x'], served: true }));
      }
      const medians = await mediansOf(started, TO_SERVERS, 'all');
      return all.map(([name], i) => [name, medians[i] ?? NaN]);
    });
  } finally {
    for (const one of started) await one.stop();
  }
}

const counts = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [10, 1_000, 10_000];
const columns: Awaited<ReturnType<typeof measureWays>>[] = [];
for (const count of counts) columns.push(await measureWays(count));
for (const spread of ['all', 'one'] as const) {
  const asked = spread === 'all' ? 'for all apps in turn' : 'all for one of the apps';
  console.log(`µs of HAProxy's processor time for a request, medians of ${ROUNDS} rounds of ${REQUESTS} requests ${asked}\n`);
  console.log(`| routes | ${counts.map((count) => `${count} apps`).join(' | ')} |\n|---|${counts.map(() => '--:|').join('')}`);
  for (const { name } of WAYS)
    console.log(`| ${name} | ${columns.map((column) => column.get(name)?.[spread].toFixed(1) ?? '').join(' | ')} |`);
  console.log();
}
console.log('| labels of the app, a request to its server | µs |\n|---|--:|');
for (const [name, figure] of await measureFeatures()) console.log(`| ${name} | ${figure.toFixed(1)} |`);
