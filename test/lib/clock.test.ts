import { getEventListeners } from 'node:events';
import { expect, test } from '@jest/globals';
import { sleep } from '../../src/lib/clock.ts';

test('a wait ends with the reason of its signal, before it or during it', async () => {
  const over = new AbortController();
  const waiting = sleep(60_000, over.signal);
  const reason = new Error('the work has ended');
  over.abort(reason);
  await expect(waiting).rejects.toBe(reason);
  await expect(sleep(60_000, over.signal)).rejects.toBe(reason);
});

test('a wait leaves no listener on its signal', async () => {
  const { signal } = new AbortController();
  await sleep(1, signal);
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});
