import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { hash } from 'node:crypto';
import { backendName, serverId, serverName } from '../../src/services/haproxy-names.ts';
import { appId } from './make.ts';

test.each([
  ['/shop/cart', 10004, 'shop_cart_10004'],
  ['/nginx', 10000, 'nginx_10000'],
  ['/shop/backend/cart-v2', 10000, 'shop_backend_cart-v2_10000'],
  ['/a.b', 80, 'a.b_80'],
])('the backend of %s on %i is %s', (id, port, name) => {
  expect(backendName(appId(id), port)).toBe(name);
});

test.each([
  ['172.24.197.101', '192.168.84.196', 80, '172_24_197_101_192_168_84_196_80'],
  ['10.0.0.1', '10.0.0.1', 31001, '10_0_0_1_31001'],
  ['agent-1.mesos', '10.0.0.1', 31001, 'agent-1_mesos_10_0_0_1_31001'],
  ['10.0.0.1', 'fd00::1', 80, '10_0_0_1_fd00__1_80'],
  ['ägent"\n', '10.0.0.1', 80, '_gent___10_0_0_1_80'],
])('the server of %j at %s:%i is %s', (host, address, port, name) => {
  expect(serverName(host, address, port)).toBe(name);
});

/** As marathon-lb 1.15 gives them (conformance/cases). */
test.each([
  ['172_24_197_101_192_168_84_196_80', 32309],
  ['172_24_197_101_192_168_84_197_80', 23490],
  ['172_24_197_102_192_168_50_70_80', 7157],
  ['172_24_197_101_192_168_84_196_8080', 29801],
  ['172_24_197_101_192_168_84_197_8080', 29012],
  ['172_24_197_102_192_168_50_70_8080', 22735],
  ['10_0_0_1_192_168_1_1_80', 558],
  ['10_0_0_1_192_168_1_2_80', 186],
  ['10_0_0_1_192_168_2_1_80', 17632],
  ['10_0_0_1_31001', 26814],
  ['10_0_0_2_31111', 1506],
  ['172_24_197_102_192_168_50_70_9001', 31764],
])('the id of %s is %i', (name, id) => {
  expect(serverId(name, new Set())).toBe(id);
});

/** sha256 as one large integer mod 32767, as marathon-lb has it. */
const byDefinition = (name: string): number => Number(BigInt(`0x${hash('sha256', name)}`) % 32767n);
const again = (name: string): string => `${name} ${hash('sha256', name)}`;

test('the id is sha256 mod 32767', () => {
  fc.assert(
    fc.property(fc.string(), (name) => {
      fc.pre(byDefinition(name) !== 0);
      expect(serverId(name, new Set())).toBe(byDefinition(name));
    }),
  );
});

test('an id that is taken is replaced by that of the name with its hash appended, until a free one is found', () => {
  const name = '10_0_0_1_31001';
  const [first, second, third] = [name, again(name), again(again(name))].map(byDefinition) as [number, number, number];
  const taken = new Set<number>();
  expect([1, 2, 3].map(() => serverId(name, taken))).toEqual([first, second, third]);
  expect(taken).toEqual(new Set([first, second, third]));
});

test('an id of 0 is replaced too', () => {
  const names = Array.from({ length: 200_000 }, (_, i) => `server_${i}`);
  const zero = names.find((name) => byDefinition(name) === 0);
  expect(zero).toBeDefined();
  expect(serverId(zero ?? '', new Set())).toBe(byDefinition(again(zero ?? '')));
});

test('ids of a backend are unique and such that HAProxy takes them', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.string(), { maxLength: 500 }), (names) => {
      const taken = new Set<number>();
      const ids = names.map((name) => serverId(name, taken));
      expect(new Set(ids).size).toBe(names.length);
      for (const id of ids) expect(id >= 1 && id <= 32766).toBe(true);
    }),
    { numRuns: 30 },
  );
});
