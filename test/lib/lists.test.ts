import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { flatOf } from '../../src/lib/flat-lists.ts';
import { byText, common, each, eachPair, placeOf, whole, withElement } from '../../src/lib/lists.ts';
import { placesBetween } from '../../src/lib/origins.ts';

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

/** Some short lists, one of them empty, two that read the same. */
const parts: readonly (readonly number[])[] = [[], [1], [1], [2, 3], [4, 5, 6], [7], [8, 9]];

test('flatOf: any lists one after the other give what a plain flat() gives, and the same lists the very same one', () => {
  fc.assert(
    fc.property(fc.array(fc.array(fc.constantFrom(...parts), { maxLength: 9 })), (sequence) => {
      const all = flatOf((list: readonly number[]) => list);
      for (const one of sequence) {
        const before = one.flat();
        const joined = all(one);
        expect(joined).toEqual(before);
        expect(all([...one])).toBe(joined);
        expect(joined).toEqual(before); // nor was it written to
      }
    }),
  );
});

test('flatOf: what it gave before stays as it was', () => {
  const all = flatOf((list: readonly number[]) => list);
  const first = all([[1], [2], [3]]);
  const second = all([[1], [2, 2], [3]]);
  expect([first, second]).toEqual([
    [1, 2, 3],
    [1, 2, 2, 3],
  ]);
  expect(flatOf((list: readonly number[]) => list)([])).toEqual([]);
});

test('flatOf: only the lists between those that are the same as before are read', () => {
  const read = new Set<string>();
  const watched = (name: string, elements: readonly string[]): readonly string[] =>
    new Proxy(elements, {
      get: (target, key, receiver): unknown => {
        if (key !== 'length') read.add(name);
        return Reflect.get(target, key, receiver);
      },
    });
  const [a, b, c, d, e] = ['a', 'b', 'c', 'd', 'e'].map((name) => watched(name, [`${name}1`, `${name}2`]));
  const readFor = (lists: readonly unknown[]): readonly string[] => {
    read.clear();
    all(lists as readonly (readonly string[])[]);
    return [...read].sort();
  };
  const all = flatOf((list: readonly string[]) => list);
  expect(readFor([a, b, c, d])).toEqual(['a', 'b', 'c', 'd']);
  expect(readFor([a, b, c, d])).toEqual([]);
  expect(readFor([a, e, c, d])).toEqual(['e']);
  expect(readFor([a, e, b, c, d])).toEqual(['b']);
  expect(readFor([a, d])).toEqual([]);
  expect(readFor([a, d, c])).toEqual(['c']);
});

test('placeOf: where a list in order has an id, or would have it', () => {
  const id = fc.string({ maxLength: 3 });
  fc.assert(
    fc.property(fc.uniqueArray(id), id, (ids, sought) => {
      const inOrder = ids.sort(byText).map((one) => ({ id: one }));
      const at = inOrder.findIndex((one) => byText(one.id, sought) >= 0);
      expect(placeOf(inOrder, sought)).toBe(at < 0 ? inOrder.length : at);
      for (const [i, one] of inOrder.entries()) expect(placeOf(inOrder, one.id)).toBe(i);
    }),
  );
});

test.each([
  [[], '/a', 0],
  [['/a', '/c'], '/', 0],
  [['/a', '/c'], '/b', 1],
  [['/a', '/c'], '/c', 1],
  [['/a', '/c'], '/d', 2],
  [['/B', '/a'], '/b', 2],
])('placeOf(%j, %j)', (ids: readonly string[], sought, place) => {
  const list = ids.map((one) => ({ id: one }));
  expect(placeOf(list, sought)).toBe(place);
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

test('placesBetween: lists that were made from one another differ at no other place', () => {
  const step = fc.tuple(fc.nat(7), fc.constantFrom(...things));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), fc.nat(20), fc.nat(20), (steps, one, other) => {
      let last: readonly Thing[] = [...things];
      const all = [last, ...steps.map(([place, thing]) => (last = withElement(last, place, thing)))];
      const [a, b] = [all[one % all.length] ?? last, all[other % all.length] ?? last];
      const places = placesBetween(a, b);
      const unlike = a.flatMap((thing, i) => (thing === b[i] ? [] : [i]));
      expect(unlike.filter((place) => places?.includes(place) === false)).toEqual([]);
      expect(common(a, b)).toEqual(common([...a], [...b]));
      if (Math.abs((one % all.length) - (other % all.length)) <= 12) expect(places).toBeDefined();
    }),
  );
});

test('placesBetween: what each, eachPair and flatOf return is known to differ at the places of what changed', () => {
  const [wrap, pair, join] = [
    each((thing: Thing) => ({ thing })),
    eachPair((a: Thing, b: Thing) => [a, b]),
    flatOf((list: readonly Thing[]) => list),
  ];
  const twice = each((thing: Thing) => [thing, thing]);
  const first = [...things];
  const second = withElement(withElement(first, 5, { n: 50 }), 2, { n: 20 });
  expect(placesBetween(first, second)).toEqual([2, 5]);
  expect(placesBetween(wrap(first), wrap(second))).toEqual([2, 5]);
  expect(placesBetween(pair(first, things), pair(second, things))).toEqual([2, 5]);
  expect(placesBetween(join(twice(first)), join(twice(second)))).toEqual([4, 5, 10, 11]);
});

test('each and flatOf: a list that gives the same results returns the very same list', () => {
  const even = each((thing: Thing) => thing.n % 2);
  const join = flatOf((list: readonly number[]) => list);
  expect(even(withElement(things, 3, { n: 5 }))).not.toBe(even([...things].reverse()));
  const before = even(things);
  expect(even(withElement(things, 3, { n: 5 }))).toBe(before);
  const joined = join([[1], [2, 3], []]);
  expect(join([[1], [2, 3], []])).toBe(joined);
});
