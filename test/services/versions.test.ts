import { expect, test } from '@jest/globals';
import type { Definition, Task } from '../../src/model/snapshot.ts';
import { app, check, definition, port, servicesOf, task } from './make.ts';

const CHECKED = definition({ checks: [check()] });

/** The tasks of an app that serve. */
const serving = (tasks: readonly Task[], of: Definition): readonly string[] =>
  servicesOf(app(tasks, of)).services.flatMap(({ backend }) => backend.servers.map((server) => server.task));

/** The servers of an app of /shop that has been changed, whose task is still of the version before. */
const changed = (before: Definition, now: Definition, given: Partial<Task> = {}) =>
  servicesOf(app([task({ health: 'alive', of: before, ...given })], now)).services.map(({ backend }) => backend.servers);

test('a task of an older version answers where its own version says', () => {
  const now = definition({ network: 'container', ports: [port({ container: 8080 })] });
  expect(changed(definition(), now, { addresses: ['192.168.0.9'] })).toMatchObject([[{ address: '10.0.0.1', port: 31001 }]]);
  const before = definition({ network: 'container', ports: [port({ container: 80 })] });
  expect(changed(before, now, { addresses: ['192.168.0.9'] })).toMatchObject([[{ address: '192.168.0.9', port: 80 }]]);
});

test('a task does not serve a port that its own version does not have', () => {
  const before = definition({ network: 'container', ports: [port()] });
  const now = definition({ network: 'container', ports: [port(), port({ container: 81, service: 10001 })] });
  const { services, leftOut } = servicesOf(app([task({ of: before, addresses: ['192.168.0.9'] })], now));
  expect(services.map(({ backend }) => backend.servers.length)).toEqual([1, 0]);
  expect(leftOut).toEqual([{ app: '/shop', index: 1, task: 'shop.1', why: 'no-port' }]);
});

test('the health of a task of an older version counts where its own version has checks', () => {
  const serve = (before: Definition, now: Definition) => serving([task({ of: before })], now);
  expect(serve(definition(), CHECKED)).toEqual(['shop.1']);
  expect(serve(CHECKED, definition())).toEqual([]);
});

const HTTP = { protocol: 'HTTP', path: '/' };

test.each<[string, readonly Partial<ReturnType<typeof check>>[], readonly Partial<ReturnType<typeof check>>[], boolean]>([
  ['the same check', [HTTP], [HTTP], true],
  ['another path', [{ ...HTTP, path: '/old' }], [HTTP], false],
  ['another protocol', [{ protocol: 'TCP' }], [HTTP], false],
  ['a tcp check, where the app has http now', [{ protocol: 'MESOS_TCP' }], [{ protocol: 'MESOS_HTTP' }], false],
  ['the same question, asked by somebody else', [{ protocol: 'MESOS_HTTP' }], [HTTP], true],
  ['the same question at other times', [{ ...HTTP, intervalSeconds: 1, maxConsecutiveFailures: 9 }], [HTTP], true],
  ['tcp, where a path means nothing', [{ protocol: 'TCP', path: '/old' }], [{ protocol: 'TCP' }], true],
  ['no check that HAProxy could ask', [{ protocol: 'COMMAND' }], [HTTP], false],
  ['a check of another port', [{ ...HTTP, at: { index: 1 } }], [HTTP], false],
  ['no check', [], [HTTP], false],
  ['the app has none now', [HTTP], [], true],
  ['neither has one', [], [], true],
])('a task of an older version with %s', (_, before, now, checked) => {
  const of = (checks: readonly Partial<ReturnType<typeof check>>[]): Definition =>
    definition({ checks: checks.map(check), labels: { HAPROXY_0_MODE: 'http' } });
  expect(changed(of(before), of(now))).toMatchObject([[{ checked }]]);
});

test('in tcp mode HAProxy asks no path, so another one makes no difference', () => {
  const of = (path: string): Definition => definition({ checks: [check({ path })], labels: { HAPROXY_0_MODE: 'tcp' } });
  expect(changed(of('/old'), of('/new'))).toMatchObject([[{ checked: true }]]);
});

test('servers of tasks that are being killed are leaving, whatever their health was', () => {
  const tasks = [
    task({ id: 'a', health: 'alive' }),
    task({ id: 'b', health: 'alive', state: 'TASK_KILLING', hostPorts: [31002] }),
    task({ id: 'c', health: 'dead', state: 'TASK_KILLING', hostPorts: [31003] }),
    task({ id: 'd', state: 'TASK_KILLED', hostPorts: [31004] }),
    task({ id: 'e', state: 'TASK_KILLING', hostPorts: [] }),
  ];
  const { services } = servicesOf(app(tasks, CHECKED));
  expect(services[0]?.backend.servers.map((server) => server.task)).toEqual(['a']);
  expect(services[0]?.backend.leaving).toEqual(['10_0_0_1_31002', '10_0_0_1_31003']);
});

test('a task of an older version leaves where it served', () => {
  const now = definition({ network: 'container', ports: [port({ container: 8080 })] });
  const { services } = servicesOf(app([task({ of: definition(), state: 'TASK_KILLING', addresses: ['192.168.0.9'] })], now));
  expect(services[0]?.backend.leaving).toEqual(['10_0_0_1_31001']);
});
