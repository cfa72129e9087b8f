import { expect, test } from '@jest/globals';
import type { AppForm } from '../../src/demo/marathon.ts';
import { marathons, NGINX } from './marathons.ts';
import { getJson } from './raw.ts';

const start = marathons();
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const time: unknown = expect.stringMatching(TIME);

/** The only app of a new Marathon, as `/v2/apps` has it with its tasks. */
async function appAsSent(version: string, form: AppForm, tasks: Parameters<Awaited<ReturnType<typeof start>>['addTask']>[1][] = []) {
  const marathon = await start({ version });
  marathon.deploy(form);
  for (const task of tasks) marathon.addTask(form.id, task);
  const { apps } = (await getJson(`${marathon.url}/v2/apps?embed=apps.tasks`)) as { apps: Record<string, unknown>[] };
  return apps[0] as Record<string, unknown> & { readonly tasks: readonly Record<string, unknown>[] };
}

const CHECKED: AppForm = { ...NGINX, healthChecks: [{ protocol: 'MESOS_HTTP', path: '/health', maxConsecutiveFailures: 1 }] };
const BRIDGE: AppForm = { id: '/shop/cart', instances: 1, network: 'bridge', ports: [{ containerPort: 8080, servicePort: 10001 }] };
const HOST: AppForm = { id: '/api', instances: 1, network: 'host', ports: [{ servicePort: 10002 }, { servicePort: 10003 }] };

test("1.4: the tutorial's app, whole", async () => {
  expect(await appAsSent('1.4.13', NGINX)).toEqual({
    id: '/nginx',
    cmd: null,
    args: null,
    user: null,
    acceptedResourceRoles: null,
    env: {},
    constraints: [],
    fetch: [],
    uris: [],
    storeUrls: [],
    dependencies: [],
    readinessChecks: [],
    healthChecks: [],
    instances: 3,
    cpus: 0.1,
    mem: 64,
    disk: 0,
    executor: '',
    labels: { HAPROXY_GROUP: 'external', HAPROXY_0_VHOST: 'mytask.acme.org' },
    ipAddress: { groups: [], labels: {}, discovery: { ports: [] }, networkName: 'calico' },
    container: {
      type: 'DOCKER',
      docker: {
        image: 'nginx',
        network: 'USER',
        portMappings: [{ containerPort: 80, servicePort: 10000, protocol: 'tcp', labels: {} }],
        privileged: false,
        parameters: [],
        forcePullImage: false,
      },
      volumes: [],
    },
    upgradeStrategy: { minimumHealthCapacity: 1, maximumOverCapacity: 1 },
    version: time,
    versionInfo: { lastScalingAt: time, lastConfigChangeAt: time },
    tasksStaged: 0,
    tasksRunning: 0,
    tasksHealthy: 0,
    tasksUnhealthy: 0,
    deployments: [],
    tasks: [],
  });
});

test("1.11: the tutorial's app, whole", async () => {
  expect(await appAsSent('1.11.24', NGINX)).toEqual({
    id: '/nginx',
    instances: 3,
    cpus: 0.1,
    mem: 64,
    disk: 0,
    executor: '',
    role: '*',
    labels: { HAPROXY_GROUP: 'external', HAPROXY_0_VHOST: 'mytask.acme.org' },
    networks: [{ name: 'calico', mode: 'container' }],
    container: {
      type: 'DOCKER',
      docker: { image: 'nginx', privileged: false, parameters: [], forcePullImage: false },
      portMappings: [{ containerPort: 80, servicePort: 10000, protocol: 'tcp', labels: {} }],
      volumes: [],
    },
    requirePorts: false,
    upgradeStrategy: { minimumHealthCapacity: 1, maximumOverCapacity: 1 },
    version: time,
    versionInfo: { lastScalingAt: time, lastConfigChangeAt: time },
    tasksStaged: 0,
    tasksRunning: 0,
    tasksHealthy: 0,
    tasksUnhealthy: 0,
    deployments: [],
    tasks: [],
  });
});

test('bridge and host mode before 1.5 and from 1.5 on', async () => {
  const mapping = { containerPort: 8080, hostPort: 0, servicePort: 10001, protocol: 'tcp', labels: {} };
  const definitions = [10002, 10003].map((port) => ({ port, protocol: 'tcp', labels: {} }));
  expect(await appAsSent('1.4.13', BRIDGE)).toMatchObject({
    ports: [10001],
    portDefinitions: [{ port: 10001, protocol: 'tcp', labels: {} }],
    ipAddress: null,
    container: { docker: { network: 'BRIDGE', portMappings: [mapping] } },
  });
  const host = { ports: [10002, 10003], portDefinitions: definitions, ipAddress: null };
  expect(await appAsSent('1.4.13', HOST)).toMatchObject({ ...host, container: { docker: { network: 'HOST', portMappings: [] } } });
  expect(await appAsSent('1.3.14', HOST)).toMatchObject({ ...host, container: { docker: { network: 'HOST', portMappings: null } } });
  const bridge = await appAsSent('1.5.15', BRIDGE);
  expect(bridge).toMatchObject({ networks: [{ mode: 'container/bridge' }], container: { portMappings: [mapping] } });
  expect(Object.keys(bridge)).not.toEqual(expect.arrayContaining(['portDefinitions']));
  const newHost = await appAsSent('1.11.24', HOST);
  expect(newHost).toMatchObject({ networks: [{ mode: 'host' }], portDefinitions: definitions });
  expect(newHost['container']).not.toHaveProperty('portMappings');
});

test.each([
  ['1.3.14', { ignoreHttp1xx: false }],
  ['1.4.13', { delaySeconds: 15 }],
  ['1.5.15', { delaySeconds: 15 }],
  ['1.11.24', { delaySeconds: 15, ipProtocol: 'IPv4' }],
])('%s: a check that Mesos runs, with the defaults filled in', async (version, more) => {
  const { healthChecks } = await appAsSent(version, CHECKED);
  const times = { gracePeriodSeconds: 300, intervalSeconds: 60, timeoutSeconds: 20 };
  expect(healthChecks).toEqual([{ protocol: 'MESOS_HTTP', path: '/health', portIndex: 0, ...times, maxConsecutiveFailures: 1, ...more }]);
});

test('a check with a port of its own, or a command, has no portIndex', async () => {
  const command = { protocol: 'COMMAND', command: { value: 'true' } } as const;
  const { healthChecks } = await appAsSent('1.11.24', { ...NGINX, healthChecks: [{ protocol: 'TCP', port: 9000 }, command] });
  expect(healthChecks).toEqual([expect.not.objectContaining({ portIndex: 0 }), expect.not.objectContaining({ portIndex: 0 })]);
});

const RUNNING = { host: '172.24.197.101', addresses: ['192.168.84.196', 'fd80::24'] };
const addresses = [
  { ipAddress: '192.168.84.196', protocol: 'IPv4' },
  { ipAddress: 'fd80::24', protocol: 'IPv6' },
];
const common = {
  appId: '/nginx',
  host: '172.24.197.101',
  slaveId: expect.stringMatching(/-S0$/),
  ports: [],
  version: time,
  stagedAt: time,
};

test.each([
  ['1.4.13', /^nginx\.[0-9a-f-]{36}$/, {}],
  ['1.7.50', /^nginx\.[0-9a-f-]{36}$/, { healthCheckResults: [], servicePorts: [], localVolumes: [] }],
  ['1.8.244', /^nginx\.instance-[0-9a-f-]{36}\._app\.1$/, { healthCheckResults: [], servicePorts: [], localVolumes: [] }],
  ['1.11.24', /^nginx\.instance-[0-9a-f-]{36}\._app\.1$/, { healthCheckResults: [], servicePorts: [], localVolumes: [], role: '*' }],
])('%s: a running task, whole', async (version, id, more) => {
  const { tasks } = await appAsSent(version, NGINX, [RUNNING]);
  const state = 'TASK_RUNNING';
  const task = { id: expect.stringMatching(id), ...common, state, startedAt: time, ipAddresses: addresses, ...more };
  expect(tasks).toEqual([task]);
});

test.each([
  ['1.4.13', { startedAt: null }],
  ['1.11.24', { ipAddresses: [], healthCheckResults: [], servicePorts: [], localVolumes: [], role: '*' }],
])('%s: a staging task without addresses', async (version, more) => {
  const { tasks, tasksStaged } = await appAsSent(version, NGINX, [{ host: '172.24.197.101', addresses: [], state: 'TASK_STAGING' }]);
  expect(tasks).toEqual([{ id: expect.any(String), ...common, state: 'TASK_STAGING', ...more }]);
  expect(tasksStaged).toBe(1);
});

test('a task has host ports only for the mappings that asked for one, in their order', async () => {
  const ports = [
    { containerPort: 80, servicePort: 10000 },
    { containerPort: 81, servicePort: 10001, hostPort: 0 },
    { containerPort: 82, servicePort: 10002, hostPort: 8082 },
  ];
  const own = await appAsSent('1.11.24', { ...NGINX, ports }, [RUNNING]);
  expect(own.tasks[0]?.['ports']).toEqual([expect.any(Number), 8082]);
  expect(own['container']).toMatchObject({
    portMappings: [expect.not.objectContaining({ hostPort: 0 }), { hostPort: 0 }, { hostPort: 8082 }],
  });
  const host = await appAsSent('1.4.13', HOST, [{ ...RUNNING, ports: [31100, 31101] }]);
  expect(host.tasks[0]?.['ports']).toEqual([31100, 31101]);
  const bridge = await appAsSent('1.4.13', BRIDGE, [RUNNING]);
  expect(bridge.tasks[0]?.['ports']).toEqual([expect.any(Number)]);
  expect(bridge.tasks[0]?.['id']).toMatch(/^shop_cart\./);
});

test.each([
  ['1.3.14', true, { taskId: expect.any(String), firstSuccess: time, lastSuccess: time, lastFailure: null, lastFailureCause: null }],
  [
    '1.4.13',
    true,
    {
      instanceId: expect.stringMatching(/^nginx\.marathon-/),
      lastFailure: null,
      lastFailureCause: null,
      firstSuccess: time,
      lastSuccess: time,
    },
  ],
  ['1.11.24', true, { instanceId: expect.stringMatching(/^nginx\.instance-[0-9a-f-]{36}$/), firstSuccess: time, lastSuccess: time }],
  ['1.11.24', false, { instanceId: expect.any(String), lastFailure: time, lastFailureCause: expect.any(String) }],
])('%s: the result of a check that says %s', async (version, alive, more) => {
  const { tasks, tasksHealthy, tasksUnhealthy } = await appAsSent(version, CHECKED, [{ ...RUNNING, health: alive }]);
  expect(tasks[0]?.['healthCheckResults']).toEqual([{ alive, consecutiveFailures: alive ? 0 : 1, ...more }]);
  expect([tasksHealthy, tasksUnhealthy]).toEqual(alive ? [1, 0] : [0, 1]);
});

test('raw JSON goes out as it was put, tasks only when asked for', async () => {
  const marathon = await start();
  const own = { id: 'x', tasks: null };
  expect(marathon.putRaw({ id: '/broken', labels: 7, tasks: [own] })).toBe('/broken');
  marathon.putRaw(null);
  marathon.addTask('/broken', RUNNING);
  const withTasks = (await getJson(`${marathon.url}/v2/apps?embed=apps.tasks`)) as { apps: unknown[] };
  expect(withTasks.apps).toEqual([
    expect.objectContaining({ labels: 7, tasks: [own, expect.objectContaining({ appId: '/broken' })] }),
    null,
  ]);
  const without = (await getJson(`${marathon.url}/v2/apps`)) as { apps: unknown[] };
  expect(without.apps[0]).not.toHaveProperty('tasks');
});

test('versions of Marathon that it does not know are refused in words', async () => {
  await expect(start({ version: '0.11.0' })).rejects.toThrow('Cannot play Marathon "0.11.0": wanted a release from 1.3.0 on');
  await expect(start({ version: 'newest' })).rejects.toThrow('Cannot play Marathon "newest"');
});

test('readiness checks: always written up to 1.4, later only when there are some', async () => {
  const checked = { ...NGINX, readinessChecks: [{ path: '/ready' }] };
  const written = [expect.objectContaining({ name: 'readinessCheck', protocol: 'HTTP', path: '/ready', intervalSeconds: 30 })];
  for (const version of ['1.4.13', '1.11.24']) expect((await appAsSent(version, checked))['readinessChecks']).toEqual(written);
});
