import { expect, test } from '@jest/globals';
import { outcomeOf, Wanted } from '../../src/drive/wanted.ts';
import type { Document } from '../../src/model/document.ts';

const [FIRST, SECOND]: readonly [Document, Document] = [
  { front: [], backends: [], maps: {} },
  { front: [], backends: [], maps: {} },
];

test('the outcome of the wanted document stays when the other lane tells of an earlier document after it', async () => {
  const wanted = new Wanted({ now: () => 0 });
  wanted.set(FIRST);
  wanted.set(SECOND);
  wanted.settle(SECOND, outcomeOf(true));
  wanted.settle(FIRST, { ok: false, why: 'HAProxy refuses the configuration' });
  expect(wanted.outcome).toEqual({ ok: true, by: 'commands' });
  await expect(wanted.settled()).resolves.toEqual({ ok: true, by: 'commands' });
});

test('the outcome of an earlier document is not taken for that of the wanted one', () => {
  const wanted = new Wanted({ now: () => 0 });
  wanted.set(FIRST);
  wanted.set(SECOND);
  wanted.settle(FIRST, outcomeOf(true));
  expect(wanted.outcome).toBeUndefined();
  expect(wanted.hasEnded()).toBe(false);
});
