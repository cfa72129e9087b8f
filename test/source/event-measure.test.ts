import { expect, test } from '@jest/globals';
import { makeEventMeasure } from '../../src/source/event-measure.ts';

const measured = (...pieces: readonly string[]) => {
  const measure = makeEventMeasure();
  return pieces.map((piece) => measure(Buffer.from(piece)));
};

test.each([
  ['LF', '\n'],
  ['CR', '\r'],
  ['CR LF', '\r\n'],
])('an empty line ends an event, where lines end with %s, also when a piece ends there', (_, end) => {
  const [first, second, third] = measured(`data: 1${end}data: 2${end}`, `${end}data: 3${end}`, `data: 4${end}`);
  expect([first?.lines, second?.lines, third?.lines]).toEqual([2, 3, 2]);
});

test('the longest event of a piece counts', () => {
  expect(measured('data: 1\ndata: 22\n\ndata: 3\n\n')).toEqual([{ bytes: 18, lines: 3 }]);
});

test('heart-beats that are cut anywhere add up to nothing', () => {
  const sizes = measured(...Array.from({ length: 1_000 }, () => ['\r', '\n']).flat());
  expect(Math.max(...sizes.map(({ lines }) => lines))).toBeLessThanOrEqual(1);
  expect(Math.max(...sizes.map(({ bytes }) => bytes))).toBeLessThanOrEqual(2);
});
