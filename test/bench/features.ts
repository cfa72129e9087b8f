/**
 * What the labels of an app cost: HAProxy's processor time for each request to an app that has none, each one alone, and all that can be together. The
 * estate has 1,000 apps. All rows run side by side and are asked in turn, round after round; the table has the medians, and how much more each is than
 * the row without a label that is asked in the same way.
 * `npm run bench:features -- 100` for another number of apps.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { makeKeys, startFeatured, type Featured } from './featured.ts';
import type { Routed } from './routed.ts';

const HASH = '$6$saltsalt$JcVDtuB6d1BHhCd5RPBh8g8xX/1CbY8EU2PN0MTaj2/Mypw4P./C6dN4j0HALhzBDTocyW1Jm.gYaTPjFGCV40';
const PASSWORD = { Authorization: `Basic ${Buffer.from('alice:test').toString('base64')}` };
const TLS = { labels: { BACKEND_TLS: 'true', BACKEND_CA: '{CA}' }, server: 'tls' } as const;

const LIMITS = { RATE_LIMIT: '1000000/1h', MAX_BODY: '1m', MAXCONN: '1000', MAXCONN_TOTAL: '1000' };
const TIMES = { TIMEOUT_CONNECT: '3s', TIMEOUT_SERVER: '2m', TIMEOUT_TUNNEL: '1h', TIMEOUT_QUEUE: '10s' };
const REWRITES = {
  STRIP_PREFIX: '/shop',
  REWRITE_HOST: 'internal.test',
  REQUEST_HEADERS: 'X-A:1||X-B:',
  RESPONSE_HEADERS: 'X-C:1||Server:',
};
const TOGETHER = {
  ...LIMITS,
  ...TIMES,
  ...REWRITES,
  ...{ ALLOW: '127.0.0.0/8', DENY: '10.0.0.0/8', CORS_ORIGINS: 'https://shop.test', COMPRESS: 'true', USE_HSTS: 'true' },
  ...{ PATH: '/', PATH_TYPE: 'prefix', SPLIT: 'shop', STICKY: 'true', HASH_BY: 'header:X-User', RETRIES: '2', BACKUP: '/app2' },
  ...{ HEALTH_PATH: '/health', SLOW_START: '30s', PROXY_PROTOCOL: 'v2' },
  ...{ ...TLS.labels, BACKEND_SNI: 'app0.acme.org', BACKEND_PROTO: 'h2' },
};
const ASKED = { Origin: 'https://shop.test', 'Accept-Encoding': 'gzip', 'X-User': 'alice' };

const ROWS: readonly (readonly [name: string, featured: Featured])[] = [
  ['none', { labels: {} }],
  ['`RATE_LIMIT`', { labels: { RATE_LIMIT: LIMITS.RATE_LIMIT } }],
  ['`MAXCONN` and `MAXCONN_TOTAL`', { labels: { MAXCONN: '1000', MAXCONN_TOTAL: '1000' } }],
  ['`MAX_BODY`', { labels: { MAX_BODY: '1m' } }],
  ['`TIMEOUT_CONNECT`, `_SERVER`, `_TUNNEL`, `_QUEUE`', { labels: TIMES }],
  ['`ALLOW` and `DENY`', { labels: { ALLOW: '127.0.0.0/8', DENY: '10.0.0.0/8' } }],
  ['`AUTH`, a hash of `openssl passwd -6` (5,000 rounds)', { labels: { AUTH: `Staff:alice:${HASH}` }, headers: PASSWORD }],
  ['`CORS_ORIGINS`, asked by a page of the origin', { labels: { CORS_ORIGINS: 'https://shop.test' }, headers: ASKED }],
  ['`COMPRESS`, for a client that takes gzip', { labels: { COMPRESS: 'true' }, headers: ASKED }],
  ['`REQUEST_HEADERS`, two', { labels: { REQUEST_HEADERS: REWRITES.REQUEST_HEADERS } }],
  ['`RESPONSE_HEADERS`, two', { labels: { RESPONSE_HEADERS: REWRITES.RESPONSE_HEADERS } }],
  ['`STRIP_PREFIX`', { labels: { STRIP_PREFIX: '/shop' } }],
  ['`REWRITE_HOST`', { labels: { REWRITE_HOST: 'internal.test' } }],
  ['`CANONICAL_HOST`', { labels: { VHOST: 'app0.acme.org,other.acme.org', CANONICAL_HOST: 'app0.acme.org' } }],
  ['`PATH_TYPE`: the routing table', { labels: { PATH: '/', PATH_TYPE: 'prefix' } }],
  ['`SPLIT`, of one app', { labels: { SPLIT: 'shop' } }],
  ['`STICKY`', { labels: { STICKY: 'true' } }],
  ['`HASH_BY`', { labels: { HASH_BY: 'header:X-User' }, headers: ASKED }],
  ['`HEALTH_PATH` and `SLOW_START`', { labels: { HEALTH_PATH: '/health', SLOW_START: '30s' } }],
  ['`BACKUP`', { labels: { BACKUP: '/app2' } }],
  ['`RETRIES`', { labels: { RETRIES: '2' } }],
  ['`PROXY_PROTOCOL`', { labels: { PROXY_PROTOCOL: 'v2' }, server: 'proxy' }],
  ['`BACKEND_TLS`', TLS],
  ['`BACKEND_PROTO` of `h2c`', { labels: { BACKEND_PROTO: 'h2c' } }],
  ['`BACKEND_TLS` and `BACKEND_PROTO` of `h2`', { labels: { ...TLS.labels, BACKEND_PROTO: 'h2' }, server: 'tls' }],
  ['all of these but `AUTH` and `CANONICAL_HOST`', { labels: TOGETHER, server: 'tls-proxy', headers: ASKED }],
  ['none, https', { labels: {}, over: 'https' }],
  ['`TLS_MIN`, https', { labels: { TLS_MIN: '1.2' }, over: 'https' }],
  ['`CLIENT_CA`, https', { labels: { CLIENT_CA: '{CA}' }, over: 'https' }],
  ['none, https beside an app with `TLS=passthrough`', { labels: {}, beside: { TLS: 'passthrough' }, over: 'https' }],
  ['`TLS=passthrough`', { labels: { TLS: 'passthrough' }, over: 'https', server: 'tls' }],
  ['none, HTTP/2', { labels: {}, over: 'h2' }],
  ['`CLIENT_CA`, HTTP/2', { labels: { CLIENT_CA: '{CA}' }, over: 'h2' }],
  [
    'all of these but `AUTH` and `CANONICAL_HOST`, HTTP/2',
    { labels: { ...TOGETHER, TLS_MIN: '1.2', CLIENT_CA: '{CA}' }, over: 'h2', server: 'tls-proxy', headers: ASKED },
  ],
];

const ROUNDS = 5;
const REQUESTS = 4_000;

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? NaN;
}

async function measure(started: readonly Routed[]): Promise<readonly number[]> {
  const figures = started.map((): number[] => []);
  for (let round = 0; round <= ROUNDS; round++)
    for (const [i, one] of started.entries()) {
      const figure = await one.microseconds(round === 0 ? REQUESTS / 10 : REQUESTS, 'one');
      if (round > 0) figures[i]?.push(figure); // the first round warms up
    }
  return figures.map(median);
}

function print(medians: readonly number[]): void {
  console.log(`µs of HAProxy's processor time for a request, medians of ${ROUNDS} rounds of ${REQUESTS} requests\n`);
  console.log('| labels of the app | µs | more |\n|---|--:|--:|');
  let without = NaN;
  for (const [i, [name]] of ROWS.entries()) {
    const figure = medians[i] ?? NaN;
    const isFirst = /^none(?:, https|, HTTP\/2)?$/.test(name);
    if (isFirst) without = figure;
    console.log(`| ${name} | ${figure.toFixed(0)} | ${isFirst ? '' : (figure - without).toFixed(0)} |`);
  }
}

const apps = Number(process.argv[2] ?? 1_000);
const folder = await mkdtemp(path.join(tmpdir(), 'bench-features-'));
const started: Routed[] = [];
try {
  const keys = await makeKeys(folder);
  for (const [i, [, featured]] of ROWS.entries())
    started.push(await startFeatured(featured, { folder: path.join(folder, String(i)), apps, keys }));
  print(await measure(started));
} finally {
  for (const one of started) await one.stop();
  await rm(folder, { recursive: true });
}
