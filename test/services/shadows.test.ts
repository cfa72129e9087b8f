import { expect, test } from '@jest/globals';
import type { Front } from '../../src/model/service.ts';
import { readDomains } from '../../src/services/domains.ts';
import { findShadows } from '../../src/services/shadows.ts';
import { front } from '../haproxy/make.ts';

const on = (app: string, path?: string, weight = path === undefined ? 0 : 1): Front =>
  front({ app, weight, routes: [{ host: 'x.acme.org', path }] });
const told = (...fronts: readonly Front[]): readonly string[] =>
  findShadows(fronts, undefined).map(({ owner }) => (owner.by === 'app' ? owner.app : ''));

test.each<[string, readonly Front[], readonly string[]]>([
  ['a path of a stranger', [on('/good'), on('/evil/x', '/')], ['/evil/x', '/good']],
  ['a weight of a stranger', [on('/good'), on('/evil/x', undefined, 5)], ['/evil/x', '/good']],
  ['a path below the path of another', [on('/good', '/shop'), on('/evil/x', '/shop/cart')], ['/evil/x', '/good']],
  ['paths side by side', [on('/good', '/shop'), on('/other/x', '/wiki')], []],
  ['an app and those in the folder of its name', [on('/shop'), on('/shop/cart', '/cart')], []],
  ['apps of one folder', [on('/team/a'), on('/team/b', '/api')], []],
])('%s', (_, fronts, who) => {
  expect([...told(...fronts)].sort()).toEqual(who);
});

test('one Problem for each pair of ports, however many hosts they share', () => {
  const hosts = Array.from({ length: 50 }, (_, i) => ({ host: `h${i}.acme.org`, path: undefined }));
  const narrow = hosts.map(({ host }) => ({ host, path: '/x' }));
  const problems = findShadows([front({ app: '/good', routes: hosts }), front({ app: '/evil/x', weight: 1, routes: narrow })], undefined);
  expect(problems).toHaveLength(2);
  expect(problems[0]?.message).toContain('h0.acme.org, h1.acme.org, h2.acme.org and 47 more');
});

test('nothing is told of a host that the operator has given to both folders', () => {
  expect(findShadows([on('/good'), on('/evil/x', '/')], readDomains('{"/": ["x.acme.org"]}'))).toEqual([]);
});

test('what two ports have in common is told once, with all their hosts', () => {
  const routes = (path: string) => ['a.acme.org', 'b.acme.org', 'c.acme.org'].map((host) => ({ host, path }));
  const fronts = [
    front({ app: '/good', weight: 1, routes: routes('/shop') }),
    front({ app: '/evil/x', weight: 1, routes: routes('/shop /cart') }),
  ];
  const problems = findShadows(fronts, undefined);
  expect(problems).toHaveLength(2);
  for (const { message } of problems) for (const host of ['a.acme.org', 'b.acme.org', 'c.acme.org']) expect(message).toContain(host);
});
