import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { App, Definition, Task } from '../../src/model/snapshot.ts';
import { makeDraft } from '../../src/services/fronts.ts';
import { makeMergeGroups } from '../../src/services/groups.ts';
import { makeServices } from '../../src/services/services.ts';
import { app, appId, check, definition, port, servicesOf, settings, task } from './make.ts';

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

const READINESS = definition({ readiness: true });

test.each([
  ['ready', READINESS, true, undefined],
  ['not-ready', READINESS, true, 'not-ready'],
  ['unknown', READINESS, true, 'not-ready'],
  ['not-ready', READINESS, false, undefined],
  ['unknown', READINESS, false, undefined],
] as const)('a task of which the readiness checks say %s', (readiness, of, healthCheck, why) => {
  expect(outcome([task({ readiness })], of, { healthCheck })).toEqual({
    serve: why === undefined ? ['shop.1'] : [],
    leftOut: why === undefined ? [] : [why],
  });
});

test('a task that is alive and not ready waits; one that is ready and has no health result yet waits for that', () => {
  const of = definition({ readiness: true, checks: [check()] });
  expect(outcome([task({ health: 'alive', readiness: 'not-ready' })], of)).toEqual({ serve: [], leftOut: ['not-ready'] });
  expect(outcome([task({ health: 'unknown', readiness: 'ready' })], of)).toEqual({ serve: [], leftOut: ['health-unknown'] });
});

/** {health of each task, by its name} -> those that serve. */
test.each<[string, readonly Task['health'][], string]>([
  ['one fails while another is alive', ['failing', 'alive'], '1'],
  ['one fails while another is dead: it is the last', ['failing', 'dead'], '0'],
  ['one fails while another waits for its first result', ['failing', 'unknown'], '0'],
  ['the only one fails', ['failing'], '0'],
  ['all fail', ['failing', 'failing', 'failing'], '0 1 2'],
  ['all that were alive fail', ['failing', 'dead', 'failing', 'unknown'], '0 2'],
  ['all are dead', ['dead', 'dead'], ''],
  ['none has a result', ['unknown', 'unknown'], ''],
])('an app keeps its last server until its check has failed as often as Marathon lets it: %s', (_, healths, wanted) => {
  const tasks = healths.map((health, i) => task({ id: String(i), health, hostPorts: [31000 + i] }));
  const { serve, leftOut } = outcome(tasks, CHECKED);
  expect(serve.join(' ')).toBe(wanted);
  expect(leftOut).toHaveLength(tasks.length - serve.length);
});

test.each<[string, Partial<Task>]>([
  ['one that is alive and does not run any more', { state: 'TASK_KILLED' }],
  ['one that is being killed', { state: 'TASK_KILLING' }],
  ['one that has no host', { host: '', hostAddress: undefined }],
  ['one whose host does not resolve', { host: 'agent.mesos', hostAddress: undefined }],
  ['one without ports', { hostPorts: [] }],
  ['one that is not ready', { readiness: 'not-ready' }],
])('%s keeps no app up', (_, given) => {
  const of = definition({ checks: [check()], readiness: true });
  const failing = task({ id: 'a', health: 'failing' });
  expect(outcome([failing, task({ id: 'b', health: 'alive', hostPorts: [31002], ...given })], of).serve).toEqual(['a']);
});

test('a failing task that is killed, or not ready, is no last server', () => {
  const of = definition({ checks: [check()], readiness: true });
  const given: readonly Partial<Task>[] = [{ state: 'TASK_KILLED' }, { state: 'TASK_KILLING' }, { host: '' }, { readiness: 'not-ready' }];
  for (const one of given) expect(outcome([task({ health: 'failing', ...one })], of).serve).toEqual([]);
  expect(outcome([task({ health: 'failing', readiness: 'ready' })], of).serve).toEqual(['shop.1']);
});

test('of an app in two colours the last server of both stays', () => {
  const group = { HAPROXY_DEPLOYMENT_GROUP: 'shop' };
  const colour = (id: string, health: Task['health'], hostPort: number): App => {
    const of = definition({ id: appId(id), checks: [check()], labels: group });
    return app([task({ id: `${id}.1`, health, hostPorts: [hostPort] })], of);
  };
  const serving = (blue: Task['health'], green: Task['health']): readonly string[] => {
    const [merged] = makeMergeGroups()([colour('/blue', blue, 31001), colour('/green', green, 31002)]).apps;
    if (merged === undefined) throw new Error('no app');
    return servicesOf(merged).services.flatMap(({ backend }) => backend.servers.map((server) => server.task));
  };
  expect(serving('failing', 'unknown')).toEqual(['/blue.1']);
  expect(serving('failing', 'failing')).toEqual(['/blue.1', '/green.1']);
  expect(serving('failing', 'alive')).toEqual(['/green.1']);
  expect(serving('alive', 'failing')).toEqual(['/blue.1']);
  expect(serving('dead', 'failing')).toEqual(['/green.1']);
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
      checked: true,
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
