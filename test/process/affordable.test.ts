import { expect, test } from '@jest/globals';
import { makeAffordable } from '../../src/process/affordable.ts';
import { demandOf, needed } from '../../src/process/descriptors.ts';
import { usableCores } from '../../src/lib/cores.ts';
import { textOf } from '../../src/haproxy/file-text.ts';
import type { AppId } from '../../src/model/names.ts';
import { nginx, readAt, Story, task } from '../story/cluster.ts';

const { document } = Story.begin().tell(readAt(1, nginx([task(1)])));
const demand = demandOf([...textOf(document)].join(''), usableCores());
if (demand === undefined) throw new Error('no demand');
const NEED = needed(demand);
const [FEW, MANY] = [
  { app: '/few' as AppId, descriptors: 10 },
  { app: '/many' as AppId, descriptors: 100 },
];

test('an app is given when the limit, or what the others need, lets it in; the one that needs least first, and each once', async () => {
  let most = NEED + 9;
  const affordable = makeAffordable(() => Promise.resolve(most));
  const ask = () => affordable({ document, unaffordable: [MANY, FEW] });
  await expect(ask()).resolves.toEqual([]);
  most = NEED + 100;
  await expect(ask()).resolves.toEqual(['/few']);
  await expect(ask()).resolves.toEqual(['/many']);
  await expect(ask()).resolves.toEqual([]);
  most = NEED + 101;
  await expect(ask()).resolves.toEqual(['/few']);
});

test('as many apps at once as the descriptors suffice for', async () => {
  const unaffordable = Array.from({ length: 1_000 }, (_, i) => ({ app: `/app-${i}` as AppId, descriptors: 5 }));
  const affordable = makeAffordable(() => Promise.resolve(NEED + 4_004));
  await expect(affordable({ document, unaffordable })).resolves.toHaveLength(800);
});

test('when no app is left out, the limit is not read', async () => {
  const affordable = makeAffordable(() => Promise.reject(new Error('it was asked for')));
  await expect(affordable({ document, unaffordable: [] })).resolves.toEqual([]);
});
