import { afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { startBackend } from '../../src/demo/backends.ts';
import type { Launch } from '../../src/demo/marathon.ts';
import { needBuild, run, start } from './command.ts';
import { endAll } from './ends.ts';
import { needHaproxy, type Ends } from './fixtures/stage.ts';
import { openCluster, type Cluster } from './open-cluster.ts';
import { until } from './until.ts';

jest.setTimeout(60_000);

const ends: Ends = [];
beforeAll(needHaproxy);
beforeAll(needBuild);
afterEach(() => endAll(ends));

const HOST = 'shop.acme.org';

/** A cluster whose Marathon starts real servers for what is posted: a version "bad" never gets healthy. */
async function open(): Promise<Cluster> {
  let [number, port] = [0, 0];
  const launch: Launch = async ({ app }) => {
    const address = `127.60.0.${++number}`;
    const backend = await startBackend({ address, port, name: `${String(app['id'])} ${number}` });
    const isBad = JSON.stringify(app['env'] ?? {}).includes('bad');
    return {
      form: { host: '172.24.197.101', addresses: [address] },
      stop: () => backend.close(),
      ...(isBad && { healthyAfterMs: 'never' as const }),
    };
  };
  const cluster = await openCluster({ ends, settings: { launch } });
  port = cluster.ports.container;
  return cluster;
}

/** The definition of the shop, in a file of the cluster's folder. */
async function definition({ folder, ports }: Cluster, version: string, instances = 4): Promise<string> {
  const file = path.join(folder, `shop-${version}.json`);
  const labels = {
    HAPROXY_GROUP: 'external',
    HAPROXY_DEPLOYMENT_GROUP: 'shop',
    HAPROXY_DEPLOYMENT_ALT_PORT: String(ports.other),
    HAPROXY_0_VHOST: HOST,
  };
  const app = {
    id: '/shop',
    instances,
    labels,
    env: { VERSION: version },
    networks: [{ mode: 'container', name: 'calico' }],
    container: { type: 'DOCKER', portMappings: [{ containerPort: ports.container, servicePort: ports.service }] },
    healthChecks: [{ protocol: 'MESOS_HTTP', path: '/', portIndex: 0, intervalSeconds: 1, maxConsecutiveFailures: 3 }],
  };
  await writeFile(file, JSON.stringify(app));
  return file;
}

test('zdd, called as a pipeline calls it: the next version takes all under traffic, a bad one is taken back, and no request fails', async () => {
  const cluster = await open();
  const { folder, marathon, ports, daemon, settled, traffic, get } = cluster;
  daemon();
  const place = ['-m', marathon.url, '-l', `http://127.0.0.1:${ports.stats}`];
  const zdd = async (version: string, ...words: readonly string[]) =>
    run({ ends, folder, words: ['zdd', ...place, '-j', await definition(cluster, version), '-f', '-s', '0', ...words] });

  const first = await zdd('1');
  expect([first.code, JSON.parse(first.stdout)]).toMatchObject([0, { id: '/shop-blue', instances: 4 }]);
  await until('blue serves', async () => (await get({ host: HOST })).status === '200');
  await settled();
  const flow = traffic(HOST);
  await flow.more(20);

  const second = await zdd('2');
  expect([second.code, second.stderr]).toMatchObject([0, expect.stringContaining('the deployment is complete')]);
  expect(second.stderr).toContain('/shop-green is scaled from 2 to 4');
  await flow.more(20);
  expect((await get({ host: HOST })).body).toContain('/shop-green');

  const bad = await zdd('bad', '-w', '2');
  expect([bad.code, bad.stderr]).toMatchObject([2, expect.stringContaining('the deployment was taken back')]);
  await flow.more(20);
  expect((await get({ host: HOST })).body).toContain('/shop-green');
  const shown = await run({ ends, folder, words: ['deploy', 'status', 'shop', ...place, '--json'] });
  expect(JSON.parse(shown.stdout)).toMatchObject({ state: 'none', colours: [{ app: '/shop-green', instances: 4 }] });
  const { requests, failures } = await flow.stop();
  expect(requests).toBeGreaterThan(60);
  expect(failures).toEqual({});
});

test('zdd is killed with SIGKILL at several of its steps, and the same command goes on each time to the same end', async () => {
  const cluster = await open();
  const { folder, marathon, ports, daemon, traffic, get, settled } = cluster;
  daemon();
  const words = async (version: string): Promise<readonly string[]> => [
    ...['zdd', '-m', marathon.url, '-l', `http://127.0.0.1:${ports.stats}`],
    ...['-j', await definition(cluster, version), '--force', '--step-delay', '0', '--initial-instances', '1', '--log-level', 'DEBUG'],
  ];
  expect((await run({ ends, folder, words: await words('1') })).code).toBe(0);
  await until('blue serves', async () => (await get({ host: HOST })).status === '200');
  await settled();
  const flow = traffic(HOST);
  for (const sentence of [
    '/shop-green is made',
    'killing 1 task',
    '/shop-green is scaled from 1 to 2',
    '/shop-green is scaled from 2 to 4',
  ]) {
    const { stderr, signal, ended } = start({ ends, folder, words: await words('2') });
    await until(sentence, () => stderr().includes(sentence));
    signal('SIGKILL');
    await ended;
    const { apps } = (await (await fetch(`${marathon.url}/v2/apps`)).json()) as { readonly apps: readonly AppJson[] };
    const instances = apps.reduce((sum, app) => sum + app.instances, 0);
    expect(instances).toBeGreaterThanOrEqual(4);
    await flow.more(10);
  }
  const last = await run({ ends, folder, words: await words('2') });
  expect([last.code, last.stderr]).toMatchObject([0, expect.stringContaining('the deployment is complete')]);
  expect(last.stdout).toBe(''); // the app was made by the first run
  const { apps } = (await (await fetch(`${marathon.url}/v2/apps`)).json()) as { readonly apps: readonly AppJson[] };
  expect(apps).toMatchObject([{ id: '/shop-green', instances: 4 }]);
  await flow.more(20);
  expect((await flow.stop()).failures).toEqual({});
});

interface AppJson {
  readonly id: string;
  readonly instances: number;
}

test('zdd of a pipeline without a terminal: prompts, bad files and a hybrid that is none end with the exit codes of marathon-lb', async () => {
  const cluster = await open();
  const { folder, marathon } = cluster;
  const place = ['-m', marathon.url, '-l', 'http://127.0.0.1:1'];
  const zdd = (...words: readonly string[]) => run({ ends, folder, words: ['zdd', ...place, ...words] });
  const file = await definition(cluster, '1');
  const codes = await Promise.all([
    zdd('-j', file), // nobody can answer: stdin is no terminal
    zdd('-j', path.join(folder, 'missing.json'), '-f'),
    zdd('-j', file, '-f', '--complete-cur'),
    zdd('-j', file, '-f', '--dry-run'),
  ]);
  expect(codes.map(({ code }) => code)).toEqual([2, 2, 3, 0]);
  expect(codes[0].stderr).toContain('with --force it is not asked');
  const made: unknown = await (await fetch(`${marathon.url}/v2/apps`)).json();
  expect(made).toEqual({ apps: [] }); // the lock is gone as well
});
