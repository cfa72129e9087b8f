import { expect, test } from '@jest/globals';
import { setTimeout } from 'node:timers/promises';
import { makeLogSink } from '../../src/lib/log-sink.ts';

/** A pipe with room for so many bytes, until somebody reads. */
function makePipe(room: number) {
  let [left, text] = [room, ''];
  return {
    read: () => {
      left = Infinity;
    },
    text: () => text,
    write: (bytes: Buffer): number => {
      if (left === 0) throw Object.assign(new Error('full'), { code: 'EAGAIN' });
      const some = bytes.subarray(0, left);
      left -= some.length;
      text += some.toString();
      return some.length;
    },
  };
}

test('while nobody reads, lines wait up to the limit and are dropped and counted beyond it; every line comes whole', async () => {
  const pipe = makePipe(5);
  const dropped: number[] = [];
  const sink = makeLogSink({ write: pipe.write, mostBytes: 10, retryMs: 1, dropped: (lines) => dropped.push(lines) });
  for (const line of ['one\n', 'two\n', 'three\n', 'four\n', 'five\n']) sink.write(line);
  expect(pipe.text()).toBe('one\nt');
  expect(dropped).toEqual([]);
  pipe.read();
  while (dropped.length === 0) await setTimeout(1);
  expect(pipe.text()).toBe('one\ntwo\nthree\n');
  expect(dropped).toEqual([2]);
  sink.write('six\n');
  expect(pipe.text()).toBe('one\ntwo\nthree\nsix\n');
});

test('a log that nobody can ever read again ends nothing', () => {
  const sink = makeLogSink({
    write: () => {
      throw Object.assign(new Error('closed'), { code: 'EPIPE' });
    },
    dropped: () => undefined,
  });
  expect(() => {
    sink.write('one\n');
    sink.write('two\n');
  }).not.toThrow();
});
