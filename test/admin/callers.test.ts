import { expect, test } from '@jest/globals';
import { refuseChange, refuseForeign, type Caller } from '../../src/admin/callers.ts';

const CALLER: Caller = {
  from: { address: '10.0.0.7' },
  host: 'lb1:9092',
  origin: undefined,
  site: undefined,
  opensPage: false,
  authorization: undefined,
};
const TOKEN = 'a-token-of-some-length';

test.each([
  ['the machine itself', { from: { address: '127.0.0.1' } } as const, undefined, undefined],
  ['the same, over IPv6', { from: { address: '::1' } } as const, undefined, undefined],
  ['the same, on a socket for both', { from: { address: '::ffff:127.0.0.1' } } as const, undefined, undefined],
  ['the socket', { from: 'socket' } as const, undefined, undefined],
  ['another machine, without a token to know', {}, undefined, 403],
  ['another machine, without showing one', {}, TOKEN, 401],
  ['another machine, with another one', { authorization: 'Bearer other' }, TOKEN, 401],
  ['another machine, with that one', { authorization: `Bearer ${TOKEN}` }, TOKEN, undefined],
])('a change, asked for by %s', (_, caller, token, status) => {
  expect(refuseChange({ ...CALLER, ...caller }, token)?.status).toBe(status);
});

test.each([
  ['lb1', undefined],
  ['LB1:9092', undefined],
  ['lb1.:9092', undefined],
  ['10.0.0.1', undefined],
  ['[fe80::1]:9092', undefined],
  ['localhost:1', undefined],
  ['localhost.evil.example', 421],
  ['127.0.0.1.evil.example', 421],
  ['lb1.evil.example', 421],
  ['', 421],
])('a request to the host "%s"', (host, status) => {
  expect(refuseForeign({ ...CALLER, host }, ['lb1'])?.status).toBe(status);
});

test.each([
  ['opens the page', { site: 'cross-site', opensPage: true }, undefined],
  ['asks for something else', { site: 'cross-site' }, 403],
  ['sends a form to the page', { site: 'cross-site', opensPage: true, origin: 'http://evil.example' }, 403],
  ['opens the page by a foreign name', { site: 'cross-site', opensPage: true, host: 'evil.example' }, 421],
])('a link of another site that %s', (_, more, status) => {
  expect(refuseForeign({ ...CALLER, ...more }, ['lb1'])?.status).toBe(status);
});

test('the refusal of a host says which flag takes it', () => {
  expect(refuseForeign({ ...CALLER, host: 'LB2.acme.org:9092' }, ['lb1'])?.hint).toContain('--admin-host lb2.acme.org');
});
