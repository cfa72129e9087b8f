import { expect, test } from '@jest/globals';
import type { PortDraft } from '../../src/services/fronts.ts';
import { makeDraft } from '../../src/services/fronts.ts';
import { type ServiceSettings } from '../../src/services/service-settings.ts';
import type { LeftOutReason } from '../../src/model/left-out.ts';
import { appId, check, definition, draft, port, settings } from './make.ts';

type Labels = Readonly<Record<string, string>>;

/** The only port of an app with these labels. */
function portOf(labels: Labels, given: Partial<Parameters<typeof definition>[0]> = {}): PortDraft {
  const [one, ...more] = makeDraft(definition({ ...given, labels }), settings()).ports;
  if (one === undefined || more.length > 0) throw new Error('wanted one port');
  return one;
}

test('a port without labels', () => {
  const { front, options, claims } = portOf({});
  expect(front).toStrictEqual({
    app: '/shop',
    index: 0,
    name: 'shop_10000',
    port: 10000,
    mode: 'tcp',
    bind: { address: '*', port: 10000, certificate: undefined, options: undefined },
    routes: [],
    auth: undefined,
    redirectToHttps: false,
    weight: 0,
    changedAt: undefined,
    overrides: {},
  });
  expect(options).toStrictEqual({
    balance: 'roundrobin',
    sticky: false,
    hsts: false,
    proxyPassPath: undefined,
    reverseProxyPath: undefined,
    rootRedirect: undefined,
    allowedNetworks: [],
    check: undefined,
  });
  expect(claims.serving).toEqual({ front, serves: true });
  expect(claims.idle).toEqual({ front, serves: false });
  expect(claims.serving.front).toBe(front);
});

test('a port with every label', () => {
  const { front, options } = portOf({
    HAPROXY_0_VHOST: 'a.acme.org,b.acme.org',
    HAPROXY_0_PATH: '/api',
    HAPROXY_0_BACKEND_WEIGHT: '7',
    HAPROXY_0_AUTH: 'Staff:alice:x',
    HAPROXY_0_STICKY: 'true',
    HAPROXY_0_REDIRECT_TO_HTTPS: 'true',
    HAPROXY_0_USE_HSTS: 'true',
    HAPROXY_0_SSL_CERT: '/etc/ssl/a.pem',
    HAPROXY_0_BIND_OPTIONS: 'accept-proxy',
    HAPROXY_0_BIND_ADDR: '10.0.0.42',
    HAPROXY_0_PORT: '8088',
    HAPROXY_0_BALANCE: 'leastconn',
    HAPROXY_0_HTTP_BACKEND_PROXYPASS_PATH: '/p',
    HAPROXY_0_HTTP_BACKEND_REVPROXY_PATH: '/r',
    HAPROXY_0_HTTP_BACKEND_REDIR: '/d',
    HAPROXY_0_BACKEND_NETWORK_ALLOWED_ACL: '10.0.0.0/8',
    HAPROXY_0_BACKEND_HEAD: 'backend {backend}',
  });
  expect(front).toMatchObject({
    name: 'shop_8088',
    port: 8088,
    mode: 'http',
    bind: { address: '10.0.0.42', port: 8088, certificate: '/etc/ssl/a.pem', options: 'accept-proxy' },
    routes: [
      { host: 'a.acme.org', path: '/api' },
      { host: 'b.acme.org', path: '/api' },
    ],
    auth: { realm: 'Staff', user: 'alice', password: 'x' },
    redirectToHttps: true,
    weight: 7,
    overrides: { HAPROXY_BACKEND_HEAD: 'backend {backend}' },
  });
  expect(options).toMatchObject({
    balance: 'leastconn',
    sticky: true,
    hsts: true,
    proxyPassPath: '/p',
    reverseProxyPath: '/r',
    rootRedirect: '/d',
    allowedNetworks: ['10.0.0.0/8'],
  });
});

test.each<[string, Labels, Partial<ServiceSettings>, LeftOutReason | undefined]>([
  ['its group', { HAPROXY_GROUP: 'external' }, {}, undefined],
  ['one of its groups', { HAPROXY_GROUP: 'internal,external' }, {}, undefined],
  ['one of our groups', { HAPROXY_GROUP: 'internal' }, { groups: ['external', 'internal'] }, undefined],
  ['another group', { HAPROXY_GROUP: 'internal' }, {}, 'group'],
  ['a part of the name', { HAPROXY_GROUP: 'externals' }, {}, 'group'],
  ['* in a label is a name like any other', { HAPROXY_GROUP: '*' }, {}, 'group'],
  ["--group '*' takes all", { HAPROXY_GROUP: 'internal' }, { groups: ['*'] }, undefined],
  ["--group '*' beside another", { HAPROXY_GROUP: 'internal' }, { groups: ['x', '*'] }, undefined],
  ['the group of the port instead', { HAPROXY_GROUP: 'internal', HAPROXY_0_GROUP: 'external' }, {}, undefined],
  ['the group of the port instead, another', { HAPROXY_GROUP: 'external', HAPROXY_0_GROUP: 'internal' }, {}, 'group'],
  ['a group that can not be read', { HAPROXY_GROUP: ',' }, {}, 'label'],
  ['a group that can not be read, all taken', { HAPROXY_GROUP: ',' }, { groups: ['*'] }, 'label'],
  ['a group of the port that can not be read', { HAPROXY_0_GROUP: '' }, {}, 'label'],
  ['of another group and auth that can not be read', { HAPROXY_GROUP: 'internal', HAPROXY_0_AUTH: 'x' }, {}, 'group'],
  ['auth that can not be read', { HAPROXY_0_AUTH: 'x' }, {}, 'label'],
  ['networks that can not be read', { HAPROXY_0_BACKEND_NETWORK_ALLOWED_ACL: '10.0.0.0/8 x' }, {}, 'label'],
  ['not enabled', { HAPROXY_0_ENABLED: 'false' }, {}, 'disabled'],
  ['strict mode', {}, { strictMode: true }, 'disabled'],
  ['strict mode, enabled', { HAPROXY_0_ENABLED: 'yes' }, { strictMode: true }, undefined],
  ['strict mode, enabled for another port', { HAPROXY_1_ENABLED: 'yes' }, { strictMode: true }, 'disabled'],
  ['the load balancer itself', {}, { ownApp: appId('/shop') }, 'own-app'],
  ["the load balancer itself, under --group '*'", {}, { ownApp: appId('/shop'), groups: ['*'] }, 'own-app'],
  ['another load balancer', {}, { ownApp: appId('/shop/lb') }, undefined],
])('taken or left out: %s', (_, labels, given, why) => {
  const { ports, leftOut } = draft(labels, given);
  expect(leftOut).toEqual(why === undefined ? [] : [{ app: '/shop', index: 0, why }]);
  expect(ports).toHaveLength(why === undefined ? 1 : 0);
});

test('without a label HAPROXY_GROUP only --group * takes an app', () => {
  const bare = { ...definition(), labels: {} };
  expect(makeDraft(bare, settings()).leftOut).toEqual([{ app: '/shop', index: 0, why: 'group' }]);
  expect(makeDraft(bare, settings({ groups: ['*'] })).ports).toHaveLength(1);
});

test.each<[string, Parameters<typeof port>[0], Labels, LeftOutReason | undefined]>([
  ['UDP', { tcp: false }, {}, 'protocol'],
  ['no service port', { service: undefined }, {}, 'no-service-port'],
  ['no service port, but HAPROXY_0_PORT', { service: undefined }, { HAPROXY_0_PORT: '80' }, undefined],
  ['UDP and HAPROXY_0_PORT', { tcp: false }, { HAPROXY_0_PORT: '80' }, 'protocol'],
])('a port: %s', (_, of, labels, why) => {
  const { leftOut } = makeDraft(definition({ ports: [port(of)], labels }), settings());
  expect(leftOut.map((one) => one.why)).toEqual(why === undefined ? [] : [why]);
});

test('what is wrong with labels is told of apps that concern this load balancer only', () => {
  const labels = { HAPROXY_0_VHSOT: 'x' };
  expect(draft(labels).problems).toHaveLength(1);
  expect(draft({ ...labels, HAPROXY_GROUP: 'internal' }).problems).toEqual([]);
  expect(draft(labels, { ownApp: appId('/shop') }).problems).toEqual([]);
  expect(draft({ ...labels, HAPROXY_0_ENABLED: 'false' }).problems).toHaveLength(1);
});

test('ports are served or left out one by one', () => {
  const ports = [port({ service: 10000 }), port({ service: 10001, tcp: false }), port({ service: 10002 }), port({ service: 10003 })];
  const labels = { HAPROXY_2_GROUP: 'internal', HAPROXY_3_VHOST: 'a.acme.org' };
  const { ports: served, leftOut } = makeDraft(definition({ ports, labels }), settings());
  expect(served.map(({ front }) => [front.index, front.name])).toEqual([
    [0, 'shop_10000'],
    [3, 'shop_10003'],
  ]);
  expect(leftOut.map(({ index, why }) => [index, why])).toEqual([
    [1, 'protocol'],
    [2, 'group'],
  ]);
});

test('two ports of an app on one service port: the first is served, the second is a Problem', () => {
  const { ports, leftOut, problems } = draft({ HAPROXY_GROUP: 'external' });
  expect([ports.length, leftOut, problems]).toEqual([1, [], []]);
  const two = makeDraft(definition({ ports: [port(), port({ service: 10001 })], labels: { HAPROXY_1_PORT: '10000' } }), settings());
  expect(two.ports.map(({ front }) => front.index)).toEqual([0]);
  expect(two.leftOut).toEqual([{ app: '/shop', index: 1, why: 'port-conflict' }]);
  expect(two.problems).toMatchObject([{ code: 'port-conflict', owner: { by: 'app', app: '/shop', index: 1 } }]);
});

test.each<[string, Labels, string | undefined, 'http' | 'tcp']>([
  ['nothing said', {}, undefined, 'tcp'],
  ['a virtual host', { HAPROXY_0_VHOST: 'a.acme.org' }, undefined, 'http'],
  ['a virtual host that can not be read', { HAPROXY_0_VHOST: '*' }, undefined, 'http'],
  ['an HTTP check', {}, 'HTTP', 'http'],
  ['an HTTPS check', {}, 'HTTPS', 'tcp'],
  ['a MESOS_HTTP check', {}, 'MESOS_HTTP', 'tcp'],
  ['a TCP check', {}, 'TCP', 'tcp'],
  ['a virtual host and a TCP check', { HAPROXY_0_VHOST: 'a.acme.org' }, 'TCP', 'http'],
  ['MODE before all', { HAPROXY_0_MODE: 'tcp' }, 'HTTP', 'tcp'],
  ['MODE http', { HAPROXY_0_MODE: 'http' }, undefined, 'http'],
  ['a MODE that can not be read', { HAPROXY_0_MODE: 'udp' }, 'HTTP', 'http'],
])('mode: %s', (_, labels, protocol, mode) => {
  const checks = protocol === undefined ? [] : [check({ protocol })];
  expect(portOf(labels, { checks }).front.mode).toBe(mode);
});

test('a virtual host on a tcp port has no effect, and is a Problem', () => {
  const { ports, problems } = draft({ HAPROXY_0_VHOST: 'a.acme.org', HAPROXY_0_MODE: 'tcp' });
  expect(ports[0]?.front.routes).toEqual([]);
  expect(problems).toMatchObject([{ code: 'label-value', label: 'HAPROXY_0_VHOST', message: expect.stringContaining('a.acme.org') }]);
});

test.each([
  [{}, 0],
  [{ HAPROXY_0_PATH: '/api' }, 1],
  [{ HAPROXY_0_PATH: 'api' }, 0],
  [{ HAPROXY_0_BACKEND_WEIGHT: '-1' }, -1],
  [{ HAPROXY_0_PATH: '/api', HAPROXY_0_BACKEND_WEIGHT: '0' }, 1],
  [{ HAPROXY_0_PATH: '/api', HAPROXY_0_BACKEND_WEIGHT: '5' }, 5],
])('weight of %j is %i', (labels: Labels, weight) => {
  expect(portOf(labels).front.weight).toBe(weight);
});

test('a port without a check gets the check of the port that its label names', () => {
  const checks = [check({ at: { index: 1 }, path: '/health' })];
  const ports = [port(), port({ service: undefined })];
  const label = { HAPROXY_0_BACKEND_HEALTHCHECK_PORT_INDEX: '1' };
  expect(portOf({}, { checks, ports }).options.check).toBeUndefined();
  const { front, options } = portOf(label, { checks, ports });
  expect(options.check).toMatchObject({ path: '/health', at: { index: 1 } });
  expect(front.mode).toBe('http');
  expect(portOf({ ...label, HAPROXY_0_MODE: 'tcp' }, { checks, ports }).front.mode).toBe('tcp');
});

test.each(['http://shop.acme.test/', 'café.acme.test'])('a virtual host %s that can not be read leaves the port in http mode', (text) => {
  expect(makeDraft(definition({ labels: { HAPROXY_0_VHOST: text } }), settings()).ports[0]?.front.mode).toBe('http');
});

test('an empty virtual host is not set: the port is one of tcp', () => {
  expect(makeDraft(definition({ labels: { HAPROXY_0_VHOST: '' } }), settings()).ports[0]?.front.mode).toBe('tcp');
});

test('labels of a port that speaks only UDP are a Problem', () => {
  const ports = [port(), port({ service: 10001, tcp: false, udp: true }), port({ service: 10002, tcp: false, udp: true })];
  const draft = makeDraft(definition({ ports, labels: { HAPROXY_1_PORT: '21514', HAPROXY_1_MODE: 'tcp' } }), settings());
  expect(draft.leftOut.map(({ index, why }) => [index, why])).toEqual([
    [1, 'protocol'],
    [2, 'protocol'],
  ]);
  expect(draft.problems).toMatchObject([{ code: 'label-value', label: 'HAPROXY_1_MODE', owner: { index: 1 } }]);
});

test.each([
  ['0', 1],
  ['5', 5],
  ['-1', -1],
])('weight %s with a path is %i', (weight, wanted) => {
  const labels = { HAPROXY_0_VHOST: 'a.acme.org', HAPROXY_0_PATH: '/a', HAPROXY_0_BACKEND_WEIGHT: weight };
  expect(makeDraft(definition({ labels }), settings()).ports[0]?.front.weight).toBe(wanted);
});

test('an app has at most so many ports that are served', () => {
  const ports = Array.from({ length: 102 }, (_, i) => port({ service: 10_000 + i }));
  const draft = makeDraft(definition({ ports }), settings());
  expect(draft.ports).toHaveLength(100);
  expect(draft.leftOut.map(({ why }) => why)).toEqual(['bounds', 'bounds']);
  expect(draft.problems).toMatchObject([{ code: 'bounds' }]);
});

test('of thousands of wrong labels the first are told, what is out of bounds is told too, and one Problem says how many there are', () => {
  const ports = Array.from({ length: 200 }, (_, i) => port({ service: 10_000 + i }));
  const names = ['RATE_LIMIT', 'MAXCONN', 'RETRIES', 'BALANCE', 'SPLIT'];
  const labels = Object.fromEntries(ports.flatMap((_, i) => names.map((name) => [`HAPROXY_${i}_${name}`, 'no such value\n'])));
  const { problems } = makeDraft(definition({ labels, ports }), settings());
  expect(problems.filter(({ code }) => code === 'label-value')).toHaveLength(50);
  const told = problems.filter(({ code }) => code === 'bounds').map(({ message }) => message);
  expect(told).toEqual([
    expect.stringContaining('200 ports'),
    expect.stringMatching(/^the app has \d{3,} problems, and only the first 50 are told$/),
  ]);
});
