import { expect, test } from '@jest/globals';
import type { View } from '../../src/model/view.ts';
import type { News } from '../../src/model/news.ts';
import { EMPTY, filesOf, makeDeriver } from '../golden/cases.ts';
import type { Service } from '../../src/model/service.ts';
import { writtenOf } from '../../src/services/sift-quarantined.ts';
import { absorb } from '../../src/snapshot/absorb.ts';
import { startState } from '../../src/snapshot/state.ts';
import { eventAt, nginx, read, readAt, Story, task, type Json } from './cluster.ts';

const app = (id: string, tasks: readonly Json[], given: Json = {}): Json => nginx(tasks, { id, instances: 1, ...given });
const changed = (year: number): Json => ({ versionInfo: { lastConfigChangeAt: `${year}-01-01T00:00:00.000Z` } });
const hosts = ({ document }: View): unknown => Object.fromEntries(document.maps['domain2backend.map'] ?? []);
const bound = ({ services }: View): readonly string[] => services.flatMap(({ front }) => (front.bind === undefined ? [] : [front.app]));

/** HAProxy runs what the view wants. */
const applied = ({ holders }: View): News => ({ kind: 'serving', at: 0, holders });

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

test('it keeps both while it has no task, while it is scaled to 0 and while its labels can not be read, and after that', () => {
  const story = Story.begin();
  const young = (tasks: readonly Json[], given: Json = {}): Json => app('/young', tasks, { ...changed(2017), ...given });
  const old = app('/old', [task(2)], changed(2016));
  const first = story.tell(readAt(1, young([task(1)])));
  const shut = { HAPROXY_GROUP: 'external', HAPROXY_0_VHOST: 'mytask.acme.org', HAPROXY_0_AUTH: 'oops' };
  const away = [
    eventAt(5, 'TASK_KILLED', task(1), '/young'),
    readAt(6, young([], { instances: 0 }), old),
    readAt(7, young([task(3)], { labels: shut }), old),
  ];
  story.tell(applied(first), readAt(2, young([task(1)]), old));
  for (const news of away) {
    const view = story.tell(news);
    expect([bound(view).includes('/old'), Object.values(hosts(view) as object).includes('old_10000')]).toEqual([false, false]);
    expect(view.problems.filter(({ code }) => code === 'route-conflict').map(({ owner }) => owner)).toEqual([
      { by: 'app', app: '/old', index: 0 },
    ]);
    expect(filesOf(story.tell(applied(view)))).toEqual(filesOf(view));
  }
  const next = story.tell(readAt(8, young([task(3)]), old));
  expect([bound(next), hosts(next)]).toEqual([['/young'], { 'mytask.acme.org': 'young_10000' }]);
  expect(filesOf(story.tell(applied(next)))).toEqual(filesOf(next));
});

test('it keeps both while HAProxy refuses what its labels make', () => {
  const story = Story.begin();
  const old = app('/old', [task(2)], changed(2016));
  const first = story.tell(readAt(1, app('/young', [task(1)], changed(2017))));
  const both = story.tell(applied(first), readAt(2, app('/young', [task(1)], changed(2017)), old));
  const young = both.services.find(({ front }) => front.app === '/young') as Service;
  const one = { app: young.front.app, index: 0, of: writtenOf(young), files: [], problems: [] };
  const view = story.tell({ kind: 'refused', at: 3, problems: [], quarantined: [one] });
  expect([bound(view), hosts(view)]).toEqual([[], { 'mytask.acme.org': 'young_10000' }]); // answered 503
  const mended = app('/young', [task(1)], {
    ...changed(2018),
    labels: { HAPROXY_GROUP: 'external', HAPROXY_0_VHOST: 'mytask.acme.org', HAPROXY_0_BALANCE: 'leastconn' },
  });
  const next = story.tell(applied(view), readAt(4, mended, old));
  expect([bound(next), hosts(next)]).toEqual([['/young'], { 'mytask.acme.org': 'young_10000' }]);
});

test('it has both again after a restart, by what was kept of who holds them', () => {
  const story = Story.begin();
  const old = app('/old', [task(2)], changed(2016));
  const first = story.tell(readAt(1, app('/young', [task(1)], changed(2017))));
  const { holders } = story.tell(applied(first), readAt(2, app('/young', [], changed(2017)), old));
  const start = startState(EMPTY.release, { holders });
  const view = makeDeriver()(absorb(start, readAt(3, app('/young', [], changed(2017)), old)));
  expect(view && bound(view)).toEqual(['/young']);
  const gone = makeDeriver()(absorb(start, readAt(3, old)));
  expect(gone && [bound(gone), hosts(gone)]).toEqual([['/old'], { 'mytask.acme.org': 'old_10000' }]);
});

test('one clash of two ports is one Problem, which names an app that Marathon has and not its deployment group', () => {
  const labels = { HAPROXY_GROUP: 'external', HAPROXY_0_VHOST: 'a.org,b.org,c.org,d.org,e.org', HAPROXY_0_PORT: '10001' };
  const grouped = app('/shop-blue', [task(1)], { ...changed(2016), labels: { ...labels, HAPROXY_DEPLOYMENT_GROUP: 'shop' } });
  const { problems } = Story.begin().tell(read(grouped, app('/z', [task(2)], { ...changed(2017), labels })));
  expect(problems.map(({ message }) => message)).toEqual([
    'service port 10001 belongs to port 0 of /shop-blue, so this port is not bound; its virtual hosts are served',
    'the virtual hosts a.org, b.org, c.org and 2 more belong to port 0 of /shop-blue, so the hosts do not lead here',
  ]);
});

test('where nobody holds it, an app without instances does not keep it from one that serves', () => {
  const [young, old] = [app('/young', [task(1)], changed(2017)), app('/old', [], { ...changed(2016), instances: 0 })];
  const view = Story.begin().tell(read(young, old));
  expect([bound(view), view.problems]).toEqual([['/young'], []]);
});

test("under --group '*' an app that looks like a load balancer gets none of this one's ports, and no service port that an app serves", () => {
  const mapped = (...ports: readonly number[]): Json => ({
    ...changed(2015),
    labels: {},
    container: { portMappings: ports.map((servicePort, i) => ({ containerPort: 80 + i, servicePort })) },
  });
  const balancer = app('/balancer', [task(1)], mapped(80, 443, 9090, 9091, 10000, 10001));
  const web = app('/web', [task(3)], mapped(443, 10000));
  const served = (...apps: readonly Json[]): readonly string[] => {
    const story = Story.begin({ group: ['*'] });
    const alone = story.tell(readAt(1, ...apps));
    const view = story.tell(applied(alone), readAt(2, ...apps, app('/shop', [task(2)], { ...changed(2020), labels: {} })));
    return view.services.flatMap(({ front: { app: id, bind } }) => (bind === undefined ? [] : [`${bind.port} ${id}`]));
  };
  expect(served(balancer)).toEqual(['10001 /balancer', '10000 /shop']);
  expect(served(web)).toEqual(['10000 /web']);
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
  for (const news of [applied(view), applied(strange), { kind: 'serving', at: 0, holders: [] } as const]) {
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
