import { expect, test } from '@jest/globals';
import { MapReader, readMap, withMaps } from '../../src/socket/map-state.ts';
import type { Document } from '../../src/model/document.ts';
import { document } from '../haproxy/make.ts';

const HOSTS = 'domain2backend.map';
const shown = (...entries: readonly string[]): string => entries.map((entry, i) => `0x55d0c8000${i} ${entry}\n`).join('');

test.each([
  ['nothing', '', {}],
  ['entries', shown('a.acme.org a_1', 'b.acme.org b_2'), { 'a.acme.org': 'a_1', 'b.acme.org': 'b_2' }],
  ['a key twice: the first counts', shown('a.acme.org a_1', 'a.acme.org b_2'), { 'a.acme.org': 'a_1' }],
])('a map of HAProxy: %s', (_, answer, entries) => {
  expect(Object.fromEntries(readMap(answer) ?? [])).toEqual(entries);
});

test.each(['Unknown map identifier. Please use #<id> or <file>.\n', '0x1 key\n'])('no map: %j', (answer) => {
  expect(readMap(answer)).toBeUndefined();
});

function read(one: Document, file: string, answer: string): Document {
  const reader = new MapReader(one.maps[file]);
  for (const line of answer.split('\n')) if (line !== '') reader.line(line);
  return withMaps(one, new Map([[file, reader.end()]]));
}

test('only maps that differ in HAProxy are replaced in the document', () => {
  const one = document({ maps: { [HOSTS]: { 'a.acme.org': 'a_1' }, 'app2backend.map': { '/a': 'a_1' } } });
  expect(read(one, HOSTS, shown('a.acme.org a_1'))).toBe(one);
  expect(read(one, HOSTS, shown('a.acme.org a_1', 'a.acme.org b_2'))).toBe(one);
  expect(read(one, HOSTS, 'Unknown map identifier.')).toBe(one);
  const held = read(one, HOSTS, shown('b.acme.org b_2'));
  expect(Object.fromEntries(held.maps[HOSTS] ?? [])).toEqual({ 'b.acme.org': 'b_2' });
  expect(held.maps['app2backend.map']).toBe(one.maps['app2backend.map']);
  expect(Object.fromEntries(read(one, HOSTS, '').maps[HOSTS] ?? [])).toEqual({});
});

test('a row that HAProxy has twice is not taken for one that it lacks', () => {
  const one = document({ maps: { [HOSTS]: { 'a.acme.org': 'a_1', 'b.acme.org': 'b_2' } } });
  const held = read(one, HOSTS, shown('a.acme.org a_1', 'a.acme.org a_1'));
  expect(Object.fromEntries(held.maps[HOSTS] ?? [])).toEqual({ 'a.acme.org': 'a_1' });
});
