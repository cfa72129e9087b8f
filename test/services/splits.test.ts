import { expect, test } from '@jest/globals';
import { splitProblems } from '../../src/services/splits.ts';
import { front } from '../haproxy/make.ts';

const members = (...weights: readonly (number | undefined)[]) =>
  weights.map((weight, i) => front({ app: `/a${i}`, split: { key: '/ shop', weight } }));

test('when all weights of a split are 0, each of its apps gets a Problem that says who gets the requests', () => {
  expect(splitProblems(members(0, 0))).toMatchObject(
    ['/a0', '/a1'].map((app) => ({
      owner: { app },
      label: 'HAPROXY_0_SPLIT_WEIGHT',
      message: "all apps of the split 'shop' have the weight 0, so the one with the oldest definition gets all requests",
    })),
  );
  for (const weights of [[0, 1], [0, undefined], [0]]) expect(splitProblems(members(...weights))).toEqual([]);
});
