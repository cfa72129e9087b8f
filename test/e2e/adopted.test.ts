import { expect, jest, test } from '@jest/globals';
import { stat } from 'node:fs/promises';
import { clusters } from './cluster.ts';
import { reloadsIn } from './command.ts';
import { FIRST } from './tasks.ts';

jest.setTimeout(90_000);

const makeCluster = clusters();
const FOURTH = '127.50.0.71';

test('HAProxy of a daemon that was killed is adopted as it is by the next one, which follows on; no request fails', async () => {
  const { config, app, daemon, once, deploy, addTask, served, agreed, worker, traffic } = await makeCluster();
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
  await expect(once()).resolves.toMatchObject({ code: 0, log: [{ msg: 'nothing changed' }] });
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
