import { describe, expect, test } from '@jest/globals';
import { textOf } from '../../src/haproxy/file-text.ts';
import { readDocument } from '../../src/haproxy/read-document.ts';
import type { Document, Running } from '../../src/model/document.ts';
import type { AppId, BackendName } from '../../src/model/names.ts';
import type { Service } from '../../src/model/service.ts';
import { planDeletions } from '../../src/plan/plan-deletions.ts';
import { asLoaded, OPTIONS } from '../haproxy/make.ts';
import { words } from './plan-rows.ts';
import {
  CART_MADE,
  CART_GONE,
  HOSTS,
  APPS,
  SPARES,
  ROWS_AWAY,
  rendererOf,
  app,
  SHOP,
  CART,
  BLOG,
  sent,
  take,
  arrive,
  plan,
  sweep,
} from './made-rig.ts';

describe('a new app, from HAProxy 3.4 on,', () => {
  test('gets a backend of its own name: first the backend, then its servers, then requests', () => {
    const render = rendererOf();
    const before = asLoaded(render([SHOP]));
    const wanted = render([CART, SHOP]);
    const way = plan(before, wanted);
    expect(sent(way)).toEqual([...CART_MADE, `add map ${HOSTS} cart.acme.org cart_10001`, `add map ${APPS} /cart cart_10001`]);
    expect(way.reload).toEqual([]);
    expect(way.toward).toBeUndefined();
    const after = take(before, wanted, way);
    expect(after.document).toBe(wanted);
    expect(plan(after, wanted)).toEqual({ commands: [], reload: [] });
  });

  test('of a deployment group gets one, too: it has the name by which deployments find it', () => {
    const render = rendererOf();
    const before = asLoaded(render([SHOP]));
    const wanted = render([app('cart', 10001, { author: '/cart-blue' as AppId }), SHOP]);
    expect(sent(plan(before, wanted)).slice(0, CART_MADE.length)).toEqual(CART_MADE);
    expect(sent(plan(arrive(before, wanted), render([SHOP])))).toEqual([...ROWS_AWAY, ...CART_GONE]);
  });

  test('is told by its own name', () => {
    const render = rendererOf();
    const way = plan(asLoaded(render([SHOP])), render([CART, SHOP]));
    expect(way.commands.map(({ reason }) => words(reason).replace(/class_\w+/, 'class')).slice(0, 2)).toEqual([
      'backend-new cart_10001: with the lines of marathon_lb_class, without a reload',
      'server-added cart_10001: 10_0_0_1_31001',
    ]);
  });

  test('without a map of hosts has its row in the map of spare backends, and no rule until the next reload', () => {
    const render = rendererOf({ maps: false });
    const before = asLoaded(render([SHOP]));
    const wanted = render([CART, SHOP]);
    expect(sent(plan(before, wanted))).toEqual([...CART_MADE, `add map ${SPARES} cart.acme.org cart_10001`]);
    const after = arrive(before, wanted);
    expect([...textOf(after.document)].join('')).toContain('\nbackend cart_10001\n');
    expect([...textOf(after.document)].join('')).not.toContain('use_backend cart_10001');
    const gone = render([SHOP]);
    expect(sent(plan(after, gone))).toEqual([`del map ${SPARES} cart.acme.org`, ...CART_GONE]);
    expect(arrive(after, gone).document).toBe(gone);
  });

  test('needs no pool: many come at once, at the places at which they are wanted', () => {
    const render = rendererOf();
    const many = Array.from({ length: 40 }, (_, i) => app(`app${i}`, 10100 + i));
    const wanted = render([BLOG, ...many.slice(0, 20), SHOP, ...many.slice(20)]);
    expect(arrive(asLoaded(render([SHOP])), wanted).document).toBe(wanted);
  });

  test('of a class that others of the estate have is made like them, a sticky one as well', () => {
    const sticky = { ...OPTIONS, sticky: true };
    const render = rendererOf();
    const before = asLoaded(render([app('shop', 10000, { options: sticky })]));
    arrive(before, render([app('cart', 10001, { options: sticky }), app('shop', 10000, { options: sticky })]));
  });

  test.each<[string, Service, string, Record<string, string>?]>([
    [
      'of another class',
      app('cart', 10001, { options: { ...OPTIONS, balance: 'leastconn' } }),
      'no defaults section of HAProxy has its lines',
    ],
    [
      'with lines that such a section refuses',
      app('cart', 10001, { overrides: { HAPROXY_BACKEND_HTTP_OPTIONS: '  stick-table type ip size 1k\n' } }),
      "a defaults section can't have 'stick-table type ip size 1k'",
    ],
    [
      'whose lines name it',
      app('cart', 10001, { overrides: { HAPROXY_BACKEND_HTTP_OPTIONS: '  log-tag cart_10001\n' } }),
      'its lines name it',
    ],
    ['of tcp', app('cart', 10001, { mode: 'tcp' }), 'it is not http, so that no row of a map can lead to it'],
    ['without a host', app('cart', 10001, { routes: [] }), 'it has no virtual host, so that no row of a map can lead to it'],
    ['with users', app('cart', 10001, { auth: { realm: 'r', user: 'u', password: 'p' } }), 'HAPROXY_n_AUTH needs a list of users'],
  ])('%s needs a reload, which says why', (_, one, why) => {
    const render = rendererOf();
    const way = plan(asLoaded(render([SHOP])), render([one, SHOP]));
    expect(sent(way)).toEqual([]);
    expect(way.reload.map(words)).toContain(`backend-new cart_10001: ${why}`);
  });

  test('whose backend HAProxy refuses needs a reload', () => {
    const render = rendererOf();
    const before = asLoaded(render([SHOP]));
    const wanted = render([CART, SHOP]);
    const way = plan(before, wanted);
    const left = take(before, wanted, way, way.commands[0]?.text, 'Cannot find default proxy');
    expect(left.lost.has('cart_10001' as BackendName)).toBe(true);
    const next = plan(left, wanted);
    expect(next.commands).toEqual([]);
    expect(next.reload.map(({ code }) => code)).toContain('refused');
  });

  test('that HAProxy has already of an earlier daemon needs a reload', () => {
    const render = rendererOf();
    const before: Running = { ...asLoaded(render([SHOP])), strays: new Map([['cart_10001' as BackendName, undefined]]) };
    const way = plan(before, render([CART, SHOP]));
    expect(sent(way)).toEqual([]);
    expect(way.reload.map(words)).toContain('backend-new cart_10001: HAProxy has not deleted the backend that it had before');
  });
});

describe('an app that is removed, from HAProxy 3.4 on,', () => {
  function gone() {
    const render = rendererOf();
    const without = render([SHOP]);
    const before = asLoaded(render([CART, SHOP]));
    return { render, before, without, way: plan(before, without) };
  }

  test('has no rows first, then no requests, then no servers, and at last no backend', () => {
    const { before, without, way } = gone();
    expect([sent(way), way.reload]).toEqual([[...ROWS_AWAY, ...CART_GONE], []]);
    const left = take(before, without, way);
    expect(left.document).toBe(without);
    expect(plan(left, without)).toEqual({ commands: [], reload: [] });
    const commands = planDeletions(left, new Set(left.exceptions.keys()));
    expect(sent({ commands })).toEqual(['del server cart_10001/10_0_0_1_31001', 'del backend cart_10001']);
    const swept = sweep(left, without);
    expect([swept.exceptions.size, swept.strays?.size]).toEqual([0, 0]);
  });

  test('stays until its last connection ends, and is tried again', () => {
    const { before, without, way } = gone();
    const left = take(before, without, way);
    const held = sweep(left, without, 'del backend cart_10001', 'Only a backend without server can be deleted.');
    expect(sent({ commands: planDeletions(held, new Set()) })).toEqual(['del backend cart_10001']);
    const never = sweep(left, without, 'del backend cart_10001', 'This proxy cannot be removed at runtime due to other configuration elements pointing to it.'); // prettier-ignore
    expect(planDeletions(never, new Set())).toEqual([]);
  });

  test('and comes back gets requests in the same backend again', () => {
    const { render, before, without, way } = gone();
    const left = take(before, without, way);
    const wanted = render([CART, SHOP]);
    const back = ['set server cart_10001/10_0_0_1_31001 state ready', 'publish backend cart_10001'];
    expect(sent(plan(left, wanted)).slice(0, 2)).toEqual(back);
    const after = arrive(left, wanted);
    expect([after.document === wanted, after.strays?.size]).toEqual([true, 0]);
  });

  test('whose removal an earlier daemon has begun comes back with requests', () => {
    const { render, before, without, way } = gone();
    const left = take(before, without, way);
    const wanted = render([CART, SHOP]);
    const section = { ...wanted.backends[0], servers: new Map() } as Document['backends'][number];
    const read: Running = { ...left, document: { ...without, backends: [section, ...without.backends] }, strays: new Map() };
    expect(sent(plan(read, wanted))).toContain('publish backend cart_10001');
  });

  test('and had a frontend needs a reload', () => {
    const render = rendererOf();
    const bound = app('cart', 10001, { bind: { address: '*', port: 10001, certificate: undefined, options: undefined } });
    const way = plan(asLoaded(render([bound, SHOP])), render([SHOP]));
    expect(sent(way)).toEqual(ROWS_AWAY);
    expect(way.reload.map(({ code }) => code)).toEqual(['front-gone', 'backend-gone']);
  });
});

describe('the sections from which backends are made', () => {
  test('have what the head has for all, stand behind everything, and are read back', () => {
    const document = rendererOf()([SHOP]);
    const text = [...textOf(document)].join('');
    const [, last = ''] = text.split(/\ndefaults marathon_lb_class_\w+\n/);
    expect(last).toContain('timeout client');
    expect(last).toContain('  balance roundrobin\n  mode http\n');
    expect(last).not.toMatch(/^(?:backend|frontend)/m);
    const read = readDocument(text, {});
    expect(read.spares?.map(({ name }) => name)).toEqual(document.spares?.map(({ name }) => name));
    expect(read.backends.map(({ name }) => name)).toEqual(['backend shop_10000']);
  });

  test('are none of an app with lines of its own', () => {
    const own = app('cart', 10001, { overrides: { HAPROXY_BACKEND_HTTP_OPTIONS: '  retries 7\n' } });
    expect(rendererOf()([own]).spares).toHaveLength(1);
  });

  test('follow a defaults section that a backend names', () => {
    const render = rendererOf(
      {},
      {
        HAPROXY_BACKEND_HEAD: {
          text: '\nbackend {backend} from special\n  mode {mode}\n  balance {balance}\n',
          language: 'marathon-lb',
          from: 'a file',
        },
      },
    );
    const [only] = render([SHOP]).spares ?? [];
    expect(only?.fragments[0]?.text).toBe(`\ndefaults ${only?.backend ?? ''} from special\n`);
  });
});
