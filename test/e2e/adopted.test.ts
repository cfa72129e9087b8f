import { expect, jest, test } from '@jest/globals';
import { once } from 'node:events';
import { readFile, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { clusters } from './cluster.ts';
import { reloadsIn } from './command.ts';
import { FIRST } from './tasks.ts';

jest.setTimeout(90_000);

const makeCluster = clusters();
const FOURTH = '127.50.0.71';

test('HAProxy of a daemon that was killed is adopted as it is by the next one, which follows on; no request fails', async () => {
  const { config, app, daemon, once: pass, deploy, addTask, served, agreed, worker, traffic } = await makeCluster();
  await deploy();
  const first = daemon();
  await first.logged(/has loaded/);
  await served(FIRST);
  const [before, { mtimeMs }] = [await worker(), await stat(config)];
  const { more, stop } = traffic();
  await more(50);
  first.signal('SIGKILL');
  await expect(first.ended).resolves.toMatchObject({ code: undefined });
  await more(50);

  const second = daemon();
  await second.logged(/Marathon was read/);
  await expect(pass()).resolves.toMatchObject({ code: 0, log: [{ msg: 'HAProxy runs what Marathon said' }] });
  await expect(worker()).resolves.toBe(before);
  expect((await stat(config)).mtimeMs).toBe(mtimeMs);
  expect(second.log().filter(({ msg }) => msg.includes('has loaded'))).toEqual([]);

  await addTask(app.id, FOURTH);
  await second.logged(/127_50_0_71.*has accepted/);
  await more(50);
  const { requests, failures } = await stop();
  expect(failures).toEqual({});
  expect(requests).toBeGreaterThanOrEqual(150);
  await served([...FIRST, FOURTH]);
  await agreed();
  await expect(worker()).resolves.toBe(before);
  expect(reloadsIn(second.log())).toBe(0);
});

test('what changed while no daemon ran is brought to HAProxy by the next one, without a reload', async () => {
  const { app, daemon, deploy, addTask, served, agreed, worker, traffic } = await makeCluster();
  await deploy();
  const first = daemon();
  await first.logged(/has loaded/);
  const before = await worker();
  const { more, stop } = traffic();
  await more(20);
  first.signal('SIGKILL');
  await first.ended;
  await addTask(app.id, FOURTH);
  const second = daemon();
  await second.logged(/127_50_0_71.*has accepted/);
  await more(20);
  expect((await stop()).failures).toEqual({});
  await served([...FIRST, FOURTH]);
  await agreed();
  await expect(worker()).resolves.toBe(before);
  expect(reloadsIn(second.log())).toBe(0);
});

test('HAProxy has ended with its daemon: the next daemon serves what was served last while Marathon does not answer, then sends the difference', async () => {
  const { app, config, marathon, ports, daemon, deploy, addTask, served, agreed } = await makeCluster();
  await deploy();
  const first = daemon(['--stop-haproxy', '--shutdown-delay', '0']);
  await first.logged(/has loaded/);
  await served(FIRST);
  first.signal('SIGTERM');
  await first.ended;

  marathon.misbehave.apps = 'hang';
  const second = daemon(['--stop-haproxy', '--shutdown-delay', '0']);
  await second.logged(/served last.*has loaded/);
  await served(FIRST);
  marathon.misbehave.apps = 'ok';
  await addTask(app.id, FOURTH);
  await second.logged(/127_50_0_71.*has accepted/);
  await served([...FIRST, FOURTH]);
  await agreed();
  expect(second.log().filter(({ msg }) => msg.includes('has loaded'))).toHaveLength(1);
  second.signal('SIGTERM');
  await second.ended;

  const taken = createServer().listen(ports.service, '127.0.0.1');
  await once(taken, 'listening');
  const third = daemon(['--stop-haproxy', '--shutdown-delay', '0']);
  await third.logged(/does not start with the files in place/);
  await third.logged(/not-loaded.*has loaded/);
  await expect(readFile(config, 'utf8')).resolves.toContain('127_50_0_71');
  taken.close();
});
