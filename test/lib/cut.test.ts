import { expect, test } from '@jest/globals';
import { cut } from '../../src/lib/cut.ts';

test('texts, lists and depth are cut, and what was left out is said', () => {
  const long = cut({ label: 'x'.repeat(3_000), apps: Array.from({ length: 60 }, (_, i) => i), short: 'a' }) as Record<string, unknown>;
  expect(long['label']).toBe(`${'x'.repeat(2_000)}… (3000 characters)`);
  expect((long['apps'] as unknown[]).slice(-2)).toEqual([49, '… and 10 more']);
  expect(long['short']).toBe('a');
  expect(JSON.stringify(cut({ a: { b: { c: { d: { e: 1 } } } } }))).toBe('{"a":{"b":{"c":{"d":"…"}}}}');
});
