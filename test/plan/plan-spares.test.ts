import { describe, expect, test } from '@jest/globals';
import { makeRenderer } from '../../src/haproxy/document.ts';
import { textOf } from '../../src/haproxy/file-text.ts';
import { readDocument } from '../../src/haproxy/read-document.ts';
import { SPARES_MAP, type DocumentSettings } from '../../src/haproxy/settings.ts';
import { servedBySpares } from '../../src/haproxy/spares.ts';
import type { Document } from '../../src/model/document.ts';
import type { AppId } from '../../src/model/names.ts';
import type { Service } from '../../src/model/service.ts';
import { makePlan } from '../../src/plan/plan.ts';
import { planDeletions } from '../../src/plan/plan-deletions.ts';
import { asLoaded, OPTIONS, settings, templatesWith } from '../haproxy/make.ts';
import { R26, words } from './plan-rows.ts';
import { rendererOf, app, SHOP, CART, BLOG, sent, take, planner } from './spare-rig.ts';

const R34 = { major: 3, minor: 4 };

describe('a new app', () => {
  test('is served by a spare backend of its class: first the note of whom it serves, then its servers, then its rows', () => {
    const [render, plan] = [rendererOf(), planner()];
    const before = asLoaded(render([SHOP]));
    const wanted = render([CART, SHOP]);
    const way = plan(before, wanted);
    expect(sent(way)).toEqual([
      'add map /etc/haproxy/spares.map Serves:spare_1 cart_10001',
      'add server spare_1/10_0_0_1_31001 10.0.0.1:31001 id 31001',
      'enable server spare_1/10_0_0_1_31001',
      'add map /etc/haproxy/domain2backend.map cart.acme.org spare_1',
      'add map /etc/haproxy/app2backend.map /cart spare_1',
    ]);
    expect(way.reload).toEqual([]);
    expect(way.commands.map(({ reason }) => words(reason))[1]).toMatch(
      /^server-added cart_10001: 10_0_0_1_31001, in marathon_lb_spare_\w+_1$/,
    );
    const after = take(before, wanted, way);
    expect(after.document).toBe(way.toward);
    expect(plan(after, wanted)).toEqual({ commands: [], reload: [], toward: after.document });
  });

  test('without a map of hosts has its row in the map of spare backends', () => {
    const [render, plan] = [rendererOf({ maps: false }), planner()];
    const way = plan(asLoaded(render([SHOP])), render([CART, SHOP]));
    expect(sent(way).slice(-1)).toEqual(['add map /etc/haproxy/spares.map cart.acme.org spare_1']);
    expect(way.reload).toEqual([]);
  });

  test('of two each has a spare backend of its own, and a third waits for the reload', () => {
    const [render, plan] = [rendererOf(), planner()];
    const before = asLoaded(render([SHOP]));
    const all = render([BLOG, CART, SHOP, app('wiki', 10003)]);
    const way = plan(before, all);
    expect([...servedBySpares(way.toward ?? all).values()]).toEqual(['blog_10002', 'cart_10001']);
    expect(way.reload.map(words)).toContain('backend-new wiki_10003: no spare backend with its lines is free');
  });

  test('with a service port is served by its host at once; the reload for the port follows', () => {
    const [render, plan] = [rendererOf(), planner()];
    const bound = app('cart', 10001, { bind: { address: '*', port: 10001, certificate: undefined, options: undefined } });
    const way = plan(asLoaded(render([SHOP])), render([bound, SHOP]));
    expect(sent(way)).toContain('add map /etc/haproxy/domain2backend.map cart.acme.org spare_1');
    expect(way.reload.map(words)).toEqual(['front-new frontend cart_10001']);
  });

  test.each<[string, Service, string]>([
    [
      'a deployment group',
      app('cart', 10001, { author: '/cart-blue' as AppId }),
      'deployments find the backend of their group by its name in the statistics',
    ],
    ['tcp', app('cart', 10001, { mode: 'tcp' }), 'it is not http, so that no row of a map can lead to it'],
    ['no host', app('cart', 10001, { routes: [] }), 'it has no virtual host, so that no row of a map can lead to it'],
    [
      'a flag in its path',
      app('cart', 10001, { routes: [{ host: 'shop.acme.org', path: '-i /cart' }] }),
      'HAPROXY_n_PATH with a flag, a quote or an escape needs a rule',
    ],
    [
      'a path of negative weight',
      app('cart', 10001, { routes: [{ host: 'cart.acme.org', path: '/cart' }], weight: -1 }),
      'HAPROXY_n_PATH with a negative weight needs a rule',
    ],
    ['auth', app('cart', 10001, { auth: { realm: 'r', user: 'u', password: 'p' } }), 'HAPROXY_n_AUTH needs a list of users'],
    ['other lines', app('cart', 10001, { options: { ...OPTIONS, balance: 'leastconn' } }), 'no spare backend with its lines is free'],
    [
      'own rules',
      app('cart', 10001, { overrides: { HAPROXY_HTTP_FRONTEND_ACL: '  acl x hdr(host) -i x\n' } }),
      'its labels bring rules of their own for the shared frontends',
    ],
  ])('with %s needs a reload, which says why', (_, one, why) => {
    const [render, plan] = [rendererOf(), planner()];
    const way = plan(asLoaded(render([SHOP])), render([one, SHOP]));
    expect(way.commands.filter(({ text }) => text.includes('spare'))).toEqual([]);
    expect(way.reload.map(words)).toContain(`backend-new cart_10001: ${why}`);
  });

  test('of a class that others of the estate have is served, as with a sticky one from HAProxy 3.0 on', () => {
    const sticky = { ...OPTIONS, sticky: true };
    const [render, plan] = [rendererOf(), planner()];
    const before = asLoaded(render([app('shop', 10000, { options: sticky })]));
    const wanted = render([app('cart', 10001, { options: sticky }), app('shop', 10000, { options: sticky })]);
    expect(plan(before, wanted, R34).reload).toEqual([]);
    expect(plan(before, wanted).reload.map(words)).toContain(
      "backend-new cart_10001: 10_0_0_1_31001: HAProxy 2.6 can't add a server with 'cookie' at runtime",
    );
  });

  test('for a host for which the running file has rules needs a reload', () => {
    const [render, plan] = [rendererOf({ maps: false }), planner()];
    const path = app('shop', 10000, { routes: [{ host: 'cart.acme.org', path: '/shop' }] });
    const way = plan(asLoaded(render([path])), render([CART, path]));
    expect(way.reload.map(words)).toContain('backend-new cart_10001: rules that lead to shop_10000 may match its requests');
  });

  test('while other rules change needs a reload where it needs rules itself', () => {
    const [render, plan] = [rendererOf({ maps: false }), planner()];
    const way = plan(asLoaded(render([SHOP, BLOG])), render([CART, SHOP]));
    expect(way.reload.map(words)).toContain('backend-new cart_10001: other rules of the shared frontends change at the same time');
  });
});

test('the first app with a virtual host needs no reload: the map of hosts is looked into before', () => {
  const [render, plan] = [rendererOf(), planner()];
  expect(plan(asLoaded(render([])), render([CART])).reload).toEqual([]);
});

describe('an app in a spare backend', () => {
  function cartInSpare(given: Partial<DocumentSettings> = {}) {
    const [render, plan] = [rendererOf(given), planner()];
    const before = asLoaded(render([SHOP]));
    const wanted = render([CART, SHOP]);
    return { render, plan, wanted, running: take(before, wanted, plan(before, wanted)) };
  }

  test('stays there when its tasks change', () => {
    const { render, plan, running } = cartInSpare();
    const way = plan(running, render([app('cart', 10001, { tasks: 2 }), SHOP]));
    expect(sent(way)).toEqual(['add server spare_1/10_0_0_1_31002 10.0.0.1:31002 id 31002', 'enable server spare_1/10_0_0_1_31002']);
    expect(way.reload).toEqual([]);
  });

  test('is known from the file and from the maps of HAProxy', () => {
    const { plan, wanted, running } = cartInSpare();
    const maps = Object.fromEntries(Object.entries(running.document.maps).map(([file, map]) => [file, Array.from(map, (row) => `${row.join(' ')}\n`).join('')])); // prettier-ignore
    const read = asLoaded(readDocument([...textOf(running.document)].join(''), maps));
    const way = plan(read, wanted);
    expect([way.commands, way.reload]).toEqual([[], []]);
    expect([...servedBySpares(read.document).values()]).toEqual(['cart_10001']);
  });

  test('moves to a backend of its own with the next reload', () => {
    const { plan, wanted, running } = cartInSpare();
    const reasons = makePlan({ mapFolder: '/etc/haproxy' })({ running, wanted, release: R26, settles: true }).reload.map(words);
    expect(reasons[0]).toMatch(/^backend-new cart_10001: so far served by marathon_lb_spare_\w+_1$/);
    expect(plan(asLoaded(wanted), wanted)).toEqual({ commands: [], reload: [] });
  });

  test('that is gone leaves it free for others only when its last server is deleted', () => {
    const { render, plan, running } = cartInSpare();
    const without = render([SHOP]);
    const way = plan(running, without);
    expect(sent(way)).toEqual([
      'set server spare_1/10_0_0_1_31001 state maint',
      'del map /etc/haproxy/domain2backend.map cart.acme.org',
      'del map /etc/haproxy/app2backend.map /cart',
    ]);
    const left = take(running, without, way);
    const other = render([BLOG, SHOP]);
    expect(sent(plan(left, other))[0]).toBe('add map /etc/haproxy/spares.map Serves:spare_2 blog_10002');
    const deleting = planDeletions(left, new Set(left.exceptions.keys()));
    expect(sent({ commands: deleting, reload: [] })).toEqual(['del server spare_1/10_0_0_1_31001']);
    const empty = take(left, without, { commands: deleting, reload: [] });
    expect(sent(plan(empty, without))).toEqual(['del map /etc/haproxy/spares.map Serves:spare_1']);
    const free = take(empty, without, plan(empty, without));
    expect(sent(plan(free, other))[0]).toBe('add map /etc/haproxy/spares.map Serves:spare_1 blog_10002');
  });

  test('whose lines change is served on, and a reload is planned', () => {
    const { render, plan, running } = cartInSpare();
    const way = plan(running, render([app('cart', 10001, { options: { ...OPTIONS, balance: 'leastconn' } }), SHOP]));
    expect(way.commands).toEqual([]);
    expect(way.reload.map(words).join()).toMatch(/backend-new cart_10001: marathon_lb_spare_\w+_1, which serves it, has other lines/);
  });

  test('has no rules of the shared frontends meanwhile', () => {
    const { running, wanted } = cartInSpare({ maps: false });
    const rules = ({ front: all }: Document): string => all.flatMap(({ fragments }) => fragments.map(({ text }) => text)).join('');
    expect(rules(running.document)).not.toContain('cart_10001');
    expect(rules(wanted)).toContain('use_backend cart_10001');
    expect(running.document.maps[SPARES_MAP]?.get('cart.acme.org')).toMatch(/^marathon_lb_spare_/);
  });
});

test('without spare backends the document has none of it', () => {
  const document = makeRenderer(templatesWith(), settings())([SHOP], R26).document;
  expect([...textOf(document)].join('')).not.toContain('spare');
  expect(document.spares).toBeUndefined();
  expect(Object.keys(document.maps)).not.toContain(SPARES_MAP);
});
