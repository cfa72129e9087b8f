import { expect, jest, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { analyse } from 'scslre';
import ts from 'typescript';

jest.setTimeout(120_000);

interface Pattern {
  readonly where: string;
  readonly source: string;
  readonly flags: string;
}

/** The embedded Marathon reads only what the demo and the tests ask it. */
const EXEMPT = path.join('src', 'demo');

function patternsIn(file: string): readonly Pattern[] {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
  const found: Pattern[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isRegularExpressionLiteral(node)) {
      const [, pattern = '', flags = ''] = /^\/(.*)\/([a-z]*)$/s.exec(node.text) ?? [];
      const { line } = source.getLineAndCharacterOfPosition(node.getStart());
      found.push({ where: `${file}:${line + 1}`, source: pattern, flags });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function literals(): readonly Pattern[] {
  const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).map((file) => path.join('src', file));
  return files.filter((file) => file.endsWith('.ts') && !file.startsWith(EXEMPT)).flatMap(patternsIn);
}

/** The patterns that modules put together while they are loaded. */
async function composed(): Promise<readonly Pattern[]> {
  const made: Pattern[] = [];
  const Real = RegExp;
  globalThis.RegExp = new Proxy(Real, {
    construct(target, args: ConstructorParameters<typeof RegExp>) {
      const one = new target(...args);
      made.push({ where: 'put together', source: one.source, flags: one.flags });
      return one;
    },
  });
  try {
    await Promise.all([import('../../src/services/value-grammars.ts'), import('../../src/haproxy/safe-lines.ts')]);
  } finally {
    globalThis.RegExp = Real;
  }
  return made;
}

/** How a pattern can take more steps than a text has characters, times a constant; undefined when it can't. */
function growthOf({ where, source, flags }: Pattern): string | undefined {
  const [first] = analyse({ source, flags }).reports;
  return first && `${where} /${source}/${flags}: ${first.exponential ? 'exponential' : 'at least quadratic'} (${first.type})`;
}

test('no pattern takes more steps than a multiple of the length of a text', async () => {
  const all = [...literals(), ...(await composed())];
  expect(all.length).toBeGreaterThan(300);
  expect(all.flatMap((pattern) => growthOf(pattern) ?? [])).toEqual([]);
});

test.each(['^\\s*#.*$', '\\/+$', '^(a+)+$', '\\S*[\\d_/]\\S*', '\\s(if)\\s+(.*)$'])('the look finds /%s/', (source) => {
  expect(growthOf({ where: '', source, flags: 'gm' })).toMatch(/quadratic|exponential/);
});
