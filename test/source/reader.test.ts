import { setTimeout } from 'node:timers/promises';
import { afterEach, expect, test } from '@jest/globals';
import { makeReader } from '../../src/source/reader.ts';
import { recordLog } from './server.ts';

const stops: AbortController[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop.abort();
});

/** A reader whose reads end by hand, and how many it has begun. */
function start() {
  const stop = new AbortController();
  stops.push(stop);
  const { log, lines } = recordLog();
  const reads: { readonly end: (error?: Error) => void }[] = [];
  const read = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const end = (error?: Error): void => {
        if (error === undefined) resolve();
        else reject(error);
      };
      reads.push({ end });
    });
  const sleep = (ms: number, signal: AbortSignal): Promise<void> => setTimeout(ms, undefined, { signal });
  const reader = makeReader({ read, quietMs: 5, sleep, log, signal: stop.signal });
  const begun = async (count: number): Promise<void> => {
    while (reads.length < count) await setTimeout(1);
  };
  return { reader, reads, begun, lines, stop };
}

test('a burst is one read, and the log has its first reason', async () => {
  const { reader, reads, begun, lines } = start();
  for (const n of [1, 2, 3, 4]) reader.ask(`status_update_event TASK_KILLED /app-${n}`);
  const done = reader.read('by hand');
  await begun(1);
  reads[0]?.end();
  await done;
  expect(reads).toHaveLength(1);
  expect(lines).toEqual(['debug reading Marathon {"reason":"status_update_event TASK_KILLED /app-1 and 4 more"}']);
});

test('what is asked for during a read is read once more afterwards, never at the same time', async () => {
  const { reader, reads, begun, lines } = start();
  const first = reader.read('a');
  await begun(1);
  const second = reader.read('b');
  reader.ask('c');
  await setTimeout(20);
  expect(reads).toHaveLength(1);
  reads[0]?.end();
  await first;
  await begun(2);
  reads[1]?.end();
  await second;
  expect(lines.map((line) => line.replace('debug reading Marathon ', ''))).toEqual(['{"reason":"a"}', '{"reason":"b and 1 more"}']);
});

test('a failure goes to those who asked for that read, and the next one is tried', async () => {
  const { reader, reads, begun } = start();
  const first = reader.read('a');
  await begun(1);
  const second = reader.read('b');
  reads[0]?.end(new Error('no Marathon'));
  await expect(first).rejects.toThrow('no Marathon');
  await begun(2);
  reads[1]?.end();
  await second;
});

test('a failure of a read that nobody waits for goes nowhere', async () => {
  const { reader, reads, begun } = start();
  reader.ask('a');
  await begun(1);
  reads[0]?.end(new Error('no Marathon'));
  reader.ask('b');
  await begun(2);
  reads[1]?.end();
});

test('nothing is read behind the end', async () => {
  const { reader, reads, stop } = start();
  const waiting = reader.read('a');
  stop.abort(new Error('the end'));
  await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
  await expect(reader.read('b')).rejects.toMatchObject({ name: 'AbortError' });
  reader.ask('c');
  await setTimeout(20);
  expect(reads).toEqual([]);
});
