import { expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { makeRenderer } from '../../src/haproxy/document.ts';
import { textOf } from '../../src/haproxy/file-text.ts';
import { readRelease } from '../../src/haproxy/release.ts';
import type { Front } from '../../src/model/service.ts';
import { front, OPTIONS, reasonsBetween, server, service, settings, templatesWith } from './make.ts';

/** sha1 of the server's name, its first 10 digits [marathon-lb 1.15]. */
const cookieOf = (name: string): string => createHash('sha1').update(name).digest('hex').slice(0, 10);

const RELEASE = { major: 2, minor: 6 };
const fronts: readonly Front[] = ['/a', '/b', '/c'].map((app, i) =>
  front({ app, port: 10000 + i, routes: [{ host: `${app.slice(1)}.acme.org`, path: i === 1 ? '/x' : undefined }] }),
);
const services = fronts.map((of, i) => service(of, [server(31000 + i)]));
const at = (i: number) => services[i] as (typeof services)[0];

function rendered(maps = true) {
  const render = makeRenderer(templatesWith(), settings({ maps }));
  return { render, before: render(services, RELEASE).document };
}

test.each([true, false])('after a change of tasks only that section is another object, maps %s', (maps) => {
  const { render, before } = rendered(maps);
  const changed = { ...at(1), backend: { ...at(1).backend, servers: [server(31001), server(31009)] } };
  const { document } = render([at(0), changed, at(2)], RELEASE);
  expect(document.front.map((section, i) => section === before.front[i])).toEqual(before.front.map(() => true));
  expect(document.backends.map((section, i) => section === before.backends[i])).toEqual([true, false, true]);
  expect(Object.keys(document.maps).map((name) => document.maps[name] === before.maps[name])).toEqual(
    Object.keys(before.maps).map(() => true),
  );
  expect(reasonsBetween(before, document).map(({ code, subject }) => [code, subject])).toEqual([['server-added', 'b_10001']]);
});

test('a change of one front leaves the frontends and backends of the others the same objects', () => {
  const { render, before } = rendered();
  const changed = {
    ...at(1),
    front: { ...at(1).front, bind: { address: '10.0.0.1', port: 1, certificate: undefined, options: undefined } },
  };
  const { document } = render([at(0), changed, at(2)], RELEASE);
  const same = (name: string): boolean => before.front.find((one) => one.name === name) === document.front.find((one) => one.name === name);
  expect([same('head'), same('frontend a_10000'), same('frontend b_10001'), same('frontend c_10002')]).toEqual([true, true, false, true]);
  expect(document.backends.map((section, i) => section === before.backends[i])).toEqual([true, false, true]);
});

test('an app that comes or goes leaves the sections of the others the same objects', () => {
  const { render, before } = rendered();
  const { document: less } = render([at(0), at(2)], RELEASE);
  expect(less.backends).toEqual([before.backends[0], before.backends[2]]);
  expect(less.backends[1]).toBe(before.backends[2]);
  const { document: again } = render(services, RELEASE);
  expect(again.backends[0]).toBe(before.backends[0]);
  expect(reasonsBetween(before, again)).toEqual([]);
});

test('sections in order: head, userlists, shared frontends, own frontends; then backends', () => {
  const auth = { realm: 'R', user: 'u', password: 'p' };
  const render = makeRenderer(templatesWith(), settings());
  const { document } = render([service(front({ auth }), []), service(front({ app: '/tcp', port: 5432, mode: 'tcp' }), [])], RELEASE);
  expect(document.front.map(({ name }) => name)).toEqual([
    'head',
    'backend marathon_lb_daemon',
    'userlist user_shop_10000',
    'frontend marathon_http_in',
    'frontend marathon_http_appid_in',
    'frontend marathon_https_in',
    'frontend shop_10000',
    'frontend tcp_5432',
  ]);
  expect(document.backends.map(({ name, backend }) => [name, backend])).toEqual([
    ['backend shop_10000', 'shop_10000'],
    ['backend tcp_5432', 'tcp_5432'],
  ]);
});

test('without shared frontends only that by app id is left, and no host leads anywhere', () => {
  const render = makeRenderer(templatesWith(), settings({ sharedFrontends: false }));
  const { document } = render(services, RELEASE);
  expect(document.front.map(({ name }) => name)).toEqual([
    'head',
    'backend marathon_lb_daemon',
    'frontend marathon_http_appid_in',
    'frontend a_10000',
    'frontend b_10001',
    'frontend c_10002',
  ]);
  expect(document.maps['domain2backend.map']?.size).toBe(0);
});

test('maps: plain hosts and app ids, lower case, the first http port of an app', () => {
  const routes = [{ host: 'x.acme.org', path: undefined }];
  const render = makeRenderer(templatesWith(), settings());
  const { document } = render(
    [
      service(front({ app: '/A/b', index: 0, port: 1, mode: 'tcp' }), []),
      service(front({ app: '/A/b', index: 1, port: 2, routes }), []),
      service(front({ app: '/A/b', index: 2, port: 3, routes, weight: 1 }), []),
    ],
    RELEASE,
  );
  expect([...(document.maps['app2backend.map'] ?? [])]).toEqual([['/a/b', 'A_b_2']]);
  expect([...(document.maps['domain2backend.map'] ?? [])]).toEqual([['x.acme.org', 'A_b_3']]);
});

test('rules stand by weight, the map behind those of 0 and above, before those below', () => {
  const rule = (app: string, weight: number) => front({ app, weight, routes: [{ host: 'x.acme.org', path: `/${app.slice(1)}` }] });
  const render = makeRenderer(templatesWith(), settings());
  const all = [
    rule('/low', -1),
    rule('/one', 1),
    rule('/zero', 0),
    rule('/ten', 10),
    front({ app: '/map', routes: [{ host: 'y', path: undefined }] }),
  ];
  const { document } = render(
    all.map((of) => service(of, [])),
    RELEASE,
  );
  const shared = document.front.find(({ name }) => name === 'frontend marathon_http_in');
  const text = shared?.fragments.map((fragment) => fragment.text).join('') ?? '';
  const order = [...text.matchAll(/use_backend (%|\w+)/g)].map(([, name]) => name);
  expect(order).toEqual(['ten_10000', 'one_10000', 'zero_10000', '%', 'low_10000']);
});

test('an empty frontend template binds nothing', () => {
  const of = front({ overrides: { HAPROXY_FRONTEND_HEAD: '', HAPROXY_FRONTEND_BACKEND_GLUE: '' } });
  const { document } = makeRenderer(templatesWith(), settings())([service(of, [])], RELEASE);
  expect(document.front.map(({ name }) => name)).not.toContain('frontend shop_10000');
  expect(document.backends.map(({ name }) => name)).toEqual(['backend shop_10000']);
});

test('servers: cookie, check, IPv6, draining', () => {
  const check = {
    protocol: 'http' as const,
    marathonProtocol: 'HTTP',
    path: '/health',
    intervalSeconds: 5,
    timeoutSeconds: 3,
    gracePeriodSeconds: 9,
    falls: 4,
    at: undefined,
  };
  const servers = [server(80, { address: 'fd00::1', draining: true }), server(81, { checkPort: 9000 })];
  const { document } = makeRenderer(templatesWith(), settings())([service(front(), servers, { ...OPTIONS, sticky: true, check })], RELEASE);
  const [section] = document.backends;
  expect([...(section?.servers.values() ?? [])].map(({ text }) => text.trim())).toEqual([
    `server 10_0_0_1_80 [fd00::1]:80 id 80 check cookie ${cookieOf('10_0_0_1_80')} check inter 5s fall 4 disabled`,
    `server 10_0_0_1_81 10.0.0.1:81 id 81 check cookie ${cookieOf('10_0_0_1_81')} check inter 5s fall 4 port 9000`,
  ]);
  const text = section?.fragments.map((fragment) => fragment.text).join('');
  expect(text).toContain('  cookie mesosphere_server_id insert indirect nocache\n  option httpchk GET /health\n  timeout check 3s\n');
});

test("a HAProxy without the Prometheus exporter is not asked for it, neither by our head nor by the operator's", () => {
  const without = readRelease('HAProxy version 2.6.12\nFeature list : -51DEGREES -PROMEX +THREAD\nAvailable services : none\n');
  const own = 'global\ndefaults\nlisten stats\n  bind *:9090\n  http-request use-service prometheus-exporter if { path /metrics }\n';
  for (const templates of [templatesWith(), templatesWith({ HAPROXY_HEAD: { text: own, language: 'marathon-lb', from: 'a file' } })]) {
    const render = makeRenderer(templates, settings());
    expect([...textOf(render([], RELEASE).document)].join('')).toContain('prometheus-exporter');
    expect([...textOf(render([], without ?? RELEASE).document)].join('')).not.toContain('prometheus-exporter');
  }
});

test.each([
  [6, 64, true, 8],
  [6, 4, true, 4],
  [6, 64, false, 64],
  [8, 64, true, 64],
])('with HAProxy 2.%i, %i threads, chosen by nobody: %s, it runs %i', (minor, threads, areThreadsFree, wanted) => {
  const { document } = makeRenderer(templatesWith(), settings({ threads, areThreadsFree }))([], { major: 2, minor });
  expect([...textOf(document)].join('')).toMatch(new RegExp(`^ *nbthread ${wanted}$`, 'm'));
});
