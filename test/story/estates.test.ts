import { describe, expect, test } from '@jest/globals';
import { fileUse } from '../../src/model/certificates.ts';
import { isDefaultFile } from '../../src/certificates/given-as-text.ts';
import { passesByItself } from '../../src/blame/refusal-problems.ts';
import { CATALOGUE, TEMPLATE_NAMES, TEMPLATES_IN_LABELS, type TemplateName } from '../../src/haproxy/catalogue.ts';
import { textOf } from '../../src/haproxy/file-text.ts';
import { PORT_LABELS } from '../../src/services/labels.ts';
import type { View } from '../../src/model/view.ts';
import { nginx, read, readAt, Story, task, type Json } from './cluster.ts';

/** What was found in estates that moved over from marathon-lb: each case by its name, then every other input of its kind. */

const HOST = { HAPROXY_GROUP: 'external', HAPROXY_0_VHOST: 'shop.acme.test' };
const tcpPorts = (...protocols: readonly string[]): Json => ({
  container: { portMappings: protocols.map((protocol, i) => ({ containerPort: 80 + i, servicePort: 10_000 + i, protocol })) },
});
const viewOf = (labels: Readonly<Record<string, string>>, given: Json = {}): View =>
  Story.begin().tell(read(nginx([task(1), task(2)], { labels: { HAPROXY_GROUP: 'external', ...labels }, ...given })));
const config = ({ document }: View): string => [...textOf(document)].join('');
const lines = (view: View): readonly string[] => config(view).split('\n');
const told = ({ problems }: View): readonly string[] => problems.map(({ label, code }) => `${label ?? ''} ${code}`.trim());
const labelOf = (template: TemplateName): string => template.replace(/^HAPROXY_/, 'HAPROXY_0_');

describe('label-escapes-of-haproxy', () => {
  test('a literal \\r\\n beside real line ends stays in its line', () => {
    const view = viewOf(
      {
        ...HOST,
        HAPROXY_0_BACKEND_HTTP_HEALTHCHECK_OPTIONS: '  option httpchk GET / HTTP/1.1\\r\\nHost:\\ frob\n  http-check expect status 200\n',
        HAPROXY_0_BACKEND_HEAD:
          'backend {backend}\n  mode {mode}\n  balance first\n  tcp-check send PING\\r\\n\n  tcp-check expect string +PONG\n',
      },
      {
        healthChecks: [{ protocol: 'HTTP', path: '/', portIndex: 0, intervalSeconds: 5, timeoutSeconds: 5, maxConsecutiveFailures: 3 }],
        tasks: [task(1, { health: 'alive' })],
      },
    );
    expect(lines(view)).toEqual(
      expect.arrayContaining([
        '  option httpchk GET / HTTP/1.1\\r\\nHost:\\ frob',
        '  http-check expect status 200',
        '  tcp-check send PING\\r\\n',
      ]),
    );
    expect(told(view)).toEqual([]);
  });

  const own = TEMPLATE_NAMES.filter((name) => TEMPLATES_IN_LABELS.has(name));
  test.each(own)('%s: the text that an app brings keeps them', (name) => {
    const { places } = CATALOGUE[name] as { readonly places: readonly string[] };
    const view = viewOf({ ...HOST, [labelOf(name)]: `  # {${places[0] ?? ''}} a\\r\\nb\n  # c\\nd\n` });
    const document = config(view);
    expect(document).not.toMatch(/^\s*(?:b|d)$/m); // torn off
  });
});

describe('literal-crlf-label', () => {
  test.each(['\\r\\n', '\\n'])('with %s alone, each is a line end', (end) => {
    const text = ['backend {backend}', ' balance roundrobin', ' mode http', ' timeout server 300s', ''].join(end);
    const view = viewOf({ ...HOST, HAPROXY_0_BACKEND_HEAD: text });
    expect(config(view)).toContain('backend nginx_10000\n balance roundrobin\n mode http\n timeout server 300s\n');
    expect(config(view)).not.toMatch(/\\r|\r/);
    expect(told(view)).toEqual([]);
  });
});

describe('fixed-server-two-tasks', () => {
  const FIXED = { HAPROXY_0_BACKEND_SERVER_OPTIONS: '  server api 127.9.60.2:21300\n' };
  test('two tasks, then one: the line stands once, and nothing is told', () => {
    const story = Story.begin();
    for (const tasks of [[task(1), task(2)], [task(2)]]) {
      const view = story.tell(readAt(tasks.length, nginx(tasks, { labels: { ...HOST, ...FIXED }, instances: 1 })));
      expect(lines(view).filter((line) => line.includes('server api'))).toEqual(['  server api 127.9.60.2:21300']);
      expect(told(view)).toEqual([]);
    }
  });
});

test.each([
  "could not resolve address 'api.names.test'",
  "invalid address: 'api.names.test' in 'api.names.test:80'",
  "unable to stat SSL certificate from file '/etc/a.pem' : No such file or directory",
  'error opening file </etc/errors/503.http> for custom error message <503>',
  'unable to load DH parameters from file </etc/dh.pem>',
  "unknown user name 'haproxy'",
  'Permission denied',
])('server-name-not-resolvable, and what else passes by itself: %s', (words) => {
  expect(passesByItself(words)).toBe(true);
  expect(passesByItself("unknown keyword 'nonsense' in 'backend' section")).toBe(false);
});

test('server-name-not-resolvable: HAProxy starts without the address, and takes it up later', () => {
  const view = viewOf({ ...HOST, HAPROXY_0_BACKEND_SERVER_OPTIONS: '  server api api.names.test:80\n' });
  expect(lines(view)).toContain('  server api api.names.test:80 init-addr libc,last,none');
});

describe('default-certificate-in-label', () => {
  test.each(['cert.pem', 'cert0.pem', 'cert7.pem', 'cert100.pem'])('/etc/ssl/%s is one of marathon-lb’s own', (name) => {
    expect(isDefaultFile(`/etc/ssl/${name}`)).toBe(true);
  });

  test.each([
    ['HAPROXY_0_SSL_CERT', '/etc/ssl/cert.pem'],
    ['HAPROXY_0_BIND_OPTIONS', 'ssl crt /etc/ssl/cert.pem'],
  ])('%s %j gets what stands in for the file', (label, value) => {
    const story = Story.begin();
    const app = nginx([task(1)], { labels: { ...HOST, [label]: value } });
    const { certificates } = story.tell(read(app));
    expect(certificates.map((file) => fileUse(file).path)).toEqual(['/etc/ssl/cert.pem']);
    const named = certificates.map((file) => ({ file, serves: ['/state/self-signed.pem'], fingerprint: '1', faults: [] }));
    const view = story.tell({
      kind: 'certificates',
      at: 1,
      certificates: { files: ['/state/self-signed.pem'], problems: [], contents: [], named },
    });
    expect(config(view)).toMatch(/bind \*:10000 ssl crt \/state\/self-signed\.pem/);
  });
});

test.each<[TemplateName, string]>([
  ['HAPROXY_BACKEND_HEAD', 'backend {backend}  balance roundrobin  mode http  timeout server 30m'],
  ['HAPROXY_FRONTEND_HEAD', 'frontend {backend}  bind {bindAddr}:{servicePort}  mode {mode}'],
  ['HAPROXY_USERLIST_HEAD', 'userlist user_{backend}  user {user} password {passwd}'],
])('flattened-head: %s on one line is one Problem of its label, and the default one serves', (name, text) => {
  const auth = { HAPROXY_0_AUTH: `realm:user:$5$salt$${'a'.repeat(43)}` };
  const view = viewOf({ ...HOST, ...auth, [labelOf(name)]: text });
  expect(told(view)).toEqual([`${labelOf(name)} template`]);
  expect(config(view)).toContain('backend nginx_10000\n  balance roundrobin\n');
  expect(view.services).toHaveLength(1);
});

test.each([
  ['http://shop.acme.test/', 'shop.acme.test'],
  ['https://shop.acme.test:8080/path', 'shop.acme.test with HAPROXY_n_PATH=/path'],
  ['café.acme.test', 'xn--caf-dma.acme.test'],
])('bad-vhost-changes-mode: %s leaves the port in http with its templates, and %s is what was meant', (host, meant) => {
  const view = viewOf({ HAPROXY_0_VHOST: host, HAPROXY_0_BACKEND_HTTP_OPTIONS: '  http-response set-header X-Team blue\n' });
  expect(view.problems).toMatchObject([
    { code: 'label-value', label: 'HAPROXY_0_VHOST', hint: expect.stringContaining(`perhaps ${meant} is meant`) },
  ]);
  expect(config(view)).toMatch(/frontend nginx_10000\n {2}bind \*:10000\n {2}mode http\n/);
  expect(config(view)).toMatch(/backend nginx_10000\n(?: {2}.*\n)* {2}mode http\n/);
  expect(lines(view)).toContain('  http-response set-header X-Team blue');
});

test.each(Object.values(PORT_LABELS).map(({ name, example }) => [name, name === 'GROUP' ? 'external' : example]))(
  'udp-port-silent: HAPROXY_1_%s of a port that speaks only UDP is told',
  (name, example) => {
    const view = viewOf({ [`HAPROXY_1_${name}`]: example }, tcpPorts('tcp', 'udp'));
    expect(view.problems.filter(({ message }) => message.includes('UDP'))).toMatchObject([{ label: `HAPROXY_1_${name}` }]);
    expect(view.services).toHaveLength(1);
  },
);

test.each(Object.values(PORT_LABELS).map(({ name, guards, mayBeEmpty }) => [name, guards && !mayBeEmpty] as const))(
  'empty-labels: HAPROXY_0_%s of "": what restricts closes the port with a Problem (%s), all else is not set, without a word',
  (name, closes) => {
    const view = viewOf({ [`HAPROXY_0_${name}`]: '' });
    expect(view.services).toHaveLength(closes ? 0 : 1);
    expect(told(view)).toEqual(closes ? [`HAPROXY_0_${name} label-value`] : []);
  },
);

test.each(['/#/login', '/ui#top', '#'])('health-path-with-fragment: what stands behind # in %j is never sent', (path) => {
  const check = { protocol: 'HTTP', path, portIndex: 0, intervalSeconds: 5, timeoutSeconds: 5, maxConsecutiveFailures: 3 };
  const view = viewOf(HOST, { healthChecks: [check], tasks: [task(1, { health: 'alive' })] });
  expect(lines(view)).toContain(`  option httpchk GET ${path.replace(/#.*/, '') || '/'}`);
  expect(told(view)).toEqual([]);
});
