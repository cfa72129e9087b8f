import { expect, test } from '@jest/globals';
import { appOf, framesOf, marathons, NGINX } from './marathons.ts';
import { getJson, typesOf } from './raw.ts';

const start = marathons();
const TASK = { host: '172.24.197.101', addresses: ['192.168.84.196'] };
const CHECKED = { ...NGINX, healthChecks: [{ protocol: 'HTTP' as const, path: '/' }] };

const DEPLOYED = ['group_change_success', 'api_post_event', 'deployment_info', 'deployment_step_success', 'deployment_success'];

test('a new app, another number of instances and another label are told with their light plans', async () => {
  const marathon = await start();
  let versions: string[] = [];
  const frames = await framesOf(marathon, () => {
    versions = [marathon.deploy(NGINX), marathon.scale('/nginx', 5), marathon.deploy({ ...NGINX, instances: 5, labels: {} })];
  });
  expect(typesOf(frames)).toEqual([...DEPLOYED, ...DEPLOYED, ...DEPLOYED]);
  const infos = frames.filter(({ event }) => event === 'deployment_info').map(({ data }) => data['plan']);
  const actions = ['StartApplication', 'ScaleApplication', 'RestartApplication'];
  expect(infos).toEqual(
    actions.map((action, i) => ({ id: expect.any(String), version: versions[i], steps: [{ actions: [{ action, app: '/nginx' }] }] })),
  );
  expect(frames[0]?.data).toMatchObject({ groupId: '/', version: versions[0] });
  expect(frames[6]?.data).toMatchObject({ clientIp: '127.0.0.1', uri: '/v2/apps//nginx', appDefinition: { id: '/nginx', instances: 5 } });
});

test('scaling leaves lastConfigChangeAt; all versions of an app stay readable', async () => {
  const marathon = await start();
  const first = marathon.deploy(NGINX);
  const second = marathon.scale('/nginx', 5);
  const app = await appOf(marathon);
  expect(app).toMatchObject({ instances: 5, version: second, versionInfo: { lastScalingAt: second, lastConfigChangeAt: first } });
  const old = await getJson(`${marathon.url}/v2/apps//nginx/versions/${encodeURIComponent(first)}`);
  expect(old).toMatchObject({ id: '/nginx', instances: 3, version: first });
  expect(old).not.toHaveProperty('tasks');
  expect(old).not.toHaveProperty('tasksRunning');
  expect(await getJson(`${marathon.url}/v2/apps/nginx/versions`)).toEqual({ versions: [second, first] });
  const third = marathon.deploy({ ...NGINX, labels: {} });
  expect((await appOf(marathon))['versionInfo']).toEqual({ lastScalingAt: third, lastConfigChangeAt: third });
});

test('tasks survive a new definition and keep the version they were started with', async () => {
  const marathon = await start();
  const version = marathon.deploy(NGINX);
  marathon.addTask('/nginx', TASK);
  marathon.deploy({ ...NGINX, labels: {} });
  expect((await appOf(marathon)).tasks).toEqual([expect.objectContaining({ version })]);
});

test('a task that starts: status and instance events, and what they say is listed already', async () => {
  const marathon = await start();
  const version = marathon.deploy(NGINX);
  let id = '';
  const frames = await framesOf(marathon, () => {
    id = marathon.addTask('/nginx', { ...TASK, addresses: [], state: 'TASK_STAGING' });
    marathon.setTaskState('/nginx', id, 'TASK_RUNNING', { addresses: TASK.addresses });
  });
  expect(typesOf(frames)).toEqual(['status_update_event', 'instance_changed_event', 'status_update_event', 'instance_changed_event']);
  expect(frames[0]?.data).toMatchObject({ taskStatus: 'TASK_STAGING', ipAddresses: [] });
  expect(frames[2]?.data).toEqual({
    slaveId: expect.stringMatching(/-S0$/),
    taskId: id,
    taskStatus: 'TASK_RUNNING',
    message: '',
    appId: '/nginx',
    host: TASK.host,
    ipAddresses: [{ ipAddress: '192.168.84.196', protocol: 'IPv4' }],
    ports: [],
    version,
    eventType: 'status_update_event',
    timestamp: expect.any(String),
  });
  expect(frames[3]?.data).toMatchObject({
    instanceId: id.replace('._app.1', ''),
    condition: 'Running',
    runSpecId: '/nginx',
    host: TASK.host,
    runSpecVersion: version,
  });
  expect((await appOf(marathon)).tasks).toMatchObject([{ id, state: 'TASK_RUNNING', startedAt: expect.any(String) }]);
});

test('1.3: no instance events, and no addresses as long as there are none', async () => {
  const marathon = await start({ version: '1.3.14' });
  marathon.deploy(CHECKED);
  const frames = await framesOf(marathon, () => {
    const id = marathon.addTask('/nginx', { ...TASK, addresses: [] });
    marathon.setHealth('/nginx', id, true);
  });
  expect(typesOf(frames)).toEqual(['status_update_event', 'health_status_changed_event']);
  expect(frames[0]?.data).not.toHaveProperty('ipAddresses');
  expect(frames[1]?.data).toMatchObject({ appId: '/nginx', taskId: frames[0]?.data['taskId'], alive: true });
});

test('a kill is told in two states; the task leaves the list', async () => {
  const marathon = await start();
  marathon.deploy(NGINX);
  const id = marathon.addTask('/nginx', TASK);
  const frames = await framesOf(marathon, () => {
    marathon.killTask('/nginx', id);
  });
  const told = frames.map(({ data }) => data['taskStatus'] ?? data['condition']);
  expect(told).toEqual(['TASK_KILLING', 'Killing', 'TASK_KILLED', 'Killed']);
  expect((await appOf(marathon)).tasks).toEqual([]);
  expect(() => {
    marathon.killTask('/nginx', id);
  }).toThrow(`Cannot find task "${id}" of app "/nginx"`);
});

test('a task that failed can stay listed, without ports, version and times', async () => {
  const marathon = await start();
  marathon.deploy(NGINX);
  const id = marathon.addTask('/nginx', { ...TASK, ports: [31000] });
  marathon.setTaskState('/nginx', id, 'TASK_FAILED', { keep: true });
  const { tasks } = await appOf(marathon);
  expect(tasks).toMatchObject([{ id, state: 'TASK_FAILED', ports: [] }]);
  for (const key of ['version', 'startedAt', 'stagedAt']) expect(tasks[0]).not.toHaveProperty(key);
});

test('TASK_UNREACHABLE and TASK_GONE_BY_OPERATOR: the first stays, the second goes', async () => {
  const marathon = await start();
  marathon.deploy(NGINX);
  const id = marathon.addTask('/nginx', TASK);
  const frames = await framesOf(marathon, () => {
    marathon.setTaskState('/nginx', id, 'TASK_UNREACHABLE');
    marathon.setTaskState('/nginx', id, 'TASK_GONE_BY_OPERATOR');
  });
  expect(frames.map(({ data }) => data['condition']).filter((condition) => condition !== undefined)).toEqual(['Unreachable', 'Gone']);
  expect((await appOf(marathon)).tasks).toEqual([]);
});

test('health: told when it becomes good or turns, not when the first result is bad or when it is forgotten', async () => {
  const marathon = await start();
  marathon.deploy(CHECKED);
  const ids = [marathon.addTask('/nginx', TASK), marathon.addTask('/nginx', TASK)] as const;
  const frames = await framesOf(marathon, () => {
    marathon.setHealth('/nginx', ids[0], true);
    marathon.setHealth('/nginx', ids[0], true);
    marathon.setHealth('/nginx', ids[0], false);
    marathon.setHealth('/nginx', ids[0], undefined);
    marathon.setHealth('/nginx', ids[1], false);
  });
  const told = frames.map(({ event, data }) => [event, data['alive'] ?? data['healthy']]);
  expect(told).toEqual([
    ['health_status_changed_event', true],
    ['instance_health_changed_event', true],
    ['health_status_changed_event', false],
    ['instance_health_changed_event', false],
    ['instance_health_changed_event', false],
  ]);
  const { tasks } = await appOf(marathon);
  expect(tasks.map(({ healthCheckResults }) => healthCheckResults)).toEqual([[], [expect.objectContaining({ alive: false })]]);
});

test('health of an app without checks is a mistake of the test', async () => {
  const marathon = await start();
  marathon.deploy(NGINX);
  const id = marathon.addTask('/nginx', TASK);
  expect(() => {
    marathon.setHealth('/nginx', id, true);
  }).toThrow('its app "/nginx" has no health checks');
});

test('an app that is removed: its tasks are killed, and it is gone', async () => {
  const marathon = await start();
  marathon.deploy({ ...CHECKED, id: '/shop/cart' });
  marathon.addTask('/shop/cart', TASK);
  const frames = await framesOf(marathon, () => {
    marathon.remove('/shop/cart');
  });
  expect(typesOf(frames)).toEqual([
    'group_change_success',
    'deployment_info',
    'remove_health_check_event',
    'status_update_event',
    'instance_changed_event',
    'app_terminated_event',
    'deployment_step_success',
    'deployment_success',
  ]);
  expect(frames[0]?.data).toMatchObject({ groupId: '/shop' });
  expect(frames[1]?.data).toMatchObject({ currentStep: { actions: [{ action: 'StopApplication', app: '/shop/cart' }] } });
  expect(frames[3]?.data).toMatchObject({ taskStatus: 'TASK_KILLED' });
  const response = await fetch(`${marathon.url}/v2/apps/shop/cart`);
  expect([response.status, await response.json()]).toEqual([404, { message: "App '/shop/cart' does not exist" }]);
  expect(await getJson(`${marathon.url}/v2/apps`)).toEqual({ apps: [] });
});

test('commands for an app that is not there, and scaling raw JSON, are refused in words', async () => {
  const marathon = await start();
  expect(() => marathon.scale('/shop', 1)).toThrow('Cannot find app "/shop" in this Marathon');
  marathon.putRaw({ id: '/raw' });
  expect(() => marathon.scale('/raw', 1)).toThrow('Cannot scale app "/raw": it is raw JSON');
});
