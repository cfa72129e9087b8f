import { expect, test } from '@jest/globals';
import { chooseRows, mergeRows, shortly, sumOf, type ListWish } from '../../../src/admin/page/rows.ts';
import type { BackendShape } from '../../../src/admin/page/shapes.ts';
import type { AppRow } from '../../../src/explain/app-rows.ts';
import type { AppId } from '../../../src/model/names.ts';
import type { LeftOutReason } from '../../../src/model/left-out.ts';

function row(app: string, more: Partial<AppRow> = {}, servers = 1): AppRow {
  const name = app.slice(1).replaceAll('/', '_');
  const port = { index: 0, servicePort: 10_004, backend: `${name}_10004`, mode: 'http', bind: null, hosts: [`${name}.acme.org`] } as const;
  const ports = [{ ...port, servers, draining: 0 }];
  return { app: app as AppId, servedAs: null, instances: 1, tasks: 1, ports, leftOut: [], problems: 0, ...more };
}

function figures(backend: string, more: Partial<BackendShape> = {}): readonly [string, BackendShape] {
  const none = { up: 1, checking: 0, draining: 0, down: 0, sessions: 0, requests: 0, errors: 0, answerMs: null };
  return [backend, { backend, ...none, ...more }];
}

const ROWS = [row('/cart'), row('/shop/web', { problems: 2 }), row('/idle', {}, 0), row('/other', { leftOut: ['group'], ports: [] })];
const FIGURES = new Map([
  figures('cart_10004', { requests: 5, sessions: 9 }),
  figures('shop_web_10004', { requests: 80, down: 1 }),
  figures('idle_10004', { errors: 0.5 }),
]);

test.each<[Partial<ListWish>, readonly string[]]>([
  [{}, ['/cart', '/shop/web', '/idle', '/other']],
  [{ q: 'SHOP acme' }, ['/shop/web']],
  [{ q: 'idle_10004' }, ['/idle']],
  [{ q: '10004' }, ['/cart', '/shop/web', '/idle']],
  [{ q: 'nothing' }, []],
  [{ show: 'problems' }, ['/shop/web']],
  [{ show: 'unserved' }, ['/idle']], // an app of another group is none of ours
  [{ show: 'trouble' }, ['/shop/web', '/idle']],
  [{ sort: 'requests' }, ['/shop/web', '/cart', '/idle', '/other']],
  [{ sort: 'sessions' }, ['/cart', '/shop/web', '/idle', '/other']],
  [{ sort: 'errors', show: 'trouble' }, ['/idle', '/shop/web']],
])('of all apps, %j shows %j', (wish, apps) => {
  expect(chooseRows(ROWS, { q: '', show: 'all', sort: 'id', ...wish }, FIGURES).map(({ app }) => app)).toEqual(apps);
});

test('the ports of an app are added up; a rate that is not known for one is not known for all', () => {
  const [one, other] = [row('/a').ports[0], row('/b').ports[0]];
  if (one === undefined || other === undefined) throw new Error('a row has no port');
  const both = row('/a', { ports: [one, other] });
  const known = [figures('a_10004', { up: 2, requests: 1 }), figures('b_10004', { up: 3, down: 1, requests: 2 })];
  expect(sumOf(both, new Map(known))).toMatchObject({ up: 5, down: 1, requests: 3 });
  expect(sumOf(both, new Map([...known, figures('b_10004', { requests: null })]))).toMatchObject({ requests: null });
  expect(sumOf(both, new Map())).toBeUndefined();
});

test('a change of the list keeps the order of ids', () => {
  const changed = row('/cart', { tasks: 7 });
  const merged = mergeRows([row('/cart'), row('/shop')], { apps: [row('/deep'), changed], gone: ['/shop'] });
  expect(merged.map(({ app, tasks }) => [app, tasks])).toEqual([
    ['/cart', 7],
    ['/deep', 1],
  ]);
});

test('a reason of a newer daemon is shown as it is', () => {
  expect(shortly('group')).toBe('another group');
  expect(shortly('brand-new' as LeftOutReason)).toBe('brand-new');
});
