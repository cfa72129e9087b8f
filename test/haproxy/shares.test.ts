import { expect, test } from '@jest/globals';
import { sharesOf, slotsOf } from '../../src/haproxy/shares.ts';
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
  expect(slotsOf(members(all))).toHaveLength(100);
});
