import { expect, test } from '@jest/globals';
import { draft as draftOf } from './make.ts';
import { readDomains } from '../../src/services/domains.ts';

function read(labels: Readonly<Record<string, string>>, domains?: string) {
  const of = Object.fromEntries(Object.entries(labels).map(([name, text]) => [`HAPROXY_0_${name}`, text]));
  const draft = draftOf(of, domains === undefined ? {} : { domains: readDomains(domains) });
  const front = draft.ports[0]?.front;
  return {
    routes: front?.routes,
    table: front?.table,
    split: front?.split,
    mode: front?.mode,
    problems: draft.problems.map(({ message }) => message),
  };
}

const HOST = { VHOST: 'a.acme.org' };

test.each<[string, Readonly<Record<string, string>>, object]>([
  ['PATH alone has rules', { ...HOST, PATH: '/x' }, { table: undefined, routes: [{ host: 'a.acme.org', path: '/x' }] }],
  ['PATH_TYPE', { ...HOST, PATH: '/x /y', PATH_TYPE: 'Segment' }, { table: 'segment', routes: [{ host: 'a.acme.org', path: '/x /y' }] }],
  ['paths of all hosts', { PATH: '/x', PATH_TYPE: 'exact' }, { table: 'exact', mode: 'http', routes: [{ host: '*', path: '/x' }] }],
  ['a wildcard', { VHOST: 'a.acme.org,*.acme.org' }, { table: 'prefix', routes: [{ host: 'a.acme.org' }, { host: '*.acme.org' }] }],
  ['an IPv6 address', { VHOST: '[::1]:80' }, { table: 'prefix', routes: [{ host: '[::1]' }] }],
  ['DEFAULT', { DEFAULT: 'true' }, { table: 'prefix', mode: 'http', routes: [{ host: '*', path: undefined }] }],
  ['DEFAULT beside hosts', { ...HOST, DEFAULT: 'true' }, { routes: [{ host: 'a.acme.org' }, { host: '*' }] }],
  ['SPLIT', { ...HOST, SPLIT: 'x', SPLIT_WEIGHT: '10' }, { table: 'prefix', split: { key: '/ x', weight: 10 } }],
  ['SPLIT without a weight', { ...HOST, SPLIT: 'x' }, { split: { key: '/ x', weight: undefined } }],
])('%s', (_, labels, wanted) => {
  const { problems, ...got } = read(labels);
  expect(got).toMatchObject(wanted);
  expect(problems).toEqual([]);
});

test.each<[string, Readonly<Record<string, string>>, object, string]>([
  ['a weight that is none counts as 0', { ...HOST, SPLIT: 'x', SPLIT_WEIGHT: '1O' }, { split: { weight: 0 } }, 'so the weight is 0'],
  ['paths that are none give no host', { ...HOST, PATH: 'x', PATH_TYPE: 'exact' }, { routes: [] }, 'PATH'],
  ['a regex that may never end', { ...HOST, PATH: '/(a+)+', PATH_TYPE: 'regex' }, { routes: [] }, 'PATH_TYPE=regex'],
  ['-i', { ...HOST, PATH: '-i /x', PATH_TYPE: 'prefix' }, { routes: [{ path: '/x' }] }, '-i in HAPROXY_0_PATH'],
  [
    'BACKEND_WEIGHT',
    { ...HOST, DEFAULT: 'true', BACKEND_WEIGHT: '2' },
    { table: 'prefix' },
    'HAPROXY_0_BACKEND_WEIGHT has no effect beside HAPROXY_0_DEFAULT',
  ],
  ['PATH_TYPE alone', { ...HOST, PATH_TYPE: 'exact' }, { table: undefined, routes: [{ host: 'a.acme.org' }] }, 'no HAPROXY_0_PATH'],
  ['SPLIT_WEIGHT alone', { ...HOST, SPLIT_WEIGHT: '1' }, { table: undefined }, 'no HAPROXY_0_SPLIT'],
  ['hosts that are none do not become all hosts', { VHOST: '%', PATH: '/x', PATH_TYPE: 'exact' }, { routes: [] }, 'VHOST'],
])('bad: %s', (_, labels, wanted, said) => {
  const { problems, ...got } = read(labels);
  expect(got).toMatchObject(wanted);
  expect(problems.join('\n')).toContain(said);
});

test('TLS=passthrough: a tcp port with its hosts, and none beside AUTH or PATH, which it could not keep', () => {
  const passing = { ...HOST, TLS: 'passthrough' };
  expect(read(passing)).toMatchObject({ mode: 'tcp', routes: [{ host: 'a.acme.org' }], problems: [] });
  for (const more of [{ AUTH: 'Staff:alice:$6$salt$hash' }, { PATH: '/x' }, { PATH: 'x' }, { PATH_TYPE: 'exact' }])
    expect(read({ ...passing, ...more })).toMatchObject({ mode: 'tcp', routes: [] });
  expect(read({ ...passing, PATH: '/x' }).problems.join()).toContain("HAPROXY_0_PATH can't be used beside HAPROXY_0_TLS=passthrough");
  expect(read({ ...passing, MODE: 'http' })).toMatchObject({ mode: 'tcp', routes: [{ host: 'a.acme.org' }] });
});

test.each([
  ['DEFAULT', { DEFAULT: 'true' }],
  ['paths of all hosts', { PATH: '/x', PATH_TYPE: 'exact' }],
  ['a wildcard that is not the folder’s', { VHOST: '*.acme.org' }],
  ['hosts that are not the folder’s, with paths', { VHOST: 'b.acme.org', PATH: '/x', PATH_TYPE: 'exact' }],
])('--domains: %s is denied', (_, labels) => {
  const { routes, problems } = read(labels, '{"/": ["a.acme.org", "*.a.acme.org"]}');
  expect(routes).toEqual([]);
  expect(problems.join('\n')).toContain('may not claim');
});

test('--domains: a wildcard of the folder is allowed, and everything with *', () => {
  expect(read({ VHOST: '*.a.acme.org' }, '{"/": ["*.a.acme.org"]}').routes).toEqual([{ host: '*.a.acme.org', path: undefined }]);
  expect(read({ DEFAULT: 'true' }, '{"/": ["*"]}').routes).toEqual([{ host: '*', path: undefined }]);
});
