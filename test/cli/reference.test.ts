import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { TEMPLATE_NAMES } from '../../src/haproxy/catalogue.ts';
import { LEFT_OUT_SENTENCES } from '../../src/model/left-out.ts';
import { REASON_SENTENCES } from '../../src/model/reasons.ts';
import { makeFlagReference } from '../../src/cli/flag-reference.ts';
import { makeReference } from '../../src/cli/reference.ts';

test('docs/labels.md is what `marathon-lb-ts labels` prints: run that into it when a table changed', () => {
  expect(readFileSync('docs/labels.md', 'utf8')).toBe(makeReference());
});

test('docs/flags.md is what `marathon-lb-ts flags` prints: run that into it when a table changed', () => {
  expect(readFileSync('docs/flags.md', 'utf8')).toBe(makeFlagReference());
});

test('every template has its row', () => {
  const reference = makeReference();
  expect(TEMPLATE_NAMES.filter((name) => !reference.includes(`| \`${name}\` |`))).toEqual([]);
});

test('every code of a Problem has its row in docs/problems.md', () => {
  const codes = /export type ProblemCode =([^;]*);/.exec(readFileSync('src/model/problem.ts', 'utf8'))?.[1]?.match(/'[a-z-]+'/g) ?? [];
  const page = readFileSync('docs/problems.md', 'utf8');
  expect(codes.length).toBeGreaterThan(5);
  expect(codes.filter((code) => !page.includes(`| \`${code.slice(1, -1)}\` `))).toEqual([]);
});

test('every reason for which a port or task does not serve has its row in docs/problems.md', () => {
  const page = readFileSync('docs/problems.md', 'utf8');
  expect(Object.keys(LEFT_OUT_SENTENCES).filter((code) => !page.includes(`| \`${code}\` `))).toEqual([]);
});

test('every reason for which HAProxy is changed has its row, with its sentence, in docs/reasons.md', () => {
  const page = readFileSync('docs/reasons.md', 'utf8').replace(/ +/g, ' ');
  expect(Object.entries(REASON_SENTENCES).filter(([code, why]) => !page.includes(`| \`${code}\` | ${why} |`))).toEqual([]);
});
