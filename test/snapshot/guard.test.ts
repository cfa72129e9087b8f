import { expect, test } from '@jest/globals';
import type { News } from '../../src/model/news.ts';
import { makeAbsorb } from '../../src/snapshot/absorb.ts';
import type { State } from '../../src/snapshot/state.ts';
import { marathonProblems } from '../../src/snapshot/marathon-problems.ts';
import { wakeUpsOf } from '../../src/snapshot/next-wake-up.ts';
import { EMPTY } from '../golden/cases.ts';
import { appAt, eventAt, goneAt, nginx, readAt, task, VERSION, type Json } from '../story/cluster.ts';

const absorb = makeAbsorb({ massRemovalHoldMs: 30_000 });
const after = (...news: readonly News[]): State => news.reduce(absorb, EMPTY);

/** Tasks first, … last. */
const tasks = (first: number, last: number, given: Json = {}): readonly Json[] =>
  Array.from({ length: last - first + 1 }, (_, i) => task(first + i, given));
/** An app that shall have ten tasks. */
const app = (list: readonly Json[], given: Json = {}): Json => nginx(list, { instances: 10, ...given });
const named = (id: string, count: number): Json =>
  nginx(
    tasks(1, count).map((one) => ({ ...one, id: `${id.slice(1)}.${String(one['id'])}` })),
    { id, instances: 20 },
  );
const idsOf = ({ snapshot }: State): readonly string[] => snapshot.apps.flatMap((one) => one.tasks.map(({ id }) => id));
const heldOf = ({ held }: State) => held && { losses: held.losses, of: held.of, reads: held.reads };

/** {apps before, apps in the next read} -> how many tasks of how many are held. */
test.each<[string, readonly Json[], readonly Json[], readonly [number, number] | undefined]>([
  ['an empty answer', [named('/a', 3), named('/b', 3)], [], [6, 6]],
  ['all tasks of all apps', [named('/a', 3)], [named('/a', 0)], [3, 3]],
  ['the only task', [app(tasks(1, 1))], [app([])], [1, 1]],
  ['all but one of 20', [app(tasks(1, 20))], [app(tasks(1, 1))], undefined],
  ['20 of 39, more than half but not more than 20', [app(tasks(1, 39))], [app(tasks(1, 19))], undefined],
  ['21 of 41', [app(tasks(1, 41))], [app(tasks(1, 20))], [21, 41]],
  ['21 of 42, which is half', [app(tasks(1, 42))], [app(tasks(1, 21))], undefined],
  ['22 of 42', [app(tasks(1, 42))], [app(tasks(1, 20))], [22, 42]],
  ['whole apps', [named('/a', 20), named('/b', 30), named('/c', 10)], [named('/a', 20)], [40, 60]],
  ['nothing served', [app(tasks(1, 3, { state: 'TASK_STAGING' }))], [], undefined],
  ['who did not serve does not count', [app([...tasks(1, 3), ...tasks(4, 30, { state: 'TASK_KILLING' })])], [], [3, 3]],
  ['lost agents count, their tasks serve', [app(tasks(1, 30, { state: 'TASK_UNREACHABLE' }))], [], [30, 30]],
  ['without a state, as before 1.1', [app(tasks(1, 30, { state: null }))], [], [30, 30]],
  ['scaled down', [app(tasks(1, 30))], [app([], { instances: 9 })], undefined],
  ['a deployment ran', [app(tasks(1, 30), { deployments: [{ id: 'd' }] })], [app([])], undefined],
  ['and the app is gone', [app(tasks(1, 30), { deployments: [{ id: 'd' }] })], [], undefined],
  ['a deployment runs', [app(tasks(1, 30))], [app([], { deployments: [{ id: 'd' }] })], undefined],
  ['a deployment runs, but on another app', [app(tasks(1, 30))], [app([]), nginx([], { id: '/x', deployments: [{ id: 'd' }] })], [30, 30]],
  ['others run in their place', [app(tasks(1, 30))], [app(tasks(31, 60))], undefined],
  ['fewer run in their place', [app(tasks(1, 30))], [app(tasks(31, 59))], [30, 30]],
  ['others start in their place', [app(tasks(1, 30))], [app(tasks(31, 60, { state: 'TASK_STAGING' }))], [30, 30]],
  ['they are listed as failed', [app(tasks(1, 30))], [app(tasks(1, 30, { state: 'TASK_FAILED' }))], undefined],
  ['an app that can not be read is not lost', [app(tasks(1, 30))], [app([], { instances: 'many' })], undefined],
  ['nothing is lost', [app(tasks(1, 30))], [app(tasks(1, 30))], undefined],
])('what of a full read is held: %s', (_, before, then, held) => {
  const state = after(readAt(0, ...before), readAt(1_000, ...then));
  expect(heldOf(state)).toEqual(held && { losses: held[0], of: held[1], reads: 1 });
  if (held === undefined) expect(marathonProblems(state)).toEqual([]);
});

/** {news between two reads, the second of which is empty} -> how many tasks of three are held. */
test.each<[string, readonly News[], number]>([
  ['nothing', [], 3],
  ['one was killed', [eventAt(5, 'TASK_KILLED', task(1))], 2],
  ['one is being killed', [eventAt(5, 'TASK_KILLING', task(1))], 2],
  ['one may be lost', [eventAt(5, 'TASK_UNREACHABLE', task(1))], 3],
  ['all failed', [1, 2, 3].map((n) => eventAt(5, 'TASK_FAILED', task(n))), 0],
  ['the app was read by itself, and was gone', [goneAt(5, '/nginx')], 0],
  ['the app was read by itself, and was not', [appAt(5, nginx(tasks(1, 3)))], 3],
  ['the app was read by itself, and had lost one', [appAt(5, nginx(tasks(1, 2), { instances: 3 }))], 2],
  ['the app was read by itself later', [appAt(1_001, nginx(tasks(1, 3)))], 0],
  ['it was scaled', [appAt(5, nginx(tasks(1, 3), { instances: 2 }))], 3],
  ['a deployment began', [appAt(5, nginx(tasks(1, 3), { deployments: [{ id: 'd' }] }))], 0],
  ['a deployment began and ended', [1, 0].map((n) => appAt(7 - n, nginx(tasks(1, 3), { deployments: tasks(1, n) }))), 3],
])('what explains a loss: %s', (_, between, held) => {
  const state = after(readAt(0, nginx(tasks(1, 3))), ...between, readAt(1_000));
  expect(state.held?.losses ?? 0).toBe(held);
});

test('while losses are held, all other changes of a read are taken over', () => {
  const label = { labels: { HAPROXY_GROUP: 'internal' } };
  const state = after(
    readAt(0, app(tasks(1, 41)), named('/x', 2), named('/y', 1)),
    readAt(1_000, app([...tasks(1, 10), task(99)], label), named('/z', 2), named('/y', 2)),
  );
  expect(heldOf(state)).toEqual({ losses: 33, of: 44, reads: 1 });
  expect(state.snapshot.apps.map(({ id, tasks: all }) => [id, all.length])).toEqual([
    ['/nginx', 42],
    ['/x', 2],
    ['/y', 2],
    ['/z', 2],
  ]);
  expect(state.snapshot.apps[0]?.definition.labels).toEqual(label.labels);
  expect(idsOf(state)).toEqual([...idsOf(state)].sort());
});

test('held tasks of a definition that has changed keep their own ports', () => {
  const changed = {
    versionInfo: { lastConfigChangeAt: '2018-01-01T00:00:00.000Z' },
    container: { portMappings: [{ containerPort: 8080, servicePort: 10000 }] },
  };
  const { snapshot } = after(readAt(0, app(tasks(1, 2))), readAt(1_000, app([], changed)));
  const [only] = snapshot.apps;
  expect(only?.definition.ports[0]?.container).toBe(8080);
  expect(only?.tasks.map(({ of }) => [of?.changedAt, of?.ports[0]?.container])).toEqual([
    [VERSION, 80],
    [VERSION, 80],
  ]);
});

const FULL = [named('/a', 20), named('/b', 20)];

/** {when empty reads are sent} -> whether the losses are still held, and when the next read is wanted. */
test.each<[string, readonly number[], boolean, number | undefined]>([
  ['one', [5_000], true, 10_000],
  ['two, ten seconds apart', [5_000, 15_000], true, 20_000],
  ['a read more often', [5_000, 6_000, 7_000], true, 12_000],
  ['three', [5_000, 15_000, 25_000], true, 30_000],
  ['the last one just too early', [5_000, 15_000, 25_000, 34_999], true, 35_000],
  ['the last one when the time has come', [5_000, 15_000, 25_000, 35_000], false, undefined],
  ['two are enough', [5_000, 35_000], false, undefined],
  ['the next one before the time comes', [5_000, 30_000], true, 35_000],
])('losses are applied when reads agree for so long: %s', (_, times, isHeld, readAgainAt) => {
  const state = after(readAt(0, ...FULL), ...times.map((asked) => readAt(asked)));
  expect(idsOf(state)).toHaveLength(isHeld ? 40 : 0);
  expect(state.held === undefined).toBe(!isHeld);
  expect(wakeUpsOf(state)).toEqual({ tickAt: undefined, readAt: readAgainAt });
  if (isHeld) expect(state.held).toMatchObject({ since: 5_000, until: 35_000, reads: times.length, sentAt: times.at(-1) });
});

test('a read that has everything again ends the hold, and the next loss is a new one', () => {
  const back = after(readAt(0, ...FULL), readAt(5_000), readAt(15_000, ...FULL));
  expect([back.held, idsOf(back).length]).toEqual([undefined, 40]);
  const again = [readAt(25_000), readAt(36_000)].reduce(absorb, back);
  expect(again.held).toMatchObject({ since: 25_000, until: 55_000, reads: 2 });
});

test('when a read has some of the held tasks again, the rest stay held until their time, even if they are few', () => {
  const some = after(readAt(0, ...FULL), readAt(5_000), readAt(15_000, named('/a', 20), named('/b', 10)));
  expect([some.held?.losses, idsOf(some).length]).toEqual([10, 40]);
  expect(idsOf([readAt(35_000, named('/a', 20), named('/b', 10))].reduce(absorb, some))).toHaveLength(30);
});

test('each task has its own time', () => {
  const state = after(readAt(0, ...FULL), readAt(5_000, named('/a', 15)), readAt(15_000), readAt(35_000));
  expect(state.held).toMatchObject({ losses: 15, since: 15_000, until: 45_000, reads: 3 });
  expect(idsOf(state)).toHaveLength(15);
  expect(idsOf(absorb(state, readAt(45_000)))).toEqual([]);
});

test('an event or a read of an app releases its held losses at once', () => {
  const held = after(readAt(0, nginx(tasks(1, 3)), named('/a', 2)), readAt(5_000));
  const killed = absorb(held, eventAt(6_000, 'TASK_KILLED', task(2)));
  expect([heldOf(killed), killed.snapshot.apps[1]?.tasks[1]?.state]).toEqual([{ losses: 4, of: 5, reads: 1 }, 'TASK_KILLED']);
  const other = absorb(killed, eventAt(6_000, 'TASK_FAILED', task(9), '/unknown'));
  expect(other.held).toBe(killed.held);
  const gone = absorb(killed, goneAt(7_000, '/nginx'));
  expect([heldOf(gone), gone.snapshot.apps.map(({ id }) => id)]).toEqual([{ losses: 2, of: 5, reads: 1 }, ['/a']]);
  const read = absorb(gone, appAt(8_000, named('/a', 2)));
  expect(read.held).toBe(gone.held);
  const none = absorb(gone, appAt(8_000, named('/a', 0)));
  expect([none.held, wakeUpsOf(none).readAt]).toEqual([undefined, undefined]);
});

test('ended tasks stay remembered when empty answers arrive while losses are held', () => {
  const state = after(readAt(0, nginx(tasks(1, 3))), eventAt(1_000, 'TASK_KILLED', task(1)), readAt(5_000), readAt(15_000));
  const back = [readAt(16_000, nginx(tasks(1, 3))), readAt(17_000, nginx(tasks(1, 3)))].reduce(absorb, state);
  expect(back.snapshot.apps[0]?.tasks.map((one) => one.state)).toEqual(['TASK_KILLED', 'TASK_RUNNING', 'TASK_RUNNING']);
});

test('the first read ever is believed, also when apps were read before; 0 holds nothing', () => {
  expect(after(readAt(0)).held).toBeUndefined();
  expect(after(appAt(5, nginx(tasks(1, 3))), readAt(6)).held).toBeUndefined();
  const off = [readAt(0, ...FULL), readAt(5_000)].reduce(makeAbsorb({ massRemovalHoldMs: 0 }), EMPTY);
  expect([off.held, idsOf(off)]).toEqual([undefined, []]);
});

test('a shorter hold asks for reads as often', () => {
  const short = makeAbsorb({ massRemovalHoldMs: 2_000 });
  const held = [readAt(0, ...FULL), readAt(5_000)].reduce(short, EMPTY);
  expect(wakeUpsOf(held).readAt).toBe(7_000);
  expect(idsOf(short(held, readAt(7_000)))).toEqual([]);
});

test('the operator gets a Problem with the number of held tasks and the time of their release', () => {
  const at = Date.parse('2026-01-02T03:04:05Z');
  const [problem, ...others] = marathonProblems(after(readAt(0, ...FULL), readAt(at, named('/a', 1))));
  expect(others).toEqual([]);
  expect(problem).toMatchObject({ code: 'losses-held', owner: { by: 'operator' } });
  expect(problem?.message).toBe(
    "since 2026-01-02T03:04:05.000Z Marathon's answers lack 39 of 40 tasks that served, and no event, scaling or deployment explains the loss: the tasks stay in service until 2026-01-02T03:04:35.000Z, and are taken out when Marathon still lacks them then",
  );
});
