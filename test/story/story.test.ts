import { expect, test } from '@jest/globals';
import { EMPTY, filesOf, makeDeriver } from '../golden/cases.ts';
import { makePlan } from '../../src/plan/plan.ts';
import type { View } from '../../src/model/view.ts';
import type { Plan } from '../../src/model/document.ts';
import type { Release } from '../../src/model/release.ts';
import { nginx, read, serversOf, Story, task, type Json } from './cluster.ts';

const ONE = '172_24_197_101_192_168_84_101_80';
const TWO = '172_24_197_102_192_168_84_102_80';
const THREE = '172_24_197_100_192_168_84_103_80';
const CHECKED = { healthChecks: [{ protocol: 'HTTP', portIndex: 0 }] };

const hosts = ({ document }: View): unknown => Object.fromEntries(document.maps['domain2backend.map'] ?? []);
const codes = ({ problems }: View): readonly string[] => problems.map(({ code }) => code);
const why = ({ leftOut }: View): readonly string[] => leftOut.map((one) => one.why);
const plan = makePlan({ mapFolder: '/etc/haproxy' });
/** The way from a HAProxy that runs just what the first view wants. */
const planned = (before: View, after: View, release?: Release): Plan =>
  plan({ running: { document: before.document, exceptions: new Map(), lost: new Map() }, wanted: after.document, release });
const reasons = (before: View, after: View): readonly string[] =>
  planned(before, after).reload.map(({ code, subject }) => `${code} ${subject}`);

test('before the first read there is nothing to show, not even an empty configuration', () => {
  const derive = makeDeriver();
  expect(derive(EMPTY)).toBeUndefined();
});

test('the tutorial is scaled up and down', () => {
  const story = Story.begin();
  const three = story.tell(read(nginx([task(1), task(2), task(3)])));
  expect(serversOf(three, 'nginx_10000')).toEqual([THREE, ONE, TWO]);
  expect(hosts(three)).toEqual({ 'mytask.acme.org': 'nginx_10000' });

  const one = story.tell(read(nginx([task(1)])));
  expect(serversOf(one, 'nginx_10000')).toEqual([ONE]);
  expect(reasons(three, one)).toEqual(['server-gone nginx_10000', 'server-gone nginx_10000']);
  expect(one.document.front.every((section, i) => section === three.document.front[i])).toBe(true);

  const again = story.tell(read(nginx([task(1), task(2), task(3)])));
  expect(filesOf(again)).toEqual(filesOf(three));
});

test('scaled to nothing it is suspended, its host leads nowhere; scaled up it is as before', () => {
  const story = Story.begin();
  const before = story.tell(read(nginx([task(1)])));
  const none = story.tell(read(nginx([], { instances: 0 })));
  expect([serversOf(none, 'nginx_10000'), hosts(none), why(none)]).toEqual([undefined, {}, ['suspended']]);
  expect(filesOf(story.tell(read(nginx([task(1)]))))).toEqual(filesOf(before));
});

test('a task is killed: it serves no more, and the backend stays without a server until the next one', () => {
  const story = Story.begin();
  const before = story.tell(read(nginx([task(1)])));
  const killed = story.tell(read(nginx([task(1, { state: 'TASK_KILLING' })])));
  expect([serversOf(killed, 'nginx_10000'), why(killed)]).toEqual([[], ['state']]);
  const gone = story.tell(read(nginx([], { instances: 1 })));
  expect([serversOf(gone, 'nginx_10000'), why(gone), hosts(gone)]).toEqual([[], [], hosts(before)]);
  const next = story.tell(read(nginx([task(2)])));
  expect(serversOf(next, 'nginx_10000')).toEqual([TWO]);
  expect(reasons(gone, next)).toEqual(['server-added nginx_10000']);
});

test('unhealthy, and healthy again', () => {
  const story = Story.begin();
  const at = (health: 'alive' | 'dead' | 'unknown'): View =>
    story.tell(read(nginx([task(1, { health: 'alive' }), task(2, { health })], CHECKED)));
  const before = at('unknown');
  expect([serversOf(before, 'nginx_10000'), why(before)]).toEqual([[ONE], ['health-unknown']]);
  const both = at('alive');
  expect(serversOf(both, 'nginx_10000')).toEqual([ONE, TWO]);
  const dead = at('dead');
  expect([serversOf(dead, 'nginx_10000'), why(dead)]).toEqual([[ONE], ['unhealthy']]);
  expect(filesOf(at('alive'))).toEqual(filesOf(both));
});

test('a new leader has forgotten all health: nothing happens; a task that it never knew waits', () => {
  const story = Story.begin();
  const before = story.tell(read(nginx([task(1, { health: 'alive' }), task(2, { health: 'dead' })], CHECKED)));
  const { state } = story;
  const forgotten = story.tell(read(nginx([task(1), task(2)], CHECKED)));
  expect(story.state).toBe(state);
  expect(forgotten.document.backends).toEqual(before.document.backends);
  const fresh = story.tell(read(nginx([task(1), task(2), task(3)], CHECKED)));
  expect([serversOf(fresh, 'nginx_10000'), why(fresh)]).toEqual([[ONE], ['unhealthy', 'health-unknown']]);
});

test('a label is mended: the Problem goes, the virtual host comes', () => {
  const story = Story.begin();
  const labelled = (name: string): View =>
    story.tell(read(nginx([task(1)], { labels: { HAPROXY_GROUP: 'external', [name]: 'mytask.acme.org' } })));
  const broken = labelled('HAPROXY_0_VHSOT');
  expect([codes(broken), hosts(broken)]).toEqual([['label-unknown'], {}]);
  const mended = labelled('HAPROXY_0_VHOST');
  expect([codes(mended), hosts(mended)]).toEqual([[], { 'mytask.acme.org': 'nginx_10000' }]);
});

test('a label that guards is broken: the port is shut, not opened; mended, it is back', () => {
  const story = Story.begin();
  const auth = (text: string): View =>
    story.tell(read(nginx([task(1)], { labels: { HAPROXY_GROUP: 'external', HAPROXY_0_VHOST: 'mytask.acme.org', HAPROXY_0_AUTH: text } })));
  const before = auth('Staff:alice:x');
  const broken = auth('Staff');
  expect([serversOf(broken, 'nginx_10000'), codes(broken), why(broken)]).toEqual([[], ['label-value'], ['label']]);
  expect([...filesOf(broken).values()].join()).toContain(
    'backend nginx_10000\n  balance roundrobin\n  mode http\n  http-request deny deny_status 503\n',
  );
  expect(filesOf(auth('Staff:alice:x'))).toEqual(filesOf(before));
});

test('an app is removed and comes back', () => {
  const story = Story.begin();
  const other = nginx([task(7)], { id: '/other', labels: { HAPROXY_GROUP: 'external', HAPROXY_0_PORT: '10001' } });
  const both = story.tell(read(nginx([task(1)]), other));
  const one = story.tell(read(other));
  expect([serversOf(one, 'nginx_10000'), serversOf(one, 'other_10001')?.length]).toEqual([undefined, 1]);
  expect(reasons(both, one)).toContain('front-gone frontend nginx_10000');
  const back = story.tell(read(other, nginx([task(1)])));
  expect(filesOf(back)).toEqual(filesOf(both));
});

test('an app that can no longer be read serves on', () => {
  const story = Story.begin();
  const before = story.tell(read(nginx([task(1)])));
  const broken = story.tell(read(nginx([task(1)], { instances: 'many' })));
  expect(codes(broken)).toEqual(['app-not-readable']);
  expect(broken.document.backends).toEqual(before.document.backends);
});

test('two apps want one host and one port: the one with servers has them, and who has none is told', () => {
  const story = Story.begin();
  const [blue, green] = [
    (tasks: readonly Json[]) => nginx(tasks, { id: '/blue', instances: 1 }),
    (tasks: readonly Json[]) => nginx(tasks, { id: '/green', instances: 1 }),
  ];
  const first = story.tell(read(blue([task(1)]), green([])));
  expect(hosts(first)).toEqual({ 'mytask.acme.org': 'blue_10000' });
  expect(codes(first)).toEqual(['port-conflict', 'route-conflict']);
  expect(first.problems.map(({ owner }) => owner)).toEqual([
    { by: 'app', app: '/green', index: 0 },
    { by: 'app', app: '/green', index: 0 },
  ]);

  const both = story.tell(read(blue([task(1)]), green([task(2)])));
  expect(hosts(both)).toEqual({ 'mytask.acme.org': 'blue_10000' });

  const second = story.tell(read(blue([]), green([task(2)])));
  expect(hosts(second)).toEqual({ 'mytask.acme.org': 'green_10000' });
  expect(second.document.front.map(({ name }) => name)).toContain('frontend green_10000');
  expect(second.document.front.map(({ name }) => name)).not.toContain('frontend blue_10000');

  const alone = story.tell(read(green([task(2)])));
  expect([codes(alone), hosts(alone)]).toEqual([[], { 'mytask.acme.org': 'green_10000' }]);
});

test('a refusal is a Problem until HAProxy takes a configuration, and changes no document', () => {
  const story = Story.begin();
  const before = story.tell(read(nginx([task(1)])));
  const problem = { code: 'refused-by-haproxy', owner: { by: 'operator' }, message: 'no', hint: 'mend it' } as const;
  const refused = story.tell({ kind: 'refused', at: 1, problems: [problem], quarantined: [] });
  expect(refused.problems).toEqual([problem]);
  expect(planned(before, refused)).toEqual({ commands: [], reload: [] });
  expect(codes(story.tell({ kind: 'accepted', at: 2 }))).toEqual([]);
});

test('another HAProxy on the disk: frontends get names of their own', () => {
  const story = Story.begin();
  const before = story.tell(read(nginx([task(1)])));
  const after = story.tell({ kind: 'release', at: 1, release: { major: 3, minor: 3 } });
  expect(reasons(before, after)).toEqual(['front-new frontend nginx_10000-in', 'front-gone frontend nginx_10000']);
});

test('the order of the file: app id, then service port, whatever the order of the ports', () => {
  const story = Story.begin();
  const ports = [10002, 10000, 10001].map((servicePort) => ({ containerPort: 80, servicePort }));
  const labels = { HAPROXY_GROUP: 'external', HAPROXY_1_PORT: '9000' };
  const view = story.tell(
    read(nginx([task(1)], { id: '/b', labels, container: { portMappings: ports } }), nginx([], { id: '/a', instances: 1 })),
  );
  const own = view.document.front.map(({ name }) => name).filter((name) => /^frontend [ab]_/.test(name));
  expect(own).toEqual(['frontend a_10000', 'frontend b_9000', 'frontend b_10001', 'frontend b_10002']);
  expect(view.document.backends.map(({ backend }) => `frontend ${backend}`)).toEqual(own);
});
