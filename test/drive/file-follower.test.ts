import { expect, test } from '@jest/globals';
import { FileFollower } from '../../src/drive/file-follower.ts';
import type { Document } from '../../src/model/document.ts';

test.each([
  [10, 2_000],
  [100, 4_000],
  [5_000, 10_000],
])('after a write of %i ms the next one comes after %i ms', async (costMs, waitMs) => {
  const waits: number[] = [];
  const work: (() => void)[] = [];
  let [now, runs]: [number, Document] = [0, { front: [], backends: [], maps: {} }];
  const follower = new FileFollower({
    files: {
      write: () => {
        now += costMs;
        return Promise.resolve('fingerprint');
      },
    } as never,
    haproxy: { agrees: () => Promise.resolve() } as never,
    later: (ms, one) => {
      waits.push(ms);
      work.push(one);
    },
    now: () => now,
    troubled: () => undefined,
    runs: () => runs,
    inTurn: (one) => one(),
  });
  follower.soon();
  await follower.write();
  work.pop()?.();
  runs = { ...runs };
  follower.soon();
  expect(waits).toEqual([2_000, waitMs]);
});
