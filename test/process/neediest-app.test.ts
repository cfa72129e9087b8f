import { expect, test } from '@jest/globals';
import { neediestOf } from '../../src/process/neediest-app.ts';
import type { Document, Section } from '../../src/model/document.ts';
import type { AppId } from '../../src/model/names.ts';

function frontendsOf(app: string, ports: number): Section {
  const binds = Array.from({ length: ports }, (_, i) => `  bind *:${10_000 + i}\n`).join('');
  const fragment = { template: 'HAPROXY_FRONTEND_HEAD', owner: { by: 'app', app: app as AppId, index: 0 }, text: binds } as const;
  return { name: `frontend ${app}`, fragments: [fragment] };
}

const documentOf = (apps: Readonly<Record<string, number>>): Document => ({
  front: Object.entries(apps).map(([app, ports]) => frontendsOf(app, ports)),
  backends: [],
  maps: {},
});

test('without a good document it is the app that needs most', () => {
  expect(neediestOf(documentOf({ '/a': 3, '/b': 500, '/c': 20 }), undefined, 10)).toEqual([{ app: '/b', descriptors: 500 }]);
});

test('what serves is not left out for what is new, although it needs more', () => {
  const good = documentOf({ '/old': 500, '/a': 3 });
  expect(neediestOf(documentOf({ '/old': 500, '/a': 3, '/new': 40 }), good, 10)).toEqual([{ app: '/new', descriptors: 40 }]);
  expect(neediestOf(documentOf({ '/old': 500, '/a': 90 }), good, 10)).toEqual([{ app: '/a', descriptors: 90 }]);
});

test('no app is left out when all apps together need less than is lacking', () => {
  expect(neediestOf(documentOf({ '/a': 3 }), undefined, 10)).toEqual([]);
});

test('as many at once as give back what is lacking, and no more', () => {
  const apps = Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`/app-${i}`, 5]));
  const out = neediestOf(documentOf(apps), undefined, 4_001);
  expect(out).toHaveLength(801);
  expect(new Set(out.map(({ app }) => app)).size).toBe(801);
});
