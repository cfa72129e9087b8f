import { expect, jest, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { startBackendProcess } from './backend-process.ts';
import { clusters, type Cluster } from './cluster.ts';
import { reloadsIn } from './command.ts';
import { fleetHost, makeFleet, startMany, type FleetTask } from './fleet.ts';
import { FIRST, OTHER_HOST } from './tasks.ts';
import { until } from './until.ts';

jest.setTimeout(90_000);

const makeCluster = clusters();
const [FOURTH, FIFTH] = ['127.50.0.71', '127.50.0.72'] as const;

test('kill -9 of one backend after the other, until one is left: no GET fails, before Marathon knows and after; no reload', async () => {
  const { marathon, app, ports, ends, daemon, settled, agreed, rotates, traffic } = await makeCluster();
  marathon.deploy(app);
  const tasks = await Promise.all(
    FIRST.map(async (address) => {
      const { kill } = await startBackendProcess({ address, port: ports.container, ends });
      return { address, kill, id: marathon.addTask(app.id, { host: '172.24.197.101', addresses: [address] }) };
    }),
  );
  const { logged, log } = daemon();
  await logged(/has loaded/);
  const flows = [traffic(), traffic()];
  const more = (count: number) => Promise.all(flows.map((flow) => flow.more(count)));
  await more(50);
  const [last, ...others] = tasks;
  for (const { id, kill } of others) {
    await kill();
    await more(20);
    marathon.setTaskState(app.id, id, 'TASK_FAILED');
    await more(20);
  }
  await rotates([last?.address ?? '']);
  await agreed();
  await settled();
  await more(20);
  for (const { stop } of flows) expect((await stop()).failures).toEqual({});
  expect(reloadsIn(log())).toBe(1);
});

/** Replaces the tasks of an app, one after the other, so many times. */
async function churn(cluster: Cluster, times: number) {
  const fleet = await makeFleet(cluster, 1);
  const app = fleet.appOf(0);
  cluster.marathon.deploy(app);
  const tasks: FleetTask[] = [...(await startMany(fleet, app, 3))];
  const kills: Promise<void>[] = [];
  const replace = async (): Promise<void> => {
    tasks.push(await fleet.start(app));
    const oldest = tasks.shift();
    if (oldest !== undefined) kills.push(fleet.kill(oldest));
    await sleep(50);
  };
  const go = async (): Promise<void> => {
    for (let i = 0; i < times; i++) await replace();
    await Promise.all(kills);
  };
  return { app, fleet, tasks, go };
}

test('kill -9 of the daemon in the middle of changes: the next one adopts HAProxy and sends the difference, without a reload', async () => {
  const cluster = await makeCluster();
  const { marathon, daemon, settled, agreed, worker, traffic, text } = cluster;
  const { app, fleet, tasks, go } = await churn(cluster, 10);
  const first = daemon();
  await first.logged(/has loaded/);
  const [before, file] = [await worker(), await text()];
  const { more, stop } = traffic(fleetHost(0));
  await more(20);
  await go();
  first.signal('SIGKILL');
  await first.ended;
  expect(await text()).toBe(file); // so HAProxy has servers that no file names, and lacks some that it names
  const [killed, failed] = tasks;
  marathon.setTaskState(app.id, killed?.id ?? '', 'TASK_KILLING'); // it answers on
  await failed?.backend.close();
  marathon.setTaskState(app.id, failed?.id ?? '', 'TASK_FAILED');
  await startMany(fleet, app, 2);
  await more(20);
  const second = daemon();
  await second.logged(/Marathon was read/);
  await settled();
  await agreed();
  await killed?.backend.close();
  marathon.setTaskState(app.id, killed?.id ?? '', 'TASK_KILLED');
  await more(50);
  expect((await stop()).failures).toEqual({});
  expect([reloadsIn(first.log()), reloadsIn(second.log())]).toEqual([1, 0]);
  await expect(worker()).resolves.toBe(before);
});

test.each([
  ['still runs', 'TASK_RUNNING'],
  ['is being killed', 'TASK_KILLING'],
  ['has ended', 'TASK_FAILED'],
])(
  'the daemon is killed before the file names a new server, whose task %s then: the next one knows, without a reload',
  async (_, state) => {
    const { marathon, app, daemon, deploy, addTask, settled, agreed, rotates, worker } = await makeCluster();
    await deploy();
    const first = daemon();
    await first.logged(/has loaded/);
    const before = await worker();
    const { id } = await addTask(app.id, FOURTH);
    await rotates([...FIRST, FOURTH]);
    first.signal('SIGKILL');
    await first.ended;
    if (state !== 'TASK_RUNNING') marathon.setTaskState(app.id, id, state);
    const second = daemon();
    await second.logged(/Marathon was read/);
    await settled();
    await agreed();
    expect(reloadsIn(second.log())).toBe(0);
    await expect(worker()).resolves.toBe(before);
  },
);

test('a new app in the middle of task changes: one reload, and no change made while it runs is lost', async () => {
  const cluster = await makeCluster();
  const { marathon, otherApp, daemon, addTask, settled, agreed, get, traffic } = cluster;
  const { go } = await churn(cluster, 40);
  const { logged, log } = daemon();
  await logged(/has loaded/);
  const { more, stop } = traffic(fleetHost(0));
  await more(20);
  const going = go();
  await more(100);
  marathon.deploy(otherApp);
  await addTask(otherApp.id, FOURTH);
  await until('the other app', async () => (await get({ host: OTHER_HOST })).status === '200');
  const other = traffic(OTHER_HOST);
  await going;
  await settled();
  await agreed();
  await Promise.all([more(50), other.more(50)]);
  expect([(await stop()).failures, (await other.stop()).failures]).toEqual([{}, {}]);
  expect(reloadsIn(log())).toBe(2);
});

test('a reload by hand before the file has followed: the next change finds it, and brings HAProxy back to what Marathon says', async () => {
  const { marathon, app, daemon, deploy, addTask, settled, agreed, rotates, worker, processes, traffic } = await makeCluster();
  const [oldest] = await deploy();
  const { logged, log } = daemon();
  await logged(/has loaded/);
  const { more, stop } = traffic();
  await more(20);
  await addTask(app.id, FOURTH);
  marathon.setTaskState(app.id, oldest?.id ?? '', 'TASK_KILLING');
  await rotates([FIRST[1], FIRST[2], FOURTH]);
  const before = await worker();
  const [master = 0] = await processes();
  // The file follows two seconds later, so the new worker has the servers from before. The test does not look whether it has
  // them, since the daemon may put that right at any moment.
  process.kill(master, 'SIGUSR2');
  await until('another worker', async () => ![0, before].includes(await worker()));
  await oldest?.backend.close();
  marathon.setTaskState(app.id, oldest?.id ?? '', 'TASK_KILLED');
  await addTask(app.id, FIFTH);
  await rotates([FIRST[1], FIRST[2], FOURTH, FIFTH]);
  await settled();
  await agreed();
  await more(20);
  expect((await stop()).failures).toEqual({});
  expect(reloadsIn(log())).toBe(1);
});
