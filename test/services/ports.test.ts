import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Definition, Port } from '../../src/model/snapshot.ts';
import { byText } from '../../src/lib/lists.ts';
import { assignPorts, makeAssign } from '../../src/services/ports.ts';
import { appId, definition, port } from './make.ts';

const RANGE = { first: 10050, last: 10100 };
const lacking = (id: string, ...containers: readonly number[]): Definition =>
  definition({ id: appId(id), network: 'container', ports: containers.map((container) => port({ container, service: undefined })) });
const given = (definitions: readonly Definition[], range = RANGE): (number | undefined)[] =>
  assignPorts(definitions, range).definitions.flatMap(({ ports }) => ports.map(({ service }) => service));

test('/auto with port 8080 gets the service port 10098, as in marathon-lb 1.15', () => {
  expect(given([lacking('/auto', 8080)])).toEqual([10098]);
});

test('definitions that lack nothing are the same objects', () => {
  const whole = definition();
  const [first, second] = assignPorts([whole, lacking('/auto', 8080)], RANGE).definitions;
  expect(first).toBe(whole);
  expect(second).toMatchObject({ id: '/auto', ports: [{ container: 8080, service: 10098, tcp: true }] });
});

test.each<[string, Partial<Definition>, Partial<Port>]>([
  ['one that has a service port', { network: 'container' }, { service: 10000 }],
  ['UDP', { network: 'container' }, { service: undefined, tcp: false }],
  ['host mode', { network: 'host' }, { service: undefined }],
  ['bridge mode', { network: 'bridge' }, { service: undefined }],
  ['no container port', { network: 'container' }, { service: undefined, container: undefined }],
])('none is given to %s', (_, of, ports) => {
  const one = definition({ ...of, ports: [port(ports)] });
  const assigned = assignPorts([one], RANGE);
  expect(assigned.definitions[0]).toBe(one);
  expect(assigned.problems).toEqual([]);
});

test('only ports without a service port are assigned one', () => {
  const ports = [port({ service: 80 }), port({ container: 8080, service: undefined }), port({ service: undefined, tcp: false })];
  const [one] = assignPorts([definition({ id: appId('/auto'), network: 'container', ports })], RANGE).definitions;
  expect(one?.ports.map(({ service }) => service)).toEqual([80, 10098, undefined]);
});

test('after a collision the next hash is used, and the first app keeps its port', () => {
  const [alone] = given([lacking('/b', 80)], { first: 1, last: 3 });
  const ids = Array.from({ length: 50 }, (_, i) => `/a${i}`);
  const rival = ids.find((id) => given([lacking(id, 80)], { first: 1, last: 3 })[0] === alone);
  const [first, second] = given([lacking(rival ?? '', 80), lacking('/b', 80)], { first: 1, last: 3 });
  expect(first).toBe(alone);
  expect(second).not.toBe(alone);
});

test('a range that is just large enough is used up, also where the hashes do not find the last one', () => {
  const many = Array.from({ length: 300 }, (_, i) => lacking(`/a${String(i).padStart(3, '0')}`, 80));
  const ports = given(many, { first: 20000, last: 20299 });
  expect(new Set(ports).size).toBe(300);
  expect(assignPorts(many, { first: 20000, last: 20299 }).problems).toEqual([]);
});

test('when no hash finds a free port, the first free port of the range is assigned', () => {
  const range = { first: 1, last: 2000 };
  const many = Array.from({ length: 1999 }, (_, i) => lacking(`/a${String(i).padStart(4, '0')}`, 80));
  const taken = new Set(given(many, range));
  const [free] = Array.from({ length: 2000 }, (_, i) => i + 1).filter((one) => !taken.has(one));
  expect(given([...many, lacking('/z', 80)], range).at(-1)).toBe(free);
});

test('when the range is used up, each port without a service port is a Problem', () => {
  const { definitions, problems } = assignPorts([lacking('/a', 80, 81), lacking('/b', 80)], { first: 7, last: 8 });
  expect(
    definitions
      .flatMap(({ ports }) => ports.map(({ service }) => service))
      .map((one) => one ?? 0)
      .sort(),
  ).toEqual([0, 7, 8]);
  expect(problems).toMatchObject([
    {
      code: 'ports-exhausted',
      owner: { by: 'app', app: '/b', index: 0 },
      message: 'port 0 has no service port, and all ports from 7 to 8 are assigned to other apps',
    },
  ]);
});

test('assigned ports are unique and within the range', () => {
  const apps = fc.uniqueArray(fc.integer({ min: 0, max: 99 }), { maxLength: 30 });
  fc.assert(
    fc.property(apps, fc.integer({ min: 0, max: 40 }), (ids, size) => {
      const range = { first: 10050, last: 10050 + size };
      const ports = given(
        ids.map((id) => lacking(`/a${id}`, 80, 81)),
        range,
      ).filter((one) => one !== undefined);
      expect(new Set(ports).size).toBe(ports.length);
      for (const one of ports) expect(one >= range.first && one <= range.last).toBe(true);
      expect(ports).toHaveLength(Math.min(ids.length * 2, size + 1));
    }),
  );
});

test('asked in order of id, shuffled apps get the same ports', () => {
  const apps = Array.from({ length: 12 }, (_, i) => lacking(`/a${i}`, 80, 8080));
  const sorted = (list: readonly Definition[]) => [...list].sort((a, b) => byText(a.id, b.id));
  fc.assert(
    fc.property(fc.shuffledSubarray(apps, { minLength: 12 }), (shuffled) => {
      expect(given(sorted(shuffled))).toEqual(given(sorted(apps)));
    }),
  );
});

test('any definitions one after the other get what they get at once, and those that keep their ports are the same objects', () => {
  const pool = Array.from({ length: 12 }, (_, n) =>
    n % 3 === 0 ? definition({ id: appId(`/whole-${n}`) }) : lacking(`/auto-${n}`, 80, 81),
  );
  fc.assert(
    fc.property(fc.array(fc.subarray(pool), { maxLength: 6 }), (sequence) => {
      const assign = makeAssign({ first: 7, last: 25 });
      let before: ReadonlyMap<string, ReturnType<typeof definition>> = new Map();
      for (const one of sequence) {
        const made = assign(one);
        expect(made).toEqual(assignPorts(one, { first: 7, last: 25 }));
        for (const next of made.definitions) {
          const last = before.get(next.id);
          if (last !== undefined && JSON.stringify(last) === JSON.stringify(next)) expect(next).toBe(last);
        }
        before = new Map(made.definitions.map((next) => [next.id, next]));
      }
    }),
  );
});
