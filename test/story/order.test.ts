import { expect, test } from '@jest/globals';
import type { News } from '../../src/model/news.ts';
import { absorb } from '../../src/snapshot/absorb.ts';
import { EMPTY, makeDeriver } from '../golden/cases.ts';
import { appAt, eventAt, goneAt, nginx, readAt, Story, task, tasksOf, VERSION, type Json } from './cluster.ts';

const ONE = 'nginx.0001';
const TWO = 'nginx.0002';
const derive = makeDeriver();
const killed = (n: number): Json => task(n, { state: 'TASK_KILLED', ports: [] });
const staging = (n: number): Json => task(n, { state: 'TASK_STAGING', ipAddresses: [], host: null });
const LATER = '2018-01-01T00:00:00.000Z';

/** What serves after all this news. */
function serving(...news: readonly News[]): readonly string[] {
  const view = derive(news.reduce(absorb, EMPTY));
  if (view === undefined) throw new Error('nothing was read yet');
  return tasksOf(view);
}

/** {news, in the order they come; the number: when a read was sent, or an event came} -> the tasks that serve at the end. */
test.each<[string, readonly News[], readonly string[]]>([
  [
    'an older full read does not bring back who was killed',
    [readAt(1, nginx([task(1)])), eventAt(5, 'TASK_KILLED', task(1)), readAt(3, nginx([task(1)]))],
    [],
  ],
  ['nor does an older read of its app', [readAt(1, nginx([task(1)])), eventAt(5, 'TASK_KILLED', task(1)), appAt(3, nginx([task(1)]))], []],
  [
    'nor does a later one that lags behind',
    [readAt(1, nginx([task(1)])), eventAt(5, 'TASK_KILLED', task(1)), appAt(6, nginx([task(1)])), readAt(7, nginx([task(1)]))],
    [],
  ],
  [
    'nor does a late TASK_RUNNING',
    [readAt(1, nginx([task(1)])), eventAt(5, 'TASK_KILLED', task(1)), eventAt(6, 'TASK_RUNNING', task(1))],
    [],
  ],
  [
    'killing, killed, and a late running',
    [
      readAt(1, nginx([task(1)])),
      eventAt(5, 'TASK_KILLING', task(1)),
      eventAt(6, 'TASK_KILLED', task(1)),
      eventAt(7, 'TASK_RUNNING', task(1)),
    ],
    [],
  ],
  [
    'killed before anybody knew it',
    [readAt(1, nginx([])), eventAt(5, 'TASK_KILLED', task(1)), eventAt(6, 'TASK_RUNNING', task(1)), readAt(3, nginx([task(1)]))],
    [],
  ],
  [
    'killed, read as gone, and a late running',
    [readAt(1, nginx([task(1)])), eventAt(5, 'TASK_KILLED', task(1)), appAt(6, nginx([])), eventAt(7, 'TASK_RUNNING', task(1))],
    [],
  ],
  [
    'killed by a read, and a late running',
    [readAt(1, nginx([task(1)])), appAt(5, nginx([killed(1)])), eventAt(6, 'TASK_RUNNING', task(1))],
    [],
  ],
  [
    'being killed by a read, and a late running',
    [readAt(1, nginx([task(1)])), appAt(5, nginx([task(1, { state: 'TASK_KILLING' })])), eventAt(6, 'TASK_RUNNING', task(1))],
    [],
  ],
  ['a read that has overtaken the events', [readAt(1, nginx([])), eventAt(5, 'TASK_RUNNING', task(1)), appAt(4, nginx([killed(1)]))], []],
  [
    'another task is not concerned',
    [readAt(1, nginx([task(1), task(2)])), eventAt(5, 'TASK_KILLED', task(1)), readAt(3, nginx([task(1), task(2)]))],
    [TWO],
  ],
  [
    'an older full read does not take away who came',
    [readAt(1, nginx([])), eventAt(5, 'TASK_RUNNING', task(1)), readAt(3, nginx([]))],
    [ONE],
  ],
  ['nor does an older read of its app', [readAt(1, nginx([])), eventAt(5, 'TASK_RUNNING', task(1)), appAt(3, nginx([]))], [ONE]],
  ['a later full read does', [readAt(1, nginx([])), eventAt(5, 'TASK_RUNNING', task(1)), readAt(6, nginx([]))], []],
  ['a later read of its app does', [readAt(1, nginx([])), eventAt(5, 'TASK_RUNNING', task(1)), appAt(6, nginx([]))], []],
  ['a task that was starting runs', [readAt(1, nginx([staging(1)])), eventAt(5, 'TASK_RUNNING', task(1))], [ONE]],
  [
    'and an older read says that it is starting',
    [readAt(1, nginx([staging(1)])), eventAt(5, 'TASK_RUNNING', task(1)), appAt(3, nginx([staging(1)]))],
    [ONE],
  ],
  [
    'and a late event says so',
    [readAt(1, nginx([staging(1)])), eventAt(5, 'TASK_RUNNING', task(1)), eventAt(6, 'TASK_STAGING', staging(1))],
    [ONE],
  ],
  [
    'a late event says that a task is starting which a read had running',
    [readAt(1, nginx([task(1)])), eventAt(5, 'TASK_STARTING', staging(1))],
    [ONE],
  ],
  [
    'a read that has overtaken the event of a start',
    [readAt(1, nginx([])), appAt(4, nginx([staging(1)])), eventAt(6, 'TASK_STARTING', staging(1)), appAt(5, nginx([task(1)]))],
    [ONE],
  ],
  ['a task fails', [readAt(1, nginx([task(1), task(2)])), eventAt(5, 'TASK_FAILED', task(1))], [TWO]],
  [
    'a lost agent, as before 1.4: it may come back',
    [readAt(1, nginx([task(1)])), eventAt(5, 'TASK_LOST', task(1)), eventAt(6, 'TASK_RUNNING', task(1))],
    [ONE],
  ],
  ['a lost agent: its tasks serve on', [readAt(1, nginx([task(1)])), eventAt(5, 'TASK_UNREACHABLE', task(1))], [ONE]],
])('%s', (_, news, wanted) => {
  expect(serving(...news)).toEqual(wanted);
});

test.each<[string, readonly News[], readonly string[]]>([
  ['a full read that was sent before the last one', [readAt(5, nginx([task(1)])), readAt(3, nginx([task(2)]))], [ONE]],
  ['a read of an app that was sent before the last full one', [readAt(5, nginx([task(1)])), appAt(3, nginx([task(2)]))], [ONE]],
  [
    'a read of an app that was sent before its last one',
    [readAt(1, nginx([])), appAt(5, nginx([task(1)])), appAt(3, nginx([task(2)]))],
    [ONE],
  ],
  [
    'a full read that was sent before the last one of an app',
    [readAt(1, nginx([])), appAt(5, nginx([task(1)])), readAt(3, nginx([task(2)]))],
    [ONE],
  ],
  ['but a later full one counts', [readAt(1, nginx([])), appAt(5, nginx([task(1)])), readAt(6, nginx([task(2)]))], [TWO]],
  ['and a later one of the app', [readAt(5, nginx([task(1)])), appAt(6, nginx([task(2)]))], [TWO]],
  ['an app is gone, and an older full read has it', [readAt(1, nginx([task(1)])), goneAt(5, '/nginx'), readAt(3, nginx([task(1)]))], []],
  ['an app is gone, and an older read has it', [readAt(1, nginx([task(1)])), goneAt(5, '/nginx'), appAt(3, nginx([task(1)]))], []],
  ['an app is gone and made anew', [readAt(1, nginx([task(1)])), goneAt(5, '/nginx'), readAt(6, nginx([task(2)]))], [TWO]],
  ['an app was gone before the last full read', [readAt(5, nginx([task(1)])), goneAt(3, '/nginx')], [ONE]],
  ['a new app, and an older full read without it', [readAt(1), appAt(5, nginx([task(1)])), readAt(3)], [ONE]],
  ['a new app, and a later full read without it', [readAt(1), appAt(5, nginx([task(1)])), readAt(6)], []],
  ['an event of an app that nobody knows', [readAt(1), eventAt(5, 'TASK_RUNNING', task(1)), readAt(3, nginx([task(2)]))], [TWO]],
  ['an app that is gone had a new task', [readAt(1, nginx([])), eventAt(5, 'TASK_RUNNING', task(1)), readAt(3)], []],
])('what a read says that was overtaken does not count: %s', (_, news, wanted) => {
  expect(serving(...news)).toEqual(wanted);
});

test.each<[string, readonly News[], readonly string[]]>([
  [
    'a task that is killed, and a read that was sent before',
    [eventAt(5, 'TASK_KILLED', task(1)), readAt(3, nginx([task(1), task(2)]))],
    [TWO],
  ],
  ['a task that comes', [eventAt(5, 'TASK_RUNNING', task(1)), readAt(3, nginx([]))], []],
  ['an app, and a read without it that was sent before', [appAt(5, nginx([task(1)])), readAt(3)], [ONE]],
  ['an app, and a read that was sent after', [appAt(5, nginx([task(1)])), readAt(6, nginx([task(2)]))], [TWO]],
  [
    'an app, and a task that comes to it',
    [appAt(2, nginx([task(1)])), eventAt(5, 'TASK_RUNNING', task(2)), readAt(3, nginx([task(1)]))],
    [ONE, TWO],
  ],
  ['an app that is gone', [goneAt(5, '/nginx'), readAt(3, nginx([task(1)]))], []],
])('before the first full read nothing is shown, and nothing is lost: %s', (_, news, wanted) => {
  const early = news.slice(0, -1).reduce(absorb, EMPTY);
  expect(derive(early)).toBeUndefined();
  expect(serving(...news)).toEqual(wanted);
});

/** An app that a read knows, {app, event} -> whether its task serves at once. */
const CHECKS = { healthChecks: [{ protocol: 'HTTP', portIndex: 0 }] };
const bridge = {
  networks: [{ mode: 'container/bridge' }],
  container: { portMappings: [{ containerPort: 80, hostPort: 0, servicePort: 10000 }] },
};
const holes = {
  container: {
    portMappings: [
      { containerPort: 80, servicePort: 10000 },
      { containerPort: 0, hostPort: 0, servicePort: 10001 },
    ],
  },
};
const grouped = { labels: { HAPROXY_GROUP: 'external', HAPROXY_DEPLOYMENT_GROUP: 'nginx' } };

test.each<[string, Json, Json, boolean]>([
  ['nothing more is needed', {}, {}, true],
  ['it has health checks', CHECKS, {}, false],
  ['it has readiness checks', { readinessChecks: [{ name: 'x' }] }, {}, false],
  ['it is one of two colours', grouped, {}, false],
  ['a version that is not known yet', {}, { version: LATER }, false],
  ['a version from before the last change', { version: LATER, versionInfo: { lastConfigChangeAt: LATER } }, {}, false],
  ['scaled since', { version: LATER }, {}, true],
  ['the version is not said', {}, { version: null }, false],
  ['the app has none', { version: null }, {}, false],
  ['no address of its own', {}, { ipAddresses: [] }, false],
  ['an agent by name, which is not needed', {}, { host: 'agent1.mesos' }, true],
  ['the agent is not known', {}, { host: 'unknown' }, false],
  ['bridge: the address of the agent', bridge, { ports: [31000] }, true],
  ['bridge: the address of the container is not needed', bridge, { ports: [31000], ipAddresses: [] }, true],
  ['bridge: an agent by name', bridge, { ports: [31000], host: 'agent1.mesos' }, false],
  ['bridge: no ports', bridge, { ports: [] }, false],
  ['host', { networks: [{ mode: 'host' }], container: null, portDefinitions: [{ port: 10000 }] }, { ports: [31000] }, true],
  ['host ports of some mappings only', holes, { ports: [31000] }, true],
])('a new task runs: %s', (_, app, told, atOnce) => {
  const known = readAt(1, nginx([], { instances: 1, ...app }));
  expect(serving(known, eventAt(5, 'TASK_RUNNING', task(1, told)))).toEqual(
    atOnce ? Array.from({ length: app === holes ? 2 : 1 }, () => ONE) : [],
  );
  for (const state of ['TASK_STAGING', 'TASK_STARTING', 'TASK_UNREACHABLE', 'TASK_KILLING', 'TASK_FAILED'])
    expect(serving(known, eventAt(5, state, task(1, told)))).toEqual([]);
});

test('the ports of a task that an event added are those of a read', () => {
  const view = (...news: readonly News[]) => derive(news.reduce(absorb, EMPTY))?.document.backends;
  const running = task(1, { ports: [31000] });
  const event = view(readAt(1, nginx([], { ...holes, instances: 1 })), eventAt(5, 'TASK_RUNNING', running));
  expect(event).toEqual(view(readAt(1, nginx([running], holes))));
  const started = task(1, { ports: [], ipAddresses: [], state: 'TASK_STAGING' });
  expect(view(readAt(1, nginx([started], holes)), eventAt(5, 'TASK_RUNNING', running))).toEqual(event);
});

test('tasks come and go faster than reads: a read counts for all but what events have told since', () => {
  const story = Story.begin();
  const label = { labels: { HAPROXY_GROUP: 'external', HAPROXY_0_VHOST: 'new.acme.org' } };
  story.tell(readAt(0, nginx([task(1, { health: 'alive' }), task(2), task(3)], CHECKS)));
  for (const sentAt of [10, 20, 30, 40]) {
    story.tell(eventAt(sentAt + 5, sentAt % 20 === 10 ? 'TASK_UNREACHABLE' : 'TASK_RUNNING', task(3)));
    story.tell(appAt(sentAt, nginx([task(1, { health: 'alive' }), task(2, { health: 'alive' }), task(3)], { ...CHECKS, ...label })));
  }
  const view = story.tell(
    eventAt(50, 'TASK_KILLED', task(1)),
    readAt(49, nginx([task(1), task(2), task(4, { health: 'alive' })], { ...CHECKS, ...label })),
  );
  expect(tasksOf(view)).toEqual([TWO, 'nginx.0004']);
  expect(Object.fromEntries(view.document.maps['domain2backend.map'] ?? [])).toEqual({ 'new.acme.org': 'nginx_10000' });
});

test('a task that an event added waits for the next read where its app turns out to be another', () => {
  const another = nginx([], {
    version: LATER,
    versionInfo: { lastConfigChangeAt: LATER },
    container: { portMappings: [{ containerPort: 8080, servicePort: 10000 }] },
  });
  expect(serving(readAt(1, nginx([])), eventAt(5, 'TASK_RUNNING', task(1, { version: VERSION })), appAt(3, another))).toEqual([]);
});

test('a server whose task is being killed is leaving, until it was killed', () => {
  const story = Story.begin();
  const leaving = (...news: readonly News[]): readonly string[] => story.tell(...news).services.flatMap(({ backend }) => backend.leaving);
  expect(leaving(readAt(1, nginx([task(1)])))).toEqual([]);
  const NAME = '172_24_197_101_192_168_84_101_80';
  expect(leaving(eventAt(5, 'TASK_KILLING', task(1)))).toEqual([NAME]);
  expect(leaving(readAt(3, nginx([task(1)])))).toEqual([NAME]);
  expect(leaving(eventAt(6, 'TASK_KILLED', task(1)))).toEqual([]);
  expect(leaving(eventAt(7, 'TASK_KILLING', task(1)))).toEqual([]);
});
