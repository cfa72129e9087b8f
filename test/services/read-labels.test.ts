import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { TEMPLATES_IN_LABELS } from '../../src/haproxy/catalogue.ts';
import { readLabels, type LabelsOfApp } from '../../src/services/read-labels.ts';
import { definition, port } from './make.ts';

const read = (labels: Readonly<Record<string, string>>, ports = 2): LabelsOfApp =>
  readLabels({ ...definition(), labels, ports: Array.from({ length: ports }, () => port()) }, TEMPLATES_IN_LABELS);

test('each port gets the labels with its index; labels without HAPROXY_ are ignored', () => {
  const { app, ports, problems } = read({
    HAPROXY_GROUP: 'external',
    HAPROXY_0_VHOST: 'a.acme.org',
    HAPROXY_1_VHOST: 'b.acme.org',
    HAPROXY_1_STICKY: 'true',
    haproxy_0_nothing: 'tcp',
    MY_HAPROXY_0_MODE: 'tcp',
    '': 'x',
  });
  expect(app).toEqual({ groups: ['external'] });
  expect(ports.map(({ values }) => values)).toEqual([{ hosts: ['a.acme.org'] }, { hosts: ['b.acme.org'], sticky: true }]);
  expect(problems).toEqual([]);
});

test.each([
  ['HAPROXY_0_VHSOT', 'HAPROXY_0_VHOST'],
  ['HAPROXY_7_MODES', 'HAPROXY_7_MODE'],
  ['HAPROXY_1_BALANCED', 'HAPROXY_1_BALANCE'],
  ['HAPROXY_GRUOP', 'HAPROXY_GROUP'],
  ['HAPROXY_0_BACKEND_HAED', 'HAPROXY_0_BACKEND_HEAD'],
  ['HAPROXY_VHOST', 'HAPROXY_0_VHOST'],
  ['HAPROXY_A_VHOST', 'HAPROXY_0_VHOST'],
])('%s is no label: the nearest is %s', (name, nearest) => {
  const { problems, ports } = read({ [name]: 'x' });
  expect(problems).toMatchObject([{ code: 'label-unknown', label: name, hint: `the nearest label is ${nearest}` }]);
  expect(ports.map(({ values }) => values)).toEqual([{}, {}]);
});

test.each(['HAPROXY_', 'HAPROXY_0_', 'HAPROXY__', 'HAPROXY_1000_VHOST', 'HAPROXY_0_HTTP_FRONTEND_HEAD', 'HAPROXY_0_constructor'])(
  '%s is no label',
  (name) => {
    expect(read({ [name]: 'x' }).problems).toMatchObject([
      { code: 'label-unknown', label: name, message: `the load balancer has no label ${name}` },
    ]);
  },
);

test('an unknown label belongs to its port, one without an index to the app', () => {
  const owners = read({ HAPROXY_1_XXX: '', HAPROXY_XXX: '' }).problems.map(({ owner }) => owner);
  expect(owners).toEqual([
    { by: 'app', app: '/shop', index: 1 },
    { by: 'app', app: '/shop' },
  ]);
});

test('labels of deployment groups belong to the app', () => {
  const { app, problems } = read({
    HAPROXY_DEPLOYMENT_GROUP: 'shop',
    HAPROXY_DEPLOYMENT_COLOUR: 'blue',
    HAPROXY_DEPLOYMENT_STARTED_AT: 'soon',
  });
  expect(app).toEqual({ deploymentGroup: '/shop', colour: 'blue' });
  expect(problems).toMatchObject([{ code: 'label-value', label: 'HAPROXY_DEPLOYMENT_STARTED_AT', owner: { by: 'app', app: '/shop' } }]);
});

test.each([
  [0, 'HAPROXY_0_VHOST', 'no ports'],
  [1, 'HAPROXY_1_VHOST', 'one port, with index 0'],
  [2, 'HAPROXY_2_VHOST', 'ports 0 to 1'],
  [2, 'HAPROXY_999_BACKEND_HEAD', 'ports 0 to 1'],
])('with %i ports, %s means a port that is not there', (count, name, has) => {
  const [problem, ...more] = read({ [name]: 'x.acme.org' }, count).problems;
  expect(more).toEqual([]);
  expect(problem).toMatchObject({ code: 'label-value', label: name, owner: { by: 'app', app: '/shop' } });
  expect(problem?.message).toContain(has);
});

test.each([
  ['HAPROXY_0_AUTH', 'nonsense'],
  ['HAPROXY_0_GROUP', ' , '],
  ['HAPROXY_0_BACKEND_NETWORK_ALLOWED_ACL', '10.0.0.0/99'],
  ['HAPROXY_0_BIND_OPTIONS', 'ssl cert /etc/ssl/shop.pem'],
  ['HAPROXY_0_SSL_CERT', '/etc/ssl/my shop.pem'],
  ['HAPROXY_0_BIND_ADDR', '10.0.0.420'],
])('%s guards: a bad value shuts its port, and only its port', (name, text) => {
  const { ports, problems } = read({ [name]: text });
  expect(ports.map(({ shut }) => shut)).toEqual([true, false]);
  expect(problems).toMatchObject([{ code: 'label-value', label: name, message: expect.stringContaining('the port is left out until') }]);
});

test('HAPROXY_GROUP guards all ports', () => {
  expect(read({ HAPROXY_GROUP: '' }).ports.map(({ shut }) => shut)).toEqual([true, true]);
});

test.each([
  ['HAPROXY_0_PORT', '70000', 'the label has no effect'],
  ['HAPROXY_0_VHOST', 'a.acme.org *.*.acme.org', 'only the rest of the value is used'],
])('%s does not: %j is a Problem, the port stays open', (name, text, effect) => {
  const { ports, problems } = read({ [name]: text });
  expect(ports[0]?.shut).toBe(false);
  expect(problems).toMatchObject([{ code: 'label-value', label: name, owner: { by: 'app', app: '/shop', index: 0 } }]);
  expect(problems[0]?.message).toContain(effect);
  expect(problems[0]?.hint).toMatch(/^wanted: /);
});

const ADDING = 'VHOST PATH BACKEND_WEIGHT SSL_CERT BIND_OPTIONS BIND_ADDR PORT MODE BALANCE STICKY HTTP_BACKEND_PROXYPASS_PATH'.split(' ');

test.each(ADDING)('an empty HAPROXY_0_%s is not set, also on a port that is not there', (name) => {
  const { ports, problems } = read({ [`HAPROXY_0_${name}`]: ' ', [`HAPROXY_7_${name}`]: '' });
  expect(problems).toEqual([]);
  expect(ports[0]).toEqual({ values: {}, overrides: {}, shut: false, names: [] });
});

test.each(['AUTH', 'GROUP', 'BACKEND_NETWORK_ALLOWED_ACL'])('an empty HAPROXY_0_%s restricts, so it shuts the port', (name) => {
  const { ports, problems } = read({ [`HAPROXY_0_${name}`]: '' });
  expect(ports[0]?.shut).toBe(true);
  expect(problems).toHaveLength(1);
});

test.each([
  ['http://shop.acme.test/', 'shop.acme.test'],
  ['https://shop.acme.test:8443/a?b', 'shop.acme.test with HAPROXY_n_PATH=/a'],
  ['café.acme.test', 'xn--caf-dma.acme.test'],
])('a virtual host %j that can not be read: the hint says what was meant', (text, meant) => {
  expect(read({ HAPROXY_0_VHOST: text }).problems[0]?.hint).toContain(`perhaps ${meant} is meant`);
});

test('a hash in AUTH that costs too much is refused with its cost, and an expensive one is used with a note', () => {
  const refused = read({ HAPROXY_0_AUTH: 'Staff:alice:$6$rounds=12000000$salt$hash' });
  expect(refused.ports[0]?.shut).toBe(true);
  expect(refused.problems[0]?.message).toContain('12000000 rounds, and at most 100000');
  const dear = read({ HAPROXY_0_AUTH: `Staff:alice:$2y$10$${'a'.repeat(53)}` });
  expect(dear.ports[0]).toMatchObject({ shut: false, values: { auth: { user: 'alice' } } });
  expect(dear.problems[0]?.message).toContain('52 ms');
});

test('only the first virtual hosts and paths of an app count, up to a bound', () => {
  const hosts = (from: number): string => Array.from({ length: 600 }, (_, i) => `h${from + i}.acme.org`).join(',');
  const { ports, problems } = read({ HAPROXY_0_VHOST: hosts(0), HAPROXY_1_VHOST: hosts(600) });
  expect(ports.map(({ values }) => values.hosts?.length)).toEqual([600, 400]);
  expect(problems).toMatchObject([
    { code: 'bounds', owner: { by: 'app', app: '/shop' }, message: expect.stringContaining('1200 virtual hosts') },
  ]);
});

test('a port whose paths are beyond the bound loses its virtual host too, so that it does not get the whole host', () => {
  const paths = Array.from({ length: 50 }, (_, i) => `/${i}`).join(' ');
  const labels = Object.fromEntries(
    Array.from(
      { length: 11 },
      (_, i) =>
        [
          [`HAPROXY_${i}_VHOST`, `h${i}.acme.org`],
          [`HAPROXY_${i}_PATH`, `-i ${paths}`],
        ] as const,
    ).flat(),
  );
  const { ports, problems } = read(labels, 11);
  expect(ports[9]?.values).toEqual({ hosts: ['h9.acme.org'], path: `-i ${paths}` });
  expect(ports[10]?.values.hosts).toEqual([]);
  expect(problems).toMatchObject([{ code: 'bounds', message: expect.stringContaining('550 paths') }]);
});

test('of many unknown labels, the first get Problems, and one more Problem says how many others there are', () => {
  const labels = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`HAPROXY_0_NOSUCHTHING_${i}`, 'x']));
  const { problems } = read(labels);
  expect(problems.filter(({ code }) => code === 'label-unknown')).toHaveLength(11);
  expect(problems.at(-1)?.message).toMatch(/^\d+ more labels/);
});

test('when labels exceed the allowed size, those that guard access are read first, and one that is dropped shuts its port', () => {
  const big = 'x'.repeat(200_000);
  const first = read({ HAPROXY_0_BACKEND_HEAD: big, HAPROXY_0_AUTH: 'Staff:alice:$6$salt$hash', HAPROXY_1_BACKEND_HEAD: big });
  expect(first.ports.map(({ shut, overrides }) => [shut, Object.keys(overrides).length])).toEqual([
    [false, 1],
    [false, 0],
  ]);
  expect(first.problems).toMatchObject([{ code: 'bounds', message: expect.stringContaining('HAPROXY_1_BACKEND_HEAD') }]);
  expect(read({ HAPROXY_1_AUTH: 'x'.repeat(300_000) }).ports.map(({ shut }) => shut)).toEqual([false, true]);
});

test('the Problem of a label with a name or value of 20 MB is short', () => {
  const { problems } = read({ [`HAPROXY_${'A'.repeat(20_000_000)}`]: 'x', HAPROXY_GROUP: `a${' '.repeat(20_000_000)}b` });
  expect(Math.max(...problems.map(({ message, hint, label = '' }) => message.length + hint.length + label.length))).toBeLessThan(1_500);
});

test('Problems never repeat the value of AUTH, and repeat other values shortened', () => {
  const words = read({ HAPROXY_0_AUTH: 'secret', HAPROXY_0_PORT: 'x'.repeat(1000) }).problems.map(({ message }) => message);
  expect(words.join()).not.toContain('secret');
  expect(words.join()).toContain('x'.repeat(200));
  expect(words.join()).not.toContain('x'.repeat(201));
});

test('template texts are used unchanged, except that CRLF becomes LF', () => {
  const { ports, problems } = read({
    HAPROXY_0_BACKEND_HTTP_OPTIONS: '  option a\r\n  option b\r\n',
    HAPROXY_1_FRONTEND_HEAD: '',
    HAPROXY_1_VHOST: 'b.acme.org',
  });
  expect(problems).toEqual([]);
  expect(ports.map(({ overrides }) => overrides)).toEqual([
    { HAPROXY_BACKEND_HTTP_OPTIONS: '  option a\n  option b\n' },
    { HAPROXY_FRONTEND_HEAD: '' },
  ]);
});

test.each([
  ['  option a\\n  option b\\n', '  option a\n  option b\n'],
  ['  option a\r\n  option b', '  option a\n  option b'],
  ['  http-request set-header X "a\\nb"\\n  option b', '  http-request set-header X "a\\nb"\n  option b'],
  ["  http-request set-header X 'a\\nb'", "  http-request set-header X 'a\\nb'"],
  ['  http-request set-header X "a\\"\\n"\\n', '  http-request set-header X "a\\"\\n"\n'],
  ['  acl a path_reg a\\\\nb \\ c', '  acl a path_reg a\\\\nb \\ c'],
  ['  a "b\\n  c', '  a "b\n  c'],
  ['backend {backend}\\r\\n mode {mode}\\r\\n', 'backend {backend}\n mode {mode}\n'],
  ['  tcp-check send PING\\r\\n\n  tcp-check expect string +PONG', '  tcp-check send PING\\r\\n\n  tcp-check expect string +PONG'],
  ['  option a\\nb\r\n  option c', '  option a\\nb\n  option c'],
  ['  option httpchk GET / HTTP/1.1\\r\\nHost:\\ frob', '  option httpchk GET / HTTP/1.1\\r\\nHost:\\ frob'],
  [
    '  option httpchk GET / HTTP/1.1\\r\\nHost:\\ frob\n  http-check expect status 200\n',
    '  option httpchk GET / HTTP/1.1\\r\\nHost:\\ frob\n  http-check expect status 200\n',
  ],
])('the end of a line in the label of a template: %j', (text, wanted) => {
  expect(read({ HAPROXY_0_BACKEND_HTTP_OPTIONS: text }).ports[0]?.overrides).toEqual({ HAPROXY_BACKEND_HTTP_OPTIONS: wanted });
});

test('where an operator takes no templates from labels they have no effect, and each is a Problem', () => {
  const labels = { HAPROXY_0_BACKEND_HEAD: 'backend {backend}', HAPROXY_0_VHOST: 'a.acme.org', HAPROXY_BACKEND_HEAD: 'x' };
  const { ports, problems } = readLabels({ ...definition(), labels }, TEMPLATES_IN_LABELS, true);
  expect(ports).toMatchObject([{ values: { hosts: ['a.acme.org'] }, overrides: {}, shut: false }]);
  expect(problems).toMatchObject([
    { code: 'template-denied', label: 'HAPROXY_0_BACKEND_HEAD', owner: { by: 'app', app: '/shop', index: 0 } },
    { code: 'label-unknown', label: 'HAPROXY_BACKEND_HEAD' },
  ]);
});

test('the order of labels does not matter', () => {
  const labels = {
    HAPROXY_GROUP: 'external',
    HAPROXY_0_VHOST: 'a *',
    HAPROXY_1_PORT: 'x',
    HAPROXY_5_PORT: '80',
    HAPROXY_XXX: '',
    HAPROXY_0_BACKEND_HEAD: 'x',
  };
  fc.assert(
    fc.property(fc.shuffledSubarray(Object.entries(labels), { minLength: 6 }), (entries) => {
      expect(read(Object.fromEntries(entries))).toEqual(read(labels));
    }),
  );
});

test('reading random labels never throws', () => {
  const name = fc.oneof(
    fc.string(),
    fc.string().map((rest) => `HAPROXY_${rest}`),
    fc.string().map((rest) => `HAPROXY_0_${rest}`),
  );
  fc.assert(
    fc.property(fc.dictionary(name, fc.string({ unit: 'binary' }), { noNullPrototype: true }), (labels) => {
      const strange = Object.keys(labels).filter((one) => one.startsWith('HAPROXY_')).length;
      expect(read(labels).problems.length).toBeLessThanOrEqual(strange);
    }),
  );
});
