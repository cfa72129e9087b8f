import { expect, test } from '@jest/globals';
import { decodeApp } from '../../src/snapshot/decode.ts';
import { read, refuse, VERSION, wireApp, wireTask } from './wire.ts';

test('every field of an app that is read', () => {
  expect(read(wireApp())).toStrictEqual({
    id: '/shop',
    definition: {
      id: '/shop',
      labels: { HAPROXY_GROUP: 'external', HAPROXY_0_VHOST: 'shop.acme.org' },
      network: 'bridge',
      ports: [{ container: 80, service: 10000, onHost: true, tcp: true }],
      checks: [
        {
          protocol: 'HTTP',
          path: '/health',
          at: { index: 0 },
          gracePeriodSeconds: 15,
          intervalSeconds: 3,
          timeoutSeconds: 2,
          maxConsecutiveFailures: 10,
        },
      ],
      readiness: false,
      changedAt: VERSION,
    },
    instances: 1,
    version: VERSION,
    scaledAt: VERSION,
    tasks: [
      {
        id: 'shop.0001',
        host: '172.24.197.101',
        hostAddress: '172.24.197.101',
        state: 'TASK_RUNNING',
        addresses: ['192.168.84.196'],
        hostPorts: [31001],
        health: 'alive',
        readiness: 'ready',
        version: VERSION,
      },
    ],
  });
});

test('an app that has only an id', () => {
  expect(read({ id: '/shop' })).toStrictEqual({
    id: '/shop',
    definition: { id: '/shop', labels: {}, network: 'host', ports: [], checks: [], readiness: false, changedAt: undefined },
    instances: 1,
    version: undefined,
    scaledAt: undefined,
    tasks: [],
  });
});

test.each<[unknown, string | undefined]>([
  ['7b2d6d07-0000-4a0f-9c1b-5b7d7a3a2f01-S1', '7b2d6d07-0000-4a0f-9c1b-5b7d7a3a2f01-S1'],
  ['', undefined],
  [null, undefined],
  [7, undefined],
])('the agent of a task: %j', (slaveId, agent) => {
  expect(read(wireApp({ tasks: [wireTask({ slaveId })] })).tasks[0]?.agent).toBe(agent);
});

test('a task that has only an id', () => {
  expect(read(wireApp({ tasks: [{ id: 'shop.0001' }] })).tasks).toStrictEqual([
    {
      id: 'shop.0001',
      host: '',
      hostAddress: undefined,
      state: '',
      addresses: [],
      hostPorts: [],
      health: 'unknown',
      readiness: 'ready',
      version: undefined,
    },
  ]);
});

test("an empty health check gets Marathon's defaults", () => {
  expect(read(wireApp({ healthChecks: [{}] })).definition.checks).toStrictEqual([
    {
      protocol: 'HTTP',
      path: '/',
      at: undefined,
      gracePeriodSeconds: 300,
      intervalSeconds: 60,
      timeoutSeconds: 20,
      maxConsecutiveFailures: 3,
    },
  ]);
});

test.each([
  ['a port index', { portIndex: 2 }, { index: 2 }],
  ['a port', { port: 8080 }, { port: 8080 }],
  ['a port before an index', { portIndex: 2, port: 8080 }, { port: 8080 }],
  ['an index that is a name, in 1.4', { portIndex: 'http' }, undefined],
  ['nulls', { portIndex: null, port: null }, undefined],
])('where a check goes: %s', (_, where, at) => {
  expect(read(wireApp({ healthChecks: [{ protocol: 'TCP', ...where }] })).definition.checks[0]?.at).toEqual(at);
});

test('several checks stay in their order', () => {
  const healthChecks = [{ protocol: 'COMMAND', command: { value: 'true' } }, { protocol: 'MESOS_HTTP', portIndex: 0 }, { protocol: 'TCP' }];
  const protocols = read(wireApp({ healthChecks })).definition.checks.map(({ protocol }) => protocol);
  expect(protocols).toEqual(['COMMAND', 'MESOS_HTTP', 'TCP']);
});

test('labels that are null are absent, the others stay as they are', () => {
  const labels = { a: null, HAPROXY_0_VHOST: ' x ', HAPROXY_GROUP: '', constructor: 'c' };
  expect(read(wireApp({ labels })).definition.labels).toEqual({ HAPROXY_0_VHOST: ' x ', HAPROXY_GROUP: '', constructor: 'c' });
});

test('tasks are in order of their id, whatever the order of the answer', () => {
  const tasks = ['b', 'a', 'B', 'a.10', 'a.9'].map((id) => wireTask({ id }));
  expect(read(wireApp({ tasks })).tasks.map(({ id }) => id)).toEqual(['B', 'a', 'a.10', 'a.9', 'b']);
});

test.each([
  ['said', '2018-01-01T00:00:00.000Z', '2018-01-01T00:00:00.000Z'],
  ['null', null, undefined],
  ['absent, as of a task that has ended', undefined, undefined],
])('the versions of an app and of a task are their own: %s', (_, version, wanted) => {
  expect(read(wireApp({ version }))).toMatchObject({ version: wanted, tasks: [{ version: VERSION }] });
  expect(read(wireApp({ tasks: [wireTask({ version })] }))).toMatchObject({ version: VERSION, tasks: [{ version: wanted }] });
});

test.each([
  ['some', [{ name: 'ready', protocol: 'HTTP', path: '/', portName: 'http' }], true],
  ['none', [], false],
  ['null', null, false],
  ['absent', undefined, false],
])('readiness checks: %s', (_, readinessChecks, wanted) => {
  expect(read(wireApp({ readinessChecks })).definition.readiness).toBe(wanted);
});

test.each([
  ['an address', '10.0.0.1', '10.0.0.1'],
  ['an IPv6 address', 'fd00::1', 'fd00::1'],
  ['a name is resolved by others', 'agent1.mesos', undefined],
  ['none yet', null, undefined],
])('the host of a task: %s', (_, host, hostAddress) => {
  const [task] = read(wireApp({ tasks: [wireTask({ host })] })).tasks;
  expect(task).toMatchObject({ host: host ?? '', hostAddress });
});

test("texts that are not IP addresses are left out of a task's addresses", () => {
  const ipAddresses = ['fd00::7', null, '', 'unknown', '192.168.0.1'].map((ipAddress) => ({ ipAddress, protocol: 'IPv4' }));
  expect(read(wireApp({ tasks: [wireTask({ ipAddresses })] })).tasks[0]?.addresses).toEqual(['fd00::7', '192.168.0.1']);
});

test('unknown keys are ignored on every level', () => {
  const strange = { role: '*', tty: true, executorResources: { cpus: 1 }, '': null };
  const app = wireApp();
  const [task] = app['tasks'] as [Record<string, unknown>];
  const [check] = app['healthChecks'] as [Record<string, unknown>];
  const more = { ...app, ...strange, tasks: [{ ...task, ...strange }], healthChecks: [{ ...check, ...strange }] };
  expect(read(more)).toStrictEqual(read(app));
});

test.each([
  ['no id', {}, 'operator', 'an app', 'id: '],
  ['an id that is no path', { id: 'shop' }, 'operator', 'an app', "id: an absolute path like '/shop/cart'"],
  ['an id that is a number', { id: 7 }, 'operator', 'an app', 'id: '],
  ['the root', { id: '/' }, '/', '/', "id: an absolute path like '/shop/cart'"],
  ['instances', { id: '/a', instances: 'two' }, '/a', '/a', 'instances: '],
  ['a label', { id: '/a', labels: { HAPROXY_0_PORT: 80 } }, '/a', '/a', 'labels.HAPROXY_0_PORT: '],
  ['labels', { id: '/a', labels: [] }, '/a', '/a', 'labels: '],
  ['a task', { id: '/a', tasks: [{ id: 'a.1' }, { host: 'x' }] }, '/a', '/a', 'tasks.1.id: '],
  ['ports of a task', { id: '/a', tasks: [{ id: 'a.1', ports: ['80'] }] }, '/a', '/a', 'tasks.0.ports.0: '],
  [
    'a port mapping',
    { id: '/a', container: { portMappings: [{}, { servicePort: 70000 }] } },
    '/a',
    '/a',
    'container.portMappings.1.servicePort: ',
  ],
  ['a check', { id: '/a', healthChecks: [{ port: -1 }] }, '/a', '/a', 'healthChecks.0.port: '],
  ['a text', 'shop', 'operator', 'an app', 'the app: '],
  ['null', null, 'operator', 'an app', 'the app: '],
  ['a list', [], 'operator', 'an app', 'the app: '],
])('not an app: %s', (_, json, owner, who, where) => {
  const problem = refuse(json);
  expect(problem.code).toBe('app-not-readable');
  expect(problem.owner).toEqual(owner === 'operator' ? { by: 'operator' } : { by: 'app', app: owner });
  expect(problem.message).toContain(`the definition of ${who} can't be read, ${where}`);
  expect(problem.hint).not.toBe('');
});

test('text that is not JSON is an error, because the whole answer is in doubt', () => {
  expect(() => decodeApp('{"id":"/a"')).toThrow(SyntaxError);
});

test('an id of 10 MB is a Problem of its own, and no exception that would lose the apps beside it', () => {
  const { code, owner, message } = refuse(wireApp({ id: `/${'a/'.repeat(5_000_000)}` }));
  expect([code, owner]).toEqual(['app-not-readable', { by: 'operator' }]);
  expect(message.length).toBeLessThan(300);
});
