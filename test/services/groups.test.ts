import { expect, test } from '@jest/globals';
import type { App, Health } from '../../src/model/snapshot.ts';
import { makeMergeGroups, overruled } from '../../src/services/groups.ts';
import { app, appId, check, definition, port, servicesOf, task } from './make.ts';

interface Colour {
  readonly tasks?: number;
  readonly instances?: number;
  readonly startedAt?: string;
  readonly scaledAt?: string;
  readonly hybrid?: string;
  readonly target?: string;
  readonly health?: readonly Health[];
  readonly state?: string;
  readonly servicePort?: number;
}

/** An app of the group /shop; its tasks are its name and a number. */
function colour(
  name: string,
  { tasks = 2, instances = tasks, servicePort = 10000, health = [], state = 'TASK_RUNNING', ...rest }: Colour = {},
): App {
  const labels = {
    HAPROXY_DEPLOYMENT_GROUP: 'shop',
    ...(rest.startedAt !== undefined && { HAPROXY_DEPLOYMENT_STARTED_AT: rest.startedAt }),
    ...(rest.hybrid !== undefined && { HAPROXY_DEPLOYMENT_NEW_INSTANCES: rest.hybrid }),
    ...(rest.target !== undefined && { HAPROXY_DEPLOYMENT_TARGET_INSTANCES: rest.target }),
  };
  const of = definition({
    id: appId(`/${name}`),
    labels,
    checks: health.length > 0 ? [check()] : [],
    ports: [port({ service: servicePort })],
  });
  const running = Array.from({ length: tasks }, (_, i) =>
    task({ id: `${name}.${i}`, host: `${name}.mesos`, hostPorts: [31000 + i], health: health[i] ?? 'unknown', state }),
  );
  return { ...app(running, of, instances), scaledAt: rest.scaledAt };
}

/** Which tasks of the only app there is drain, and which do not. */
function shown(...apps: readonly App[]): string {
  const [one, ...more] = makeMergeGroups()(apps).apps;
  expect([one?.id, more]).toEqual(['/shop', []]);
  return (one?.tasks ?? []).map(({ id, draining }) => (draining === true ? `-${id}` : id)).join(' ');
}

const EARLY = '2026-01-01T12:00:00Z';
const LATE = '2026-01-01T12:00:01Z';

test('without groups the same list is returned', () => {
  const apps = [app([], definition({ id: appId('/a') })), app([], definition({ id: appId('/b') }))];
  expect(makeMergeGroups()(apps).apps).toBe(apps);
});

test("an app alone in its group gets the group's name, and is sorted by it", () => {
  const others = ['/a', '/z'].map((id) => app([], definition({ id: appId(id) })));
  const [a, shop, z] = makeMergeGroups()([others[0] as App, colour('blue'), others[1] as App]).apps;
  expect([a, z]).toEqual(others);
  expect([a === others[0], z === others[1]]).toEqual([true, true]);
  expect(shop).toMatchObject({ id: '/shop', definition: { id: '/shop' } });
});

test.each<[string, Colour, Colour, string]>([
  ['by date: the later one is the newer', { startedAt: EARLY }, { startedAt: LATE }, '-blue.0 -blue.1 green.0 green.1'],
  ['by date, the other way round', { startedAt: LATE }, { startedAt: EARLY }, 'blue.0 blue.1 -green.0 -green.1'],
  ['none is the oldest', { startedAt: EARLY }, {}, 'blue.0 blue.1 -green.0 -green.1'],
  ['neither has one: the larger id is the newer', {}, {}, '-blue.0 -blue.1 green.0 green.1'],
  ['one date: the larger id is the newer', { startedAt: EARLY }, { startedAt: EARLY }, '-blue.0 -blue.1 green.0 green.1'],
  ['a date that can not be read is none', { startedAt: 'soon' }, {}, '-blue.0 -blue.1 green.0 green.1'],
  ['the newer one has fewer: as many drain', { tasks: 3 }, { tasks: 1 }, '-blue.0 blue.1 blue.2 green.0'],
  ['the newer one has more', { tasks: 1 }, { tasks: 2 }, '-blue.0 green.0 green.1'],
  ['the newer one has none', { tasks: 2 }, { tasks: 0 }, 'blue.0 blue.1'],
  ['the newer one is not healthy yet', {}, { health: ['unknown', 'dead'] }, 'blue.0 blue.1 green.0 green.1'],
  ['one of the newer is healthy', {}, { health: ['alive', 'dead'] }, '-blue.0 blue.1 green.0 green.1'],
  ['the newer one does not run yet', {}, { state: 'TASK_STAGING' }, 'blue.0 blue.1 green.0 green.1'],
  ['no state, as in old Marathons, is running', {}, { state: '' }, '-blue.0 -blue.1 green.0 green.1'],
  [
    'a hybrid: no more drain than leave the target standing',
    { tasks: 4 },
    { tasks: 2, hybrid: '2', target: '5' },
    '-blue.0 blue.1 blue.2 blue.3 green.0 green.1',
  ],
  ['a hybrid below its target', { tasks: 2 }, { tasks: 1, hybrid: '1', target: '5' }, 'blue.0 blue.1 green.0'],
  ['a hybrid without a target: its instances', { tasks: 4 }, { tasks: 2, hybrid: '' }, '-blue.0 -blue.1 blue.2 blue.3 green.0 green.1'],
  [
    'a hybrid: who was scaled earlier is the older, whatever the dates',
    { tasks: 2, scaledAt: LATE },
    { tasks: 2, hybrid: '2', target: '2', scaledAt: EARLY },
    'blue.0 blue.1 -green.0 -green.1',
  ],
])('%s', (_, blue, green, wanted) => {
  expect(shown(colour('blue', blue), colour('green', green))).toBe(wanted);
});

test('the older one gives labels and ports, each task keeps its own ports, and draining servers are told so', () => {
  const [merged] = makeMergeGroups()([
    colour('blue', { tasks: 1, servicePort: 10000 }),
    colour('green', { tasks: 1, servicePort: 10001 }),
  ]).apps;
  const { services } = servicesOf(merged as App);
  expect(services.map(({ front }) => front.name)).toEqual(['shop_10000']);
  expect(services[0]?.backend.servers.map(({ task: id, draining }) => [id, draining])).toEqual([
    ['blue.0', true],
    ['green.0', false],
  ]);
});

test('a task of the newer app of which nobody says anything, for long enough, serves, and no older one drains for it', () => {
  const green = colour('green', { health: ['unknown', 'unknown'] });
  const [first, second] = green.tasks;
  expect(shown(colour('blue'), { ...green, tasks: [{ ...first, overdue: true }, second] as App['tasks'] })).toBe(
    'blue.0 blue.1 green.0 green.1',
  );
});

test('NEW_INSTANCES of 0 is no hybrid: who was scaled later does not change the roles, while the target counts', () => {
  const blue = colour('blue', { tasks: 4, startedAt: EARLY, scaledAt: LATE, hybrid: '0', target: '4' });
  const green = colour('green', { tasks: 1, startedAt: LATE, scaledAt: EARLY, hybrid: '0', target: '4' });
  expect(shown(blue, green)).toBe('-blue.0 blue.1 blue.2 blue.3 green.0');
});

test('a task of the newer app is gated by the checks of the newer app', () => {
  const [merged] = makeMergeGroups()([colour('blue', { tasks: 1 }), colour('green', { tasks: 2, health: ['alive', 'dead'] })]).apps;
  const { services, leftOut } = servicesOf(merged as App);
  expect(services[0]?.backend.servers.map(({ task: id }) => id)).toEqual(['blue.0', 'green.0']);
  expect(leftOut).toEqual([{ app: '/shop', task: 'green.1', why: 'unhealthy' }]);
});

test('the definition of the newer app is overruled, and no other', () => {
  const other = app([], definition({ id: appId('/a') }));
  const [blue, green] = [colour('blue', { startedAt: LATE }), colour('green', { startedAt: EARLY })];
  const apps = [other, blue, green];
  expect(overruled(apps, makeMergeGroups()(apps).apps)).toEqual([blue.definition]);
  expect(overruled([other, blue], makeMergeGroups()([other, blue]).apps)).toEqual([]);
});

test('while only tasks change, the definition is the same object; unchanged apps give the same app', () => {
  const mergeGroups = makeMergeGroups();
  const merge = (apps: readonly App[]) => mergeGroups(apps).apps;
  const [blue, green] = [colour('blue'), colour('green')];
  const [before] = merge([blue, green]);
  expect(merge([blue, green])[0]).toBe(before);
  const [after] = merge([blue, { ...green, tasks: [] }]);
  expect(after).not.toBe(before);
  expect(after?.definition).toBe(before?.definition);
});

/** The lock of a deployment that is taken back. */
function lockOf(leaving: string): App {
  return app([], definition({ id: appId('/shop-zdd'), labels: { MARATHON_LB_DEPLOYMENT_LEAVING: leaving } }), 0);
}

test('a deployment that is taken back: the newer tasks drain as far as the older ones serve, and the older app stays in force', () => {
  const blue = colour('blue', { tasks: 3, startedAt: EARLY });
  const green = colour('green', { tasks: 2, startedAt: LATE, hybrid: '0', target: '3' });
  const [lock, other] = [lockOf('/green'), lockOf('/other')];
  expect(shown(blue, green)).toBe('-blue.0 -blue.1 blue.2 green.0 green.1');
  const merged = (...apps: readonly App[]) => makeMergeGroups()(apps).apps.find(({ id }) => id === '/shop');
  const drained = (...apps: readonly App[]) =>
    merged(...apps)
      ?.tasks.filter(({ draining }) => draining)
      .map(({ id }) => id);
  expect(drained(blue, green, lock)).toEqual(['green.0', 'green.1']);
  expect(merged(blue, green, lock)?.definition.labels).toBe(blue.definition.labels);
  expect(drained(blue, green, other)).toEqual(['blue.0', 'blue.1']);
  const short = colour('blue', { tasks: 1, startedAt: EARLY });
  expect(drained(short, green, lock)).toEqual([]); // one serves, two are needed
  const half = colour('blue', { tasks: 2, startedAt: EARLY });
  expect(drained(half, green, lock)).toEqual(['green.0']);
});

test('the lock of a deployment is noticed when it comes and when it goes', () => {
  const merge = makeMergeGroups();
  const apps = [colour('blue', { startedAt: EARLY }), colour('green', { startedAt: LATE, hybrid: '0', target: '2' })];
  const drained = (all: readonly App[]) =>
    merge(all).apps.flatMap(({ tasks }) => tasks.filter(({ draining }) => draining).map(({ id }) => id));
  expect(drained(apps)).toEqual(['blue.0', 'blue.1']);
  expect(drained([...apps, lockOf('/green')])).toEqual(['green.0', 'green.1']);
  expect(drained(apps)).toEqual(['blue.0', 'blue.1']);
});
