import { expect, test } from '@jest/globals';
import { inTime, LATE, withDeadline, within } from '../../src/lib/deadline.ts';
import { makeClock } from '../source/clock.ts';

const what = 'reading /mnt/ca.pem';
const never = new Promise<never>(() => undefined);
const late = (): Error => new Error('no answer within 10 ms');

/** Work that ends only by its signal, and with the reason of that. */
const untilAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    const end = (): void => {
      reject(signal.reason as Error);
    };
    if (signal.aborted) end();
    else signal.addEventListener('abort', end);
  });

test('what ends in time is as it is', async () => {
  await expect(inTime(Promise.resolve(5), { ms: 60_000, what })).resolves.toBe(5);
  await expect(inTime(Promise.reject(new Error('ENOENT')), { ms: 60_000, what })).rejects.toThrow('ENOENT');
  await expect(within(Promise.resolve(5), { ms: 60_000 })).resolves.toBe(5);
  await expect(within(Promise.reject(new Error('ENOENT')), { ms: 60_000 })).rejects.toThrow('ENOENT');
  await expect(withDeadline({ ms: 60_000, late }, () => Promise.resolve(5))).resolves.toBe(5);
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

test('a result that does not come in time is LATE, and so it is as soon as the signal aborts', async () => {
  await expect(within(never, { ms: 10 })).resolves.toBe(LATE);
  const stop = new AbortController();
  const waiting = within(never, { ms: 60_000, signal: stop.signal });
  stop.abort();
  await expect(waiting).resolves.toBe(LATE);
  await expect(within(never, { ms: 60_000, signal: stop.signal })).resolves.toBe(LATE);
});

test('work with a deadline ends by its own signal, with the reason of whichever ended it', async () => {
  await expect(withDeadline({ ms: 10, late }, untilAborted)).rejects.toThrow('no answer within 10 ms');
  const stop = new AbortController();
  const waiting = withDeadline({ ms: 60_000, signal: stop.signal, late }, untilAborted);
  stop.abort(new Error('the daemon ends'));
  await expect(waiting).rejects.toThrow('the daemon ends');
});

test('work is not begun when its signal has aborted', async () => {
  let begun = 0;
  const begin = (): Promise<number> => Promise.resolve(++begun);
  await expect(withDeadline({ ms: 60_000, signal: AbortSignal.abort(new Error('the end')), late }, begin)).rejects.toThrow('the end');
  expect(begun).toBe(0);
});

test('a long wait is said in the log while it goes on', async () => {
  const lines: string[] = [];
  const log = {
    warn: (facts: unknown, text?: string) => {
      lines.push(`${text ?? ''} ${JSON.stringify(facts)}`);
    },
  };
  const clock = makeClock();
  let [finish, result] = [(): void => undefined, ''];
  const work = new Promise<string>((resolve) => {
    finish = () => {
      resolve('read');
    };
  });
  void inTime(work, { ms: 30_000, what, log, sleep: clock.sleep }).then((read) => (result = read));
  await clock.pass(9_000);
  expect(lines).toEqual([]);
  await clock.pass(2_000);
  expect(lines).toEqual([`reading /mnt/ca.pem has not ended yet; does the disk or network mount answer? {"atMostS":30,"afterS":10}`]);
  finish();
  await clock.pass(60_000);
  expect(result).toBe('read');
  expect(lines).toHaveLength(1);
});

test('the timer of a wait that is over does not hold the process', async () => {
  const timers: AbortSignal[] = [];
  const sleep = (_: number, signal: AbortSignal): Promise<void> => {
    timers.push(signal);
    return untilAborted(signal);
  };
  await within(Promise.resolve(5), { ms: 60_000, sleep });
  await inTime(Promise.resolve(5), { ms: 60_000, what, sleep });
  await withDeadline({ ms: 60_000, late, sleep }, () => Promise.resolve(5));
  expect(timers.map(({ aborted }) => aborted)).toEqual([true, true, true, true]);
});
