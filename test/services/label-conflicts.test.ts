import { expect, test } from '@jest/globals';
import { makeDraft } from '../../src/services/fronts.ts';
import type { HealthCheck } from '../../src/model/snapshot.ts';
import { check, definition, settings } from './make.ts';

type Labels = Readonly<Record<string, string>>;

/** The draft of an app whose only port has these labels. */
function draftOf(labels: Labels, checks: readonly HealthCheck[] = []) {
  const own = Object.fromEntries(Object.entries(labels).map(([name, text]) => [`HAPROXY_0_${name}`, text]));
  return makeDraft(definition({ labels: own, checks }), settings({ errorPages: '/pages' }));
}

const HTTP = { VHOST: 'a.test' };
const TCP = { MODE: 'tcp' };
const PASSED = { ...HTTP, TLS: 'passthrough' };

/** How a message names the other label: with its value where that is one of a few words. */
function other(labels: Labels, name: string): string {
  const text = labels[name];
  if (text === undefined) return `without HAPROXY_0_${name}: `;
  return `beside HAPROXY_0_${name}${['MODE', 'TLS', 'BACKEND_TLS'].includes(name) ? `=${text}` : ''}: `;
}

/** Labels, the one that loses, the one that it can't be with, and a word of the reason. */
const CONFLICTS: readonly (readonly [Labels, string, string, string])[] = [
  [{ ...TCP, RATE_LIMIT: '1/1s' }, 'RATE_LIMIT', 'MODE', 'no requests'],
  [{ ...TCP, MAX_BODY: '1k' }, 'MAX_BODY', 'MODE', 'no requests'],
  [{ ...TCP, STRIP_PREFIX: '/a' }, 'STRIP_PREFIX', 'MODE', 'no requests'],
  [{ ...TCP, REWRITE_HOST: 'a.test' }, 'REWRITE_HOST', 'MODE', 'no requests'],
  [{ ...TCP, REQUEST_HEADERS: 'X-A:b' }, 'REQUEST_HEADERS', 'MODE', 'no requests'],
  [{ ...TCP, RESPONSE_HEADERS: 'X-A:b' }, 'RESPONSE_HEADERS', 'MODE', 'no requests'],
  [{ ...TCP, COMPRESS: 'true' }, 'COMPRESS', 'MODE', 'no requests'],
  [{ ...TCP, REDIRECT_TO: 'https://a.test' }, 'REDIRECT_TO', 'MODE', 'no requests'],
  [{ ...TCP, CORS_ORIGINS: '*' }, 'CORS_ORIGINS', 'MODE', 'no requests'],
  [{ ...TCP, ERROR_PAGE_403: 'a.html' }, 'ERROR_PAGE_403', 'MODE', 'no requests'],
  [{ ...TCP, ERROR_PAGE_504: 'a.html' }, 'ERROR_PAGE_504', 'MODE', 'no requests'],
  [{ ...PASSED, MAX_BODY: '1k' }, 'MAX_BODY', 'TLS', 'no requests'],
  [{ ...TCP, HASH_BY: 'uri' }, 'HASH_BY', 'MODE', 'only the client address'],
  [{ ...HTTP, HASH_BY: 'uri', BALANCE: 'leastconn' }, 'BALANCE', 'HASH_BY', 'by the hash'],
  [{ ...HTTP, STRIP_PREFIX: '/a', HTTP_BACKEND_PROXYPASS_PATH: '/a' }, 'STRIP_PREFIX', 'HTTP_BACKEND_PROXYPASS_PATH', 'twice'],
  [{ ...HTTP, CANONICAL_HOST: 'a.test', REDIRECT_TO: 'https://b.test' }, 'CANONICAL_HOST', 'REDIRECT_TO', 'already'],
  [{ ...HTTP, CANONICAL_HOST: 'b.test' }, 'CANONICAL_HOST', 'VHOST', 'none of the virtual hosts'],
  [{ ...HTTP, CORS_METHODS: 'GET' }, 'CORS_METHODS', 'CORS_ORIGINS', 'no origins'],
  [{ ...HTTP, CORS_HEADERS: 'X-A' }, 'CORS_HEADERS', 'CORS_ORIGINS', 'no origins'],
  [{ ...HTTP, CORS_MAX_AGE: '1' }, 'CORS_MAX_AGE', 'CORS_ORIGINS', 'no origins'],
  [{ ...HTTP, CORS_CREDENTIALS: 'true' }, 'CORS_CREDENTIALS', 'CORS_ORIGINS', 'no origins'],
  [{ ...HTTP, CORS_ORIGINS: '*', CORS_CREDENTIALS: 'true' }, 'CORS_CREDENTIALS', 'CORS_ORIGINS', 'every origin'],
  [{ ...PASSED, BACKEND_TLS: 'true' }, 'BACKEND_TLS', 'TLS', 'encrypted'],
  [{ ...HTTP, HEALTH_HOST: 'a.test' }, 'HEALTH_HOST', 'HEALTH_PATH', 'no http check'],
  [{ ...HTTP, HEALTH_STATUS: '200' }, 'HEALTH_STATUS', 'HEALTH_PATH', 'no http check'],
  [{ ...HTTP, HEALTH_INTERVAL: '5s' }, 'HEALTH_INTERVAL', 'HEALTH_PATH', 'no check'],
  [{ ...HTTP, BACKEND_PROTO: 'h2c', BACKEND_TLS: 'true' }, 'BACKEND_PROTO', 'BACKEND_TLS', 'without TLS'],
];

test.each(CONFLICTS)('of %j, %s has no effect beside or without %s, and the port is served', (labels, loses, beside, why) => {
  const { ports, problems } = draftOf(labels);
  expect(problems).toEqual([
    {
      code: 'label-conflict',
      owner: { by: 'app', app: '/shop', index: 0 },
      label: `HAPROXY_0_${loses}`,
      message: expect.stringContaining(`HAPROXY_0_${loses} has no effect ${other(labels, beside)}`),
      hint: expect.stringMatching(/./),
    },
  ]);
  expect(problems[0]?.message).toContain(why);
  const without = Object.fromEntries(Object.entries(labels).filter(([name]) => name !== loses));
  expect(ports.map(({ options }) => options)).toEqual(draftOf(without).ports.map(({ options }) => options));
});

test('where a port is tcp for want of a virtual host, the message says so', () => {
  const [problem] = draftOf({ RATE_LIMIT: '1/1s' }).problems;
  expect(problem?.message).toContain('HAPROXY_0_RATE_LIMIT has no effect without HAPROXY_0_VHOST: the port is in tcp mode');
});

test.each<[Labels, string, string]>([
  [{ ...HTTP, BACKEND_CA: 'system' }, 'BACKEND_CA', 'BACKEND_TLS'],
  [{ ...HTTP, BACKEND_SNI: 'a.test' }, 'BACKEND_SNI', 'BACKEND_TLS'],
  [{ ...HTTP, BACKEND_TLS: 'insecure', BACKEND_CA: 'system' }, 'BACKEND_CA', 'BACKEND_TLS'],
  [{ VHOST: '*.a.test', BACKEND_TLS: 'true' }, 'BACKEND_TLS', 'BACKEND_SNI'],
  [{ ...HTTP, BACKEND_PROTO: 'h2' }, 'BACKEND_PROTO', 'BACKEND_TLS'],
])('of %j, %s would leave the port less closed than it says, so the port is left out', (labels, loses, beside) => {
  const { ports, leftOut, problems } = draftOf(labels);
  expect([ports, leftOut]).toEqual([[], [{ app: '/shop', index: 0, why: 'label' }]]);
  expect(problems).toMatchObject([{ code: 'label-conflict', label: `HAPROXY_0_${loses}` }]);
  expect(problems[0]?.message).toContain(
    `HAPROXY_0_${loses} can't be used ${other(labels, beside).replace(': ', ', so the port is left out: ')}`,
  );
});

test.each<[string, Labels, readonly HealthCheck[]]>([
  ['http labels with a virtual host', { ...HTTP, RATE_LIMIT: '1/1s', ERROR_PAGE_429: 'a.html', COMPRESS: 'true' }, []],
  ['the client address in tcp mode', { ...TCP, HASH_BY: 'source', PROXY_PROTOCOL: 'v1', MAXCONN_TOTAL: '5' }, []],
  ['what a Marathon check can be told', { ...HTTP, HEALTH_HOST: 'a.test', HEALTH_STATUS: '200' }, [check()]],
  ['BACKEND_TLS with a name', { VHOST: '*.a.test', BACKEND_TLS: 'true', BACKEND_SNI: 'x.test' }, []],
  ['BACKEND_TLS=false with what it would need', { ...HTTP, BACKEND_TLS: 'false', BACKEND_CA: 'system', BACKEND_SNI: 'x.test' }, []],
])('%s: no conflict', (_, labels, checks) => {
  expect(draftOf(labels, checks).problems).toEqual([]);
});

/** What marathon-lb ignores without a word: {labels, checks, label, words of the reason}. What is rendered stays as it is. */
test.each<[Labels, readonly HealthCheck[], string, string]>([
  ...['PATH', 'REDIRECT_TO_HTTPS', 'HTTP_BACKEND_REDIR', 'AUTH', 'STICKY'].map((name): [Labels, readonly HealthCheck[], string, string] => [
    { [name]: { PATH: '/a', HTTP_BACKEND_REDIR: '/a', AUTH: 'Staff:alice:$6$salt$hash' }[name] ?? 'true' },
    [],
    name,
    'the port is in tcp mode',
  ]),
  [{ PATH: '/a' }, [check()], 'PATH', 'lead only to ports with a virtual host'],
  [{ AUTH: 'Staff:alice:$6$salt$hash' }, [check()], 'AUTH', 'lead only to ports with a virtual host'],
  [{ REDIRECT_TO_HTTPS: 'true' }, [check()], 'REDIRECT_TO_HTTPS', 'lead only to ports with a virtual host'],
])('of %j on a port without a virtual host, it is told that %3$s has no effect', (labels, checks, name, why) => {
  const { ports, problems } = draftOf(labels, checks);
  expect(problems).toMatchObject([{ code: 'label-conflict', label: `HAPROXY_0_${name}` }]);
  expect(problems[0]?.message).toContain(`HAPROXY_0_${name} has no effect without HAPROXY_0_VHOST: `);
  expect(problems[0]?.message).toContain(why);
  expect(ports).toHaveLength(1);
});

test.each<[Labels, readonly HealthCheck[]]>([
  [{ PATH: '/a', PATH_TYPE: 'segment' }, []],
  [{ PATH: '/a', REDIRECT_TO_HTTPS: 'true', DEFAULT: 'true' }, []],
  [{ ...HTTP, PATH: '/a', REDIRECT_TO_HTTPS: 'true', AUTH: 'Staff:alice:$6$salt$hash' }, []],
  [{ STICKY: 'true', USE_HSTS: 'true' }, [check()]],
  [{ STICKY: 'false' }, []],
])('nothing is wrong with %j', (labels, checks) => {
  expect(draftOf(labels, checks).problems).toEqual([]);
});

test("of a virtual host that can't be read, that alone is told", () => {
  expect(draftOf({ VHOST: 'http://a.test', PATH: '/a' }).problems).toMatchObject([{ label: 'HAPROXY_0_VHOST' }]);
});

test('HAPROXY_00_VHOST makes an http port, as HAPROXY_0_VHOST does', () => {
  const { ports, problems } = makeDraft(definition({ labels: { HAPROXY_00_VHOST: 'a.test' } }), settings());
  expect([ports.map(({ front }) => front.mode), problems]).toEqual([['http'], []]);
});

test.each([
  ['/cart?x=1', '?', "leave out the '?'"],
  ['/cart/*', '*', "leave out the '*'"],
  ['/cart,/shop', 'comma', "('/api /v2')"],
])('the path %j is told, because %s stands for itself', (path, why, hint) => {
  const problems = draftOf({ ...HTTP, PATH: `/good ${path}` }).problems;
  expect(problems).toMatchObject([{ code: 'label-value', label: 'HAPROXY_0_PATH', hint: expect.stringContaining(hint) }]);
  expect(problems[0]?.message).toContain(why);
  expect(draftOf({ ...HTTP, PATH: '/v[0-9]?/a*', PATH_TYPE: 'regex' }).problems).toEqual([]);
});
