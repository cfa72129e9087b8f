import { expect, test } from '@jest/globals';
import type { HealthCheck } from '../../src/model/snapshot.ts';
import { checkOfPort, faultOf, makeCheck } from '../../src/services/checks.ts';
import { check, definition } from './make.ts';

const of = (index: number, path = '/') => check({ at: { index }, path });
const own = (port: number, path = '/') => check({ at: { port }, path });

test.each<[string, readonly HealthCheck[], number, HealthCheck | undefined]>([
  ['none', [], 0, undefined],
  ['that of the index', [of(1), of(0)], 0, of(0)],
  ['the first of two with the index', [of(0, '/a'), of(0, '/b')], 0, of(0, '/a')],
  ['none of the index', [of(1)], 0, undefined],
  ['one with a port of its own', [own(8080)], 3, own(8080)],
  ['the index before a port', [own(8080), of(0)], 0, of(0)],
  ['the first of two ports', [own(1), own(2)], 0, own(1)],
  ['a command can not be repeated', [check({ protocol: 'COMMAND' })], 0, undefined],
  ['a command is passed over', [check({ protocol: 'COMMAND' }), of(0)], 0, of(0)],
  ['one that says neither', [check({ at: undefined })], 0, undefined],
])('the check of a port: %s', (_, checks, index, wanted) => {
  expect(checkOfPort(definition({ checks }), index)).toEqual(wanted);
});

test.each([
  ['HTTP', 'http', 'http'],
  ['HTTPS', 'http', 'http'],
  ['MESOS_HTTP', 'http', 'http'],
  ['TCP', 'http', 'tcp'],
  ['MESOS_TCP', 'http', 'tcp'],
  ['HTTP', 'tcp', 'tcp'],
  ['TCP', 'tcp', 'tcp'],
] as const)('%s on a port of mode %s is checked by %s', (protocol, mode, wanted) => {
  expect(makeCheck(check({ protocol }), mode, undefined)).toMatchObject({ protocol: wanted, marathonProtocol: protocol });
});

test.each([
  ['/#/login', '/'],
  ['/ui#top', '/ui'],
  ['#', '/'],
])('what stands behind # in the path %s is never sent', (path, sent) => {
  expect(faultOf(check({ path }))).toBeUndefined();
  expect(makeCheck(check({ path }), 'http', undefined).path).toBe(sent);
});

test("every field of HAProxy's check", () => {
  const marathon = check({ path: '/ping', intervalSeconds: 5, timeoutSeconds: 3, gracePeriodSeconds: 9, maxConsecutiveFailures: 0 });
  expect(makeCheck(marathon, 'http', undefined)).toEqual({
    protocol: 'http',
    marathonProtocol: 'HTTP',
    path: '/ping',
    intervalSeconds: 5,
    timeoutSeconds: 3,
    gracePeriodSeconds: 9,
    falls: 1,
    at: undefined,
  });
});

test.each([
  ['its own', own(8080), undefined, { port: 8080 }],
  ['that of the server', of(0), undefined, undefined],
  ['that of another index', of(0), 1, { index: 1 }],
  ['another index before its own', own(8080), 1, { index: 1 }],
] as const)('where it goes: %s', (_, marathon, other, at) => {
  expect(makeCheck(marathon, 'http', other).at).toEqual(at);
});
