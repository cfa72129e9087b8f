import { expect, test } from '@jest/globals';
import type { View } from '../../src/model/view.ts';
import type { News } from '../../src/model/news.ts';
import type { TakenBind } from '../../src/model/quarantine.ts';
import { filesOf, makeDeriver } from '../golden/cases.ts';
import { nginx, read, Story, task, type Json } from './cluster.ts';

const bind = (address: string, port: number): TakenBind => ({ address, port, why: `${address}:${port} is taken by nginx (pid 7)` });
const taken = (...binds: readonly TakenBind[]): News => ({ kind: 'taken', at: 1, binds });
const freed = (...binds: readonly TakenBind[]): News => ({ kind: 'freed', at: 2, binds });
const app = (labels: Json = {}): Json =>
  nginx([task(1)], { labels: { HAPROXY_GROUP: 'external', HAPROXY_0_VHOST: 'mytask.acme.org', ...labels } });
const text = (view: View): string => filesOf(view).get('haproxy.cfg') ?? '';

/** The lines that one text has and the other has not. */
function missing(from: string, than: string): readonly string[] {
  const left = than.split('\n');
  return from.split('\n').flatMap((line) => {
    const at = left.indexOf(line);
    if (at >= 0) left.splice(at, 1);
    return at >= 0 ? [] : [line];
  });
}

test.each([
  [80, '  bind *:80', 'frontend marathon_http_in'],
  [9091, '  bind *:9091', 'frontend marathon_http_appid_in'],
  [9090, '  bind *:9090', 'HAPROXY_HEAD'],
])(
  "the load balancer's own port %i is taken: that line alone is left out, it is a Problem without an app, and is back when freed",
  (port, line, where) => {
    const story = Story.begin();
    const before = story.tell(read(app()));
    const view = story.tell(taken(bind('*', port)));
    expect(missing(text(before), text(view))).toEqual([line]);
    expect(missing(text(view), text(before))).toEqual([]);
    expect(view.problems).toEqual([
      ...before.problems,
      {
        code: 'port-conflict',
        owner: { by: 'operator' },
        message: `${where} is without one of its binds: *:${port} is taken by nginx (pid 7)`,
        hint: 'the address is bound as soon as it is free; --http-port, --https-port, --app-id-port and --stats-port choose the shared ones',
      },
    ]);
    const after = story.tell(freed(bind('*', port)));
    expect(text(after)).toBe(text(before));
    expect(after.problems).toEqual(before.problems);
  },
);

test.each([
  [{}, ['stop'], 1],
  [{ degradedOk: true }, [], 0],
])(
  "while a port of our own is taken, the health page is red (%j), and an app's own port changes nothing of that",
  (given, keys, unbound) => {
    const story = new Story(makeDeriver(given));
    const keysOf = (view: View): readonly string[] => [...(view.document.maps['health.map'] ?? new Map<string, string>()).keys()];
    story.tell(read(app()));
    expect(keysOf(story.tell(taken(bind('*', 10004))))).toEqual([]);
    const view = story.tell(taken(bind('*', 80)));
    expect(keysOf(view)).toEqual(keys);
    expect(view.unbound).toHaveLength(unbound);
    expect(keysOf(story.tell(freed(bind('*', 80))))).toEqual([]);
  },
);

test("a bind of an app's own template: the app is told, with its label, and all else of it serves", () => {
  const story = Story.begin();
  const head = 'frontend {backend}\n  bind 10.0.0.1:7000,10.0.0.1:7001 name x\n  mode http\n';
  const before = story.tell(read(app({ HAPROXY_0_FRONTEND_HEAD: head })));
  const view = story.tell(taken(bind('10.0.0.1', 7001)));
  expect(missing(text(view), text(before))).toEqual(['  bind 10.0.0.1:7000 name x']);
  expect(view.problems).toMatchObject([{ code: 'port-conflict', owner: { app: '/nginx', index: 0 }, label: 'HAPROXY_0_FRONTEND_HEAD' }]);
  expect(view.leftOut).toEqual(before.leftOut);
  expect(text(story.tell(freed(bind('10.0.0.1', 7001))))).toBe(text(before));
});

test('a change of tasks meanwhile leaves the front the same object', () => {
  const story = Story.begin();
  story.tell(read(app()));
  const one = story.tell(taken(bind('*', 80)));
  const two = story.tell(read(nginx([task(1), task(2)], { labels: app()['labels'] })));
  expect(two.document.front.map((section, i) => section === one.document.front[i])).toEqual(one.document.front.map(() => true));
});
