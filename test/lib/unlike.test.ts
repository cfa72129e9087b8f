import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { keysBetween, noteKeys } from '../../src/lib/changed-keys.ts';
import { withElement } from '../../src/lib/lists.ts';
import { unlike, withoutPlaces } from '../../src/lib/unlike.ts';

const things = Array.from({ length: 60 }, (_, n) => ({ n }));
const some = fc.shuffledSubarray(things, { minLength: 0 });
const inOrder = fc.subarray(things);

test.each([
  ['in any order', some],
  ['in the same order', inOrder],
])('unlike: what is left of two lists %s is the same', (_, lists) => {
  fc.assert(
    fc.property(lists, lists, (a, b) => {
      const places = unlike(a, b);
      expect(withoutPlaces(a, places.before)).toEqual(withoutPlaces(b, places.after));
      expect(withoutPlaces(a, places.before).every((one, i) => one === withoutPlaces(b, places.after)[i])).toBe(true);
    }),
  );
});

test('unlike: an element that came, one that went and one that was replaced', () => {
  const [a, b] = [things.slice(0, 50), things.slice(0, 50)];
  b.splice(10, 1);
  b.splice(30, 0, { n: 100 });
  b[40] = { n: 101 };
  expect(unlike(a, b)).toEqual({ before: [10, 40], after: [30, 40] });
  const next = withElement(a, 7, { n: 102 });
  expect(unlike(a, next)).toEqual({ before: [7], after: [7] });
});

test('withoutPlaces: gives what a filter gives', () => {
  fc.assert(
    fc.property(fc.subarray(things.map(({ n }) => n)), (places) => {
      expect(withoutPlaces(things, places)).toEqual(things.filter(({ n }) => !places.includes(n)));
    }),
  );
});

test('keysBetween: has every key at which two maps of one history differ', () => {
  const key = fc.constantFrom('a', 'b', 'c', 'd');
  const change = fc.record({ from: fc.nat(), key, value: fc.option(fc.nat(3), { nil: undefined }) });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 12 }), (changes) => {
      const maps = [new Map<string, number>([['a', 1]])];
      for (const one of changes) {
        const before = maps[one.from % maps.length] ?? new Map<string, number>();
        const next = new Map(before);
        if (one.value === undefined) next.delete(one.key);
        else next.set(one.key, one.value);
        noteKeys(next, before, [one.key]);
        maps.push(next);
      }
      for (const a of maps)
        for (const b of maps) {
          const keys = keysBetween(a, b);
          if (keys !== undefined) for (const one of ['a', 'b', 'c', 'd']) if (a.get(one) !== b.get(one)) expect([...keys]).toContain(one);
        }
    }),
  );
});
