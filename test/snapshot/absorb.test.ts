import { expect, test } from '@jest/globals';
import type { News } from '../../src/model/news.ts';
import type { Problem } from '../../src/model/problem.ts';
import type { App, Health } from '../../src/model/snapshot.ts';
import { absorb } from '../../src/snapshot/absorb.ts';
import type { State } from '../../src/snapshot/state.ts';
import { decodeAll, EMPTY } from '../golden/cases.ts';
import { VERSION, wireApp, wireTask } from './wire.ts';

type Json = Readonly<Record<string, unknown>>;

/** A full read of this JSON. */
const reading = (...json: readonly Json[]): News => ({ kind: 'apps', at: 0, sentAt: 0, ...decodeAll(json) });
const after = (...news: readonly News[]): State => news.reduce(absorb, EMPTY);
const appOf = ({ snapshot }: State, id: string): App => {
  const app = snapshot.apps.find((one) => one.id === id);
  if (app === undefined) throw new Error(`no ${id}`);
  return app;
};
const named = (id: string, given: Json = {}): Json => wireApp({ id, tasks: [wireTask({ id: `${id.slice(1)}.1` })], ...given });
const healthy = (health: 'alive' | 'dead' | 'unknown'): Json => {
  const results = { alive: [{ alive: true, lastSuccess: VERSION }], dead: [{ alive: false, lastFailure: VERSION }], unknown: [] };
  return { tasks: [wireTask({ healthCheckResults: results[health] })] };
};

const PROBLEM: Problem = { code: 'refused-by-haproxy', owner: { by: 'operator' }, message: 'no', hint: 'mend it' };

test('there is no snapshot before the first read, and an empty read gives an empty snapshot', () => {
  expect(EMPTY.sentAt).toBeUndefined();
  expect(after(reading()).snapshot).toEqual({ apps: [], problems: [] });
});

test('apps are in order of id, whatever the order of the answer', () => {
  const { snapshot } = after(reading(named('/b'), named('/a/z'), named('/B'), named('/a')));
  expect(snapshot.apps.map(({ id }) => id)).toEqual(['/B', '/a', '/a/z', '/b']);
});

test('an unchanged full read leaves the state the same object', () => {
  const state = after(reading(named('/a'), named('/b')));
  expect(absorb(state, reading(named('/b'), named('/a')))).toBe(state);
});

test('an app that did not change is the same object while another one changes', () => {
  const before = after(reading(named('/a'), named('/b'), named('/c')));
  const now = absorb(before, reading(named('/a'), named('/b', { instances: 2 }), named('/c')));
  expect(now).not.toBe(before);
  expect(appOf(now, '/a')).toBe(appOf(before, '/a'));
  expect(appOf(now, '/b')).not.toBe(appOf(before, '/b'));
  expect(appOf(now, '/c')).toBe(appOf(before, '/c'));
});

test('when only tasks change, the definition is the same object', () => {
  const before = after(reading(named('/a')));
  const now = absorb(before, reading(named('/a', { instances: 3, tasks: [wireTask({ id: 'a.2' })] })));
  expect(appOf(now, '/a')).not.toBe(appOf(before, '/a'));
  expect(appOf(now, '/a').definition).toBe(appOf(before, '/a').definition);
});

test('apps that are missing from a full read are removed', () => {
  const now = after(reading(named('/a'), named('/b')), reading(named('/b')));
  expect(now.snapshot.apps.map(({ id }) => id)).toEqual(['/b']);
});

test.each<['alive' | 'dead' | 'unknown', 'alive' | 'dead' | 'unknown', Health]>([
  ['alive', 'unknown', 'alive'],
  ['dead', 'unknown', 'dead'],
  ['unknown', 'unknown', 'unknown'],
  ['alive', 'dead', 'dead'],
  ['dead', 'alive', 'alive'],
  ['unknown', 'alive', 'alive'],
])('a task that was %s and is said to be %s is %s', (was, said, is) => {
  const state = after(reading(wireApp(healthy(was))), reading(wireApp(healthy(said))));
  expect(appOf(state, '/shop').tasks[0]?.health).toBe(is);
});

test('health is remembered by task, not by place', () => {
  const check = (id: string, healthCheckResults: unknown) => wireTask({ id, healthCheckResults });
  const ALIVE = [{ alive: true, lastSuccess: VERSION }];
  const before = reading(wireApp({ tasks: [check('a', ALIVE), check('b', ALIVE)] }));
  const later = reading(wireApp({ tasks: [check('0', []), check('b', [])] }));
  const tasks = appOf(after(before, later), '/shop').tasks.map(({ id, health }) => [id, health]);
  expect(tasks).toEqual([
    ['0', 'unknown'],
    ['b', 'alive'],
  ]);
});

test('a new leader without health results changes nothing', () => {
  const state = after(reading(wireApp(healthy('alive'))));
  expect(absorb(state, reading(wireApp(healthy('unknown'))))).toBe(state);
});

test('an app that can no longer be decoded stays as it was, and has a Problem', () => {
  const before = after(reading(named('/a'), named('/b')));
  const now = absorb(before, reading(named('/a', { instances: 'many' }), named('/b')));
  expect(appOf(now, '/a')).toBe(appOf(before, '/a'));
  expect(now.snapshot.problems).toMatchObject([{ code: 'app-not-readable', owner: { by: 'app', app: '/a' } }]);
  const mended = absorb(now, reading(named('/a'), named('/b')));
  expect(mended).toEqual(before);
});

test('apps that were never decoded, or that have no id, are only Problems', () => {
  const { snapshot } = after(reading({ id: '/a', instances: 'many' }, { id: 7 }, named('/b')));
  expect(snapshot.apps.map(({ id }) => id)).toEqual(['/b']);
  expect(snapshot.problems).toHaveLength(2);
});

test('a refusal stands until HAProxy takes a configuration', () => {
  const refused = after({ kind: 'refused', at: 0, problems: [PROBLEM], quarantined: [] });
  expect(refused.refused).toEqual([PROBLEM]);
  expect(absorb(refused, { kind: 'refused', at: 1, problems: [{ ...PROBLEM }], quarantined: [] })).toBe(refused);
  const accepted = absorb(refused, { kind: 'accepted', at: 2 });
  expect(accepted.refused).toEqual([]);
  expect(absorb(accepted, { kind: 'accepted', at: 3 })).toBe(accepted);
});

test('a different release of HAProxy empties the quarantine', () => {
  const state = after({ kind: 'release', at: 0, release: { major: 3, minor: 3 } });
  expect(state.release).toEqual({ major: 3, minor: 3 });
  expect(absorb(state, { kind: 'release', at: 1, release: { major: 3, minor: 3 } })).toBe(state);
});

test('what other news tell leaves the snapshot the same object', () => {
  const state = after(reading(named('/a')));
  const now = absorb(absorb(state, { kind: 'refused', at: 0, problems: [PROBLEM], quarantined: [] }), {
    kind: 'release',
    at: 0,
    release: { major: 3, minor: 4 },
  });
  expect(now).not.toBe(state);
  expect(now.snapshot).toBe(state.snapshot);
});
