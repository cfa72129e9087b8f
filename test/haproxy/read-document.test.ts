import { expect, test } from '@jest/globals';
import { makePlan } from '../../src/plan/plan.ts';
import { readDocument } from '../../src/haproxy/read-document.ts';
import { applyAnswers } from '../../src/plan/apply-answers.ts';
import { mapText, textOf } from '../../src/haproxy/file-text.ts';
import type { Document } from '../../src/model/document.ts';
import { readCases, viewOf } from '../golden/cases.ts';
import { asLoaded } from './make.ts';

const plan = makePlan({ mapFolder: '/etc/haproxy' });
const text = (document: Document): string => [...textOf(document)].join('');

function readBack(document: Document): Document {
  const maps = Object.entries(document.maps).map(([name, map]): [string, string] => [name, mapText(map)]);
  return readDocument(text(document), Object.fromEntries(maps));
}

/** By backend: its server lines. What a template writes for one task may be several, and other lines; read back, each server stands alone. */
function serverLines({ backends }: Document): readonly (readonly string[])[] {
  return backends.map(({ servers }) => [...servers.values()].flatMap(({ text: lines }) => lines.match(/^ *server .*$/gm) ?? []));
}

test.each(readCases().map((one) => [one.name, one] as const))('a document that is read back needs no change: %s', (_, one) => {
  const { document } = viewOf(one);
  const read = readBack(document);
  const running = asLoaded(read);
  expect(text(read)).toBe(text(document));
  expect(plan({ running, wanted: document, release: one.release })).toEqual({ commands: [], reload: [] });
  expect(applyAnswers({ running, wanted: document, commands: [], answers: [] }).document).toBe(document);
  expect(serverLines(read)).toEqual(serverLines(document));
});

const FILE = `# by hand
global
  nbthread 2

defaults
  mode http
listen stats
  bind :9090

# of the shop
userlist u
frontend f # web
  bind :80

backend one
  balance first
  server own 10.0.0.8:80
  option redispatch
  server s1 10.0.0.1:80 id 1
  server s2 10.0.0.2:80
# the end of one

backend two
  server twin 10.0.0.1:80
  server twin 10.0.0.2:80
backend three
`;

test('sections as the renderer has them; all text is somewhere', () => {
  const read = readDocument(FILE, { m: '# a map\na.org one\nb.org two\na.org two\n\n' });
  expect(text(read)).toBe(FILE);
  expect(read.front.map(({ name }) => name)).toEqual(['head', 'userlist u', 'frontend f']);
  expect(read.backends.map(({ name, backend, servers }) => [name, backend, [...servers.keys()]])).toEqual([
    ['backend one', 'one', ['s1', 's2']],
    ['backend two', 'two', []],
    ['backend three', 'three', []],
  ]);
  expect([...(read.maps['m'] ?? [])]).toEqual([
    ['a.org', 'one'],
    ['b.org', 'two'],
  ]);
});

test.each(['', '\n# nothing\n', 'global', 'frontend f\n', 'backend b\n  server s 10.0.0.1:80\n\n# end\n'])('all text of %j', (file) => {
  expect(text(readDocument(file, {}))).toBe(file === 'global' ? 'global\n' : file);
});
