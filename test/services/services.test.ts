import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Definition, Task } from '../../src/model/snapshot.ts';
import { makeDraft } from '../../src/services/fronts.ts';
import { makeServices } from '../../src/services/services.ts';
import { app, check, definition, port, servicesOf, settings, task } from './make.ts';

const CHECKED = definition({ checks: [check()] });

/** Which tasks serve, and why the others do not. */
function outcome(tasks: readonly Task[], of: Definition = definition(), given = {}) {
  const { services, leftOut } = servicesOf(app(tasks, of), given);
  return { serve: services.flatMap(({ backend }) => backend.servers.map((server) => server.task)), leftOut: leftOut.map(({ why }) => why) };
}

test.each(['TASK_RUNNING', 'TASK_LOST', 'TASK_UNREACHABLE', '', 'TASK_OF_ANOTHER_MESOS'])('a task in state %j serves', (state) => {
  expect(outcome([task({ state })])).toEqual({ serve: ['shop.1'], leftOut: [] });
});

test.each(
  'STAGING STARTING KILLING FINISHED FAILED KILLED ERROR DROPPED GONE GONE_BY_OPERATOR UNKNOWN'.split(' ').map((state) => `TASK_${state}`),
)('a task in state %s does not', (state) => {
  expect(outcome([task({ state })])).toEqual({ serve: [], leftOut: ['state'] });
});

test.each([
  ['alive', CHECKED, true, undefined],
  ['dead', CHECKED, true, 'unhealthy'],
  ['unknown', CHECKED, true, 'health-unknown'],
  ['dead', CHECKED, false, undefined],
  ['unknown', CHECKED, false, undefined],
  ['unknown', definition(), true, undefined],
  ['dead', definition(), true, undefined],
] as const)('a task that is %s', (health, of, healthCheck, why) => {
  expect(outcome([task({ health })], of, { healthCheck })).toEqual({
    serve: why === undefined ? ['shop.1'] : [],
    leftOut: why === undefined ? [] : [why],
  });
});

test.each<[string, Partial<Task>, string]>([
  ['no host', { host: '' }, 'no-address'],
  ['a host that does not resolve', { host: 'agent1.mesos', hostAddress: undefined }, 'no-address'],
  ['no ports', { hostPorts: [] }, 'no-port'],
  ['a state before all else', { host: '', state: 'TASK_KILLED', hostPorts: [] }, 'state'],
])('a task with %s', (_, given, why) => {
  expect(outcome([task(given)])).toEqual({ serve: [], leftOut: [why] });
});

test('a server has all that its line needs', () => {
  const { services } = servicesOf(app([task({ host: 'agent1.mesos', hostAddress: '10.0.0.9' })]));
  expect(services[0]?.backend.servers).toEqual([
    {
      name: 'agent1_mesos_10_0_0_9_31001',
      id: expect.any(Number),
      task: 'shop.1',
      host: 'agent1.mesos',
      address: '10.0.0.9',
      port: 31001,
      checkPort: undefined,
      draining: false,
    },
  ]);
});

test('servers are in order of host, address, port, whatever the order of the tasks', () => {
  const tasks = [
    task({ id: 'a', host: '10.0.0.2', hostAddress: '10.0.0.2', hostPorts: [31001] }),
    task({ id: 'b', host: '10.0.0.10', hostAddress: '10.0.0.10', hostPorts: [31001] }),
    task({ id: 'c', host: '10.0.0.2', hostAddress: '10.0.0.2', hostPorts: [9] }),
    task({ id: 'd', host: '10.0.0.2', hostAddress: '10.0.0.2', hostPorts: [31000] }),
  ];
  fc.assert(
    fc.property(fc.shuffledSubarray(tasks, { minLength: 4 }), (shuffled) => {
      expect(outcome(shuffled).serve).toEqual(['b', 'c', 'd', 'a']);
    }),
  );
});

test('of two tasks at one place the first by id serves, whatever their order', () => {
  const twins = [task({ id: 'shop.b' }), task({ id: 'shop.a' })];
  for (const tasks of [twins, [...twins].reverse()]) {
    const { services, leftOut } = servicesOf(app(tasks));
    expect(services[0]?.backend.servers.map((server) => server.task)).toEqual(['shop.a']);
    expect(leftOut).toEqual([{ app: '/shop', index: 0, task: 'shop.b', why: 'duplicate' }]);
  }
});

test('every task serves or is left out with a reason', () => {
  const any = fc.record({
    state: fc.constantFrom('TASK_RUNNING', 'TASK_KILLED', ''),
    host: fc.constantFrom('', '10.0.0.1', '10.0.0.2'),
    health: fc.constantFrom<Task['health']>('alive', 'dead', 'unknown'),
    hostPorts: fc.constantFrom([31001], [31002], [], [undefined]),
  });
  fc.assert(
    fc.property(fc.array(any, { maxLength: 8 }), (given) => {
      const tasks = given.map((one, i) => task({ ...one, hostAddress: one.host || undefined, id: `shop.${i}` }));
      const { serve, leftOut } = outcome(tasks, CHECKED);
      expect(serve.length + leftOut.length).toBe(tasks.length);
    }),
  );
});

test.each([
  ['no instances, no tasks', 0, [], 'suspended'],
  ['no instances, a task that still runs', 0, [task()], 'served'],
  ['instances, no tasks yet', 1, [], 'served'],
])('an app with %s is %s', (_, instances, tasks, what) => {
  const { services, claims, leftOut } = servicesOf(app(tasks, definition(), instances));
  expect(services).toHaveLength(what === 'served' ? 1 : 0);
  expect(claims).toHaveLength(services.length);
  expect(leftOut.map(({ why }) => why)).toEqual(what === 'served' ? [] : ['suspended']);
});

test('an app of another group has no services, and its tasks are not looked at', () => {
  const { services, leftOut } = servicesOf(app([task({ state: 'TASK_KILLED' })], definition({ labels: { HAPROXY_GROUP: 'internal' } })));
  expect(services).toEqual([]);
  expect(leftOut).toEqual([{ app: '/shop', index: 0, why: 'group' }]);
});

test('while only tasks change, front, options and claim are the same objects', () => {
  const draft = makeDraft(CHECKED, settings());
  const [one, two, none] = [
    [task({ health: 'alive' })],
    [task({ health: 'alive' }), task({ id: 'shop.2', hostPorts: [31002], health: 'alive' })],
    [],
  ].map((tasks) => makeServices(app(tasks, CHECKED), draft, { healthCheck: true }));
  expect(one?.services[0]?.front).toBe(two?.services[0]?.front);
  expect(one?.services[0]?.backend.options).toBe(two?.services[0]?.backend.options);
  expect(one?.claims[0]).toBe(two?.claims[0]);
  expect(none?.services[0]?.front).toBe(one?.services[0]?.front);
  expect([one, none].map((given) => given?.claims[0]?.serves)).toEqual([true, false]);
});

test.each([
  ['that of the server', {}, { index: 0 }, undefined],
  ['a port of its own', {}, { port: 8080 }, 8080],
  ['that of another index, as the task has it', { HAPROXY_0_BACKEND_HEALTHCHECK_PORT_INDEX: '1' }, { index: 0 }, 31009],
  ['of an index that the task does not have', { HAPROXY_0_BACKEND_HEALTHCHECK_PORT_INDEX: '7' }, { index: 0 }, undefined],
])('where the check of a server goes: %s', (_, labels, at, checkPort) => {
  const of = definition({ checks: [check({ at })], ports: [port(), port({ service: undefined })], labels });
  const { services } = servicesOf(app([task({ hostPorts: [31001, 31009], health: 'alive' })], of));
  expect(services[0]?.backend.servers[0]?.checkPort).toBe(checkPort);
});
