import { expect, test } from '@jest/globals';
import type { News } from '../../src/model/news.ts';
import { eventAt, nginx, read, readAt, serversOf, Story, task, tasksOf, VERSION, type Json } from './cluster.ts';
import { CHECKED, config, hosts, labelled, linesOf, other, planned, why } from './nightmares.ts';

// What kept users of marathon-lb awake, by the numbers of the list of what they asked for: News in, Views out.

const LATER = '2017-08-01T00:00:00.000Z';

test('A1: a task that has not passed its check, or is not there yet, gets no client', () => {
  const story = Story.begin();
  const tasks = [task(1, { health: 'alive' }), task(2), task(3, { state: 'TASK_STAGING', health: 'alive' })];
  const view = story.tell(read(nginx(tasks, CHECKED)));
  expect(tasksOf(view)).toEqual(['nginx.0001']);
  expect(why(view)).toEqual(['nginx.0002 health-unknown', 'nginx.0003 state']);
});

test('A2: a new leader has forgotten all health: no server leaves, also for who starts again meanwhile', () => {
  const before = Story.begin();
  const good = before.tell(readAt(1, nginx([task(1, { health: 'alive' }), task(2, { health: 'alive' })], CHECKED)));
  const forgotten = readAt(2, nginx([task(1), task(2)], CHECKED));
  expect(before.tell(forgotten).document).toEqual(good.document);
  const again = Story.begin();
  const view = again.tell(
    { kind: 'restored', at: 3, snapshot: before.state.snapshot, savedAt: 2 },
    readAt(4, nginx([task(1), task(2)], CHECKED)),
  );
  expect(tasksOf(view)).toEqual(['nginx.0001', 'nginx.0002']);
});

test('A3: a task is about to be killed: it is drained by commands, before anything is read', () => {
  const story = Story.begin();
  const before = story.tell(read(nginx([task(1), task(2)])));
  const after = story.tell(eventAt(5, 'TASK_KILLING', task(1)));
  const { commands, reload } = planned(before, after);
  expect(reload).toEqual([]);
  expect(commands.map(({ text }) => text)).toEqual(['set server nginx_10000/172_24_197_101_192_168_84_101_80 state drain']);
});

test('A5: a second app takes the service port: the first one keeps it, whole, and the second is told', () => {
  const story = Story.begin();
  const alone = story.tell(read(nginx([task(1)])));
  const serving: News = { kind: 'serving', at: 1, holders: alone.holders };
  const both = story.tell(
    serving,
    readAt(2, nginx([task(1)]), other('/a', 10_000, { versionInfo: { lastConfigChangeAt: '2016-01-01T00:00:00.000Z' } })),
  );
  expect(config(both).match(/bind \*:10000\n/g)).toHaveLength(1);
  expect(linesOf(both.document, '/nginx')).toBe(linesOf(alone.document, '/nginx'));
  expect(both.problems).toMatchObject([{ code: 'port-conflict', owner: { app: '/a' } }]);
});

test('A6: a second app takes the virtual host: each host leads to one app, and the loser is told', () => {
  const story = Story.begin();
  const view = story.tell(
    read(nginx([task(1)]), other('/z', 10_007, { versionInfo: { lastConfigChangeAt: LATER } }, { HAPROXY_0_VHOST: 'mytask.acme.org' })),
  );
  expect(hosts(view)).toEqual({ 'mytask.acme.org': 'nginx_10000' });
  expect(view.problems).toMatchObject([{ code: 'route-conflict', owner: { app: '/z' } }]);
});

test('A10, A9: hosts in upper case and two in one label are each a key; Host is never rewritten to the list of them', () => {
  const view = Story.begin().tell(read(labelled({ HAPROXY_0_VHOST: 'DNS1.acme.org,dns2.acme.org' })));
  expect(hosts(view)).toEqual({ 'dns1.acme.org': 'nginx_10000', 'dns2.acme.org': 'nginx_10000' });
  expect(config(view)).not.toContain('dns1.acme.org,dns2.acme.org');
});

test('A11: a check that is a command, and one of two checks that fails', () => {
  const healthChecks = [
    { protocol: 'COMMAND', command: { value: 'true' } },
    { protocol: 'HTTP', path: '/', portIndex: 0 },
  ];
  const half = [
    { alive: true, lastSuccess: VERSION },
    { alive: false, lastFailure: VERSION },
  ];
  const view = Story.begin().tell(
    read(
      nginx([task(1, { health: 'alive', healthCheckResults: [half[0], half[0]] }), task(2, { healthCheckResults: half })], {
        healthChecks,
      }),
    ),
  );
  expect([tasksOf(view), why(view)]).toEqual([['nginx.0001'], ['nginx.0002 unhealthy']]);
});

test('A13: a UDP port becomes no TCP frontend', () => {
  const portMappings = [
    { containerPort: 53, servicePort: 10_053, protocol: 'udp' },
    { containerPort: 80, servicePort: 10_000, protocol: 'udp,tcp' },
  ];
  const view = Story.begin().tell(read(nginx([task(1)], { container: { portMappings } })));
  expect([view.services.map(({ front }) => front.port), why(view)]).toEqual([[10_000], ['/nginx protocol']]);
});

test('A14: an app that has lost its last task keeps its backend, which others may name', () => {
  const story = Story.begin();
  const before = story.tell(read(nginx([task(1)])));
  const after = story.tell(eventAt(5, 'TASK_FAILED', task(1)));
  expect([serversOf(after, 'nginx_10000'), hosts(after)]).toEqual([[], hosts(before)]);
  expect(planned(before, after).reload).toEqual([]);
});

test('I2: null for what was renamed in 1.5 is no reason to crash', () => {
  const nulls = {
    networks: null,
    portDefinitions: null,
    ports: null,
    ipAddress: null,
    healthChecks: null,
    readinessChecks: null,
    deployments: null,
  };
  const view = Story.begin().tell(
    read(
      nginx([task(1)], {
        ...nulls,
        container: {
          docker: { network: 'USER', portMappings: [{ containerPort: 80, servicePort: 10_000, hostPort: null }] },
          portMappings: null,
        },
      }),
    ),
  );
  expect(serversOf(view, 'nginx_10000')).toHaveLength(1);
});

test('I3: an app without a service port, with a virtual host, is reachable', () => {
  const view = Story.begin().tell(read(nginx([task(1)], { container: { portMappings: [{ containerPort: 80 }] } })));
  const [service] = view.services;
  expect([hosts(view), service?.backend.servers.length]).toEqual([{ 'mytask.acme.org': service?.front.name }, 1]);
});

test('I4: a mapping without a service port shifts none of the others', () => {
  const portMappings = [
    { containerPort: 9000, hostPort: 0 },
    { containerPort: 8080, servicePort: 10_001 },
  ];
  const labels = { HAPROXY_1_VHOST: 'mytask.acme.org' };
  const view = Story.begin().tell(read(labelled(labels, { container: { portMappings } })));
  const service = view.services.find(({ front }) => front.port === 10_001);
  expect(service?.backend.servers.map(({ port }) => port)).toEqual([8080]);
});

test('I5: a task whose first address is of IPv6', () => {
  const view = Story.begin().tell(read(nginx([task(1, { ipAddresses: [{ ipAddress: 'fd00::7' }] })])));
  expect(config(view)).toMatch(/ \[fd00::7\]:80 /);
});

test('I8: a task that has no address yet waits, with its reason; the event that has it is enough', () => {
  const story = Story.begin();
  const waiting = story.tell(read(nginx([task(1, { ipAddresses: [] })])));
  expect([tasksOf(waiting), why(waiting)]).toEqual([[], ['nginx.0001 no-address']]);
  expect(tasksOf(story.tell(eventAt(5, 'TASK_RUNNING', task(1))))).toEqual(['nginx.0001']);
});

test('K1: the new version is staging: the old one is not drained, whether it has checks or not', () => {
  const color = (id: string, port: number, state: string): Json =>
    other(
      id,
      port,
      {
        tasks: [task(port - 10_000, { id: `${id.slice(1)}.0001`, state })],
        versionInfo: { lastConfigChangeAt: port === 10_001 ? VERSION : LATER },
      },
      {
        HAPROXY_DEPLOYMENT_GROUP: 'shop',
        HAPROXY_DEPLOYMENT_ALT_PORT: '10002',
        HAPROXY_DEPLOYMENT_COLOUR: id.slice(1),
        HAPROXY_0_VHOST: 'shop.acme.org',
      },
    );
  const view = Story.begin().tell(read(color('/blue', 10_001, 'TASK_RUNNING'), color('/green', 10_002, 'TASK_STAGING')));
  const servers = view.services.flatMap(({ backend }) => backend.servers);
  expect(servers.filter(({ draining }) => !draining).map(({ task: id }) => id)).toEqual(['blue.0001']);
});

test('L7: blanks around a group are none of its name', () => {
  const view = Story.begin({ group: ['internal'] }).tell(read(labelled({ HAPROXY_GROUP: 'external, internal' })));
  expect(view.services).toHaveLength(1);
});
