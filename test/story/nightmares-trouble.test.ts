import { expect, test } from '@jest/globals';
import type { View } from '../../src/model/view.ts';
import type { News } from '../../src/model/news.ts';
import { writtenOf } from '../../src/services/sift-quarantined.ts';
import { makeAbsorb } from '../../src/snapshot/absorb.ts';
import { appAt, eventAt, nginx, read, readAt, serversOf, Story, task, tasksOf } from './cluster.ts';
import { codes, config, hosts, labelled, linesOf, other, planned, why } from './nightmares.ts';

// What kept users of marathon-lb awake, by the numbers of the list of what they asked for: News in, Views out.

/** HAProxy does not take the first port of these apps as they are in a view. */
function refusal({ services }: View, ...apps: readonly string[]): News {
  const quarantined = services
    .filter(({ front }) => apps.includes(front.app))
    .map((service) => {
      const { app, index } = service.front;
      const problem = {
        code: 'refused-by-haproxy',
        owner: { by: 'app', app, index },
        message: `${app} is refused`,
        hint: 'mend it',
      } as const;
      return { app, index, of: writtenOf(service), files: [], problems: [problem] };
    });
  return { kind: 'refused', at: 5, problems: [], quarantined };
}

test('B1: scaled up to 50 and down to 2, event by event: not one reload', () => {
  const story = Story.begin();
  let before = story.tell(readAt(1, nginx([task(1), task(2)], { instances: 50 })));
  const step = (news: News): void => {
    const after = story.tell(news);
    expect(planned(before, after).reload).toEqual([]);
    before = after;
  };
  const more = Array.from({ length: 48 }, (_, i) => task(3 + i));
  for (const [i, one] of more.entries()) step(eventAt(5 + i, 'TASK_RUNNING', one));
  expect(tasksOf(before)).toHaveLength(50);
  for (const [i, one] of more.entries()) step(eventAt(100 + i, 'TASK_KILLED', one));
  step(readAt(200, nginx([task(1), task(2)])));
  expect(tasksOf(before)).toEqual(['nginx.0001', 'nginx.0002']);
});

test('B4: the same in another order, and once more: no byte changes, and nothing is done', () => {
  const story = Story.begin();
  const before = story.tell(readAt(1, nginx([task(1), task(2)]), other('/a', 10_003)));
  const after = story.tell(readAt(2, other('/a', 10_003), nginx([task(2), task(1)])));
  expect(planned(before, after)).toEqual({ commands: [], reload: [] });
  expect(after.document).toEqual(before.document);
});

test('D5: an empty answer right after an election takes nobody out', () => {
  const story = Story.begin({}, makeAbsorb({ massRemovalHoldMs: 30_000 }));
  const before = story.tell(readAt(1, nginx([task(1), task(2)])));
  const after = story.tell(readAt(2));
  expect([after.document, codes(after)]).toEqual([before.document, ['losses-held']]);
});

test('D6: a start while Marathon is away serves what was known, and says so', () => {
  const before = Story.begin();
  const good = before.tell(readAt(1, nginx([task(1)])));
  const view = Story.begin().tell({ kind: 'restored', at: 9, snapshot: before.state.snapshot, savedAt: 2 });
  expect([config(view), codes(view), view.staleSince]).toEqual([config(good), ['stale'], 2]);
});

test('E1: a blank of another kind in a virtual host: the app is told, no other line changes', () => {
  const story = Story.begin();
  const before = story.tell(read(nginx([task(1)]), other('/z', 10_007)));
  const after = story.tell(readAt(2, labelled({ HAPROXY_0_VHOST: 'mytask.acme\u00a0.org' }), other('/z', 10_007)));
  expect(after.problems).toMatchObject([{ code: 'label-value', owner: { app: '/nginx' }, label: 'HAPROXY_0_VHOST' }]);
  expect(linesOf(after.document, '/z')).toBe(linesOf(before.document, '/z'));
});

test('E2: who is refused stays out while tasks come and go, is not tried again, and is back when its label is mended', () => {
  const story = Story.begin();
  const bad = labelled({ HAPROXY_0_BACKEND_HTTP_OPTIONS: '  nonsense on stilts\n' });
  const first = story.tell(readAt(1, bad, other('/z', 10_007)));
  const without = story.tell(refusal(first, '/nginx'));
  const lines = linesOf(without.document, '/nginx');
  expect([lines, why(without)]).toEqual([expect.stringMatching(/http-request deny deny_status 503\n$/), ['/nginx refused']]);
  expect(lines).not.toMatch(/\bserver /);
  expect(linesOf(without.document, '/z')).toBe(linesOf(first.document, '/z'));
  const tasks = story.tell(eventAt(6, 'TASK_RUNNING', task(2)), appAt(7, { ...bad, tasks: [task(1), task(3)], instances: 2 }));
  expect(planned(without, tasks)).toEqual({ commands: [], reload: [] });
  const mended = story.tell(appAt(8, labelled({})));
  expect([serversOf(mended, 'nginx_10000')?.length, codes(mended), why(mended)]).toEqual([1, [], []]);
});

test("E3: an operator's template at fault takes no app out", () => {
  const story = Story.begin();
  const before = story.tell(read(nginx([task(1)]), other('/z', 10_007)));
  const problem = {
    code: 'refused-by-haproxy',
    owner: { by: 'operator' },
    message: 'the head names a backend that is not there',
    hint: 'mend it',
  } as const;
  const after = story.tell({ kind: 'refused', at: 5, problems: [problem], quarantined: [] });
  expect([after.problems, after.leftOut]).toEqual([[problem], []]);
  expect(after.document).toEqual(before.document);
});

test('G1: a line end in a plain label adds no line', () => {
  const view = Story.begin().tell(
    read(labelled({ HAPROXY_0_BALANCE: 'leastconn\n  http-request deny', HAPROXY_0_STICKY: 'true\n  http-request deny' })),
  );
  expect(config(view)).not.toMatch(/http-request deny$/m);
  expect(view.problems.map(({ label }) => label)).toEqual(['HAPROXY_0_STICKY', 'HAPROXY_0_BALANCE']);
});

test('G8: a label that is to keep people out: misread it shuts the port, misspelt it is told', () => {
  const story = Story.begin();
  const open = story.tell(read(labelled({ HAPROXY_0_BACKEND_NETWORK_ALLOWED_ACL: '10.0.0.0/8' })));
  expect([open.services.length, codes(open)]).toEqual([1, []]);
  const shut = story.tell(readAt(2, labelled({ HAPROXY_0_BACKEND_NETWORK_ALLOWED_ACL: '10.0.0.0/99' })));
  expect([hosts(shut), codes(shut), why(shut)]).toEqual([{ 'mytask.acme.org': 'nginx_10000' }, ['label-value'], ['/nginx label']]);
  expect(config(shut)).toMatch(/^backend nginx_10000\n(?: {2}.*\n)* {2}http-request deny deny_status 503$/m);
  const misspelt = story.tell(readAt(3, labelled({ HAPROXY_0_BACKEND_NETWORKS_ALLOWED_ACL: '10.0.0.0/8' })));
  expect(misspelt.problems).toMatchObject([{ code: 'label-unknown', label: 'HAPROXY_0_BACKEND_NETWORKS_ALLOWED_ACL' }]);
});
