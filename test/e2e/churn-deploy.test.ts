import { expect, jest, test } from '@jest/globals';
import type { AppForm } from '../../src/demo/marathon.ts';
import { clusters } from './cluster.ts';
import { reloadsIn } from './command.ts';
import { fleetHost, makeFleet, startMany, type FleetTask } from './fleet.ts';
import { freePorts } from './ports.ts';

jest.setTimeout(90_000);

const makeCluster = clusters();

const check = (path: string): Pick<AppForm, 'healthChecks'> => ({
  healthChecks: [{ protocol: 'HTTP', path, portIndex: 0, intervalSeconds: 1, timeoutSeconds: 1, maxConsecutiveFailures: 3 }],
});

interface Version {
  readonly what: string;
  /** Of the new version; both have a check. */
  readonly path: string;
  /** HAProxy is reloaded so often for the new definition, and never for a task. */
  readonly reloads: number;
}

test.each<Version>([
  { what: 'other ports', path: '/old', reloads: 0 },
  { what: 'other ports and another health check', path: '/new', reloads: 1 },
])('a rolling deployment with $what: $reloads reloads, no failed request', async ({ path, reloads }) => {
  const cluster = await makeCluster();
  const { marathon, daemon, settled, agreed, inRotation, traffic } = cluster;
  const fleet = await makeFleet(cluster, 1);
  const [port = 0] = await freePorts(1);
  const old: AppForm = { ...fleet.appOf(0), ...check('/old'), instances: 4 };
  const fresh: AppForm = { ...old, ...check(path), ports: [{ servicePort: old.ports?.[0]?.servicePort ?? 0, containerPort: port }] };
  marathon.deploy(old);
  const olds: FleetTask[] = [];
  for (let i = 0; i < 4; i++) olds.push(await fleet.start(old, { health: true }));
  const { logged, log } = daemon();
  await logged(/has loaded/);
  await agreed();
  const { more, stop } = traffic(fleetHost(0));
  await more(50);
  const before = reloadsIn(log());
  marathon.deploy(fresh);
  marathon.startDeployment(fresh.id);
  for (const task of olds) {
    const next = await fleet.start(fresh);
    await more(10);
    expect(Object.values(await inRotation()).flat()).not.toContain(`${next.address}:${port}`); // nothing says yet that it is healthy
    expect(Object.values(await inRotation()).flat()).toContain(`${task.address}:${task.backend.port}`);
    marathon.setHealth(fresh.id, next.id, true);
    await fleet.kill(task);
  }
  marathon.finishDeployment(fresh.id);
  await settled();
  await agreed();
  await more(50);
  const { requests, failures } = await stop();
  expect(failures).toEqual({});
  expect(requests).toBeGreaterThanOrEqual(140);
  expect(reloadsIn(log()) - before).toBe(reloads);
});

test('a task that is unhealthy and healthy again: no reload; the last one serves on while it only fails', async () => {
  const cluster = await makeCluster();
  const { marathon, daemon, settled, agreed, rotates, traffic } = cluster;
  const fleet = await makeFleet(cluster, 1);
  const app: AppForm = { ...fleet.appOf(0), ...check('/health') };
  marathon.deploy(app);
  const [first, second] = [await fleet.start(app, { health: true }), await fleet.start(app, { health: true })];
  const { logged, log } = daemon();
  await logged(/has loaded/);
  await rotates([first.address, second.address]);
  const { more, stop } = traffic(fleetHost(0));
  await more(50);
  marathon.setHealth(app.id, first.id, false);
  await rotates([second.address]);
  await agreed([first.address]);
  marathon.setHealth(app.id, second.id, false, { failures: 1 });
  await more(50);
  await agreed([first.address]);
  marathon.setHealth(app.id, second.id, true);
  await more(50);
  await rotates([second.address]);
  marathon.setHealth(app.id, first.id, true);
  await rotates([first.address, second.address]);
  await agreed();
  await more(50);
  expect((await stop()).failures).toEqual({});
  await settled();
  expect(reloadsIn(log())).toBe(1);
});

test.each([1, 3])('readiness with %i instances: a new task serves when it is ready, not before; no reload', async (instances) => {
  const cluster = await makeCluster();
  const { marathon, daemon, settled, agreed, rotates, inRotation, traffic } = cluster;
  const fleet = await makeFleet(cluster, 1);
  const app: AppForm = { ...fleet.appOf(0), instances, readinessChecks: [{ path: '/ready' }] };
  marathon.deploy(app);
  const olds = await startMany(fleet, app, instances);
  const { logged, log } = daemon();
  await logged(/has loaded/);
  await rotates(olds.map(({ address }) => address));
  const { more, stop } = traffic(fleetHost(0));
  await more(50);
  const fresh: AppForm = { ...app, labels: { ...app.labels, NOTE: 'the next version' } };
  marathon.deploy(fresh);
  marathon.startDeployment(app.id);
  for (const task of olds) {
    const next = await fleet.start(fresh);
    marathon.setReady(app.id, next.id, false);
    await more(30);
    expect(next.backend.requests()).toBe(0);
    expect(Object.values(await inRotation()).flat()).toHaveLength(instances);
    marathon.setReady(app.id, next.id, true); // as in Marathon no event says so, but the old task is killed for it
    await fleet.kill(task);
  }
  marathon.finishDeployment(app.id);
  await agreed();
  await more(50);
  expect((await stop()).failures).toEqual({});
  await settled();
  expect(reloadsIn(log())).toBe(1);
});

const colour = (app: AppForm, id: string, labels: Readonly<Record<string, string>>): AppForm => ({
  ...app,
  id,
  labels: { ...app.labels, HAPROXY_DEPLOYMENT_GROUP: 'shop', HAPROXY_DEPLOYMENT_TARGET_INSTANCES: '3', ...labels },
});

test('blue and green: old tasks drain in maintenance as new ones come, without a reload', async () => {
  const cluster = await makeCluster();
  const { marathon, daemon, settled, agreed, rotates, traffic, text } = cluster;
  const fleet = await makeFleet(cluster, 1);
  const blue = colour(fleet.appOf(0), '/shop-blue', {
    HAPROXY_DEPLOYMENT_COLOUR: 'blue',
    HAPROXY_DEPLOYMENT_STARTED_AT: '2026-01-01T00:00:00',
  });
  const green = colour(fleet.appOf(0), '/shop-green', {
    HAPROXY_DEPLOYMENT_COLOUR: 'green',
    HAPROXY_DEPLOYMENT_STARTED_AT: '2026-02-01T00:00:00',
    HAPROXY_DEPLOYMENT_NEW_INSTANCES: '0',
  });
  marathon.deploy({ ...blue, instances: 3 });
  const blues = await startMany(fleet, blue, 3);
  const { logged, log } = daemon();
  await logged(/has loaded/);
  const { more, stop } = traffic(fleetHost(0));
  await more(50);
  marathon.deploy({ ...green, instances: 1 });
  const greens = [await fleet.start(green)];
  const inOrder = [...blues].sort((a, b) => (a.id < b.id ? -1 : 1));
  for (let drained = 1; drained <= 3; drained++) {
    const [gone, still] = [inOrder.slice(0, drained), inOrder.slice(drained)];
    await rotates([...greens, ...still].map(({ address }) => address));
    await agreed(gone.map(({ address }) => address));
    expect((await text()).match(/ disabled$/gm)).toHaveLength(drained);
    await more(30);
    if (drained === 3) break;
    marathon.scale(green.id, drained + 1);
    greens.push(await fleet.start(green));
  }
  marathon.scale(blue.id, 0);
  await Promise.all(blues.map((task) => fleet.kill(task)));
  await agreed();
  marathon.remove(blue.id);
  await more(50);
  await agreed();
  expect((await stop()).failures).toEqual({});
  await settled();
  expect(reloadsIn(log())).toBe(1);
});
