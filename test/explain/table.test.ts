import { describe, expect, test } from '@jest/globals';
import { readCases, viewOf } from '../golden/cases.ts';
import { diffRoutes } from '../../src/explain/diff-routes.ts';
import type { Document } from '../../src/model/document.ts';
import { ask } from './make.ts';

const found = readCases().find(({ name }) => name === 'routing-table');
if (found === undefined) throw new Error('no case routing-table');
const view = viewOf(found);

test.each([
  ['web.acme.org/', '/web/rest', false],
  ['web.acme.org/api', '/web/api', false],
  ['web.acme.org/api/deep/x', '/web/deep', false],
  ['web.acme.org/api/only', '/web/only', false],
  ['web.acme.org/api/v12/users', '/web/regex', false],
  ['x.y.acme.org/', '/wild', true],
  ['x.acme.org/static/x', '/wild-path', false],
  ['nobody.example.com/x', '/last', false],
  ['shop.acme.org/', '/shop/canary', false],
])('%s over https is answered by %s', (question, app, auth) => {
  const { json } = ask(view, `https://${question}`);
  expect(json).toMatchObject({ kind: 'route', https: { action: 'backend', port: { app }, auth } });
});

test.each([
  ['web.acme.org/api/x', 'route-path.map', 'web.acme.org/api/ ', ['VHOST', 'PATH', 'PATH_TYPE']],
  ['web.acme.org/api/deep/x', 'route-path.map', 'web.acme.org/api/deep ', ['VHOST', 'PATH']],
  ['web.acme.org/api/only', 'route-path.map', 'web.acme.org/api/only/? ', ['VHOST', 'PATH', 'PATH_TYPE']],
  ['x.y.acme.org/', 'route-host.map', '*.acme.org ', ['VHOST']],
  ['nobody.example.com/x', 'route-host.map', '* ', ['DEFAULT']],
  ['shop.acme.org/', 'route-host.map', 'shop.acme.org ', ['VHOST', 'SPLIT']],
])('%s: the row of the table and the labels that it is from', (question, where, row, labels) => {
  const { json } = ask(view, `https://${question}`);
  const ofPort = expect.stringMatching(/^HAPROXY_\d_/);
  expect(json).toMatchObject({ https: { rule: { where, line: expect.stringContaining(row) }, labels: labels.map(() => ofPort) } });
  const found = json as { readonly https: { readonly labels: readonly string[] } };
  expect(found.https.labels.map((name) => name.replace(/^HAPROXY_\d_/, ''))).toEqual(labels);
});

test('of a split the shares are told', () => {
  const { json, words } = ask(view, 'https://shop.acme.org/');
  expect(json).toMatchObject({
    https: {
      split: [
        { backend: expect.stringMatching(/^shop_stable_/), percent: 90 },
        { backend: expect.stringMatching(/^shop_canary_/), percent: 10 },
      ],
    },
  });
  expect(words).toMatch(/90 of 100 requests: backend shop_stable_\d+\n +10 of 100 requests: backend shop_canary_\d+/);
});

describe('a diff', () => {
  /** The document without some rows of the table's maps, and with others. */
  const changed = (file: string, change: (rows: Map<string, string>) => void): Document => {
    const rows = new Map<string, string>(view.document.maps[file]);
    change(rows);
    return { ...view.document, maps: { ...view.document.maps, [file]: rows as never } };
  };
  const told = (after: Document): readonly string[] =>
    diffRoutes(view.document, after).map((one) => `${one.scheme}://${one.host}${one.path}: ${one.before} -> ${one.after}`);

  test.each([
    ['route-host.map', '*.acme.org', '*.acme.org/'],
    ['route-path.map', 'web.acme.org/api/', 'web.acme.org/api'],
    ['route-path.map', 'web.acme.org/api/deep', 'web.acme.org/api/deep'],
    ['route-path.map', 'web.acme.org/api/only/?', 'web.acme.org/api/only'],
    ['route-host.map', '*', '*/'],
  ])('lists a row of %s that goes: %s', (file, key, url) => {
    const after = changed(file, (rows) => rows.delete(key));
    for (const scheme of ['http', 'https']) expect(told(after)).toContainEqual(expect.stringContaining(`${scheme}://${url}: `));
  });

  test('says how the shares of a split change', () => {
    const after = changed('route-split.map', (rows) => {
      const [name = ''] = [...rows.keys()][0]?.split(':') ?? [];
      const canary = [...rows.values()].find((value) => value.includes('canary')) ?? '';
      for (let slot = 0; slot < 60; slot++) rows.set(`${name}:${100 + slot}`, canary);
    });
    expect(told(after)).toContainEqual(
      expect.stringMatching(
        /^https:\/\/shop\.acme\.org\/: shop_stable_\d+ 90 %, shop_canary_\d+ 10 % -> shop_canary_\d+ 6\d %, shop_stable/,
      ),
    );
  });

  test('says where a regular expression leads, and that one comes or goes', () => {
    const other = (change: (text: string) => string): Document => ({
      ...view.document,
      front: view.document.front.map((one) => ({
        ...one,
        fragments: one.fragments.map((fragment) => ({ ...fragment, text: change(fragment.text) })),
      })),
    });
    const pattern = /http-request set-var\(\S+ str\(web_regex_\d+\) if .*\n/;
    const moved = told(other((text) => text.replace(/str\(web_regex_\d+\)/, 'str(other_1)')));
    expect(moved.filter((line) => line.includes('~'))).toEqual(
      ['http', 'https'].map((scheme) => expect.stringMatching(`^${scheme}://web.acme.org~ \\^\\S+: web_regex_\\d+ -> other_1$`)),
    );
    const gone = told(other((text) => text.replace(pattern, '')));
    expect(gone.filter((line) => line.includes('~'))).toEqual([
      expect.stringMatching(/^http:.* -> nothing of its own$/),
      expect.stringMatching(/^https:.* -> nothing of its own$/),
    ]);
  });

  test('of the same table says nothing', () => {
    expect(told({ ...view.document, maps: { ...view.document.maps } })).toEqual([]);
  });
});
