import { afterEach, expect, test } from '@jest/globals';
import { startMarathon, type Launch, type Marathon } from '../../src/demo/marathon.ts';
import { until } from '../e2e/until.ts';

const ends: Marathon[] = [];
afterEach(() => Promise.all(ends.splice(0).map((one) => one.close())));

async function start(launch?: Launch): Promise<Marathon> {
  const marathon = await startMarathon(launch === undefined ? {} : { launch });
  ends.push(marathon);
  return marathon;
}

interface Heard {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

async function ask(marathon: Marathon, method: string, path: string, body?: unknown): Promise<Heard> {
  const response = await fetch(marathon.url + path, { method, ...(body !== undefined && { body: JSON.stringify(body) }) });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

async function appOf(marathon: Marathon, id: string) {
  const { body } = await ask(marathon, 'GET', `/v2/apps${id}`);
  return body['app'] as { instances: number; tasks: { id: string }[]; deployments: unknown[]; labels: object; versionInfo: object };
}

const CHECK = { protocol: 'MESOS_HTTP', path: '/' };

function launcher({ holds = Promise.resolve(), never = false } = {}): { launch: Launch; stopped: () => number } {
  let [started, stopped] = [0, 0];
  const stop = (): Promise<void> => {
    stopped++;
    return Promise.resolve();
  };
  const launch: Launch = async () => {
    await holds;
    const form = { host: '10.0.0.1', addresses: [`127.0.1.${++started}`] };
    return { form, stop, ...(never && { healthyAfterMs: 'never' as const }) };
  };
  return { launch, stopped: () => stopped };
}

test('an app is posted, scaled, shrunk by killing named tasks, and removed; each change is a deployment', async () => {
  const { launch, stopped } = launcher();
  const marathon = await start(launch);
  const made = await ask(marathon, 'POST', '/v2/apps', { id: 'shop', instances: 2, labels: { a: '1' }, healthChecks: [CHECK] });
  expect(made).toMatchObject({ status: 201, body: { id: '/shop', instances: 2 } });
  const settled = (size: number) =>
    until(`${size} tasks and no deployment`, async () => {
      const { tasks, deployments } = await appOf(marathon, '/shop');
      return tasks.length === size && deployments.length === 0;
    });
  await settled(2);
  expect(await ask(marathon, 'POST', '/v2/apps', { id: '/shop' })).toMatchObject({ status: 409 });
  const before = await appOf(marathon, '/shop');
  expect(await ask(marathon, 'PUT', '/v2/apps//shop', { instances: 3 })).toMatchObject({ status: 200 });
  await settled(3);
  const after = await appOf(marathon, '/shop');
  const [configured, scaled] = ['lastConfigChangeAt', 'lastScalingAt'] as const;
  expect(Object.entries(after.versionInfo)).toContainEqual([configured, new Map(Object.entries(before.versionInfo)).get(configured)]);
  expect(Object.entries(after.versionInfo)).not.toContainEqual([scaled, new Map(Object.entries(before.versionInfo)).get(scaled)]);
  const [first] = after.tasks;
  expect(await ask(marathon, 'POST', '/v2/tasks/delete?scale=true', { ids: [first?.id] })).toMatchObject({ status: 200 });
  await settled(2);
  const left = await appOf(marathon, '/shop');
  expect(left).toMatchObject({ instances: 2, labels: { a: '1' } });
  expect(left.tasks.map(({ id }) => id)).not.toContain(first?.id);
  expect(await ask(marathon, 'DELETE', '/v2/apps/shop')).toMatchObject({ status: 200 });
  expect(await ask(marathon, 'DELETE', '/v2/apps/shop')).toMatchObject({ status: 404 });
  await until('all tasks have ended', () => stopped() === 3);
});

test('while an app is deployed, changes are refused with 409, unless they are forced', async () => {
  const { launch } = launcher({ never: true });
  const marathon = await start(launch);
  await ask(marathon, 'POST', '/v2/apps', { id: '/bad', instances: 1, healthChecks: [CHECK] });
  await until('the task runs', async () => (await appOf(marathon, '/bad')).tasks.length === 1);
  const { tasks, deployments } = await appOf(marathon, '/bad');
  expect(deployments).toHaveLength(1);
  const refused = { status: 409, body: { message: expect.stringContaining('locked'), deployments } };
  expect(await ask(marathon, 'PUT', '/v2/apps/bad', { instances: 2 })).toMatchObject(refused);
  expect(await ask(marathon, 'DELETE', '/v2/apps/bad')).toMatchObject(refused);
  expect(await ask(marathon, 'POST', '/v2/tasks/delete?scale=true', { ids: tasks.map(({ id }) => id) })).toMatchObject(refused);
  expect(await ask(marathon, 'DELETE', '/v2/apps/bad?force=true')).toMatchObject({ status: 200 });
});

test('a start may be slow: the deployment is open until the task runs', async () => {
  let release = (): void => undefined;
  const holds = new Promise<void>((resolve) => (release = resolve));
  const { launch } = launcher({ holds });
  const marathon = await start(launch);
  await ask(marathon, 'POST', '/v2/apps', { id: '/slow', instances: 1 });
  expect(await appOf(marathon, '/slow')).toMatchObject({ tasks: [], deployments: [{}] });
  release();
  await until('the deployment ends', async () => (await appOf(marathon, '/slow')).deployments.length === 0);
});

test('an app of 0 instances has no open deployment, and is changed by PUT', async () => {
  const marathon = await start();
  await ask(marathon, 'POST', '/v2/apps', { id: '/shop-zdd', cmd: 'true', instances: 0, labels: { owner: 'a' } });
  expect(await ask(marathon, 'PUT', '/v2/apps/shop-zdd', { labels: { owner: 'b' } })).toMatchObject({ status: 200 });
  expect(await appOf(marathon, '/shop-zdd')).toMatchObject({ labels: { owner: 'b' }, deployments: [] });
});
