import { expect, test } from '@jest/globals';
import { basicAuth, noAuth, shown, userInfo } from '../../src/source/auth.ts';

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
  expect(() => basicAuth(credentials)).toThrow(/^the credentials have no (colon|user); user:password is wanted$/);
});

test('user info of an address is basic auth', () => {
  expect(userInfo(new URL('http://host:8080'))).toEqual({});
  expect(textOf(userInfo(new URL('http://me:a%3Ab%40c@host:8080')))).toBe('me:a:b@c');
  expect(textOf(userInfo(new URL('http://me:100%@host:8080')))).toBe('me:100%');
});

test('an address is shown without user info, query and trailing slash', () => {
  expect(shown(new URL('https://me:s3cret@dcos/service/marathon/?x=1'))).toBe('https://dcos/service/marathon');
});
