import { expect, test } from '@jest/globals';
import type { News } from '../../src/model/news.ts';
import { absorb } from '../../src/snapshot/absorb.ts';
import type { State } from '../../src/snapshot/state.ts';
import { EMPTY } from '../golden/cases.ts';
import { appAt, eventAt, goneAt, nginx, readAt, task, type Json } from '../story/cluster.ts';

const after = (...news: readonly News[]): State => news.reduce(absorb, EMPTY);
const other = nginx([task(7)], { id: '/other' });
const broken = nginx([task(1)], { instances: 'many' });
const without = nginx([], { instances: 1 });
const ids = ({ snapshot }: State): readonly string[] => snapshot.apps.map(({ id }) => id);
const owners = ({ snapshot }: State): readonly unknown[] =>
  snapshot.problems.map(({ owner }) => (owner.by === 'app' ? owner.app : undefined));

const KILLED = eventAt(5, 'TASK_KILLED', task(1));

/** {news after the task was killed at 5} -> whether its end is still remembered. */
test.each<[string, readonly News[], boolean]>([
  ['no read', [], true],
  ['a full read without it', [readAt(6, without)], true],
  ['two of them', [readAt(6, without), readAt(7, without)], false],
  ['two, the first of which was sent before', [readAt(4, without), readAt(6, without)], true],
  ['three, the first of which was sent before', [readAt(4, without), readAt(6, without), readAt(7, without)], false],
  ['one without it and one that still has it', [readAt(6, without), readAt(7, nginx([task(1)]))], true],
  ['two, but not one after the other', [readAt(6, without), readAt(7, nginx([task(1)])), readAt(8, without)], true],
  ['two in the end', [readAt(6, without), readAt(7, nginx([task(1)])), readAt(8, without), readAt(9, without)], false],
  ['a full read told twice', [readAt(6, without), readAt(5.5, without)], true],
  ['a read of its app', [appAt(6, without)], true],
  ['two of them', [appAt(6, without), appAt(7, without)], false],
  ['two, the first of which was sent before', [appAt(4, without), appAt(6, without)], true],
  ['two, but not one after the other', [appAt(6, without), appAt(7, nginx([task(1)])), appAt(8, without)], true],
  ['reads of another app', [appAt(6, other), appAt(7, other), appAt(8, other)], true],
  ['reads of its app that can not be read', [appAt(6, broken), appAt(7, broken)], true],
  ['one of its app, one of everything', [appAt(6, without), readAt(7, without)], false],
  ['its app is gone', [goneAt(6, '/nginx')], true],
  ['its app is gone, as two reads say', [goneAt(6, '/nginx'), goneAt(7, '/nginx')], false],
  ['its app is gone from two full reads', [readAt(6), readAt(7)], false],
  ['another end is told later', [eventAt(6, 'TASK_FAILED', task(1)), readAt(7, without)], true],
])('the end of a task is forgotten after two reads without it, not earlier: %s', (_, news, remembered) => {
  expect(after(readAt(1, nginx([task(1)])), KILLED, ...news).ended.has(task(1)['id'] as never)).toBe(remembered);
});

test('the way a task ends is what came last of killing and terminal states', () => {
  const endOf = (...states: readonly string[]): unknown =>
    [...after(...states.map((state, at) => eventAt(at, state, task(1)))).ended.values()].map(({ state }) => state)[0];
  expect(endOf('TASK_KILLING')).toBe('TASK_KILLING');
  expect(endOf('TASK_KILLING', 'TASK_KILLED')).toBe('TASK_KILLED');
  expect(endOf('TASK_KILLING', 'TASK_FAILED')).toBe('TASK_FAILED');
  expect(endOf('TASK_KILLED', 'TASK_KILLING')).toBe('TASK_KILLED');
  expect(endOf('TASK_FAILED', 'TASK_KILLED')).toBe('TASK_FAILED');
  expect(endOf('TASK_RUNNING', 'TASK_LOST', 'TASK_UNREACHABLE', 'TASK_STAGING')).toBeUndefined();
});

test('a terminal event after a killing one restarts the count of reads until the task is forgotten', () => {
  const state = after(readAt(1, nginx([task(1)])), eventAt(5, 'TASK_KILLING', task(1)), readAt(6, without), KILLED, readAt(7, without));
  expect(state.ended.size).toBe(1);
  expect(absorb(state, readAt(8, without)).ended.size).toBe(0);
});

test('events about apps and tasks are remembered until a full read that was sent after them', () => {
  const state = after(readAt(1, nginx([task(1)]), other), eventAt(5, 'TASK_UNREACHABLE', task(1)), appAt(6, other));
  expect([[...state.told], [...state.touched]]).toEqual([[['nginx.0001', 5]], [['/other', 6]]]);
  const early = absorb(state, readAt(4, nginx([task(1)]), other));
  expect([early.told, early.touched]).toEqual([state.told, state.touched]);
  expect(early.told).toBe(state.told);
  const late = absorb(state, readAt(7, nginx([task(1)]), other));
  expect([late.told.size, late.touched.size]).toEqual([0, 0]);
});

test('an event about a task is remembered until a read of its app that was sent after it', () => {
  const state = after(readAt(1, nginx([task(1)]), other), eventAt(5, 'TASK_UNREACHABLE', task(1)));
  expect([...absorb(state, appAt(4, nginx([task(1)]))).told.keys()]).toEqual(['nginx.0001']);
  expect([...absorb(state, appAt(6, other)).told.keys()]).toEqual(['nginx.0001']);
  const read = absorb(state, appAt(6, nginx([task(1)])));
  expect(read.told.size).toBe(0);
  expect(absorb(read, readAt(4, without, other)).snapshot).toBe(read.snapshot);
});

test("an app whose single read can't be decoded stays as it was, and its Problem ends when it can be decoded again", () => {
  const before = after(readAt(1, nginx([task(1)]), other));
  const now = absorb(before, appAt(5, broken));
  expect(now.snapshot.apps).toBe(before.snapshot.apps);
  expect(now.snapshot.problems).toMatchObject([{ code: 'app-not-readable', owner: { by: 'app', app: '/nginx' } }]);
  expect(absorb(now, appAt(6, broken)).snapshot).toBe(now.snapshot);
  const mended = absorb(now, appAt(6, nginx([task(1)])));
  expect(mended.snapshot).toEqual(before.snapshot);
  expect(mended.snapshot.apps[0]).toBe(before.snapshot.apps[0]);
});

test.each<[string, readonly News[], readonly unknown[]]>([
  ['a read of another app mends nothing', [appAt(5, broken), appAt(6, other)], ['/nginx']],
  ['each has its own', [appAt(5, broken), appAt(6, { ...other, instances: 'many' })], ['/nginx', '/other']],
  ['a full read that was sent before mends nothing', [appAt(5, broken), readAt(3, nginx([task(1)]), other)], ['/nginx']],
  ['a later one does', [appAt(5, broken), readAt(6, nginx([task(1)]), other)], []],
  ['a full read that was sent before breaks nothing', [appAt(5, nginx([task(1)])), readAt(3, broken, other)], []],
  ['a later one does', [appAt(5, nginx([task(1)])), readAt(6, broken, other)], ['/nginx']],
  ['what a full read could not read, a read of the app could', [readAt(5, broken, other), appAt(6, nginx([task(1)]))], []],
  ['what a full read could not read is gone', [readAt(5, broken, other), goneAt(6, '/nginx')], []],
  ['a Problem of nobody stays while apps are read', [readAt(5, { id: 7 }, nginx([task(1)])), appAt(6, nginx([task(2)]))], [undefined]],
])('Problems of apps that can not be read: %s', (_, news, wanted) => {
  expect(owners(after(readAt(1, nginx([task(1)]), other), ...news))).toEqual(wanted);
});

test('an app that was never decoded is removed when Marathon no longer has it', () => {
  const state = after(readAt(1, other), appAt(5, broken));
  expect([ids(state), owners(state)]).toEqual([['/other'], ['/nginx']]);
  const gone = absorb(state, goneAt(6, '/nginx'));
  expect([ids(gone), owners(gone)]).toEqual([['/other'], []]);
});

test('a new app is inserted in order of id', () => {
  const named = (id: string): Json => nginx([], { id, instances: 1 });
  const state = after(readAt(1, named('/b'), named('/d')), ...['/e', '/a', '/c', '/B'].map((id, i) => appAt(2 + i, named(id))));
  expect(ids(state)).toEqual(['/B', '/a', '/b', '/c', '/d', '/e']);
  expect(ids(absorb(state, goneAt(9, '/c')))).toEqual(['/B', '/a', '/b', '/d', '/e']);
});

test('an event changes one task of one app; everything else stays the same object', () => {
  const before = after(readAt(1, nginx([task(1), task(2)]), other));
  const now = absorb(before, eventAt(5, 'TASK_KILLED', task(2)));
  const [was, is] = [before, now].map(({ snapshot }) => snapshot.apps);
  expect(is?.[0]).not.toBe(was?.[0]);
  expect(is?.[0]?.definition).toBe(was?.[0]?.definition);
  expect(is?.[0]?.tasks[0]).toBe(was?.[0]?.tasks[0]);
  expect(is?.[1]).toBe(was?.[1]);
  expect(now.snapshot.problems).toBe(before.snapshot.problems);
});

test.each<[string, News]>([
  ['that it runs, which is known', eventAt(5, 'TASK_RUNNING', task(1))],
  ['that one of its checks changed, which is not told', eventAt(5, 'TASK_RUNNING', task(1, { ipAddresses: [], ports: [] }))],
  ['that it starts, which is over', eventAt(5, 'TASK_STAGING', task(1))],
  ['that another one starts', eventAt(5, 'TASK_STAGING', task(2))],
  ['that a task of an app runs which nobody knows', eventAt(5, 'TASK_RUNNING', task(1), '/unknown')],
  ['what it is not, an app before all others', eventAt(5, 'TASK_RUNNING', task(1), '/a')],
  ['what it is not, one behind all others', eventAt(5, 'TASK_RUNNING', task(1), '/z')],
])('an event that tells nothing new gives the same state: %s', (_, event) => {
  const state = after(readAt(1, nginx([task(1)]), other));
  expect(absorb(state, event)).toBe(state);
});

test('a second event about the end of a task leaves the state the same object', () => {
  const state = after(readAt(1, nginx([task(1)])), KILLED);
  expect(absorb(state, eventAt(6, 'TASK_KILLED', task(1)))).toBe(state);
  expect(absorb(state, eventAt(6, 'TASK_RUNNING', task(1)))).toBe(state);
});

test('an unchanged read of one app leaves the snapshot the same object; an outdated one leaves the state the same object', () => {
  const state = after(readAt(1, nginx([task(1)]), other));
  const again = absorb(state, appAt(5, nginx([task(1)])));
  expect(again.snapshot).toBe(state.snapshot);
  expect(absorb(again, appAt(4, without))).toBe(again);
  expect(absorb(again, readAt(0, without))).toBe(again);
  expect(absorb(state, goneAt(5, '/unknown')).snapshot).toBe(state.snapshot);
});

test('a read of one app leaves the other apps and its own unchanged parts the same objects', () => {
  const before = after(readAt(1, nginx([task(1)]), other));
  const now = absorb(before, appAt(5, nginx([task(1), task(2)])));
  expect(now.snapshot.apps[1]).toBe(before.snapshot.apps[1]);
  expect(now.snapshot.apps[0]).not.toBe(before.snapshot.apps[0]);
  expect(now.snapshot.apps[0]?.definition).toBe(before.snapshot.apps[0]?.definition);
  expect(now.snapshot.apps[0]?.tasks[0]).toBe(before.snapshot.apps[0]?.tasks[0]);
});

test('a full read that says the same as events before leaves the snapshot the same object', () => {
  const state = after(readAt(1, nginx([], { instances: 1 }), other), eventAt(5, 'TASK_RUNNING', task(1)));
  expect(absorb(state, readAt(6, nginx([task(1)]), other)).snapshot).toBe(state.snapshot);
});

test('the reported holders are kept, and reporting the same holders again leaves the state the same object', () => {
  const state = after({ kind: 'serving', at: 1, holders: [] });
  expect(state).toBe(EMPTY);
});

test('however many tasks come and go, no more ends are remembered than reads have not yet confirmed', () => {
  const change = (state: State, n: number): State => {
    const told = [eventAt(10 * n, 'TASK_KILLED', task(n)), appAt(10 * n + 1, nginx([task(n + 1)]))];
    return told.reduce(absorb, state);
  };
  const state = Array.from({ length: 2_000 }, (_, i) => i + 1).reduce(change, after(readAt(1, nginx([task(1)]), other)));
  expect(state.ended.size).toBeLessThanOrEqual(2);
});
