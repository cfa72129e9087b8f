import { expect, test } from '@jest/globals';
import { makeLag } from '../../src/daemon/lag.ts';
import type { Document } from '../../src/model/document.ts';

const document = (): Document => ({ front: [], backends: [], maps: {} });

test('from the first news of a document that HAProxy lacks until it has it; news that changes no document counts for nothing', () => {
  let now = 0;
  const lag = makeLag(() => now);
  const [first, second, third] = [document(), document(), document()];
  lag.absorbed({ at: 1_000 });
  lag.seen(first);
  now = 1_500;
  expect(lag.applied()).toBe(0.5);
  expect(lag.applied()).toBeUndefined();
  lag.absorbed({ at: 2_000 });
  lag.seen(first);
  lag.absorbed({ at: 5_000 });
  lag.absorbed({ at: 5_100 });
  lag.seen(second);
  lag.absorbed({ at: 5_500 });
  lag.seen(third);
  now = 6_000;
  expect(lag.applied()).toBe(1);
});
