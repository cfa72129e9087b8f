import { expect, jest, test } from '@jest/globals';
import { stat } from 'node:fs/promises';
import { clusters } from './cluster.ts';
import { FIRST } from './tasks.ts';

jest.setTimeout(90_000);

const makeCluster = clusters();
const FOURTH = '127.50.0.71';

test('HAProxy of a daemon that was killed is adopted as it is by the next one, which follows on; no request fails', async () => {
  const { config, app, daemon, once, deploy, addTask, served, worker, traffic } = await makeCluster();
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
  await second.logged(/Marathon is read/);
  await expect(once()).resolves.toMatchObject({ code: 0, log: [{ msg: 'nothing changed' }] });
  await expect(worker()).resolves.toBe(before);
  expect((await stat(config)).mtimeMs).toBe(mtimeMs);
  expect(second.log().filter(({ msg }) => msg.includes('has loaded'))).toEqual([]);

  await addTask(app.id, FOURTH);
  await second.logged(/127_50_0_71.*has loaded/);
  await more(50);
  const { requests, failures } = await stop();
  expect(failures).toEqual({});
  expect(requests).toBeGreaterThanOrEqual(150);
  await served([...FIRST, FOURTH]);
  expect(await worker()).not.toBe(before);
});

test('what changed while no daemon ran is loaded by the next one', async () => {
  const { app, daemon, deploy, addTask, served, worker, traffic } = await makeCluster();
  await deploy();
  const first = daemon();
  await first.logged(/has loaded/);
  const before = await worker();
  const { more, stop } = traffic();
  await more(20);
  first.signal('SIGKILL');
  await first.ended;
  await addTask(app.id, FOURTH);
  await daemon().logged(/has loaded/);
  await more(20);
  expect((await stop()).failures).toEqual({});
  await served([...FIRST, FOURTH]);
  expect(await worker()).not.toBe(before);
});
