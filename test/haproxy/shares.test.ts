import { expect, test } from '@jest/globals';
import { backendOfSlot, sharesOf, splitRows } from '../../src/haproxy/shares.ts';
import { front } from './make.ts';

type Member = readonly [weight: number | undefined, isIdle?: true];

function members(all: readonly Member[]) {
  return all.map(([weight, isIdle], i) =>
    front({ app: `/a${i}`, changedAt: `202${9 - i}`, split: { key: '/ x', weight, ...(isIdle && { isIdle }) } }),
  );
}

test.each<[string, readonly Member[], readonly number[]]>([
  ['no weights: equal parts', [[undefined], [undefined]], [50, 50]],
  ['three parts that are not whole', [[undefined], [undefined], [undefined]], [34, 33, 33]],
  ['a weight, and what it leaves', [[10], [undefined]], [10, 90]],
  ['a weight, and two that share the rest', [[10], [undefined], [undefined]], [10, 45, 45]],
  ['weights whose sum is not 100 are in relation to their sum', [[1], [3]], [25, 75]],
  ['0 gets nothing', [[0], [undefined]], [0, 100]],
  ['100 leaves nothing', [[100], [undefined]], [100, 0]],
  ['an app without tasks gets nothing', [[10, true], [undefined]], [0, 100]],
  [
    'no app has tasks: as if all had',
    [
      [10, true],
      [undefined, true],
    ],
    [10, 90],
  ],
  ['all 0: the oldest has all', [[0], [0], [0]], [0, 0, 100]],
  ['only those with 0 have tasks: the oldest of these', [[0], [0], [100, true]], [0, 100, 0]],
])('%s', (_, all, slots) => {
  expect(sharesOf(members(all)).map((share) => share.slots)).toEqual(slots);
  const rows = new Map(splitRows('+x', members(all)));
  const backends = Array.from({ length: 100 }, (_, slot) => backendOfSlot(rows, '+x', slot));
  const names = members(all).map(({ name }) => name);
  expect(names.map((name) => backends.filter((one) => one === name).length)).toEqual(slots);
  expect([...rows.keys()].filter((key) => key.startsWith('+x/'))).toHaveLength(slots.filter((one) => one > 0).length);
});

test('a split has a row for the largest share, and rows for what is not of it', () => {
  expect(splitRows('+x', members([[10], [undefined]]))).toEqual([
    ['+x:1', 'a1_10000'],
    ['+x:10', 'a0_10000'],
    ['+x//a0?', 'a0_10000'],
    ['+x//a1?', 'a1_10000'],
  ]);
  expect(splitRows('+x', members([[2], [undefined]])).slice(0, 3)).toEqual([
    ['+x:1', 'a1_10000'],
    ['+x:100', 'a0_10000'],
    ['+x:101', 'a0_10000'],
  ]);
});
