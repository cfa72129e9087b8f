import { expect, test } from '@jest/globals';
import { ask } from '../../src/socket/master.ts';
import { RepliesInParts } from '../../src/socket/replies-in-parts.ts';
import { makeSockets } from './socket.ts';

const socketWith = makeSockets();

const VERSION = '2.6.12-1+deb12u3';
const HEAD = `Name: HAProxy\nVersion: ${VERSION}\nPid: 7\nStopping: 0\nStart_time_sec: 9\n\n${VERSION}\n\n`;
const MARK = `${VERSION}\n\n`;

/** What two readers get of a text that comes in pieces of this size. */
function taken(text: string, size: number): readonly (readonly string[])[] {
  const lines: [string[], string[]] = [[], []];
  const parts = new RepliesInParts(lines.map((its) => (line) => void its.push(line)));
  for (let i = 0; i < text.length; i += size) parts.take(text.slice(i, i + size));
  expect(parts.end()).toMatchObject({ pid: 7, version: VERSION, started: 9, stopping: false });
  return lines;
}

test.each([1, 2, 7, 64, 10_000])('answers that come in pieces of %d characters go to their readers line by line', (size) => {
  expect(taken(`${HEAD}1\n# a b\n1 2\n\n${MARK}\nx\n${MARK}`, size)).toEqual([['1', '# a b', '1 2'], ['x']]);
  expect(taken(`${HEAD}${MARK}Server deleted.\n${VERSION}`, size)).toEqual([[], ['Server deleted.']]);
});

test.each([
  ['a command without an answer', `${HEAD}1\n${MARK}`, 'HAProxy gave 1 answers to 2 commands'],
  ['an answer that breaks off', `${HEAD}1\n${MARK}2`, 'HAProxy gave 1 answers to 2 commands'],
  ['more answers than questions', `${HEAD}${MARK}${MARK}${MARK}`, 'HAProxy gave 3 answers to 2 commands'],
  ['something behind the last answer', `${HEAD}${MARK}${MARK}more\n`, 'then "more'],
  ['no worker', 'Permission denied\n', 'does not name its worker: "Permission denied'],
])('%s is no set of answers', (_, text, says) => {
  const parts = new RepliesInParts([() => undefined, () => undefined]);
  parts.take(text);
  expect(() => parts.end()).toThrow(says);
});

test('other work goes on between the pieces of a long answer', async () => {
  const socketPath = await socketWith((_, socket) => socket.end('x'.repeat(4_000_000)));
  const order: string[] = [];
  let length = 0;
  const part = (text: string): void => {
    length += text.length;
    order.push('part');
    setImmediate(() => order.push('other work'));
  };
  await expect(ask({ socketPath, command: 'show servers state', deadlineMs: 10_000, part })).resolves.toBe('');
  expect(length).toBe(4_000_000);
  expect(order.length).toBeGreaterThan(20);
  expect(order.join().includes('part,part')).toBe(false);
});

test('a reader that throws ends the call', async () => {
  const socketPath = await socketWith((_, socket) => socket.end('x'.repeat(1_000_000)));
  const part = (): void => {
    throw new Error('it is none');
  };
  await expect(ask({ socketPath, command: 'show servers state', deadlineMs: 10_000, part })).rejects.toThrow('it is none');
});
