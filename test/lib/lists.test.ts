import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { byText, common, each, eachPair, whole } from '../../src/lib/lists.ts';

interface Thing {
  readonly n: number;
}

const things: readonly Thing[] = Array.from({ length: 8 }, (_, n) => ({ n }));
/** Lists of the same few objects, without twins, as the model has them: any order, any selection. */
const list = fc.shuffledSubarray([...things]);
const lists = fc.array(list, { maxLength: 12 });

test('each: any lists one after the other give what a plain map gives', () => {
  fc.assert(
    fc.property(fc.array(fc.array(fc.constantFrom(...things), { maxLength: 9 })), (sequence) => {
      const double = each((thing: Thing) => thing.n * 2);
      for (const one of sequence) expect(double(one)).toEqual(one.map((thing) => thing.n * 2));
    }),
  );
});

test('each: asks only for elements that were not in the list before', () => {
  fc.assert(
    fc.property(lists, (sequence) => {
      const asked: Thing[] = [];
      const wrap = each((thing: Thing) => {
        asked.push(thing);
        return { thing };
      });
      let before: readonly Thing[] = [];
      for (const one of sequence) {
        asked.length = 0;
        wrap(one);
        expect(asked).toEqual(one.filter((thing) => !before.includes(thing)));
        before = one;
      }
    }),
  );
});

test('each: what is in both lists has the very same result, and equal lists the very same list', () => {
  fc.assert(
    fc.property(list, list, (first, second) => {
      const wrap = each((thing: Thing) => ({ thing }));
      const before = wrap(first);
      expect(wrap([...first])).toBe(before);
      const after = wrap(second);
      for (const [i, thing] of second.entries()) if (first.includes(thing)) expect(after[i]).toBe(before[first.indexOf(thing)]);
    }),
  );
});

test('eachPair: any pairs of lists give what a plain map gives', () => {
  const pair = fc.array(fc.tuple(fc.constantFrom(...things), fc.constantFrom(...things)), { maxLength: 9 });
  fc.assert(
    fc.property(fc.array(pair), (sequence) => {
      const add = eachPair((a: Thing, b: Thing) => [a.n, b.n]);
      for (const one of sequence) {
        const [as, bs] = [one.map(([a]) => a), one.map(([, b]) => b)];
        expect(add(as, bs)).toEqual(one.map(([a, b]) => [a.n, b.n]));
      }
    }),
  );
});

test('eachPair: asks again when only the second of a pair is another', () => {
  let asked = 0;
  const add = eachPair((a: Thing, b: Thing) => {
    asked++;
    return a.n + b.n;
  });
  const [a, b, c, d] = things as [Thing, Thing, Thing, Thing];
  expect(add([a, b, c], [a, b, c])).toEqual([0, 2, 4]);
  expect(add([a, b, c], [a, d, c])).toEqual([0, 4, 4]);
  expect(asked).toBe(4);
  expect(add([a, c], [a, c])).toEqual([0, 4]);
  expect(asked).toBe(4);
});

test('whole: computes again only for other elements or another order', () => {
  fc.assert(
    fc.property(lists, (sequence) => {
      let asked = 0;
      const sum = whole((one: readonly Thing[]) => {
        asked++;
        return one.map((thing) => thing.n).join();
      });
      let before: readonly Thing[] | undefined;
      for (const one of sequence) {
        const already = asked;
        expect(sum(one)).toBe(one.map((thing) => thing.n).join());
        expect(asked - already).toBe(before?.length === one.length && before.every((thing, i) => thing === one[i]) ? 0 : 1);
        before = one;
      }
    }),
  );
});

test.each([
  [[1, 2, 3], [1, 2, 3], { head: 3, tail: 0 }],
  [[1, 2, 3], [1, 9, 3], { head: 1, tail: 1 }],
  [[1, 2, 3], [1, 2, 2, 3], { head: 2, tail: 1 }],
  [[1, 1], [1], { head: 1, tail: 0 }],
  [[1, 2], [2, 1], { head: 0, tail: 0 }],
  [[], [1], { head: 0, tail: 0 }],
  [[NaN], [NaN], { head: 0, tail: 0 }],
])('common(%j, %j)', (a, b, shared) => {
  expect(common(a, b)).toEqual(shared);
});

test('byText: code units, not a locale', () => {
  expect(['b', 'B', 'a', 'ä', '10', '9', ''].sort(byText)).toEqual(['', '10', '9', 'B', 'a', 'b', 'ä']);
});
