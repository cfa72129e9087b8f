import { expect, test } from '@jest/globals';
import { leaderOf, makeMayTrust } from '../../src/source/leader.ts';

const from = new URL('http://standby:8080/');
const https = new URL('https://dcos/service/marathon');
const path = '/v2/events';

test('the leader is where the same path is', () => {
  const leader = (base: URL, location: string): string =>
    leaderOf({ from: base, path, location, secret: false, mayTrust: () => false }).href;
  expect(leader(from, 'http://leader:8080/v2/events?event_type=a')).toBe('http://leader:8080/v2/events?event_type=a');
  expect(leader(from, 'https://x:y@leader/v2/events')).toBe('https://leader/v2/events');
  expect(leader(https, 'http://leader:8080/v2/events')).toBe('http://leader:8080/v2/events');
  expect(leader(from, '/prefix/v2/events')).toBe('http://standby:8080/prefix/v2/events');
});

test.each([
  [from, undefined, 'answered with a redirect without a usable address'],
  [from, 'http://[', 'answered with a redirect without a usable address'],
  [from, 'http://sso/login?next=/v2/events', "a redirect to http://sso/login instead of to its leader's /v2/events"],
  [from, 'ftp://leader/v2/events', "instead of to its leader's /v2/events"],
  [https, 'http://leader:8080/v2/events', 'credentials given for https are not sent over http'],
])('from %s, %s gets no credentials', (base, location, message) => {
  expect(() => leaderOf({ from: base, path, location, secret: true, mayTrust: () => true })).toThrow(message);
});

const trusts = (own: readonly string[], leaderHosts: readonly string[], leader: string): boolean => {
  const bases = own.map((host) => new URL(`http://${host}:8080`));
  return makeMayTrust(bases, leaderHosts)(new URL(`http://${leader}:8080/v2/events`), bases[0] as URL);
};

test.each([
  ['a host of --marathon', ['10.0.0.1', '10.0.0.2'], '10.0.0.2'],
  ['itself in other letters', ['M1.acme.org'], 'm1.acme.org.'],
  ['the same domain', ['m1.mesos.acme.org'], 'm2.mesos.acme.org'],
  ['a domain of private networks', ['master.mesos'], 'leader.mesos'],
  ['names of the own domain', ['standby'], 'leader'],
  ['an IPv6 address', ['[fd00::1]', '[fd00::2]'], '[fd00::2]'],
])('%s gets credentials', (_, own, leader) => {
  expect(trusts(own, [], leader)).toBe(true);
});

test.each([
  ['another address', ['10.0.0.1'], '10.0.0.2'],
  ['an address that a name redirects to', ['m1.acme.org'], '10.0.0.2'],
  ['another domain', ['m1.acme.org'], 'm1.acme.evil.org'],
  ['a domain that ends alike', ['m1.acme.org'], 'm1.evilacme.org'],
  ['a domain below', ['m1.acme.org'], 'm1.team.acme.org'],
  ['a neighbour under a public top', ['acme.org'], 'evil.org'],
  ['a name without a dot', ['m1.acme.org'], 'evil'],
])('%s gets none, unless --marathon-leader-hosts names it', (_, own, leader) => {
  expect(trusts(own, [], leader)).toBe(false);
  expect(trusts(own, ['other.acme.com', leader], leader)).toBe(true);
});

test('domains and networks can be named', () => {
  expect(trusts(['m1.acme.org'], ['*.acme.com'], 'm2.eu.acme.com')).toBe(true);
  expect(trusts(['m1.acme.org'], ['*.acme.com'], 'acme.com.evil.org')).toBe(false);
  expect(trusts(['m1.acme.org'], ['10.0.0.0/24'], '10.0.0.77')).toBe(true);
  expect(trusts(['m1.acme.org'], ['10.0.0.0/24'], '10.0.1.77')).toBe(false);
  expect(trusts(['m1.acme.org'], ['fd00::/16'], '[fd00::7]')).toBe(true);
});
