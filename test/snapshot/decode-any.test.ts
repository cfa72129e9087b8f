import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decodeApp } from '../../src/snapshot/decode.ts';
import { wireApp, wireTask } from './wire.ts';

const FULL = wireApp({
  ports: [10000],
  portDefinitions: [{ port: 10000, protocol: 'tcp', name: 'http', labels: {} }],
  ipAddress: { discovery: { ports: [{ number: 80, name: 'http', protocol: 'tcp' }] }, networkName: 'calico' },
  container: {
    docker: { network: 'USER', portMappings: [{ containerPort: 80, hostPort: 0, servicePort: 10000, protocol: 'tcp' }] },
    portMappings: [{ containerPort: 80, hostPort: 0, servicePort: 10000, protocol: 'tcp' }],
  },
  readinessChecks: [{ name: 'ready', portName: 'http' }],
  deployments: [{ id: 'd' }],
  readinessCheckResults: [{ name: 'ready', taskId: 'shop.0001', ready: false, lastResponse: { status: 503 } }],
  tasks: [
    wireTask({
      stagedAt: '2017-07-19T17:34:43.039Z',
      healthCheckResults: [{ alive: true, consecutiveFailures: 0, firstSuccess: 'x', lastSuccess: 'x', lastFailure: 'x' }],
    }),
  ],
});

type Path = readonly (string | number)[];

/** The ways to all parts of a value. */
function pathsOf(value: unknown, at: Path = []): readonly Path[] {
  if (typeof value !== 'object' || value === null) return [at];
  const entries: [string | number, unknown][] = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return [...(at.length > 0 ? [at] : []), ...entries.flatMap(([key, part]) => pathsOf(part, [...at, key]))];
}

/** The value with another part at a place, or without it. */
function withPart(value: unknown, [key, ...rest]: Path, part: unknown): unknown {
  if (key === undefined) return part;
  if (Array.isArray(value)) return value.map((one: unknown, i) => (i === key ? (withPart(one, rest, part) ?? null) : one));
  return { ...(value as object), [key]: withPart((value as Record<string, unknown>)[key], rest, part) };
}

const OPTIONAL = pathsOf(FULL).filter((path) => path.at(-1) !== 'id');
const decode = (value: unknown): ReturnType<typeof decodeApp> => decodeApp(JSON.stringify(value));

test.each(OPTIONAL.filter((path) => typeof path.at(-1) === 'string').map((path) => [path.join('.'), path] as const))(
  'without %s it is an app, and null is the same as absent',
  (_, path) => {
    const absent = decode(withPart(FULL, path, undefined));
    expect(absent).toHaveProperty('app.id', '/shop');
    expect(decode(withPart(FULL, path, null))).toStrictEqual(absent);
  },
);

test('with any parts absent, null or of another kind: an app or a Problem, never an exception', () => {
  const change = fc.tuple(fc.constantFrom(...pathsOf(FULL)), fc.oneof(fc.constant(undefined), fc.jsonValue()));
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 6 }), (changes) => {
      const value = changes.reduce<unknown>((now, [path, part]) => (reaches(now, path) ? withPart(now, path, part) : now), FULL);
      const decoded = decode(value);
      if ('app' in decoded) expect(decoded.app.definition.id).toBe(decoded.app.id);
      else expect(decoded.problem).toMatchObject({ code: 'app-not-readable', message: expect.stringContaining("can't be read, ") });
    }),
    { numRuns: 500 },
  );
});

test('any JSON is an app or a Problem', () => {
  fc.assert(
    fc.property(fc.json(), (json) => {
      expect(Object.keys(decodeApp(json))).toHaveLength(1);
    }),
  );
});

/** Whether all above a place is still there after other changes. */
function reaches(value: unknown, path: Path): boolean {
  const [key, ...rest] = path;
  if (key === undefined) return true;
  if (typeof value !== 'object' || value === null) return false;
  return reaches((value as Record<string | number, unknown>)[key], rest) || rest.length === 0;
}
