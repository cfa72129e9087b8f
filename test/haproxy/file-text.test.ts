import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fragmentAt, linesOfFragments } from '../../src/blame/fragment-lines.ts';
import { mapText, textOf } from '../../src/haproxy/file-text.ts';
import type { AppId, BackendName, ServerName } from '../../src/model/names.ts';
import type { Document, Fragment, MapFile } from '../../src/model/document.ts';
import { document } from './make.ts';

const fragmentOfLine = (one: Document, line: number): Fragment | undefined => fragmentAt(linesOfFragments(one), line)?.fragment;

/** Fragments that name themselves in every line, so that a line of the file says whose it is. */
const written = fc.record({ lines: fc.nat(3), blank: fc.boolean(), ended: fc.boolean(), empty: fc.boolean() });

function fragmentOf(
  { lines, blank, ended, empty }: { lines: number; blank: boolean; ended: boolean; empty: boolean },
  i: number,
): Fragment {
  const own = Array.from({ length: lines + 1 }, (_, line) => `f${i} ${line}`);
  const text = empty ? '' : [...(blank ? [''] : []), ...own].join('\n') + (ended ? '\n' : '');
  return { template: `f${i}`, owner: { by: 'app', app: `/f${i}` as AppId }, text };
}

function documentOf(parts: readonly Fragment[]): Document {
  const third = Math.ceil(parts.length / 3);
  const [one, two, three] = [parts.slice(0, third), parts.slice(third, 2 * third), parts.slice(2 * third)];
  const servers = new Map(three.map((fragment): [ServerName, Fragment] => [fragment.template as ServerName, fragment]));
  return document({
    front: [{ name: 'x', fragments: one }],
    backends: [
      { name: 'y', backend: 'y' as BackendName, fragments: two, servers, leaving: new Set() },
      { name: 'z', backend: 'z' as BackendName, fragments: [], servers: new Map(), leaving: new Set() },
    ],
  });
}

test('every line of the file leads to the fragment that it stands in', () => {
  fc.assert(
    fc.property(fc.array(written, { maxLength: 12 }), (all) => {
      const fragments = all.map(fragmentOf);
      const one = documentOf(fragments);
      const lines = [...textOf(one)].join('').split('\n').slice(0, -1);
      for (const [i, line] of lines.entries()) {
        const found = fragmentOfLine(one, i + 1);
        if (line === '') expect(found?.text.startsWith('\n')).toBe(true);
        else expect(found?.template).toBe(line.split(' ')[0]);
      }
      expect(fragmentOfLine(one, lines.length + 1)).toBeUndefined();
      expect(lines.filter((line) => line !== '')).toEqual(fragments.flatMap(({ text }) => text.split('\n').filter((line) => line !== '')));
    }),
  );
});

test('a fragment without a line end at its end does not run into the next', () => {
  const parts = ['a', 'b\n', '', '\nc\n'].map((text, i): Fragment => ({ template: `${i}`, owner: { by: 'operator' }, text }));
  const one = document({ front: [{ name: 'x', fragments: parts }] });
  expect([...textOf(one)].join('')).toBe('a\nb\n\nc\n');
  expect([1, 2, 3, 4, 5].map((line) => fragmentOfLine(one, line)?.template)).toEqual(['0', '1', '3', '3', undefined]);
});

test('an empty document has an empty text', () => {
  expect([...textOf(document())]).toEqual([]);
  expect(fragmentOfLine(document(), 1)).toBeUndefined();
});

test('a map file has a key and its backend a line, in order', () => {
  const map = new Map([
    ['b.acme.org', 'x'],
    ['a.acme.org', 'y'],
  ]) as unknown as MapFile;
  expect(mapText(map)).toBe('b.acme.org x\na.acme.org y\n');
  expect(mapText(new Map())).toBe('');
});
