import { expect, test } from '@jest/globals';
import { start } from './read-scheduler-rig.ts';

test('full reads for events keep a distance: a second, or four times what the last one took', async () => {
  const { reader, begun, end, clock } = start();
  const read = async (tookMs: number): Promise<void> => {
    reader.ask('all', 'event');
    while (begun.at(-1) !== `${clock.now()} all`) await clock.next();
    await clock.pass(tookMs);
    await end('all');
  };
  for (const tookMs of [10, 1_000, 20_000, 1]) await read(tookMs);
  expect(begun).toEqual(['5 all', `${15 + 1_000} all`, `${2_015 + 4_000} all`, `${26_015 + 30_000} all`]);
});

test('events at any rate: what is asked for meanwhile is one read', async () => {
  const { reader, begun, clock } = start(500);
  for (let i = 0; i < 100; i++) {
    reader.ask('all', `event ${i}`);
    await clock.pass(50);
  }
  await clock.pass(10_000);
  expect(begun).toEqual(['5 all', '2505 all', '5005 all']);
});

test('by hand there is no such distance, also for a read that events have asked for already', async () => {
  const { reader, begun, lines, clock } = start(100);
  reader.ask('all', 'a');
  await clock.pass(200);
  reader.ask('all', 'b');
  await clock.pass(300);
  expect(begun).toEqual(['5 all']);
  let done = false;
  void reader.read('by hand').then(() => (done = true));
  await clock.pass(99);
  expect([begun, done]).toEqual([['5 all', '500 all'], false]);
  await clock.pass(1);
  expect(done).toBe(true);
  expect(lines.at(-1)).toBe('debug reading Marathon {"reason":"b and 1 more"}');
});

test('by hand there is as much rest as the last read took', async () => {
  const { reader, begun, clock } = start(2_000);
  void reader.read('a');
  await clock.pass(2_005);
  void reader.read('b');
  await clock.pass(10_000);
  void reader.read('c');
  await clock.pass(10_000);
  expect(begun).toEqual(['5 all', '4005 all', '12010 all']);
});

test('whoever asks by hand during a read waits for the next one', async () => {
  const { reader, end, begun, clock } = start();
  const ended: string[] = [];
  void reader.read('a').then(() => ended.push('a'));
  await clock.pass(10);
  void reader.read('b').then(() => ended.push('b'));
  await clock.pass(100);
  expect(begun).toHaveLength(1);
  await end('all');
  expect(ended).toEqual(['a']);
  await clock.pass(1_000);
  await end('all');
  expect(ended).toEqual(['a', 'b']);
});

test('a failure goes to those who asked for that read, and the next one is tried', async () => {
  const { reader, end, begun, clock } = start();
  const first = expect(reader.read('a')).rejects.toThrow('no Marathon');
  await clock.pass(5);
  const second = reader.read('b');
  await end('all', 'no Marathon');
  await first;
  await clock.pass(5);
  await end('all');
  await second;
  await clock.pass(60_000);
  expect(begun).toHaveLength(2); // the success has made a third one needless
});

test('a full read that failed is tried again, later and later', async () => {
  const { reader, end, begun, clock } = start();
  reader.ask('all', 'a');
  for (const ms of [5, 1_005, 2_005, 4_005, 8_005, 10_005, 10_005]) {
    await clock.pass(ms - 1);
    const before = begun.length;
    await clock.pass(1);
    expect(begun).toHaveLength(before + 1);
    await end('all', 'no Marathon');
  }
});
