import { expect, test } from '@jest/globals';
import { inTime } from '../../src/lib/deadline.ts';

const what = 'reading /mnt/ca.pem';

test('what ends in time is as it is', async () => {
  await expect(inTime(Promise.resolve(5), { ms: 60_000, what })).resolves.toBe(5);
  await expect(inTime(Promise.reject(new Error('ENOENT')), { ms: 60_000, what })).rejects.toThrow('ENOENT');
});

test('what does not is waited for no longer, and may fail later', async () => {
  const fail: (() => void)[] = [];
  const work = new Promise((_, reject) => {
    fail.push(() => {
      reject(new Error('EIO'));
    });
  });
  await expect(inTime(work, { ms: 10, what })).rejects.toThrow(
    'reading /mnt/ca.pem has not ended within 0.01 s; does the disk or network mount answer?',
  );
  fail[0]?.();
  await new Promise((resolve) => setImmediate(resolve));
});
