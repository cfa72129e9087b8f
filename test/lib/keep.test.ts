import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { keep } from '../../src/lib/keep.ts';

/** Plain data: what the model is made of. */
const { value } = fc.letrec<{ value: unknown; list: unknown[]; record: Record<string, unknown> }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom('', 'a', 'b', 0, 1, true, false, null, undefined, 'toString'),
    tie('list'),
    tie('record'),
  ),
  list: fc.array(tie('value'), { maxLength: 4 }),
  record: fc.dictionary(fc.constantFrom('a', 'b', 'c', 'toString', 'hasOwnProperty'), tie('value'), { maxKeys: 4, noNullPrototype: true }),
}));

/** The same data in other objects. */
function copy(of: unknown): unknown {
  if (Array.isArray(of)) return of.map(copy);
  if (typeof of !== 'object' || of === null) return of;
  return Object.fromEntries(Object.entries(of).map(([key, part]) => [key, copy(part)]));
}

test('the kept value equals the next one, whatever was before', () => {
  fc.assert(
    fc.property(value, value, (previous, next) => {
      const wanted = copy(next);
      expect(keep(previous, next)).toStrictEqual(wanted);
      expect(next).toStrictEqual(wanted);
    }),
  );
});

test('a value that equals the previous one is the previous one', () => {
  fc.assert(
    fc.property(value, (previous) => {
      expect(keep(previous, copy(previous))).toBe(previous);
    }),
  );
});

test('the parts that are equal keep their identity, the others do not', () => {
  const before = { same: { deep: ['x', { y: 1 }] }, other: { n: 1 }, list: [{ a: 1 }, { b: 2 }] };
  const after = keep(before, { same: { deep: ['x', { y: 1 }] }, other: { n: 2 }, list: [{ a: 1 }, { b: 3 }] });
  expect(after).not.toBe(before);
  expect(after.same).toBe(before.same);
  expect(after.list[0]).toBe(before.list[0]);
  expect(after.other).toEqual({ n: 2 });
  expect(after.list[1]).toEqual({ b: 3 });
});

test.each([
  ['a key more', { a: 1 }, { a: 1, b: 2 }],
  ['a key less', { a: 1, b: 2 }, { a: 1 }],
  ['another key', { a: 1 }, { b: 1 }],
  ['undefined and absent', { a: undefined }, {}],
  ['absent and undefined', {}, { a: undefined }],
  ['null and absent', { a: null }, {}],
  ['an element more', [1], [1, 2]],
  ['an element less', [1, 2], [1]],
  ['another order', [1, 2], [2, 1]],
  ['list and record', [], {}],
  ['record and list', {}, []],
  ['a text and its number', '1', 1],
])('told apart: %s', (_, previous, next) => {
  expect(keep<unknown>(previous, next)).not.toBe(previous);
  expect(keep<unknown>(previous, next)).toStrictEqual(next);
});

test('without a previous value the next one is it', () => {
  const next = { a: [] };
  expect(keep(undefined, next)).toBe(next);
});
