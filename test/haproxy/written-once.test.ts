import { expect, test } from '@jest/globals';
import { writtenOnce } from '../../src/haproxy/written-once.ts';
import type { ServerName } from '../../src/model/names.ts';
import { fragment } from './make.ts';

const once = (...servers: readonly (readonly [string, string])[]) =>
  Array.from(writtenOnce(servers.map(([name, text]) => [name as ServerName, fragment(text)])), ([name, { text }]) => [name, text]);

const FIXED = '  timeout connect 10s\n  server api 10.0.0.1:443\n';

test("servers of tasks stand as they are, also two with one task's name in front", () => {
  const servers = [
    ['a_1', '  server a_1 10.0.0.1:1 id 1\n'],
    ['a_11', '  server a_11 10.0.0.1:11 id 2'],
  ] as const;
  expect(once(...servers)).toEqual(servers);
});

test('a fixed line is written once, with all around it, and is the same server whichever task makes it', () => {
  expect(once(['a_1', FIXED], ['a_2', FIXED])).toEqual([['api', FIXED]]);
  expect(once(['a_2', FIXED])).toEqual([['api', FIXED]]);
});

test('of several lines in one text those are left out that were written before', () => {
  const text = (name: string): string => `  server ${name} 10.0.0.1:1\n  server  spare 10.0.0.9:1 backup\n`;
  expect(once(['a_1', text('a_1')], ['a_2', text('a_2')])).toEqual([
    ['a_1', text('a_1')],
    ['a_2', '  server a_2 10.0.0.1:1\n'],
  ]);
});

test('two lines of one name that are not the same stand both: HAProxy says what is wrong with them', () => {
  expect(once(['a_1', '  server api 10.0.0.1:1\n'], ['a_2', '  server api 10.0.0.1:2\n'])).toEqual([
    ['api', '  server api 10.0.0.1:1\n'],
    ['a_2', '  server api 10.0.0.1:2\n'],
  ]);
});
