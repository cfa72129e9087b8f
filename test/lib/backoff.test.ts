import { expect, test } from '@jest/globals';
import { makeBackoff } from '../../src/lib/backoff.ts';

const waits = (random: number, count: number): number[] => {
  const backoff = makeBackoff({ first: 500, most: 15_000, random: () => random });
  return Array.from({ length: count }, () => backoff.next());
};

test('doubles up to the most', () => {
  expect(waits(1, 8)).toEqual([500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000]);
});

test('jitter takes away up to a half, never more', () => {
  expect(waits(0, 7)).toEqual([250, 500, 1000, 2000, 4000, 7500, 7500]);
  expect(waits(0.5, 2)).toEqual([375, 750]);
});

test('begins again after a reset', () => {
  const backoff = makeBackoff({ first: 500, most: 15_000, random: () => 1 });
  backoff.next();
  backoff.next();
  backoff.reset();
  expect(backoff.next()).toBe(500);
});

test('a first wait above the most is the most', () => {
  const backoff = makeBackoff({ first: 500, most: 100, random: () => 1 });
  expect([backoff.next(), backoff.next()]).toEqual([100, 100]);
  backoff.reset();
  expect(backoff.next()).toBe(100);
});
