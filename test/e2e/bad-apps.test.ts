import { expect, jest, test } from '@jest/globals';
import { clusters } from './cluster.ts';
import { FIRST } from './tasks.ts';
import { until } from './until.ts';

jest.setTimeout(60_000);

const makeCluster = clusters();

test('an app that can not be read: the others are served, and the log says so once, however often it is read', async () => {
  const { marathon, daemon, once, deploy, served } = await makeCluster();
  marathon.putRaw({ id: '/broken', labels: { HAPROXY_GROUP: 'external' }, instances: 'many', tasks: [] });
  await deploy();
  const { signal, logged, log } = daemon();
  await served(FIRST);
  const problem = await logged(/app-not-readable/);
  expect(problem).toMatchObject({ level: 'warn', app: '/broken' });
  expect(problem.msg).toContain('instances');
  const reads = marathon.requestsOf('/v2/apps');
  for (let i = 1; i <= 3; i++) {
    signal('SIGHUP');
    await until('another read', () => marathon.requestsOf('/v2/apps') >= reads + i);
  }
  await expect(once()).resolves.toMatchObject({ code: 0 });
  expect(log().filter(({ code }) => code === 'app-not-readable')).toHaveLength(1);
  marathon.remove('/broken');
  await expect(logged(/a problem is gone/)).resolves.toMatchObject({ app: '/broken' });
  await served(FIRST);
});

test('an app without an id, null and a number are none either', async () => {
  const { marathon, once, deploy, served } = await makeCluster();
  for (const raw of [{ instances: 1 }, null, 7]) marathon.putRaw(raw);
  await deploy();
  const { code, log } = await once();
  expect(code).toBe(0);
  expect(log.filter((line) => line['code'] === 'app-not-readable')).not.toEqual([]);
  await served(FIRST);
});

test('labels that are wrong are named, and the app is served as far as it goes', async () => {
  const { marathon, app, once, deploy, served } = await makeCluster();
  await deploy();
  marathon.deploy({ ...app, labels: { ...app.labels, HAPROXY_0_BALANCE: 'perhaps', HAPROXY_0_VHSOT: 'typo.acme.org' } });
  const { code, log } = await once();
  expect(code).toBe(0);
  for (const label of ['HAPROXY_0_BALANCE', 'HAPROXY_0_VHSOT'])
    expect(log).toContainEqual(expect.objectContaining({ level: 'warn', app: '/nginx', label }));
  await served(FIRST);
});
