import { expect, jest, test } from '@jest/globals';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { ask, type Heard } from '../admin/rig.ts';
import { clusters, type Cluster } from './cluster.ts';
import { freePorts, occupy } from './ports.ts';
import { FIRST } from './tasks.ts';
import { until } from './until.ts';

jest.setTimeout(90_000);

const makeCluster = clusters();

const get = ({ runDir }: Cluster, where: string): Promise<Heard> => ask({ socketPath: path.join(runDir, 'admin.sock'), path: where });
const is = (cluster: Cluster, where: string, status: number): Promise<boolean> =>
  get(cluster, where).then(
    (heard) => heard.status === status,
    () => false,
  );

test('health says whether the daemon lives, HAProxy serves, and both are in step with Marathon', async () => {
  const cluster = await makeCluster({ heartBeatMs: 200 });
  const { marathon, daemon, deploy, settled, served } = cluster;
  await deploy();
  marathon.misbehave.apps = 'html';
  daemon(['--max-staleness', '3']);
  await until('the socket', () => is(cluster, '/health/live', 200));
  const early = await get(cluster, '/health/sync');
  expect(early.status).toBe(503);
  expect(JSON.parse(early.text)).toMatchObject({ ok: false, reasons: [{ code: 'not-read' }, { code: 'not-as-wanted' }], synced: null });
  expect(JSON.parse((await get(cluster, '/health/ready')).text)).toMatchObject({ ok: false, reasons: [{ code: 'no-haproxy' }] });

  marathon.misbehave.apps = 'ok';
  await until('a first read', () => is(cluster, '/health/ready', 200));
  await settled();
  await until('the beats of the stream, which show that nothing was missed', () => is(cluster, '/health/sync', 200));

  marathon.misbehave.apps = 'html';
  marathon.misbehave.events = 'silent';
  const stale = await until('nothing is heard any more', async () => {
    const heard = await get(cluster, '/health/sync');
    return heard.status === 503 && heard;
  });
  expect(JSON.parse(stale.text)).toMatchObject({ ok: false, reasons: [{ code: 'stale', text: expect.stringContaining('3 s') }] });
  await expect(is(cluster, '/health/ready', 200)).resolves.toBe(true);
  await served(FIRST); // what was known serves on

  marathon.misbehave.apps = 'ok';
  marathon.misbehave.events = 'ok';
  await settled();
  await until('a read again', () => is(cluster, '/health/sync', 200));
});

test('the usual address may be taken, one that is given may not; the socket comes back when somebody removes it', async () => {
  const cluster = await makeCluster();
  const { runDir, ends, daemon, once, deploy } = cluster;
  await deploy();
  const [given = 0] = await freePorts(1);
  const free = await occupy({ port: given, ends });
  const refused = await daemon(['--admin-address', `127.0.0.1:${given}`]).ended;
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining(`127.0.0.1:${given}`) });
  expect(refused.stderr).toContain('--admin-address');
  await expect(once()).resolves.toMatchObject({ code: 0 }); // one pass has no admin side
  await free();

  const { logged, signal, ended } = daemon(['--admin-address', `127.0.0.1:${given}`]);
  await logged(/following/);
  await until('an answer over TCP', () => ask({ port: given, path: '/health/live' }).then(({ status }) => status === 200));
  await rm(path.join(runDir, 'admin.sock'));
  await logged(/is made again/);
  await until('the socket', () => is(cluster, '/health/live', 200));
  signal('SIGTERM');
  await expect(ended).resolves.toMatchObject({ code: 0 });
  await expect(ask({ port: given, path: '/health/live' })).rejects.toThrow('ECONNREFUSED');
});
