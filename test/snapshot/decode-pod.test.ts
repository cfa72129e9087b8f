import { expect, test } from '@jest/globals';
import { decodeApp, decodePod } from '../../src/snapshot/decode.ts';
import type { App } from '../../src/model/snapshot.ts';
import { podStatus, V2, type Json } from './pods.ts';

function read(json: unknown): App {
  const decoded = decodePod(JSON.stringify(json));
  if ('problem' in decoded) throw new Error(decoded.problem.message);
  return decoded.app;
}

test('a pod is an app with a port for each endpoint and a task for each container of each instance', () => {
  const { definition, tasks, instances } = read(podStatus());
  expect(definition).toMatchObject({ id: '/shop', pod: true, network: 'host', changedAt: V2, readiness: false });
  expect(definition.ports).toEqual([
    { container: undefined, service: undefined, onHost: true, tcp: true, name: 'http', containerName: 'web' },
    { container: undefined, service: undefined, onHost: true, tcp: true, name: 'admin', containerName: 'side' },
  ]);
  expect(definition.checks).toMatchObject([{ protocol: 'MESOS_HTTP', path: '/up', at: { index: 0 }, gracePeriodSeconds: 30 }]);
  expect(instances).toBe(1);
  expect(tasks).toMatchObject([
    { id: 'shop.instance-1.side.1', containerName: 'side', hostPorts: [undefined, 31_002], health: 'alive', state: 'TASK_RUNNING' },
    { id: 'shop.instance-1.web.1', containerName: 'web', hostPorts: [31_001, undefined], health: 'alive', version: V2, host: '10.0.0.7' },
  ]);
});

test('a definition alone is an app without tasks, as for a version or a file', () => {
  const { spec } = podStatus() as { readonly spec: Json };
  expect(read(spec)).toEqual({ ...read(podStatus()), tasks: [] });
});

test('the same JSON among apps is taken for a pod', () => {
  expect(decodeApp(JSON.stringify(podStatus()))).toEqual({ app: read(podStatus()) });
});

test.each<[string, Json]>([
  ['the status of the pod', { status: null, statusSince: null, terminationHistory: null }],
  ['instances', { instances: null }],
  ['all parts of an instance', { instances: [{ id: 'a', containers: null, networks: null, agentHostname: null, specReference: null }] }],
  [
    'all parts of a container',
    { instances: [{ id: 'a', containers: [{ name: 'web', conditions: null, endpoints: null, status: null }] }] },
  ],
])('%s may be null, absent or empty', (_, given) => {
  expect(read({ ...podStatus(), ...given }).definition.ports).toHaveLength(2);
});

test.each<[string, unknown, string]>([
  ['no definition', { id: '/shop', instances: [] }, 'spec: '],
  ['a definition without containers', { id: '/shop', spec: { id: '/shop' } }, 'spec.containers: '],
  ['an id that is none', { spec: { id: 'shop', containers: [] } }, 'spec.id: '],
  ['containers that are a text', { spec: { id: '/shop', containers: 'web' } }, 'spec.containers: '],
  ['labels that are a list', { spec: { id: '/shop', containers: [], labels: ['a'] } }, 'spec.labels: '],
  [
    'a port that is none',
    { spec: { id: '/shop', containers: [{ name: 'a', endpoints: [{ name: 'b', hostPort: 65_536 }] }] } },
    'hostPort: ',
  ],
  ['instances that are a number', { ...podStatus(), instances: 3 }, 'instances: '],
  ['an instance that is a text', { ...podStatus(), instances: ['a'] }, 'instances.0: '],
  ['nothing at all', null, 'the pod: '],
])('%s is a Problem that says where', (_, json, where) => {
  const decoded = decodePod(JSON.stringify(json));
  expect(decoded).toMatchObject({ problem: { code: 'app-not-readable', message: expect.stringContaining(where) as unknown } });
  expect(decoded).toMatchObject({ problem: { hint: expect.stringContaining('/v2/pods/::status') as unknown } });
});

test('text that is not JSON is an error, because the whole answer is in doubt', () => {
  expect(() => decodePod('{"id"')).toThrow(SyntaxError);
});

test('an endpoint in the status that the definition lacks is ignored', () => {
  const pod = podStatus({
    endpoints: [
      { name: 'gone', allocatedHostPort: 31_009 },
      { name: 'http', allocatedHostPort: 31_001 },
    ],
  });
  expect(read(pod).tasks[1]?.hostPorts).toEqual([31_001, undefined]);
});

test.each<[Json, string]>([
  [{ conditions: [{ name: 'healthy', value: 'true', reason: 'health-reported-by-mesos' }] }, 'alive'],
  [{ conditions: [{ name: 'healthy', value: 'false', reason: 'health-reported-by-mesos' }] }, 'dead'],
  [{ conditions: [{ name: 'healthy', value: 'false', reason: 'health-unreported-by-mesos' }] }, 'unknown'],
  [{ conditions: [] }, 'unknown'],
  [{ conditions: [], endpoints: [{ name: 'http', healthy: false }] }, 'dead'],
  [{ conditions: null, endpoints: [{ name: 'http', healthy: true }] }, 'alive'],
])('%j is %s', (given, health) => {
  expect(read(podStatus(given)).tasks[1]?.health).toBe(health);
});

test.each([
  ['/v2/pods/shop::versions/2021-03-01T10:00:00Z', '2021-03-01T10:00:00.000Z'],
  ['/v2/pods/shop::versions/2021-03-01T10:00:00.123Z', '2021-03-01T10:00:00.123Z'],
  ['/v2/pods/shop::versions/yesterday', undefined],
  ['/v2/pods/shop', undefined],
  [null, undefined],
  [7, undefined],
])('the version in %j is %j', (specReference, version) => {
  expect(read(podStatus({}, { specReference })).tasks[1]?.version).toBe(version);
});

test('the containers of an instance that goes down are being killed, also where Mesos has not said so', () => {
  expect(read(podStatus({}, { status: 'TERMINAL' })).tasks.map(({ state }) => state)).toEqual(['TASK_KILLING', 'TASK_KILLING']);
  expect(read(podStatus({ status: 'TASK_FAILED' }, { status: 'TERMINAL' })).tasks[1]?.state).toBe('TASK_FAILED');
});
