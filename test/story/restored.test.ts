import { expect, test } from '@jest/globals';
import type { News } from '../../src/model/news.ts';
import type { Snapshot } from '../../src/model/snapshot.ts';
import { makeAbsorb } from '../../src/snapshot/absorb.ts';
import { startState, type State } from '../../src/snapshot/state.ts';
import { marathonProblems } from '../../src/snapshot/marathon-problems.ts';
import { EMPTY, filesOf, makeDeriver } from '../golden/cases.ts';
import { appAt, eventAt, goneAt, nginx, readAt, Story, task, tasksOf, type Json } from './cluster.ts';

const absorb = makeAbsorb({ massRemovalHoldMs: 30_000 });
const derive = makeDeriver();
const CHECKED = { healthChecks: [{ protocol: 'HTTP', portIndex: 0 }] };
const SAVED = Date.parse('2026-01-02T03:04:05.000Z');
const NOW = SAVED + 60_000;

const alive = (n: number, given: Json = {}): Json => task(n, { health: 'alive', ...given });
const other = nginx([alive(7)], { id: '/other', labels: { HAPROXY_GROUP: 'external', HAPROXY_0_PORT: '10001' } });
const left = (...apps: readonly Json[]): Snapshot => absorb(EMPTY, readAt(0, ...apps)).snapshot;
const restored = (...apps: readonly Json[]): News => ({ kind: 'restored', at: NOW, savedAt: SAVED, snapshot: left(...apps) });
const codes = (state: State): readonly string[] => marathonProblems(state).map(({ code }) => code);

test('a start while Marathon is away: what was known serves, and says since when', () => {
  const before = new Story(derive, absorb);
  const view = before.tell(readAt(0, nginx([alive(1), alive(2)], CHECKED), other, nginx([], { id: '/x', instances: 'many' })));
  const story = Story.begin({}, absorb);
  const again = story.tell({ kind: 'restored', at: NOW, savedAt: SAVED, snapshot: before.state.snapshot });
  expect(again.document.backends).toEqual(view.document.backends);
  expect(story.state.snapshot).toEqual(before.state.snapshot);
  expect(marathonProblems(story.state)).toEqual([
    {
      code: 'stale',
      owner: { by: 'operator' },
      message: 'Marathon could not be read since this start: what was known at 2026-01-02T03:04:05.000Z is served',
      hint: "the log says why Marathon can't be read; the read is repeated until it succeeds",
    },
  ]);
});

test('the first full read counts, and known health where it says nothing', () => {
  const story = Story.begin({}, absorb);
  story.tell(restored(nginx([alive(1), alive(2)], CHECKED), other));
  const view = story.tell(readAt(NOW + 1, nginx([task(1), task(3)], { ...CHECKED, instances: 2 }), other));
  expect([tasksOf(view), codes(story.state)]).toEqual([['nginx.0001', 'nginx.0007'], []]);
  expect(story.state.staleSince).toBeUndefined();
  const fresh = derive([readAt(1, nginx([alive(1), task(3)], CHECKED), other)].reduce(absorb, EMPTY));
  expect(filesOf(view)).toEqual(fresh && filesOf(fresh));
});

test('a start with what was known, and then an empty answer: it is held', () => {
  const story = Story.begin({}, absorb);
  story.tell(restored(nginx([alive(1), alive(2)]), other));
  expect(tasksOf(story.tell(readAt(NOW + 1)))).toHaveLength(3);
  expect(codes(story.state)).toEqual(['losses-held']);
  expect(tasksOf(story.tell(readAt(NOW + 30_001)))).toEqual([]);
  expect(codes(story.state)).toEqual([]);
});

/** What is known before the first read of a run that starts so many minutes after the last one has saved this. */
const startAfter = (minutes: number, ...apps: readonly Json[]): State =>
  startState(EMPTY.release, { certificates: EMPTY.certificates, before: { snapshot: left(...apps), savedAt: NOW - minutes * 60_000 } });

test.each<[string, number, readonly Json[], number]>([
  ['nothing: it is held', 1, [], 3],
  ['nothing, ten minutes later', 10, [], 3],
  ['nothing, later: it is believed', 10.1, [], 0],
  ['one app of two', 1, [other], 1],
  ['all in their places', 1, [nginx([alive(1), alive(2)]), other], 3],
  ['another definition, and none of its tasks', 1, [nginx([], { instances: 2, labels: {} })], 3],
])('a restart whose first answer has %s', (_, minutes, answer, served) => {
  const story = Story.begin({}, absorb);
  story.state = startAfter(minutes, nginx([alive(1), alive(2)]), other);
  story.tell(readAt(NOW, ...answer));
  const tasks = story.state.snapshot.apps.flatMap((app) => app.tasks);
  expect(tasks).toHaveLength(served);
  expect(codes(story.state)).toEqual(served === 3 && answer.length < 2 ? ['losses-held'] : []);
  expect([story.state.before, story.state.staleSince]).toEqual([undefined, undefined]);
  story.tell(readAt(NOW + 30_000, ...answer));
  expect(codes(story.state)).toEqual([]);
});

test('a restart between two events: what the first answer has is as it would be without a restart', () => {
  const apps = [nginx([task(1), alive(3)], { ...CHECKED, instances: 3 }), other];
  const story = Story.begin({}, absorb);
  story.state = startAfter(1, nginx([alive(1), alive(2)], CHECKED), other);
  const on = new Story(derive, absorb);
  on.tell(readAt(NOW - 60_000, nginx([alive(1), alive(2)], CHECKED), other));
  expect(filesOf(story.tell(readAt(NOW, ...apps)))).toEqual(filesOf(on.tell(readAt(NOW, ...apps))));
});

test('what was known long ago serves until the first answer, which is believed at once', () => {
  const story = Story.begin({}, absorb);
  const view = story.tell({
    kind: 'restored',
    at: NOW,
    savedAt: NOW - 30 * 24 * 3_600_000,
    snapshot: left(nginx([alive(1), alive(2)]), other),
  });
  expect(tasksOf(view)).toHaveLength(3);
  expect(tasksOf(story.tell(readAt(NOW + 10)))).toEqual([]);
  expect(codes(story.state)).toEqual([]);
});

test.each<[string, readonly News[]]>([
  ['after a full read', [readAt(NOW, other)]],
  ['a second time', [restored(other)]],
])('what was known before the start does not count %s', (_, news) => {
  const state = news.reduce(absorb, EMPTY);
  expect(absorb(state, restored(nginx([alive(1)])))).toBe(state);
});

test('what was told of single apps before counts more than what was known', () => {
  const news = [
    appAt(NOW, nginx([alive(3)])),
    goneAt(NOW, '/gone'),
    eventAt(NOW, 'TASK_KILLED', task(7), '/other'),
    restored(nginx([alive(1)]), nginx([alive(8)], { id: '/gone' }), other, nginx([], { id: '/broken', instances: 'many' })),
  ];
  const { snapshot, staleSince } = news.reduce(absorb, EMPTY);
  expect(snapshot.apps.map(({ id, tasks }) => [id, tasks.map(({ id: one, state }) => [one, state])])).toEqual([
    ['/nginx', [['nginx.0003', 'TASK_RUNNING']]],
    ['/other', [['nginx.0007', 'TASK_KILLED']]],
  ]);
  expect(snapshot.problems.map(({ owner }) => owner)).toEqual([{ by: 'app', app: '/broken' }]);
  expect(staleSince).toBe(SAVED);
});

test('events and reads of single apps count while what was known serves', () => {
  const state = [restored(nginx([alive(1), alive(2)]), other), eventAt(NOW + 1, 'TASK_KILLED', task(1)), goneAt(NOW + 2, '/other')].reduce(
    absorb,
    EMPTY,
  );
  const view = derive({ ...state, sentAt: 0 });
  expect(view && tasksOf(view)).toEqual(['nginx.0002']);
  expect(codes(state)).toEqual(['stale']);
});
