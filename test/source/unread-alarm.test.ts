import { expect, test } from '@jest/globals';
import { makeUnreadAlarm } from '../../src/source/unread-alarm.ts';
import { makeClock } from './clock.ts';

function start() {
  const clock = makeClock();
  const told: string[] = [];
  const stop = new AbortController();
  const tell = (since: number): void => void told.push(`${clock.now()} since ${since}`);
  const unread = makeUnreadAlarm({ tell, now: clock.now, sleep: clock.sleep });
  const begin = (): void => {
    unread.begun(stop.signal);
  };
  const succeeded = (): void => {
    unread.succeeded();
  };
  return { clock, told, begin, succeeded, stop };
}

test('reads that fail, or one that hangs, for a minute are told once', async () => {
  const { clock, told, begin } = start();
  await clock.pass(1_000);
  for (let i = 0; i < 20; i++) {
    begin();
    await clock.pass(10_000);
  }
  expect(told).toEqual(['61000 since 1000']);
});

test('a success makes it needless, and the next failure is a new one', async () => {
  const { clock, told, begin, succeeded } = start();
  begin();
  await clock.pass(59_999);
  succeeded();
  await clock.pass(300_000);
  begin();
  await clock.pass(60_000);
  expect(told).toEqual(['419999 since 359999']);
  succeeded();
  begin();
  await clock.pass(60_000);
  expect(told).toEqual(['419999 since 359999', '479999 since 419999']);
});

test('the end is no failure', async () => {
  const { clock, told, begin, stop } = start();
  begin();
  stop.abort();
  await clock.pass(100_000);
  expect(told).toEqual([]);
});
