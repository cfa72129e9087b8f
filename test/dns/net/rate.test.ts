import { expect, test } from '@jest/globals';
import { makeRate, sourceOf } from '../../../src/dns/net/rate.ts';

test('each network has its answers, second by second', () => {
  let now = 0;
  const allow = makeRate({ perSecond: 2, now: () => now });
  expect(['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.1.1'].map(allow)).toEqual([true, true, false, true]);
  now = 1_000;
  expect(allow('10.0.0.3')).toBe(true);
});

test('0 is no limit', () => {
  expect([1, 2, 3].map(() => makeRate({ perSecond: 0, now: () => 0 })('10.0.0.1'))).toEqual([true, true, true]);
});

test.each([
  ['10.1.2.3', '10.1.2'],
  ['::ffff:10.1.2.3', '10.1.2'],
  ['2001:db8:1:2ff::1', '20010db8000102'],
  ['2001:db8:1:200:5::', '20010db8000102'],
  ['fe80::1%eth0', 'fe800000000000'],
  ['::1', '00000000000000'],
])('%s is of %s', (address, source) => {
  expect(sourceOf(address)).toBe(source);
});
