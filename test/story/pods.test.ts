import { expect, test } from '@jest/globals';
import type { News } from '../../src/model/news.ts';
import { podInstance, podSpec, podStatus, type Json } from '../snapshot/pods.ts';
import { appAt, eventAt, nginx, readAt, serversOf, Story, task } from './cluster.ts';

const HEALTH = { healthCheck: true };
const unreported = { conditions: [{ name: 'healthy', value: 'false', reason: 'health-unreported-by-mesos' }] };

/** Pod /shop with these instances. */
const pod = (instances: readonly Json[], given: Json = {}): Json => ({ ...podStatus(), instances, ...given });

/** A status_update_event of one container of an instance. */
const event = (at: number, state: string, [n, container]: readonly [number, string], given: Json = {}): News =>
  eventAt(
    at,
    state,
    { id: `shop.instance-${n}.${container}.1`, host: '10.0.0.7', ipAddresses: [], ports: [31_000 + n], ...given },
    '/shop',
  );

const staging = { status: 'TASK_STAGING', conditions: [] };
const staged = (n: number): Json => ({
  ...podInstance(n, staging, { status: 'STAGING' }),
  containers: [
    { name: 'web', ...staging, containerId: `shop.instance-${n}.web.1`, endpoints: [{ name: 'http', allocatedHostPort: 31_000 + n }] },
    { name: 'side', ...staging, containerId: `shop.instance-${n}.side.1`, endpoints: [{ name: 'admin', allocatedHostPort: 31_001 + n }] },
  ],
});

test('a start: ports are known before the containers run; each serves from its own TASK_RUNNING, with a check after its first result', () => {
  const story = Story.begin(HEALTH);
  const first = story.tell(readAt(1, pod([staged(1)])));
  expect(serversOf(first, 'shop_http')).toEqual([]);
  expect(serversOf(first, 'shop_admin')).toEqual([]);
  const side = story.tell(event(2, 'TASK_RUNNING', [1, 'side']));
  expect(serversOf(side, 'shop_admin')).toEqual(['10_0_0_7_31002']);
  const web = story.tell(event(3, 'TASK_RUNNING', [1, 'web']), appAt(4, pod([podInstance(1, unreported, { status: 'DEGRADED' })])));
  expect(serversOf(web, 'shop_http')).toEqual([]); // unknown is not yet alive
  const checked = story.tell(event(5, 'TASK_RUNNING', [1, 'web']), appAt(6, pod([podInstance(1)])));
  expect(serversOf(checked, 'shop_http')).toEqual(['10_0_0_7_31001']);
});

test('one container fails: its server leaves from the event; Mesos kills the others, and they leave from theirs', () => {
  const story = Story.begin(HEALTH);
  story.tell(readAt(1, pod([podInstance(1), podInstance(5)])));
  const failed = story.tell(event(2, 'TASK_FAILED', [1, 'web']));
  expect(serversOf(failed, 'shop_http')).toEqual(['10_0_0_7_31005']);
  expect(serversOf(failed, 'shop_admin')).toEqual(['10_0_0_7_31002', '10_0_0_7_31006']);
  const killed = story.tell(event(3, 'TASK_KILLED', [1, 'side'], { host: 'unknown', ports: [] }));
  expect(serversOf(killed, 'shop_admin')).toEqual(['10_0_0_7_31006']);
  // A read from before does not bring them back, nor does one that is late.
  const late = story.tell(appAt(4, pod([podInstance(1), podInstance(5)])));
  expect(serversOf(late, 'shop_http')).toEqual(['10_0_0_7_31005']);
  // From 1.8 on the same instance is started again, with other tasks.
  const again = podInstance(1, { containerId: 'shop.instance-1.web.2', endpoints: [{ name: 'http', allocatedHostPort: 31_021 }] });
  expect(serversOf(story.tell(appAt(5, pod([again, podInstance(5)]))), 'shop_http')).toEqual(['10_0_0_7_31005', '10_0_0_7_31021']);
});

test.each<[string, readonly News[]]>([
  ['before 1.8, without TASK_KILLING', [event(2, 'TASK_KILLED', [1, 'web'])]],
  ['from 1.8 on', [event(2, 'TASK_KILLING', [1, 'web']), event(3, 'TASK_KILLED', [1, 'web'])]],
  [
    'twice and out of order',
    [event(2, 'TASK_KILLED', [1, 'web']), event(3, 'TASK_KILLING', [1, 'web']), event(4, 'TASK_RUNNING', [1, 'web'])],
  ],
  ['seen by a read as TERMINAL', [appAt(2, pod([podInstance(1, {}, { status: 'TERMINAL' })]))]],
])('a kill %s: the server is gone and stays gone', (_, news) => {
  const story = Story.begin(HEALTH);
  story.tell(readAt(1, pod([podInstance(1)])));
  expect(serversOf(story.tell(...news), 'shop_http')).toEqual([]);
});

test('while a killed container still runs, its server is one that leaves', () => {
  const story = Story.begin(HEALTH);
  story.tell(readAt(1, pod([podInstance(1)])));
  const view = story.tell(event(2, 'TASK_KILLING', [1, 'web']));
  expect(view.services[0]?.backend.leaving).toEqual(['10_0_0_7_31001']);
});

test('unreachable and back: the server stays, as that of an app', () => {
  const story = Story.begin(HEALTH);
  story.tell(readAt(1, pod([podInstance(1)])));
  const lost = { status: 'TASK_UNREACHABLE' };
  const away = story.tell(event(2, 'TASK_UNREACHABLE', [1, 'web']), appAt(3, pod([podInstance(1, lost, { status: 'DEGRADED' })])));
  expect(serversOf(away, 'shop_http')).toEqual(['10_0_0_7_31001']);
  expect(serversOf(story.tell(event(4, 'TASK_RUNNING', [1, 'web'])), 'shop_http')).toEqual(['10_0_0_7_31001']);
});

test('a new leader has no results: what was known of a container stays, also after a restart of the daemon', () => {
  const story = Story.begin(HEALTH);
  story.tell(readAt(1, pod([podInstance(1)])));
  const forgot = story.tell(readAt(2, pod([podInstance(1, unreported, { status: 'DEGRADED' })])));
  expect(serversOf(forgot, 'shop_http')).toEqual(['10_0_0_7_31001']);
});

test('a container of a pod that nobody knew waits for the read that its event asks for', () => {
  const story = Story.begin();
  story.tell(readAt(1, pod([podInstance(1)])));
  expect(serversOf(story.tell(event(2, 'TASK_RUNNING', [9, 'web'])), 'shop_http')).toEqual(['10_0_0_7_31001']);
});

test('a read in which pods could not be read takes no pod away and brings back no ended container', () => {
  const story = Story.begin(HEALTH);
  story.tell(readAt(1, pod([podInstance(1), podInstance(5)]), nginx([task(1)])), event(2, 'TASK_KILLED', [1, 'web']));
  const unread = (sentAt: number): News => ({
    ...(readAt(sentAt, nginx([task(1), task(2)])) as News & { kind: 'apps' }),
    podsUnread: true,
  });
  const view = story.tell(unread(3), unread(4), unread(5), readAt(6, pod([podInstance(1), podInstance(5)]), nginx([task(1), task(2)])));
  expect(serversOf(view, 'shop_http')).toEqual(['10_0_0_7_31005']);
  expect(serversOf(view, 'nginx_10000')).toHaveLength(2);
});

test('a pod that can not be decoded stays as it was, beside the others', () => {
  const story = Story.begin(HEALTH);
  story.tell(readAt(1, pod([podInstance(1)])));
  const view = story.tell(readAt(2, pod([podInstance(1)], { spec: { ...podSpec(), networks: 'host' } }), nginx([task(1)])));
  expect(serversOf(view, 'shop_http')).toEqual(['10_0_0_7_31001']);
  expect(view.problems.map(({ code }) => code)).toEqual(['app-not-readable']);
});

test('a change of the number of instances is no change of what is served', () => {
  const story = Story.begin(HEALTH);
  const [before] = story.tell(readAt(1, pod([podInstance(1)]))).services;
  const [after] = story.tell(readAt(2, pod([podInstance(1), podInstance(5)], { spec: podSpec({ scaling: { instances: 2 } }) }))).services;
  expect(after?.front).toBe(before?.front);
  expect(after?.backend.servers).toHaveLength(2);
});
