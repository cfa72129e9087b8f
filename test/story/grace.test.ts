import { expect, test } from '@jest/globals';
import type { View } from '../../src/model/view.ts';
import type { News } from '../../src/model/news.ts';
import { makeAbsorb } from '../../src/snapshot/absorb.ts';
import { memoryOf } from '../../src/snapshot/health.ts';
import { wakeUpsOf } from '../../src/snapshot/next-wake-up.ts';
import { decodeAll, EMPTY, makeDeriver } from '../golden/cases.ts';
import { appAt, nginx, readAt, Story, task, tasksOf, type Json } from './cluster.ts';

const START = Date.parse('2026-01-02T03:04:05.000Z');
const SECOND = 1_000;
/** Marathon would have killed a task that fails from its start on after 300 + 3 × 60 + 20 seconds. */
const PATIENCE = 500 * SECOND;
const check = (given: Json = {}): Json => ({
  protocol: 'HTTP',
  portIndex: 0,
  gracePeriodSeconds: 300,
  intervalSeconds: 60,
  timeoutSeconds: 20,
  maxConsecutiveFailures: 3,
  ...given,
});
const CHECKED = { healthChecks: [check()] };
const started = (n: number, at: number, given: Json = {}): Json => task(n, { startedAt: new Date(at).toISOString(), ...given });
const tick = (at: number): News => ({ kind: 'tick', at });
const why = ({ leftOut }: View): readonly string[] => leftOut.map((one) => one.why);
const guarded = makeAbsorb({ massRemovalHoldMs: 30_000 });
const derive = makeDeriver();

test('a task without a result waits, but no longer than Marathon lets it fail', () => {
  const story = Story.begin();
  const first = story.tell(readAt(START + SECOND, nginx([started(1, START)], CHECKED)));
  expect([tasksOf(first), why(first), wakeUpsOf(story.state).tickAt]).toEqual([[], ['health-unknown'], START + PATIENCE]);
  const { state } = story;
  story.tell(tick(START + PATIENCE - 1));
  expect(story.state).toBe(state);
  const then = story.tell(tick(START + PATIENCE));
  expect([tasksOf(then), why(then), wakeUpsOf(story.state).tickAt]).toEqual([['nginx.0001'], [], undefined]);
  const { snapshot } = story.state;
  story.tell(readAt(START + PATIENCE + SECOND, nginx([started(1, START)], CHECKED)));
  expect(story.state.snapshot).toBe(snapshot);
});

/** {checks, task} -> whether it serves a day after its start. */
test.each<[string, readonly Json[], Json, boolean]>([
  ['nothing is said', [check()], {}, true],
  ['it is alive', [check()], { health: 'alive' }, true],
  ['it is dead', [check()], { health: 'dead' }, false],
  ['Marathon never kills for its check', [check({ maxConsecutiveFailures: 0 })], {}, false],
  ['nor for one of its checks', [check(), check({ maxConsecutiveFailures: 0 })], {}, false],
  ['its slowest check is slower', [check(), check({ gracePeriodSeconds: 90_000 })], {}, false],
  ['when it started is not said', [check()], { startedAt: null }, false],
  ['when it started is no time', [check()], { startedAt: 'then' }, false],
  ['it does not run yet', [check()], { state: 'TASK_STARTING' }, false],
  ['it is being killed', [check()], { state: 'TASK_KILLING' }, false],
])('a day after its start: %s', (_, healthChecks, given, serves) => {
  const news = [readAt(START, nginx([started(1, START, given)], { healthChecks })), tick(START + 86_400 * SECOND)];
  const view = derive(news.reduce(guarded, EMPTY));
  expect(view && tasksOf(view)).toEqual(serves ? ['nginx.0001'] : []);
});

test('Marathon has results of the others: a task without one waits from when it was first seen, however old it is', () => {
  const story = Story.begin();
  const apps = [started(1, START, { health: 'alive' }), started(2, START, { ipAddresses: [{ ipAddress: '192.168.84.2' }] })];
  const day = START + 86_400 * SECOND;
  expect(tasksOf(story.tell(readAt(day, nginx(apps, CHECKED))))).toEqual(['nginx.0001']);
  expect(wakeUpsOf(story.state).tickAt).toBe(day + PATIENCE);
  expect(tasksOf(story.tell(readAt(day + SECOND, nginx(apps, CHECKED))))).toEqual(['nginx.0001']);
  expect(tasksOf(story.tell(tick(day + PATIENCE)))).toEqual(['nginx.0001', 'nginx.0002']);
});

test('who waits is looked at in turn, also after a read of one app', () => {
  const story = Story.begin();
  story.tell(readAt(START, nginx([started(1, START + 5 * SECOND), started(2, START + 7 * SECOND)], CHECKED)));
  expect(story.state.wakeAt).toBe(START + 5 * SECOND + PATIENCE);
  story.tell(appAt(START + SECOND, nginx([started(3, START)], { ...CHECKED, id: '/other' })));
  expect(story.state.wakeAt).toBe(START + PATIENCE);
  const serving = (at: number): readonly string[] => tasksOf(story.tell(tick(START + at * SECOND + PATIENCE)));
  expect([serving(0), story.state.wakeAt]).toEqual([['nginx.0003'], START + 5 * SECOND + PATIENCE]);
  expect([serving(6), story.state.wakeAt]).toEqual([['nginx.0001', 'nginx.0003'], START + 7 * SECOND + PATIENCE]);
  expect(serving(7)).toHaveLength(3);
});

test('who was let in serves until a result says otherwise, whatever the checks of a new version', () => {
  const story = Story.begin();
  story.tell(readAt(START + PATIENCE, nginx([started(1, START)], CHECKED)));
  const slower = { healthChecks: [check({ gracePeriodSeconds: 3_600 })] };
  expect(tasksOf(story.tell(readAt(START + PATIENCE + 1, nginx([started(1, START)], slower))))).toEqual(['nginx.0001']);
  expect(tasksOf(story.tell(readAt(START + PATIENCE + 2, nginx([started(1, START, { health: 'dead' })], slower))))).toEqual([]);
  expect(tasksOf(story.tell(readAt(START + PATIENCE + 3, nginx([started(1, START)], slower))))).toEqual([]); // forgotten: it was dead
});

test('nobody waits who does not run', () => {
  const apps = nginx([started(1, START, { state: 'TASK_KILLING' }), started(2, START, { state: 'TASK_STAGING' })], CHECKED);
  expect(wakeUpsOf(guarded(EMPTY, readAt(START, apps))).tickAt).toBeUndefined();
});

test('a task of an older version waits for as long as its own checks let it fail', () => {
  const now = nginx([started(1, START, { version: '2016-01-01T00:00:00.000Z' })], { healthChecks: [] });
  const before = nginx([], { healthChecks: [check({ gracePeriodSeconds: 600 })] });
  const [app, other] = decodeAll([now, before]).apps;
  if (app === undefined || other === undefined) throw new Error('not read');
  const tasks = app.tasks.map((one) => ({ ...one, of: other.definition }));
  const state = guarded(EMPTY, { kind: 'apps', at: START, sentAt: START, problems: [], apps: [{ ...app, tasks }] });
  expect(wakeUpsOf(state).tickAt).toBe(START + PATIENCE + 300 * SECOND);
  expect(derive(state)?.leftOut.map((one) => one.why)).toEqual(['health-unknown']);
  const later = derive(guarded(state, tick(START + PATIENCE + 300 * SECOND)));
  expect(later && tasksOf(later)).toEqual(['nginx.0001']);
});

test('the last one fails, and Marathon never kills for its check: it serves on', () => {
  const story = Story.begin();
  const never = { healthChecks: [check({ maxConsecutiveFailures: 0 })] };
  expect(tasksOf(story.tell(readAt(1, nginx([task(1, { health: 'failing' })], never))))).toEqual(['nginx.0001']);
});

const APPS = 200;
const AGE = 3_600 * SECOND;
/** 200 apps of five tasks, four of which have run for an hour and one for a minute; the second of each is dead. */
const estate = (at: number, isKnown: boolean): News =>
  readAt(
    at,
    ...Array.from({ length: APPS }, (_, a) =>
      nginx(
        [0, 1, 2, 3, 4].map((n) =>
          started(5 * a + n, START - (n === 4 ? 60 * SECOND : AGE), {
            ipAddresses: [{ ipAddress: `192.168.${a}.${n + 1}` }],
            ...(isKnown && { health: n === 1 ? 'dead' : 'alive' }),
          }),
        ),
        { ...CHECKED, id: `/shop-${a}`, labels: { HAPROXY_GROUP: 'external', HAPROXY_0_PORT: String(10_000 + a) } },
      ),
    ),
  );

test('the election of a leader: all results of 1,000 tasks vanish, and nothing changes', () => {
  const story = Story.begin({}, guarded);
  const before = story.tell(estate(START, true));
  const { snapshot } = story.state;
  expect(tasksOf(before)).toHaveLength(4 * APPS);
  for (let n = 1; n < 4; n++) story.tell(estate(START + 10 * n * SECOND, false), tick(START + 10 * n * SECOND));
  expect(story.state.snapshot).toBe(snapshot);
  story.tell(estate(START + 60 * SECOND, true));
  expect(story.state.snapshot).toBe(snapshot);
});

test('the daemon is started again during the election: with what it left on the disk it serves on', () => {
  const before = new Story(derive, guarded);
  const serving = tasksOf(before.tell(estate(START, true)));
  const after = new Story(derive, guarded);
  after.state = { ...EMPTY, memory: memoryOf(before.state.snapshot) };
  expect(tasksOf(after.tell(estate(START + 10 * SECOND, false)))).toEqual(serving);
  expect(after.state.memory.size).toBe(0);
  expect(after.state.snapshot).toEqual(before.state.snapshot);
  expect(tasksOf(after.tell(estate(START + 20 * SECOND, false)))).toEqual(serving);
});

test('without anything on the disk who runs for longer than its grace serves, also who was dead; who is new waits', () => {
  const story = Story.begin({}, guarded);
  const view = story.tell(estate(START, false));
  expect(tasksOf(view)).toHaveLength(4 * APPS);
  expect(new Set(view.leftOut.map(({ task: id }) => Number(id?.split('.')[1]) % 5))).toEqual(new Set([4]));
  expect(story.state.wakeAt).toBe(START - 60 * SECOND + PATIENCE);
  expect(tasksOf(story.tell(tick(START + PATIENCE)))).toHaveLength(5 * APPS);
  expect(tasksOf(story.tell(estate(START + PATIENCE + SECOND, true)))).toHaveLength(4 * APPS);
});
