import { expect, test } from '@jest/globals';
import { dnsHealthRoutes, readyOf, syncOf, type Condition } from '../../src/admin/health.ts';

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

test('a name server without HAProxy is ready when Marathon was read, and out of sync when that is long ago', async () => {
  const read = async (path: string, syncedAt: number | undefined): Promise<unknown> => {
    const route = dnsHealthRoutes(() => ({ at: 200_000, syncedAt, maxStalenessMs: 120_000 })).find((one) => one.path === path);
    const answer = await route?.answer({ params: {}, query: new URLSearchParams(), signal: over, gone: over });
    if (answer === undefined || !('text' in answer)) throw new Error('no answer');
    return { status: answer.status, ...(JSON.parse(answer.text) as object) };
  };
  const over = new AbortController().signal;
  await expect(read('/health/live', undefined)).resolves.toMatchObject({ status: 200 });
  await expect(read('/health/ready', undefined)).resolves.toMatchObject({ status: 503, reasons: [{ code: 'not-read' }] });
  await expect(read('/health/ready', 1_000)).resolves.toMatchObject({ status: 200, reasons: [] });
  await expect(read('/health/sync', 1_000)).resolves.toMatchObject({ status: 503, reasons: [{ code: 'stale' }], ageSeconds: 199 });
  await expect(read('/health/sync', 100_000)).resolves.toMatchObject({ status: 200, synced: '1970-01-01T00:01:40.000Z' });
  await expect(read('/health/sync', undefined)).resolves.toMatchObject({ status: 503, synced: null, ageSeconds: null });
});
