import { expect, jest, test } from '@jest/globals';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { clusters } from './cluster.ts';
import { writeSlowHaproxy } from './slow-haproxy.ts';
import { FIRST, OTHER_HOST } from './tasks.ts';
import { until } from './until.ts';

jest.setTimeout(90_000);

const makeCluster = clusters();
const [FOURTH, FIFTH] = ['127.50.0.71', '127.50.0.72'] as const;

test('a Marathon that can not be read is waited for, and read when it has mended, without an event', async () => {
  const { marathon, daemon, deploy, served, get } = await makeCluster();
  await deploy();
  marathon.misbehave.apps = 'html';
  const { logged } = daemon();
  const reason: unknown = expect.stringContaining(marathon.url);
  await expect(logged(/Marathon could not be read/)).resolves.toMatchObject({ level: 'warn', reason });
  await expect(get()).resolves.toMatchObject({ status: 'ECONNREFUSED' });
  marathon.misbehave.apps = 'ok';
  await served(FIRST);
});

test('what an event told is read again when the first read failed; meanwhile HAProxy serves on', async () => {
  const { marathon, otherApp, ports, daemon, deploy, addTask, served } = await makeCluster();
  await deploy();
  const { logged } = daemon();
  await served(FIRST);
  marathon.misbehave.apps = 'error500';
  marathon.deploy(otherApp);
  await addTask(otherApp.id, FOURTH);
  await logged(/an app could not be read again/);
  await served(FIRST);
  marathon.misbehave.apps = 'ok';
  await served([FOURTH], { port: ports.other });
  await served(FIRST);
});

test('a stream that ends is opened again', async () => {
  const { marathon, app, daemon, deploy, addTask, served } = await makeCluster();
  await deploy();
  daemon();
  await served(FIRST);
  await until('the stream', () => marathon.streams() === 1);
  marathon.dropStreams();
  await until('a new stream', () => marathon.streams() === 1);
  await addTask(app.id, FOURTH);
  await served([...FIRST, FOURTH]);
});

test.each(['html', 'refuse', 'close-at-once'] as const)('a stream that is none (%s): Marathon is read all the same', async (events) => {
  const { marathon, daemon, deploy, served } = await makeCluster();
  await deploy();
  marathon.misbehave.events = events;
  const { logged } = daemon();
  await expect(logged(/no event stream/)).resolves.toMatchObject({ level: 'warn', reason: expect.stringContaining(marathon.url) });
  await served(FIRST);
});

test.each(['worker', 'master'] as const)('HAProxy whose %s somebody ended is started again', async (who) => {
  const { daemon, deploy, settled, served, worker, processes } = await makeCluster();
  await deploy();
  const { logged } = daemon();
  await logged(/has loaded/);
  await settled(); // it has read back what HAProxy made of it
  const before = await worker();
  const [master = 0] = await processes();
  process.kill(who === 'worker' ? before : master, 'SIGKILL'); // the other one ends with it
  await until('another worker', async () => ![0, before].includes(await worker()));
  await served(FIRST);
  await expect(logged(/HAProxy is gone/)).resolves.toMatchObject({ level: 'error' });
});

test('--hold-listeners: HAProxy is killed, and no connection is refused; a new port is held as well', async () => {
  const { otherApp, marathon, daemon, deploy, addTask, settled, served, processes, traffic, config } = await makeCluster();
  await deploy();
  const { logged } = daemon(['--hold-listeners']);
  await logged(/listening sockets are held/);
  await settled();
  const { more, stop } = traffic();
  await more(20);
  const [master = 0] = await processes();
  process.kill(master, 'SIGKILL');
  await logged(/it served last/); // it is there again
  await more(20);
  const { failures } = await stop();
  expect(failures).not.toHaveProperty('ECONNREFUSED');
  await served(FIRST);

  const held = async (): Promise<readonly string[]> => (await readdir(path.dirname(config))).filter((name) => /\.held\.[01]$/.test(name));
  const [first] = await held();
  marathon.deploy(otherApp);
  await addTask(otherApp.id, FIFTH);
  await until('the sockets are held that the port is one of', async () => !(await held()).includes(first ?? ''));
  await served([FIFTH], { host: OTHER_HOST });
  expect(await held()).toHaveLength(1);
});

test('a daemon that waits for a Marathon which never answers ends at SIGTERM', async () => {
  const { marathon, runDir, daemon } = await makeCluster();
  marathon.misbehave.apps = 'hang';
  const { signal, logged, ended } = daemon();
  await logged(/following/);
  await until('a read', () => marathon.requestsOf('/v2/apps') > 0);
  signal('SIGTERM');
  await expect(ended).resolves.toMatchObject({ code: 0, stderr: '' });
  await expect(readdir(runDir)).resolves.toEqual([]);
});

test('a daemon that is ended while HAProxy looks at a candidate leaves nothing half-done', async () => {
  const { marathon, folder, runDir, app, otherApp, ports, ends, daemon, once, deploy, addTask, served, agreed, traffic } =
    await makeCluster();
  await deploy();
  const { bin, hold, release, looks } = await writeSlowHaproxy(folder);
  ends.push(release);
  const { signal, logged, ended } = daemon(['--haproxy-bin', bin]);
  await logged(/has loaded/);
  const { more, stop } = traffic();
  const before = await looks();
  await hold();
  marathon.deploy(otherApp); // a task alone is no candidate: HAProxy takes it as it runs
  await addTask(otherApp.id, FIFTH);
  await until('the next look', async () => (await looks()) > before);
  await addTask(app.id, FOURTH);
  signal('SIGTERM');
  await more(50);
  await release();
  await expect(ended).resolves.toMatchObject({ code: 0, stderr: '' });
  await more(50);
  expect((await stop()).failures).toEqual({});
  expect((await readdir(runDir)).filter((file) => file.startsWith('daemon'))).toEqual([]);
  expect((await readdir(folder)).filter((file) => file.includes('candidate'))).toEqual([]);
  await expect(once()).resolves.toMatchObject({ code: 0, stderr: '' });
  await served([...FIRST, FOURTH]);
  await served([FIFTH], { port: ports.other });
  await agreed();
});
