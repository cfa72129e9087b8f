import { describe, expect, test } from '@jest/globals';
import type { Front, Service } from '../../src/model/service.ts';
import { asLoaded } from '../haproxy/make.ts';
import { words } from './plan-rows.ts';
import { rendererOf, app, SHOP, sent, take, planner } from './spare-rig.ts';

/** An app with a path of a host; its weight is 1, as for all that have one. */
function at(name: string, port: number, path: string, given: Partial<Front> = {}): Service {
  return app(name, port, { routes: [{ host: 'www.acme.org', path }], weight: 1, ...given });
}

describe('a new app with a path', () => {
  const [BOOK, ALL] = [at('book', 10005, '/book'), app('all', 10006, { routes: [{ host: 'www.acme.org', path: undefined }] })];

  test('is served by the beginnings of its requests', () => {
    const [render, plan] = [rendererOf(), planner()];
    const wanted = render([ALL, BOOK, at('cart', 10001, '/cart /basket'), SHOP]);
    const way = plan(asLoaded(render([ALL, BOOK, SHOP])), wanted);
    expect(sent(way).filter((text) => text.includes('paths'))).toEqual([
      'add map /etc/haproxy/spare-paths.map www.acme.org/cart spare_1',
      'add map /etc/haproxy/spare-paths.map www.acme.org/basket spare_1',
    ]);
    expect(sent(way).filter((text) => text.includes('domain2backend'))).toEqual([]);
    expect(way.reload).toEqual([]);
  });

  test.each<[string, Service, Service, 'served' | RegExp]>([
    ['a rule that comes first in the file, too', at('book', 10005, '/c'), at('cart', 10001, '/cart'), 'served'],
    ['a rule that would come after its own', at('zoo', 10005, '/c'), at('cart', 10001, '/cart'), /rules that lead to zoo_10005 may match/],
    ['a rule of larger weight', at('zoo', 10005, '/c', { weight: 2 }), at('cart', 10001, '/cart'), 'served'],
    ['a rule that takes what is left', at('zoo', 10005, '/c', { weight: -1 }), at('cart', 10001, '/cart'), 'served'],
    ['a rule for longer paths', at('zoo', 10005, '/cart/1'), at('cart', 10001, '/cart'), /rules that lead to zoo_10005 may match/],
    ['other paths of its host', at('zoo', 10005, '/z'), at('cart', 10001, '/cart'), 'served'],
    [
      'a password',
      at('book', 10005, '/c', { auth: { realm: 'r', user: 'u', password: 'p' } }),
      at('cart', 10001, '/cart', { redirectToHttps: true }),
      /rules that lead to book_10005 may match/,
    ],
  ])('beside %s', (_, other, one, way) => {
    const [render, plan] = [rendererOf(), planner()];
    const inOrder = (all: readonly Service[]): readonly Service[] => [...all].sort((a, b) => (a.front.app < b.front.app ? -1 : 1));
    const { reload } = plan(asLoaded(render(inOrder([other, SHOP]))), render(inOrder([one, other, SHOP])));
    if (way === 'served') expect(reload).toEqual([]);
    else expect(reload.map(words).join('\n')).toMatch(way);
  });

  test('of which another new one has a part waits for the reload', () => {
    const [render, plan] = [rendererOf(), planner()];
    const wanted = render([at('cart', 10001, '/c'), at('cats', 10002, '/cats'), SHOP]);
    expect(plan(asLoaded(render([SHOP])), wanted).reload.map(words)).toContain(
      'backend-new cart_10001: rules that lead to cats_10002 may match its requests',
    );
  });

  test('that changes it has other rows; one that now meets rules of others is held until the reload', () => {
    const [render, plan] = [rendererOf(), planner()];
    const [zoo, before] = [at('zoo', 10005, '/z'), asLoaded(render([at('zoo', 10005, '/z'), SHOP].reverse()))];
    const first = render([at('cart', 10001, '/cart'), SHOP, zoo]);
    const running = take(before, first, plan(before, first));
    const way = plan(running, render([at('cart', 10001, '/basket'), SHOP, zoo]));
    expect(sent(way)).toEqual([
      'add map /etc/haproxy/spare-paths.map www.acme.org/basket spare_1',
      'del map /etc/haproxy/spare-paths.map www.acme.org/cart',
    ]);
    expect(way.reload).toEqual([]);
    expect(
      plan(running, render([at('cart', 10001, '/z'), SHOP, zoo]))
        .reload.map(words)
        .join(),
    ).toMatch(/can't stand for its rules/);
  });
});

test('a new app that is redirected to https is redirected before it has a server or is led to', () => {
  const [render, plan] = [rendererOf(), planner()];
  const way = plan(asLoaded(render([SHOP])), render([app('cart', 10001, { redirectToHttps: true }), SHOP]));
  expect(sent(way)).toEqual([
    'add map /etc/haproxy/spares.map Serves:spare_1 cart_10001',
    'add map /etc/haproxy/spare-redirects.map cart.acme.org/ spare_1',
    'add server spare_1/10_0_0_1_31001 10.0.0.1:31001 id 31001',
    'enable server spare_1/10_0_0_1_31001',
    'add map /etc/haproxy/domain2backend.map cart.acme.org spare_1',
    'add map /etc/haproxy/app2backend.map /cart spare_1',
  ]);
  expect(way.reload).toEqual([]);
});
