import { expect, test } from '@jest/globals';
import { mayClaim, readDomains } from '../../src/services/domains.ts';
import { makeDraft } from '../../src/services/fronts.ts';
import { appId, definition, settings } from './make.ts';

const DOMAINS = readDomains('{"/team-a": ["a.acme.org", "*.a.acme.org"], "/team-b/": ["*"], "/": ["www.acme.org"]}');

test.each([
  ['/team-a/shop', 'a.acme.org', true],
  ['/team-a/deep/shop', 'x.y.a.acme.org', true],
  ['/team-a/shop', 'ba.acme.org', false],
  ['/team-a/shop', 'www.acme.org', true],
  ['/team-ab/shop', 'a.acme.org', false],
  ['/team-b/shop', 'a.acme.org', true],
  ['/shop', 'www.acme.org', true],
  ['/shop', 'a.acme.org', false],
])('%s may claim %s: %s', (app, host, may) => {
  expect(mayClaim(DOMAINS, appId(app), host)).toBe(may);
});

test.each([
  ['[]', 'a JSON object with lists is wanted, like {"/team-a": ["*.a.acme.org"]}'],
  ['{"team": []}', 'the key "team" is not a path like \'/team-a\''],
  ['{"/a": "x"}', 'the value of "/a" is "x", and a list is wanted, like ["*.a.acme.org"]'],
  ['{"/a": ["X y"]}', 'the list of "/a" holds "X y", and texts like "*.a.acme.org" are wanted'],
])('the operator is told what is wanted in place of %s', (text, message) => {
  expect(() => readDomains(text)).toThrow(message);
});

test.each(['', '[]', '{"team": []}', '{"/a": "x"}', '{"/a": ["X y"]}', '{"/a": ["a*.acme.org"]}'])('%j is no such file', (text) => {
  expect(() => readDomains(text)).toThrow(Error);
});

test('a host of another folder is refused with a Problem, the others lead here', () => {
  const labels = { HAPROXY_0_VHOST: 'a.acme.org,shop.other.org' };
  const { ports, problems } = makeDraft(definition({ id: appId('/team-a/shop'), labels }), settings({ domains: DOMAINS }));
  expect(ports[0]?.front).toMatchObject({ mode: 'http', routes: [{ host: 'a.acme.org' }] });
  expect(problems).toMatchObject([{ code: 'domain-denied', label: 'HAPROXY_0_VHOST', message: expect.stringContaining('shop.other.org') }]);
});
