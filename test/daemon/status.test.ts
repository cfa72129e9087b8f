import { expect, test } from '@jest/globals';
import { SPARES_MAP } from '../../src/haproxy/settings.ts';
import type { BackendName } from '../../src/model/names.ts';
import { describeStatus, statusOf } from '../../src/daemon/status.ts';
import { decodeAll, makeDeriver } from '../golden/cases.ts';
import { nginx, readAt, Story, task } from '../story/cluster.ts';

const NOW = Date.parse('2026-01-02T03:04:05.000Z');
const view = new Story(makeDeriver()).tell(readAt(0, nginx([task(1), task(2)])));
const attached = { attached: true, url: 'http://a:8080' } as const;
const good = { ok: true, by: 'commands' } as const;
const sentAt = NOW - 12_000;
const status = (given: Partial<Parameters<typeof statusOf>[0]> = {}) =>
  statusOf({ view, sentAt, at: NOW, everySeconds: 300, stream: attached, outcome: good, ...given });

test('in step', () => {
  expect(status()).toEqual({
    ok: true,
    text: 'in step: Marathon was read 12 s ago',
    synced: '2026-01-02T03:03:53.000Z',
    ageSeconds: 12,
    ageLimitSeconds: 600,
    stream: attached,
    staleSince: null,
    apps: decodeAll([nginx([])]).apps.length,
    tasks: 2,
    problems: 0,
    haproxy: { state: 'as-wanted' },
    spares: {},
    unbound: [],
  });
});

const NAME = view.services[0]?.front.name ?? '';

test('what spare backends serve is told by its own name, without what is gone', () => {
  const served = [NAME, 'gone_10005'].map((backend, i) => [`Serves:marathon_lb_spare_1a_${i + 1}`, backend as BackendName] as const);
  const running = { document: { ...view.document, maps: { [SPARES_MAP]: new Map(served) } } };
  const told = status({ running });
  expect(told.spares).toEqual({ marathon_lb_spare_1a_1: NAME });
  expect(describeStatus(told)).toContain(`\nspare backends serve until the next reload: ${NAME} (by marathon_lb_spare_1a_1)\n`);
});

test.each<[string, Partial<Parameters<typeof statusOf>[0]>, string]>([
  ['nothing was read', { view: undefined, sentAt: undefined }, 'Marathon was not read since this start, and nothing is known'],
  [
    'only what was known before',
    { view: { ...view, staleSince: NOW - 1_000 }, sentAt: undefined },
    'Marathon was not read since this start, so what was known at 2026-01-02T03:04:04.000Z is served',
  ],
  ['too long ago', { sentAt: NOW - 601_000 }, 'Marathon was read 601 s ago, which is longer than twice the time between two reads (600 s)'],
  [
    'a change waits',
    { outcome: undefined, stuck: { forMs: 12_400, what: 'HAProxy to confirm the reload' } },
    'HAProxy does not run what Marathon said: a change has been waiting for 12 s, for HAProxy to confirm the reload',
  ],
  [
    'HAProxy is silent',
    { silent: 'HAProxy (pid 7) runs, but does not answer' },
    'HAProxy does not run what Marathon said: HAProxy (pid 7) runs, but does not answer',
  ],
  [
    'a port of our own is not bound',
    { view: { ...view, unbound: ['marathon_http_in is without one of its binds: *:80 is taken by nginx (pid 7)'] } },
    'not all ports of the load balancer are bound: marathon_http_in is without one of its binds: *:80 is taken by nginx (pid 7)',
  ],
  ['HAProxy refuses', { outcome: { ok: false, why: 'no room' } }, 'HAProxy does not run what Marathon said: no room'],
])('not in step: %s', (_, given, text) => {
  expect(status(given)).toMatchObject({ ok: false, text });
});

test.each<[string, Partial<Parameters<typeof statusOf>[0]>]>([
  ['twice the interval ago', { sentAt: NOW - 600_000 }],
  ['HAProxy is being brought there', { outcome: undefined }],
  ['no stream', { stream: { attached: false, why: 'http://a:8080: refused' } }],
])('still in step: %s', (_, given) => {
  expect(status(given).ok).toBe(true);
});

test('since when it is stale while it runs', () => {
  expect(status({ view: { ...view, unread: { since: NOW - 5_000, known: NOW - 9_000 } } }).staleSince).toBe('2026-01-02T03:03:56.000Z');
});

test('for people, while it is stale', () => {
  const lines = describeStatus(status({ view: { ...view, unread: { since: NOW - 5_000, known: sentAt } } }));
  expect(lines).toBe(`in step: Marathon was read 12 s ago
last full read of Marathon: 2026-01-02T03:03:53.000Z; Marathon can't be read now, what was known at 2026-01-02T03:03:53.000Z is served
event stream: of http://a:8080
known: 1 apps, 2 tasks, 0 problems
HAProxy: runs what Marathon said
`);
});

test('for people', () => {
  const lines = describeStatus(
    status({ stream: { attached: false, why: 'http://a:8080: refused' }, outcome: { ok: false, why: 'no room' } }),
  );
  expect(lines).toBe(`HAProxy does not run what Marathon said: no room
last full read of Marathon: 2026-01-02T03:03:53.000Z
event stream: none, http://a:8080: refused
known: 1 apps, 2 tasks, 0 problems
HAProxy: does not run what Marathon said, no room
`);
});
