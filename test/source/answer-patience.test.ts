import { expect, test } from '@jest/globals';
import { makePatience } from '../../src/source/answer-patience.ts';

test('little at first, twice as much after each failure, up to the most', () => {
  const patience = makePatience({ leastMs: 8_000, mostMs: 60_000 });
  const waits = Array.from({ length: 5 }, () => {
    const ms = patience.now();
    patience.failed();
    return ms;
  });
  expect(waits).toEqual([8_000, 16_000, 32_000, 60_000, 60_000]);
});

test.each([
  [100, 8_000],
  [3_000, 12_000],
  [40_000, 60_000],
])('an answer that took %d ms: the next one has %d ms', (tookMs, ms) => {
  const patience = makePatience({ leastMs: 8_000, mostMs: 60_000 });
  patience.failed();
  patience.met(tookMs);
  expect(patience.now()).toBe(ms);
});

test('the most is less than the least: it is the most', () => {
  expect(makePatience({ leastMs: 8_000, mostMs: 50 }).now()).toBe(50);
});
