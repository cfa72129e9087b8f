import { expect, test } from '@jest/globals';
import { readyOf, syncOf, type Condition } from '../../src/admin/health.ts';

const GOOD: Condition = {
  at: 1_000_000,
  syncedAt: 990_000,
  staleSince: undefined,
  maxStalenessMs: 120_000,
  isUp: true,
  silent: undefined,
  haproxy: { state: 'as-wanted' },
  unbound: [],
};
const codes = (reasons: readonly { readonly code: string }[]): readonly string[] => reasons.map(({ code }) => code);

test('all is well', () => {
  expect(readyOf(GOOD)).toEqual({ ok: true, reasons: [] });
  expect(syncOf(GOOD)).toEqual({
    ok: true,
    reasons: [],
    synced: '1970-01-01T00:16:30.000Z',
    ageSeconds: 10,
    maxStalenessSeconds: 120,
    haproxy: 'as-wanted',
  });
});

test.each<readonly [string, Partial<Condition>, readonly string[], readonly string[]]>([
  [
    'before the first read',
    { syncedAt: undefined, isUp: false, haproxy: { state: 'nothing-yet' } },
    ['no-haproxy'],
    ['not-read', 'no-haproxy', 'not-as-wanted'],
  ],
  ['a change on its way', { haproxy: { state: 'behind' } }, [], []],
  ['a change that HAProxy refused', { haproxy: { state: 'failed', why: 'no' } }, [], ['not-as-wanted']],
  ['a change that waits too long', { haproxy: { state: 'stuck', why: 'it waits' } }, [], ['not-as-wanted']],
  ['Marathon is away', { syncedAt: 800_000, staleSince: 800_000 }, [], ['stale']],
  ['as old as it may be', { syncedAt: 880_000 }, [], []],
  ['a port is taken', { unbound: ['*:80 is taken'] }, ['unbound'], []],
  ['HAProxy hangs', { silent: 'it does not answer', haproxy: { state: 'failed' } }, ['haproxy-silent'], ['not-as-wanted']],
])('%s', (_, change, ready, sync) => {
  const condition = { ...GOOD, ...change };
  expect(codes(readyOf(condition).reasons)).toEqual(ready);
  expect(codes(syncOf(condition).reasons)).toEqual(sync);
  expect(syncOf(condition).ok).toBe(sync.length === 0);
});
