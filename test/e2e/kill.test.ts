import { expect, jest, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { readSaved } from '../../src/saved/state-folder.ts';
import { clusters, type Cluster } from './cluster.ts';
import type { Ended } from './command.ts';
import { FIRST, HOST } from './tasks.ts';
import { now } from '../../src/lib/clock.ts';

jest.setTimeout(180_000);

const makeCluster = clusters();
const KILLER = path.resolve('test/e2e/fixtures/kill-at.js');

/** `--once` with its steps noted, and killed in the middle of one of them: 'rename haproxy.cfg.new#2', the second such step. */
async function noted({ once, folder }: Cluster, killAt = ''): Promise<Ended & { readonly steps: readonly string[] }> {
  const STEPS = path.join(folder, 'steps');
  await rm(STEPS, { force: true });
  const ended = await once([], { env: { STEPS, KILL_AT: killAt, NODE_OPTIONS: `--import=${KILLER}` } });
  return { ...ended, steps: (await readFile(STEPS, 'utf8')).trim().split('\n') };
}

/** What stands there is whole: HAProxy takes the configuration, and what is known can be read. */
async function expectWhole({ config, folder }: Cluster): Promise<void> {
  if (existsSync(config)) await promisify(execFile)('haproxy', ['-c', '-q', '-f', config]);
  expect(await readSaved(path.join(folder, 'state'), now)).not.toHaveProperty('trouble');
}

/** What is left of killed runs when a later one is through; one temporary file a name may be, which the next writing takes. */
async function leftOver({ folder }: Cluster): Promise<readonly string[]> {
  const names = [...(await readdir(folder)), ...(await readdir(path.join(folder, 'state'))), ...(await readdir(path.join(folder, 'run')))];
  return names.filter((name) => /\.new.|candidate|damaged|\.lock$/.test(name));
}

interface Change {
  /** Makes what Marathon says another, before run n. */
  readonly prepare: (n: number) => Promise<void> | void;
  /** The host that is served before run n and after it; none: nobody serves before. */
  readonly hostAt: (n: number) => string | undefined;
  /** Those that tell most; all of them take minutes. */
  readonly steps: RegExp;
}

/** Kills one run after the other in the middle of its next step; after each the next run makes all good. */
async function killEverywhere(cluster: Cluster, { prepare, hostAt, steps: wanted }: Change): Promise<void> {
  await prepare(0);
  await cluster.once();
  await prepare(1);
  const { steps: all } = await noted(cluster);
  const chosen = all.filter((step) => wanted.test(step));
  expect(chosen.length).toBeGreaterThan(2);
  for (const [i, step] of chosen.entries()) {
    const n = i + 2;
    await prepare(n);
    const { code, steps } = await noted(cluster, step);
    expect([step, code, steps.at(-1)]).toEqual([step, undefined, step]);
    await expectWhole(cluster);
    const host = hostAt(n);
    if (host !== undefined) await cluster.served(FIRST, { host });
    expect([step, await cluster.once()]).toMatchObject([step, { code: 0, stderr: '' }]);
    await cluster.served(FIRST, { host: hostAt(n + 1) ?? HOST });
    await cluster.agreed();
    expect([step, await leftOver(cluster)]).toEqual([step, []]);
  }
}

test('kill -9 in the middle of the steps of a first start: the next one starts HAProxy, or finds the one that is there', async () => {
  const cluster = await makeCluster();
  await cluster.deploy();
  const { folder, config, endHaproxy } = cluster;
  const prepare = async (): Promise<void> => {
    await endHaproxy();
    for (const each of [config, path.join(folder, 'run'), path.join(folder, 'state')]) await rm(each, { recursive: true, force: true });
  };
  const steps = /^(append known|spawn|append haproxy\.cfg\.new#2|write haproxy)/;
  await killEverywhere(cluster, { prepare, hostAt: () => undefined, steps });
});

test('kill -9 in the middle of the steps of a reload: HAProxy serves, and the next one makes it run what is wanted', async () => {
  const cluster = await makeCluster();
  await cluster.deploy();
  const { marathon, app } = cluster;
  const prepare = (n: number): void => {
    marathon.deploy({ ...app, labels: { ...app.labels, HAPROXY_0_STICKY: String(n % 2 === 0) } });
  };
  const steps = /^(rename haproxy\.cfg\.new#2|sent|write applied)/;
  await killEverywhere(cluster, { prepare, hostAt: () => HOST, steps });
});

test('kill -9 in the middle of the steps of a change that needs no reload: the next one writes what HAProxy took', async () => {
  const cluster = await makeCluster();
  await cluster.deploy();
  const { marathon, app, folder } = cluster;
  const hostAt = (n: number): string => `at-${n}.acme.org`;
  const prepare = (n: number): void => {
    const map = path.join(folder, 'domain2backend.map');
    if (n > 1) expect(readFileSync(map, 'utf8')).toContain(`${hostAt(n)} `); // of the run before
    marathon.deploy({ ...app, labels: { ...app.labels, HAPROXY_0_VHOST: `${hostAt(n)},${hostAt(n + 1)}` } });
  };
  const steps = /^(sent|rename (domain2backend|haproxy))/;
  await killEverywhere(cluster, { prepare, hostAt, steps });
});
