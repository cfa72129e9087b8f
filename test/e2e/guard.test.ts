import { expect, jest, test } from '@jest/globals';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { clusters } from './cluster.ts';
import { FIRST } from './tasks.ts';
import { until } from './until.ts';

jest.setTimeout(120_000);

const makeCluster = clusters();
const FOURTH = '127.50.0.71';

test('a list of apps that is empty all at once is held and told; when they are back, that is over', async () => {
  const { marathon, app, daemon, once, deploy, addTask, served, traffic } = await makeCluster();
  await deploy();
  const { signal, logged } = daemon(['--mass-removal-hold', '60']);
  await served(FIRST);
  const { more, stop } = traffic();
  marathon.misbehave.apps = 'empty';
  signal('SIGHUP');
  const problem = await logged(/losses-held/);
  expect(problem).toMatchObject({ level: 'warn', hint: expect.stringContaining('--mass-removal-hold') });
  expect(problem.msg).toContain("Marathon's answers lack 3 of 3 tasks");
  const reads = marathon.requestsOf('/v2/apps');
  signal('SIGHUP');
  await until('another read', () => marathon.requestsOf('/v2/apps') > reads);
  const beside = await once(); // HAProxy does not have what Marathon said
  expect(beside).toMatchObject({ code: 1, stderr: expect.stringMatching(/lack 3 of 3 tasks .* the tasks stay in service until \d{4}-/) });
  await more(20);
  await served(FIRST);
  marathon.misbehave.apps = 'ok';
  signal('SIGHUP');
  await expect(logged(/a problem is gone/)).resolves.toMatchObject({ code: 'losses-held' });
  await expect(once()).resolves.toMatchObject({ code: 0, stderr: '' });
  await addTask(app.id, FOURTH);
  await served([...FIRST, FOURTH]);
  expect((await stop()).failures).toEqual({});
});

test('what is held is asked about again by itself, and goes when Marathon still says so at the end', async () => {
  const { marathon, daemon, deploy, served, get } = await makeCluster();
  await deploy();
  const { signal, logged } = daemon(['--mass-removal-hold', '2']);
  await served(FIRST);
  marathon.misbehave.apps = 'empty';
  signal('SIGHUP');
  await logged(/losses-held/);
  await until('503', async () => (await get()).status === '503');
  await expect(logged(/a problem is gone/)).resolves.toMatchObject({ code: 'losses-held' });
});

test('with --mass-removal-hold 0 an empty list goes at once', async () => {
  const { marathon, daemon, deploy, served, get } = await makeCluster();
  await deploy();
  const { signal, log } = daemon(['--mass-removal-hold', '0']);
  await served(FIRST);
  marathon.misbehave.apps = 'empty';
  signal('SIGHUP');
  await until('503', async () => (await get()).status === '503');
  expect(log().filter(({ code }) => code === 'losses-held')).toEqual([]);
});

test('an app that Marathon says is removed goes at once, although it is all there was', async () => {
  const { marathon, app, daemon, deploy, served, get } = await makeCluster();
  await deploy();
  const { log } = daemon(['--mass-removal-hold', '60']);
  await served(FIRST);
  marathon.remove(app.id);
  await until('503', async () => (await get()).status === '503');
  expect(log().filter(({ code }) => code === 'losses-held')).toEqual([]);
});

test('a restart while Marathon answers with a page for people, HAProxy gone too: what was known serves, and is said to be stale', async () => {
  const { marathon, app, folder, daemon, deploy, addTask, served, processes } = await makeCluster();
  await deploy();
  const first = daemon();
  await served(FIRST);
  first.signal('SIGTERM');
  await first.ended;
  await expect(readdir(path.join(folder, 'state'))).resolves.toContain('known.json');
  for (const pid of await processes()) process.kill(pid, 'SIGKILL');
  marathon.misbehave.apps = 'html';
  const second = daemon();
  await expect(second.logged(/Marathon could not be read since this start/)).resolves.toMatchObject({ level: 'warn', code: 'stale' });
  await served(FIRST);
  marathon.misbehave.apps = 'ok';
  await expect(second.logged(/a problem is gone/)).resolves.toMatchObject({ code: 'stale' });
  await addTask(app.id, FOURTH);
  await served([...FIRST, FOURTH]);
});

test('a restart in the middle of an election, whose first answer has no apps: what ran a moment ago serves on', async () => {
  const { marathon, app, daemon, deploy, addTask, served, traffic } = await makeCluster();
  await deploy();
  const first = daemon();
  await served(FIRST);
  const { more, stop } = traffic();
  first.signal('SIGTERM');
  await first.ended;
  marathon.misbehave.apps = 'empty';
  const second = daemon(['--mass-removal-hold', '60']);
  await expect(second.logged(/losses-held/)).resolves.toMatchObject({ msg: expect.stringContaining('lack 3 of 3 tasks') });
  await more(20);
  marathon.misbehave.apps = 'ok';
  second.signal('SIGHUP');
  await expect(second.logged(/a problem is gone/)).resolves.toMatchObject({ code: 'losses-held' });
  await addTask(app.id, FOURTH);
  await served([...FIRST, FOURTH]);
  expect((await stop()).failures).toEqual({});
});
