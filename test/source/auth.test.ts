import { expect, test } from '@jest/globals';
import { basicAuth, leaderOf, noAuth, shown, userInfo } from '../../src/source/auth.ts';

const { signal } = new AbortController();
const textOf = (headers: Readonly<Record<string, string>>): string =>
  Buffer.from(headers['authorization']?.replace(/^Basic /, '') ?? '', 'base64').toString();

test('nothing is said without credentials', async () => {
  expect(await noAuth(signal)).toEqual({});
});

test('a password may hold colons and any letter', async () => {
  expect(textOf(await basicAuth('user:pass:wörd')(signal))).toBe('user:pass:wörd');
  expect(await basicAuth('user:')(signal)).toEqual({ authorization: 'Basic dXNlcjo=' });
});

test.each(['s3cret', '', ':s3cret'])('%j is refused without being told', (credentials) => {
  expect(() => basicAuth(credentials)).toThrow(/^credentials are wanted as user:password, and these have no (colon|user)$/);
});

test('user info of an address is basic auth', () => {
  expect(userInfo(new URL('http://host:8080'))).toEqual({});
  expect(textOf(userInfo(new URL('http://me:a%3Ab%40c@host:8080')))).toBe('me:a:b@c');
  expect(textOf(userInfo(new URL('http://me:100%@host:8080')))).toBe('me:100%');
});

test('an address is shown without user info, query and trailing slash', () => {
  expect(shown(new URL('https://me:s3cret@dcos/service/marathon/?x=1'))).toBe('https://dcos/service/marathon');
});

const from = new URL('http://standby:8080/');
const https = new URL('https://dcos/service/marathon');
const path = '/v2/events';

test('the leader is where the same path is', () => {
  const leader = (base: URL, location: string): string => leaderOf({ from: base, path, location, secret: false }).href;
  expect(leader(from, 'http://leader:8080/v2/events?event_type=a')).toBe('http://leader:8080/v2/events?event_type=a');
  expect(leader(from, 'https://x:y@leader/v2/events')).toBe('https://leader/v2/events');
  expect(leader(https, 'http://leader:8080/v2/events')).toBe('http://leader:8080/v2/events');
  expect(leader(from, '/prefix/v2/events')).toBe('http://standby:8080/prefix/v2/events');
});

test.each([
  [from, undefined, 'answered with a redirect that names no address'],
  [from, 'http://[', 'answered with a redirect that names no address'],
  [from, 'http://sso/login?next=/v2/events', "a redirect to http://sso/login, its leader's /v2/events was wanted"],
  [from, 'ftp://leader/v2/events', "its leader's /v2/events was wanted"],
  [https, 'http://leader:8080/v2/events', 'credentials given for https are not sent over http'],
])('from %s, %s gets no credentials', (base, location, message) => {
  expect(() => leaderOf({ from: base, path, location, secret: true })).toThrow(message);
});
