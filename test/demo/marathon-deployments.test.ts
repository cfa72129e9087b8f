import { expect, test } from '@jest/globals';
import { appOf, framesOf, marathons, NGINX } from './marathons.ts';
import { getJson, typesOf } from './raw.ts';

const start = marathons();
const TASK = { host: '172.24.197.101', addresses: ['192.168.84.196'] };
const CHECKED = { ...NGINX, healthChecks: [{ protocol: 'HTTP' as const, path: '/' }] };

test('health results are those of the checks that a task was started with', async () => {
  const marathon = await start();
  marathon.deploy({ ...NGINX, healthChecks: [{ protocol: 'HTTP' }, { protocol: 'TCP' }] });
  const old = marathon.addTask('/nginx', { ...TASK, health: true });
  marathon.deploy(CHECKED);
  const young = marathon.addTask('/nginx', { ...TASK, health: true });
  const { tasks } = await appOf(marathon);
  expect(tasks.map(({ id, healthCheckResults }) => [id, (healthCheckResults as unknown[]).length])).toEqual([
    [old, 2],
    [young, 1],
  ]);
});

test('failures can be counted; a task remembers its first success and its last failure', async () => {
  const marathon = await start();
  marathon.deploy(CHECKED);
  const id = marathon.addTask('/nginx', { ...TASK, health: true });
  const resultOf = async (): Promise<unknown> => ((await appOf(marathon)).tasks[0]?.['healthCheckResults'] as unknown[])[0];
  const succeeded = { firstSuccess: expect.any(String), lastSuccess: expect.any(String) };
  marathon.setHealth('/nginx', id, false, { failures: 2 });
  expect(await resultOf()).toMatchObject({ alive: false, consecutiveFailures: 2, ...succeeded, lastFailure: expect.any(String) });
  marathon.setHealth('/nginx', id, false);
  expect(await resultOf()).toMatchObject({ alive: false, consecutiveFailures: 3, ...succeeded });
  marathon.setHealth('/nginx', id, true);
  expect(await resultOf()).toMatchObject({ alive: true, consecutiveFailures: 0, ...succeeded, lastFailure: expect.any(String) });
});

const READY = { ...NGINX, readinessChecks: [{ name: 'warm' }] };

test('a deployment runs until it is finished, and readiness has results as long', async () => {
  const marathon = await start();
  marathon.deploy(READY);
  const id = marathon.addTask('/nginx', TASK);
  let deployment = '';
  const frames = await framesOf(marathon, () => {
    deployment = marathon.startDeployment('/nginx');
  });
  expect(typesOf(frames)).toEqual(['deployment_info']);
  expect(frames[0]?.data).toMatchObject({
    plan: { id: deployment, steps: [{ actions: [{ action: 'RestartApplication', app: '/nginx' }] }] },
  });
  marathon.setReady('/nginx', id, false);
  const readiness = async (path: string): Promise<unknown> => {
    const answer = (await getJson(`${marathon.url}${path}`)) as { app?: Record<string, unknown>; apps?: Record<string, unknown>[] };
    const app = answer.app ?? answer.apps?.[0];
    return [app?.['deployments'], app?.['readinessCheckResults']];
  };
  const results = [{ name: 'warm', taskId: id, ready: false }];
  expect(await readiness('/v2/apps/nginx')).toEqual([[{ id: deployment }], undefined]);
  expect(await readiness('/v2/apps/nginx?embed=app.readiness')).toEqual([[{ id: deployment }], results]);
  expect(await readiness('/v2/apps?embed=apps.tasks&embed=apps.readiness')).toEqual([[{ id: deployment }], results]);
  const ended = await framesOf(marathon, () => {
    marathon.finishDeployment('/nginx');
  });
  expect(typesOf(ended)).toEqual(['deployment_step_success', 'deployment_success']);
  expect(ended[1]?.data).toMatchObject({ id: deployment });
  expect(await readiness('/v2/apps/nginx?embed=app.readiness')).toEqual([[], []]);
  marathon.startDeployment('/nginx');
  expect(await readiness('/v2/apps/nginx?embed=app.readiness')).toEqual([[{ id: expect.any(String) }], []]);
});

test('a deployment outlives a new version; two at a time, none to finish, and readiness without checks are mistakes of the test', async () => {
  const marathon = await start();
  marathon.deploy(NGINX);
  const id = marathon.addTask('/nginx', TASK);
  const deployment = marathon.startDeployment('/nginx');
  marathon.scale('/nginx', 4);
  expect((await appOf(marathon))['deployments']).toEqual([{ id: deployment }]);
  expect(() => marathon.startDeployment('/nginx')).toThrow(
    'Cannot start a deployment of "/nginx": a deployment is already running; finish it first',
  );
  marathon.finishDeployment('/nginx');
  expect(() => {
    marathon.finishDeployment('/nginx');
  }).toThrow('Cannot finish a deployment of "/nginx": no deployment is running');
  expect(() => {
    marathon.setReady('/nginx', id, true);
  }).toThrow('its app "/nginx" has no readiness checks');
});

test('old tasks keep their version and ports when the ports of their app change', async () => {
  const marathon = await start();
  const version = marathon.deploy({
    ...NGINX,
    network: 'bridge',
    ports: [80, 81].map((containerPort) => ({ containerPort, servicePort: 10_000 })),
  });
  marathon.addTask('/nginx', TASK);
  const before = (await appOf(marathon)).tasks[0];
  marathon.deploy({ ...NGINX, ports: [] });
  const after = (await appOf(marathon)).tasks[0];
  expect(after).toMatchObject({ version, ports: before?.['ports'] });
  expect(after?.['ports']).toHaveLength(2);
  const old = await getJson(`${marathon.url}/v2/apps/nginx/versions/${version}`);
  expect(old).toMatchObject({ networks: [{ mode: 'container/bridge' }], container: { portMappings: [{}, {}] } });
});
