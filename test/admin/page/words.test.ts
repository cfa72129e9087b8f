import { expect, test } from '@jest/globals';
import { readAddress, writeAddress } from '../../../src/admin/page/address.ts';
import { areaPath, linePath, topOf, type Frame } from '../../../src/admin/page/graph.ts';
import { problemKey, severityOf, worstFirst } from '../../../src/admin/page/severity.ts';
import { clock, counted, duration, milliseconds, rate, shortNumber } from '../../../src/admin/page/words.ts';
import type { AppId } from '../../../src/model/names.ts';
import type { Owner, Problem, ProblemCode } from '../../../src/model/problem.ts';

test('numbers, rates and times are short', () => {
  expect([0, 0.44, 9.96, 12.3, 9_999, 12_345, 1_000_000, 2_340_000].map(shortNumber)).toEqual([
    ...['0', '0.4', '10', '12', '9,999', '12.3k', '1M', '2.3M'],
  ]);
  expect([undefined, null, 0, 0.01, 0.2].map(rate)).toEqual(['–', '–', '0', '<0.1', '0.2']);
  expect([null, 3, 999, 1_200].map(milliseconds)).toEqual(['–', '3 ms', '999 ms', '1.2 s']);
  expect([-1, 0, 59, 60, 7_300, 200_000].map(duration)).toEqual(['0 s', '0 s', '59 s', '1 min', '2 h', '2 d']);
  expect([counted(1, 'app'), counted(12_000, 'app'), counted(0, 'server is', 'servers are')]).toEqual([
    '1 app',
    '12,000 apps',
    '0 servers are',
  ]);
  const now = new Date(2026, 10, 28, 9, 5, 7);
  expect(clock(now.toISOString(), now)).toBe('09:05:07');
  expect(clock(new Date(2026, 10, 27, 23, 0, 0).toISOString(), now)).toBe('2026-11-27 23:00:00');
});

test.each([
  ['', ''],
  ['?q=shop&show=trouble&sort=errors', '?q=shop&show=trouble&sort=errors'],
  ['?app=/shop/cart&x=1', '?app=/shop/cart'],
  ['?path=%2Fa%20b%26c&host=a.org', '?host=a.org&path=/a+b%26c'],
  ['?show=all&sort=id&q=', ''],
])('the address %s says the same as %s', (query, written) => {
  const shown = readAddress(query);
  expect(writeAddress(shown)).toBe(written);
  expect(readAddress(written)).toEqual(shown);
});

const app: Owner = { by: 'app', app: '/shop' as AppId };

function problem(code: ProblemCode, owner: Owner = app, message = 'm'): Problem {
  return { code, owner, message, hint: 'h' };
}

test('the worst Problems come first: what the operator alone can mend, and what all apps suffer from', () => {
  const all = [
    problem('label-unknown'),
    problem('port-conflict', { by: 'app', app: '/b' as AppId }),
    problem('certificate', { by: 'operator' }),
    problem('port-conflict', { by: 'app', app: '/a' as AppId }),
    problem('stale'),
  ];
  expect(worstFirst(all).map(({ code, owner }) => [code, owner.by === 'app' ? owner.app : ''])).toEqual([
    ...[['certificate', ''] as const, ['stale', '/shop'] as const],
    ...[['port-conflict', '/a'] as const, ['port-conflict', '/b'] as const, ['label-unknown', '/shop'] as const],
  ]);
  expect(severityOf(problem('brand-new' as ProblemCode))).toBe('serious');
});

test('a Problem whose numbers change is the same, another of the same kind is not', () => {
  expect(problemKey(problem('stale', app, 'for 1 s'))).toBe(problemKey(problem('stale', app, 'for 2 s')));
  expect(problemKey(problem('label-value', app, 'a'))).not.toBe(problemKey(problem('label-value', app, 'b')));
});

const FRAME: Frame = { from: 0, to: 100_000, most: 10, width: 100, height: 50 };

test('a line goes from point to point, and has a gap where nobody looked or nothing is known', () => {
  const points = [
    { at: -5, value: 1 },
    { at: 0, value: 0 },
    { at: 10_000, value: 10 },
    { at: 20_000, value: null },
    { at: 30_000, value: 5 },
    { at: 90_000, value: 2 },
  ];
  expect(linePath(points, FRAME)).toBe('M0 50L10 0L30 25M90 40h1');
  expect(areaPath(points, FRAME)).toBe('M0 50L0 50L10 0L30 25L30 50ZM90 50L90 40L90 50Z');
  expect(linePath([], FRAME)).toBe('');
});

test('the top of a scale is a round number that nothing exceeds', () => {
  expect([[], [null, 0], [0.3], [7], [10], [11], [4_999]].map(topOf)).toEqual([1, 1, 0.5, 10, 10, 20, 5_000]);
});
