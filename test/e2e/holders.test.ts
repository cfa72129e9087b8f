import { expect, jest, test } from '@jest/globals';
import { clusters } from './cluster.ts';
import { run, type Ended } from './command.ts';
import { FIRST, HOST } from './tasks.ts';

jest.setTimeout(90_000);

const makeCluster = clusters();

test('an app without a task keeps its virtual host against one that claims it too, also when the daemon is started again', async () => {
  const cluster = await makeCluster();
  const { marathon, app, otherApp, daemon, addTask, get, settled } = cluster;
  const diff = (): Promise<Ended> => run({ folder: cluster.folder, ends: cluster.ends, words: ['diff', ...cluster.words()] });
  marathon.deploy(app);
  const { id, backend } = await addTask(app.id, FIRST[0]);
  const first = daemon();
  await first.logged(/has loaded/);
  await settled();
  expect(await get({ host: HOST })).toMatchObject({ status: '200', body: expect.stringContaining('/nginx') });

  marathon.deploy({ ...otherApp, labels: { ...otherApp.labels, HAPROXY_0_VHOST: HOST } });
  await addTask(otherApp.id, FIRST[1]);
  await first.logged(/belongs to port 0 of \/nginx/);
  marathon.setTaskState(app.id, id, 'TASK_KILLED');
  await backend.close();
  await settled();
  expect(await get({ host: HOST })).toMatchObject({ status: '503' });
  const beside = await diff();
  expect(beside.stdout).toContain('is known from the daemon that runs\n');
  expect(beside.stdout).not.toContain(`http://${HOST}/: `); // the app with a server would have the host, if nobody held it

  first.signal('SIGKILL'); // who holds what is on the disk as soon as HAProxy runs it
  await first.ended;
  const between = await diff();
  expect(between.stdout).toContain('is known from the last run, by its record in --state-dir\n');
  expect(between.stdout).not.toContain(`http://${HOST}/: `);
  const dry = await run({ folder: cluster.folder, ends: cluster.ends, words: cluster.words('--dry', '--no-haproxy-map') });
  expect(dry.stdout).toMatch(/use_backend nginx_\d+ if host_mytask_acme_org/);
  const second = daemon(['--mass-removal-hold', '0']); // the snapshot on the disk may still have the task
  await second.logged(/Marathon was read/);
  await settled();
  expect(await get({ host: HOST })).toMatchObject({ status: '503' });

  await addTask(app.id, FIRST[2]);
  await settled();
  expect(await get({ host: HOST })).toMatchObject({ status: '200', body: expect.stringContaining('/nginx') });
});
