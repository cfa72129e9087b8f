import { expect, test } from '@jest/globals';
import { diffBackends } from '../../src/explain/diff-backends.ts';
import { diffRoutes } from '../../src/explain/diff-routes.ts';
import { makeDiff } from '../../src/explain/diff.ts';
import { describeDiff } from '../../src/explain/diff-words.ts';
import { mapText, textOf } from '../../src/haproxy/file-text.ts';
import { readDocument } from '../../src/haproxy/read-document.ts';
import type { Document } from '../../src/model/document.ts';
import { readCases, viewOf as viewOfCase } from '../golden/cases.ts';
import { app, mapping, task, viewOf, type Json } from './make.ts';

/** What is said beside the differences. */
const ASIDE = { known: 'nowhere', haproxy: { looked: false, why: 'it is not installed' } } as const;

/** A document as it is read back from its files. */
function readBack(document: Document): Document {
  const maps = Object.fromEntries(Object.entries(document.maps).map(([file, map]) => [file, mapText(map)]));
  return readDocument([...textOf(document)].join(''), maps);
}

test.each(readCases().map((one) => [one.name, one] as const))('%s: a file that was read back is no difference', (_, one) => {
  const view = viewOfCase(one);
  const before = readBack(view.document);
  const report = makeDiff({ before, view, against: 'haproxy.cfg', plan: { commands: [], reload: [] }, ...ASIDE });
  expect(describeDiff({ ...report, problems: [] })).toMatch(/^nothing would change against haproxy.cfg\n\nwho held /);
  expect(report.same).toBe(true);
});

const shop = (labels: Json = {}, given: Json = {}): Json => app({ ...given, labels });
const settings = { haproxyMap: false };
const documentOf = (...apps: readonly Json[]): Document => readBack(viewOf(apps, { settings }).document);

test('a path, a password and a redirect are ways of answering; in HAProxy the last two come before any backend, for all paths of the host', () => {
  const cart = app({ id: '/cart', labels: { HAPROXY_0_PATH: '/cart' }, ports: [mapping({ servicePort: 10_005 })] });
  const answers = diffRoutes(
    documentOf(shop()),
    documentOf(shop({ HAPROXY_0_REDIRECT_TO_HTTPS: 'true', HAPROXY_0_AUTH: 'Staff:alice:$6$salt$hash' }), cart),
  );
  expect(answers.map(({ scheme, path, before, after }) => `${scheme} ${path}: ${before} -> ${after}`)).toEqual([
    'http /: shop_10004 -> redirect',
    'http /cart: shop_10004 -> redirect',
    'https /: shop_10004 -> shop_10004, with a password',
    'https /cart: shop_10004 -> cart_10005, with a password',
  ]);
});

test('servers, binds and lines of backends', () => {
  const before = documentOf(shop({}, { tasks: [task(1), task(2)] }));
  const after = documentOf(shop({ HAPROXY_0_BALANCE: 'leastconn', HAPROXY_0_BIND_ADDR: '10.0.0.9' }, { tasks: [task(2), task(3)] }));
  expect(diffBackends(before, after)).toEqual([
    {
      backend: 'shop_10004',
      change: 'changed',
      serversAdded: ['192.168.84.3:80'],
      serversRemoved: ['192.168.84.1:80'],
      serversChanged: [],
      bindBefore: ['*:10004'],
      bindAfter: ['10.0.0.9:10004'],
      linesAdded: ['balance leastconn'],
      linesRemoved: ['balance roundrobin'],
    },
  ]);
});

test('a line that many backends get is told once, and who has more than that is told of it', () => {
  const many = (labels: Json) =>
    [1, 2, 3, 4].map((n) =>
      app({
        id: `/a${n}`,
        labels: { HAPROXY_0_VHOST: `a${n}.acme.org`, ...labels },
        ports: [mapping({ servicePort: 10_000 + n })],
        tasks: [task(n, { id: `a${n}.1` })],
      }),
    );
  const next = many({ HAPROXY_0_BALANCE: 'leastconn' }).map((one, i) => (i === 0 ? { ...one, tasks: [task(9)] } : one));
  const report = makeDiff({
    before: documentOf(...many({})),
    view: viewOf(next, { settings }),
    against: 'old.cfg',
    plan: undefined,
    ...ASIDE,
  });
  expect(report.common).toEqual([
    { backends: ['a1_10001', 'a2_10002', 'a3_10003', 'a4_10004'], linesAdded: ['balance leastconn'], linesRemoved: ['balance roundrobin'] },
  ]);
  expect(report.apps.map((one) => one.app)).toEqual(['/a1']);
  const words = describeDiff(report);
  expect(words).toContain('in 4 backends (a1_10001, a2_10002, a3_10003, …)\n  + balance leastconn\n  - balance roundrobin\n');
  expect(words).toContain('/a1\n  backend a1_10001 is changed\n    + server 192.168.84.9:80\n    - server 192.168.84.1:80\n');
});

test('another number of a limit is a difference of its backend, although it stands in a map', () => {
  const limited = (rate: string): Document => documentOf(shop({ HAPROXY_0_RATE_LIMIT: rate, HAPROXY_0_MAXCONN_TOTAL: '9' }));
  expect(diffBackends(limited('5/1s'), limited('6/1s'))).toMatchObject([
    { change: 'changed', linesAdded: ['shop_10004/rate 6 in limits.map'], linesRemoved: ['shop_10004/rate 5 in limits.map'] },
  ]);
  expect(diffBackends(limited('5/1s'), limited('5/1s'))).toEqual([]);
});
