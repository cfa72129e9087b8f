import { expect, jest, test } from '@jest/globals';
import { identify, lives } from '../../src/process/process-identity.ts';
import { clusters, type Cluster } from './cluster.ts';
import { FIRST } from './tasks.ts';
import { until } from './until.ts';

jest.setTimeout(90_000);

const makeCluster = clusters();

/** What the health page says: '200', '503', or the code of an error. */
async function health({ get, ports }: Cluster): Promise<string> {
  return (await get({ port: ports.stats, path: '/_haproxy_health_check' })).status;
}

test('--stop-haproxy: the health page turns red first and requests still succeed, a slow one finishes, then HAProxy is gone', async () => {
  const cluster = await makeCluster();
  const { daemon, deploy, served, get, processes } = cluster;
  await deploy();
  const { signal, ended } = daemon(['--stop-haproxy', '--shutdown-delay', '1']);
  await served(FIRST);
  await expect(health(cluster)).resolves.toBe('200');
  const before = await Promise.all((await processes()).map(identify));
  expect(before).not.toContain(undefined);
  const slow = get({ path: '/slow?ms=3000' });
  signal('SIGTERM');
  await until('a red health page', async () => (await health(cluster)) === '503');
  await expect(get()).resolves.toMatchObject({ status: '200' });
  await expect(slow).resolves.toMatchObject({ status: '200' });
  await expect(ended).resolves.toMatchObject({ code: 0, stderr: '' });
  await expect(get()).resolves.toMatchObject({ status: 'ECONNREFUSED' });
  for (const one of before) if (one !== undefined) await expect(lives(one)).resolves.toBe(false);

  daemon();
  await served(FIRST);
  await expect(health(cluster)).resolves.toBe('200');
});

test('a second SIGTERM ends the daemon at once, and HAProxy serves on; the next daemon turns its health page green again', async () => {
  const cluster = await makeCluster();
  const { daemon, deploy, served, worker, traffic } = cluster;
  await deploy();
  const { signal, ended } = daemon(['--stop-haproxy', '--shutdown-delay', '3600']);
  await served(FIRST);
  const before = await worker();
  const { more, stop } = traffic();
  signal('SIGTERM');
  await until('a red health page', async () => (await health(cluster)) === '503');
  signal('SIGTERM');
  await expect(ended).resolves.toMatchObject({ code: 1 });
  await more(20);
  await expect(worker()).resolves.toBe(before);
  daemon();
  await until('a green health page', async () => (await health(cluster)) === '200');
  await more(20);
  expect((await stop()).failures).toEqual({});
});

test('without --stop-haproxy it serves on, and its health page stays green', async () => {
  const cluster = await makeCluster();
  const { daemon, deploy, served, worker, traffic } = cluster;
  await deploy();
  const { signal, ended } = daemon(['--shutdown-delay', '1']);
  await served(FIRST);
  const before = await worker();
  const { more, stop } = traffic();
  signal('SIGTERM');
  await expect(ended).resolves.toMatchObject({ code: 0, stderr: '' });
  await more(50);
  await expect(health(cluster)).resolves.toBe('200');
  await expect(worker()).resolves.toBe(before);
  expect((await stop()).failures).toEqual({});
});

test('SIGUSR2 ends HAProxy with the daemon, without --stop-haproxy too; the log says when it begins and when it is over', async () => {
  const cluster = await makeCluster();
  const { daemon, deploy, served, get, processes } = cluster;
  await deploy();
  const { signal, ended } = daemon(['--log-level', 'info']);
  await served(FIRST);
  const before = await Promise.all((await processes()).map(identify));
  const slow = get({ path: '/slow?ms=1000' });
  signal('SIGUSR2');
  await expect(slow).resolves.toMatchObject({ status: '200' });
  const { code, stdout } = await ended;
  expect(code).toBe(0);
  expect(stdout).toContain('ending HAProxy: its health page turns red');
  expect(stdout).toContain('HAProxy has ended');
  for (const one of before) if (one !== undefined) await expect(lives(one)).resolves.toBe(false);
});
