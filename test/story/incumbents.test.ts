import { expect, test } from '@jest/globals';
import type { View } from '../../src/model/view.ts';
import type { News } from '../../src/model/news.ts';
import { EMPTY, filesOf, makeDeriver } from '../golden/cases.ts';
import { absorb } from '../../src/snapshot/absorb.ts';
import { eventAt, nginx, read, readAt, Story, task, type Json } from './cluster.ts';

const app = (id: string, tasks: readonly Json[], given: Json = {}): Json => nginx(tasks, { id, instances: 1, ...given });
const changed = (year: number): Json => ({ versionInfo: { lastConfigChangeAt: `${year}-01-01T00:00:00.000Z` } });
const hosts = ({ document }: View): unknown => Object.fromEntries(document.maps['domain2backend.map'] ?? []);
const bound = ({ services }: View): readonly string[] => services.flatMap(({ front }) => (front.bind === undefined ? [] : [front.app]));

/** HAProxy runs what the view wants. */
const applied = ({ services }: View): News => ({ kind: 'serving', at: 0, fronts: services.map(({ front }) => front) });

test('an app that comes with an older definition does not take port and host from the one that HAProxy serves', () => {
  const story = Story.begin();
  const young = app('/young', [task(1)], changed(2017));
  const old = app('/old', [task(2)], changed(2016));
  const alone = story.tell(read(young));
  const both = story.tell(applied(alone), read(young, old));
  expect([bound(both), hosts(both)]).toEqual([['/young'], { 'mytask.acme.org': 'young_10000' }]);
  expect(both.problems.map(({ owner }) => owner)).toEqual([
    { by: 'app', app: '/old', index: 0 },
    { by: 'app', app: '/old', index: 0 },
  ]);
  const fresh = Story.begin();
  expect(bound(fresh.tell(read(young, old)))).toEqual(['/old']);
});

test('it loses both when its last task goes, does not get them back with the next, and nothing changes by HAProxy serving that', () => {
  const story = Story.begin();
  const [young, old] = [(tasks: readonly Json[]) => app('/young', tasks, changed(2017)), app('/old', [task(2)], changed(2016))];
  const first = story.tell(readAt(1, young([task(1)])));
  story.tell(applied(first), readAt(2, young([task(1)]), old));
  const lost = story.tell(eventAt(5, 'TASK_KILLED', task(1), '/young'));
  expect([bound(lost), hosts(lost)]).toEqual([['/old'], { 'mytask.acme.org': 'old_10000' }]);
  const confirmed = story.tell(applied(lost));
  expect(filesOf(confirmed)).toEqual(filesOf(lost));
  const next = story.tell(readAt(6, young([task(3)]), old));
  expect([bound(next), hosts(next)]).toEqual([['/old'], { 'mytask.acme.org': 'old_10000' }]);
  expect(filesOf(story.tell(applied(next)))).toEqual(filesOf(next));
});

test('of two backends with one name the one that HAProxy serves stays', () => {
  const story = Story.begin();
  const [low, high] = [
    app('/a/b', [task(1)], { labels: { HAPROXY_GROUP: 'external' } }),
    app('/a_b', [task(2)], { labels: { HAPROXY_GROUP: 'external' } }),
  ];
  const first = story.tell(read(high));
  const both = story.tell(applied(first), read(low, high));
  expect(both.services.map(({ front }) => front.app)).toEqual(['/a_b']);
  expect(both.services[0]?.front).toBe(first.services[0]?.front);
  expect(filesOf(story.tell(applied(both)))).toEqual(filesOf(both));
});

test('what HAProxy serves makes no difference where nothing is contested, whatever it is', () => {
  const [story, other] = [Story.begin(), Story.begin()];
  const apps = [
    app('/a', [task(1)]),
    app('/b', [task(2)], { labels: { HAPROXY_GROUP: 'external', HAPROXY_0_PORT: '10001', HAPROXY_0_VHOST: 'b.acme.org' } }),
  ];
  const view = story.tell(read(...apps));
  const strange = other.tell(
    read(app('/z', [task(3)]), app('/b', [task(4)], { labels: { HAPROXY_GROUP: 'external', HAPROXY_0_VHOST: 'x' } })),
  );
  for (const news of [applied(view), applied(strange), { kind: 'serving', at: 0, fronts: [] } as const]) {
    const after = story.tell(news);
    expect(after.document.front.every((section, i) => section === view.document.front[i])).toBe(true);
    expect(after.document.backends.every((section, i) => section === view.document.backends[i])).toBe(true);
    expect(filesOf(after)).toEqual(filesOf(view));
  }
});

test('serving that is told again is the same state, and a deriver without a memory gives the same bytes', () => {
  const [derive, fresh] = [makeDeriver(), makeDeriver()];
  const both = read(app('/young', [task(1)], changed(2017)), app('/old', [task(2)], changed(2016)));
  const first = absorb(EMPTY, read(app('/young', [task(1)], changed(2017))));
  const alone = derive(first);
  if (alone === undefined) throw new Error('no view');
  const state = absorb(absorb(first, applied(alone)), both);
  expect(absorb(state, applied(alone))).toBe(state);
  const [kept, start] = [derive(state), fresh(state)];
  expect(kept && filesOf(kept)).toEqual(start && filesOf(start));
  expect(bound(kept ?? alone)).toEqual(['/young']);
});
