import { expect, test } from '@jest/globals';
import { makeRenderer } from '../../src/haproxy/document.ts';
import type { Front } from '../../src/model/service.ts';
import { front, service, settings, templatesWith } from './make.ts';

const to = (app: string, hosts: readonly string[], given: Partial<Omit<Front, 'app' | 'name'>> = {}): Front =>
  front({ app, routes: hosts.map((host) => ({ host, path: undefined })), ...given });

function sectionsOf(...fronts: readonly Front[]): Readonly<Record<string, string>> {
  const render = makeRenderer(templatesWith(), settings({ groupHttpsByVhost: true }));
  const { document } = render(
    fronts.map((of) => service(of, [])),
    { major: 2, minor: 6 },
  );
  return Object.fromEntries(document.front.map(({ name, fragments }) => [name, fragments.map(({ text }) => text).join('')]));
}

const tls = (port: number, certificate?: string, options?: string) => ({ bind: { address: '*', port, certificate, options } });

test('an https frontend for each host, in order of the hosts, and the way to it', () => {
  const sections = sectionsOf(to('/b', ['b.acme.org', 'a.acme.org']), to('/c', ['b.acme.org'], { port: 10001, weight: 5 }));
  expect(Object.keys(sections).filter((name) => name.includes('acme'))).toEqual([
    'backend a_acme_org',
    'frontend a_acme_org',
    'backend b_acme_org',
    'frontend b_acme_org',
  ]);
  expect(sections['frontend marathon_https_in']?.match(/use_backend .*/g)).toEqual([
    'use_backend a_acme_org if { req_ssl_sni -i a.acme.org }',
    'use_backend b_acme_org if { req_ssl_sni -i b.acme.org }',
  ]);
  expect(sections['frontend b_acme_org']?.match(/use_backend .*/g)).toEqual([
    'use_backend c_10001 if { ssl_fc_sni b.acme.org }',
    'use_backend b_10000 if { ssl_fc_sni b.acme.org }',
  ]);
});

test.each([
  [
    'those of its apps, each once, in order',
    [tls(1, '/b.pem'), tls(2, '/a.pem'), tls(3, '/b.pem')],
    'ssl crt /a.pem crt /b.pem alpn h2,http/1.1',
  ],
  ['those of all, where its apps have none', [tls(1), tls(2)], 'ssl crt /etc/ssl/cert.pem alpn h2,http/1.1'],
  ['its options', [tls(1, '/a.pem', 'alpn h2'), tls(2)], 'ssl crt /a.pem alpn h2 alpn h2,http/1.1'],
  [
    'those of an app that did not get its port',
    [{ bind: undefined, claimed: to('/a0', ['a.acme.org'], tls(1, '/a.pem', 'ca-file /ca.pem verify required')) }],
    'ssl crt /a.pem ca-file /ca.pem verify required alpn h2,http/1.1',
  ],
  ['an app without a bind', [{ bind: undefined }], 'ssl crt /etc/ssl/cert.pem alpn h2,http/1.1'],
])('certificates of a host: %s', (_, binds, line) => {
  const sections = sectionsOf(...binds.map((bind, i) => to(`/a${i}`, ['a.acme.org'], { port: 10000 + i, ...bind })));
  expect(sections['frontend a_acme_org']).toContain(`bind abns@a_acme_org accept-proxy ${line}\n`);
});

test('hosts that become equal when their dots are replaced get different names', () => {
  const sections = sectionsOf(to('/a', ['a.b', 'a_b']));
  const [plain, other] = [sectionsOf(to('/a', ['a.b'])), sectionsOf(to('/a', ['a_b']))];
  expect(Object.keys(sections).filter((name) => name.includes('a_b'))).toEqual([
    'backend a_b',
    'frontend a_b',
    expect.stringMatching(/^backend a_b\.[0-9a-f]{16}$/),
    expect.stringMatching(/^frontend a_b\.[0-9a-f]{16}$/),
  ]);
  const of = (all: typeof sections) => Object.entries(all).filter(([name]) => /^(?:backend|frontend) a_b/.test(name));
  expect(of(sections)).toEqual([...of(plain), ...of(other)]);
});

test('a host of any length has a socket with a name that the kernel takes, and a name of its own', () => {
  const label = 'a'.repeat(60);
  const hosts = [`${label}.${label}.acme.org`, `${label}.${label}.acme.com`, `${'b'.repeat(63)}.${'c.'.repeat(60)}org`, 'x.org'];
  const sections = sectionsOf(to('/a', hosts));
  const sockets = Object.values(sections).flatMap((text) => Array.from(text.matchAll(/bind abns@(\S+)/g), ([, name = '']) => name));
  expect(new Set(sockets).size).toBe(hosts.length);
  expect(Math.max(...sockets.map(({ length }) => length))).toBeLessThanOrEqual(107);
});

test('a port that is a guest at a host brings nothing into its bind, and its rules; elsewhere it does', () => {
  const guest = to('/z', ['a.acme.org', 'b.acme.org'], { port: 10001, guestAt: ['a.acme.org'], ...tls(10001, '/z.pem', 'nice 1') });
  const sections = sectionsOf(to('/a', ['a.acme.org'], tls(10000, '/a.pem')), guest);
  expect(sections['frontend a_acme_org']).toContain('ssl crt /a.pem alpn h2,http/1.1\n');
  expect(sections['frontend a_acme_org']).toContain('use_backend z_10001');
  expect(sections['frontend b_acme_org']).toContain('ssl crt /z.pem nice 1 alpn h2,http/1.1\n');
});

test('without hosts there is only the frontend that looks for one', () => {
  const sections = sectionsOf(front());
  expect(Object.keys(sections).filter((name) => name.includes('https'))).toEqual(['frontend marathon_https_in']);
  expect(sections['frontend marathon_https_in']).not.toContain('use_backend');
});

test('wildcards have a frontend of their own, behind all hosts, the longest domain first', () => {
  const wide = (app: string, hosts: readonly string[], port: number) => to(app, hosts, { port, table: 'prefix' });
  const sections = sectionsOf(wide('/w', ['*.acme.org', '*.x.acme.org'], 1), to('/b', ['z.acme.org'], { port: 2 }));
  expect(sections['frontend marathon_https_in']?.match(/use_backend .*/g)).toEqual([
    'use_backend z_acme_org if { req_ssl_sni -i z.acme.org }',
    'use_backend __x_acme_org if { req_ssl_sni -i -m end .x.acme.org }',
    'use_backend __acme_org if { req_ssl_sni -i -m end .acme.org }',
  ]);
});

test.each([
  [
    'DEFAULT',
    [
      { host: 'a.acme.org', path: undefined },
      { host: '*', path: undefined },
    ],
    'requests for all other hosts have no frontend',
  ],
  ['PATH', [{ host: '*', path: '/.well-known' }], 'requests for all other hosts have no frontend'],
  ['VHOST', [{ host: '[2001:db8::1]', path: undefined }], '[2001:db8::1] has no frontend'],
])('%s that no name in the TLS hello leads to is a Problem, and served over http', (name, routes, why) => {
  const of = front({ app: '/a', table: 'prefix', routes });
  const problemsWith = (groupHttpsByVhost: boolean) =>
    makeRenderer(templatesWith(), settings({ groupHttpsByVhost }))([service(of, [])], { major: 2, minor: 6 }).problems;
  expect(problemsWith(false)).toEqual([]);
  expect(problemsWith(true)).toMatchObject([
    { code: 'label-conflict', label: `HAPROXY_0_${name}`, message: expect.stringContaining(`under --group-https-by-vhost ${why}`) },
  ]);
});

test('a wildcard gives no Problem', () => {
  const of = front({ app: '/a', table: 'prefix', routes: [{ host: '*.acme.org', path: undefined }] });
  const { problems } = makeRenderer(templatesWith(), settings({ groupHttpsByVhost: true }))([service(of, [])], { major: 2, minor: 6 });
  expect(problems).toEqual([]);
});
