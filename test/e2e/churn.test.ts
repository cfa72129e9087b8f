import { expect, jest, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { clusters } from './cluster.ts';
import { reloadsIn } from './command.ts';
import { fleetHost, makeFleet, startMany, type FleetTask } from './fleet.ts';

jest.setTimeout(90_000);

const makeCluster = clusters();

test('scaled from 2 to 50 and back to 2: no reload, no failed request', async () => {
  const cluster = await makeCluster();
  const { marathon, daemon, agreed, rotates, traffic, once } = cluster;
  const fleet = await makeFleet(cluster, 1);
  const app = fleet.appOf(0);
  marathon.deploy(app);
  const kept = await startMany(fleet, app, 2);
  const { logged, log } = daemon();
  await logged(/has loaded/);
  const { more, stop } = traffic(fleetHost(0));
  await more(50);
  marathon.scale(app.id, 50);
  const added = await startMany(fleet, app, 48);
  await agreed();
  await more(100);
  for (const { backend } of [...kept, ...added]) expect(backend.requests()).toBeGreaterThan(0);
  marathon.scale(app.id, 2);
  for (const { id } of added) marathon.setTaskState(app.id, id, 'TASK_KILLING');
  await rotates(kept.map(({ address }) => address)); // Marathon's grace is 3 s by default; ours is short, and this machine may be slow
  await Promise.all(added.map((task) => fleet.kill(task)));
  await agreed();
  await more(100);
  const { requests, failures } = await stop();
  expect(failures).toEqual({});
  expect(requests).toBeGreaterThanOrEqual(250);
  await expect(once()).resolves.toMatchObject({ log: [{ msg: 'HAProxy runs what Marathon said' }] });
  expect(reloadsIn(log())).toBe(1); // the first, that started HAProxy
});

/** Apps, seconds, and tasks that are replaced in each of them. */
const [APPS, SECONDS, A_SECOND] = [5, 10, 10];

test('ten tasks a second killed and replaced, of several apps: no reload, no failed request', async () => {
  const cluster = await makeCluster();
  const { marathon, daemon, settled, agreed, traffic } = cluster;
  const fleet = await makeFleet(cluster, APPS);
  const apps = Array.from({ length: APPS }, (_, n) => fleet.appOf(n));
  for (const app of apps) marathon.deploy(app);
  const running = await Promise.all(apps.map(async (app): Promise<FleetTask[]> => [...(await startMany(fleet, app, 2))]));
  const { logged, log } = daemon();
  await logged(/has loaded/);
  const all = apps.map((_, n) => traffic(fleetHost(n)));
  await Promise.all(all.map(({ more }) => more(20)));
  const kills: Promise<void>[] = [];
  for (let i = 0; i < SECONDS * A_SECOND; i++) {
    const tasks = running[i % APPS];
    const app = apps[i % APPS];
    if (tasks === undefined || app === undefined) throw new Error('no such app');
    tasks.push(await fleet.start(app));
    const oldest = tasks.shift();
    if (oldest !== undefined) kills.push(fleet.kill(oldest));
    await sleep(1000 / A_SECOND);
  }
  await Promise.all(kills);
  await agreed();
  await Promise.all(all.map(({ more }) => more(20)));
  for (const { stop } of all) expect((await stop()).failures).toEqual({});
  await settled();
  expect(reloadsIn(log())).toBe(1);
  expect(log().filter(({ level }) => level === 'error')).toEqual([]);
});
