import { expect, test } from '@jest/globals';
import { makeAcceptProxy } from '../../src/haproxy/accept-proxy.ts';
import type { Section } from '../../src/model/document.ts';
import { fragment, section } from './make.ts';

const RULES = ['10.0.0.0/8', 'fd00::/8'].map((network) => `  tcp-request connection expect-proxy layer4 if { src ${network} }\n`).join('');
const expecting = makeAcceptProxy(['10.0.0.0/8', 'fd00::/8']);
const textOf = ({ fragments }: Section): string => fragments.map(({ text }) => text).join('');

test('the rules stand behind the last bind, before all other rules', () => {
  const [head, rest] = ['frontend f\n  bind *:80\n  bind *:81 accept-proxy\n', '  mode http\n  http-request deny\n'];
  expect(textOf(expecting(section('frontend f', `${head}${rest}`, '  use_backend b\n')))).toBe(`${head}${RULES}${rest}  use_backend b\n`);
});

test('also in the text that stands in place of a template that HAProxy refuses', () => {
  const own = { ...fragment('frontend f\n  bind *:80\n'), standard: () => 'frontend f\n  bind *:81\n' };
  const [head] = expecting({ name: 'frontend f', fragments: [own] }).fragments;
  expect([head?.text, head?.standard?.()]).toEqual([`frontend f\n  bind *:80\n${RULES}`, `frontend f\n  bind *:81\n${RULES}`]);
});

test.each([
  ['a socket in memory', section('frontend f', 'frontend f\n  bind abns@f accept-proxy ssl crt a.pem\n')],
  ['a frontend without a bind', section('frontend f', 'frontend f\n  mode http\n')],
  ['a user list', section('userlist u', 'userlist u\n  user a password b\n')],
  ['a backend', section('backend b', 'backend b\n  bind *:80\n')],
])('%s has none', (_, one) => {
  expect(textOf(expecting(one))).toBe(textOf(one));
});

test('without networks every section is the same object', () => {
  const one = section('frontend f', 'frontend f\n  bind *:80\n');
  expect(makeAcceptProxy([])(one)).toBe(one);
});
