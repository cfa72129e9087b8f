import { expect, test } from '@jest/globals';
import type { BackendSection, Document, Reason, Section } from '../../src/model/document.ts';
import { makePlan } from '../../src/plan/plan.ts';
import { asLoaded, backendSection, document, section } from '../haproxy/make.ts';

const plan = makePlan({ mapFolder: '/etc/haproxy' });

const HEAD = ['backend a\n', '  balance roundrobin\n'];
const SERVERS = { s1: '  server s1 10.0.0.1:80\n', s2: '  server s2 10.0.0.2:80\n' };
interface Parts {
  readonly front: readonly Section[];
  readonly backends: readonly BackendSection[];
  readonly maps: Record<string, Record<string, string>>;
}

const BASE: Parts = {
  front: [section('head', 'global\n'), section('frontend f', 'frontend f\n', '  mode http\n')],
  backends: [backendSection('a', HEAD, SERVERS)],
  maps: { 'domain2backend.map': { 'a.acme.org': 'a', 'b.acme.org': 'b' } },
};

/** The way from the base to another document where HAProxy takes no commands, as lines. */
function reasons(after: Partial<Parts>, before: Partial<Parts> = {}): readonly string[] {
  const running = asLoaded(document({ ...BASE, ...before }));
  const { commands, reload } = plan({ running, wanted: document({ ...BASE, ...after }), release: undefined });
  expect(commands).toEqual([]);
  const words = ({ subject, detail }: Reason): string => `${subject.replace(/^backend /, '')}${detail === '' ? '' : `: ${detail}`}`;
  return reload.map((reason) => `${reason.code} ${words(reason)}`);
}

const [head, shared] = BASE.front as [Section, Section];
const own = section('frontend own', 'frontend own\n');
const other = backendSection('b', ['backend b\n']);

test.each<[string, Partial<Parts>, readonly string[]]>([
  ['the same sections', {}, []],
  ['the same text in other objects', { backends: [backendSection('a', HEAD, SERVERS)], front: [head, { ...shared }] }, []],
  ['the same text in other fragments', { backends: [backendSection('a', [HEAD.join('')], SERVERS)] }, []],
  ['a backend more', { backends: [...BASE.backends, other] }, ['backend-new b']],
  ['a backend less', { backends: [] }, ['backend-gone a']],
  ['another backend', { backends: [other] }, ['backend-new b', 'backend-gone a']],
  [
    'a backend that is another',
    { backends: [backendSection('a', ['backend a\n', '  balance leastconn\n'], SERVERS)] },
    ["backend-changed a: now with 'balance leastconn'"],
  ],
  [
    'a backend with a line less',
    { backends: [backendSection('a', ['backend a\n'], SERVERS)] },
    ["backend-changed a: now without 'balance roundrobin'"],
  ],
  [
    'a backend in other order',
    { backends: [backendSection('a', [...HEAD].reverse(), SERVERS)] },
    ['backend-changed a: in a different order'],
  ],
  ['a server more', { backends: [backendSection('a', HEAD, { ...SERVERS, s3: '  server s3\n' })] }, ['server-added a: s3']],
  ['a server less', { backends: [backendSection('a', HEAD, { s1: SERVERS.s1 })] }, ['server-gone a: s2']],
  [
    'a server that is another',
    { backends: [backendSection('a', HEAD, { ...SERVERS, s2: '  server s2 10.0.0.2:80 disabled\n' })] },
    ['server-changed a: s2'],
  ],
  [
    'servers in other places',
    { backends: [backendSection('a', HEAD, { s2: SERVERS.s2, s3: '  server s3\n' })] },
    ['server-added a: s3', 'server-gone a: s1'],
  ],
  [
    'a backend and its servers',
    { backends: [backendSection('a', ['backend a\n'], { s1: '  server s1 10.0.0.9:80\n' })] },
    [
      "backend-changed a: now without 'balance roundrobin'",
      "server-changed a: s1: now with '10.0.0.9:80', without '10.0.0.1:80'",
      'server-gone a: s2',
    ],
  ],
  [
    'comments and blank lines',
    {
      backends: [backendSection('a', ['# a\n\n', ...HEAD], SERVERS)],
      front: [head, section('frontend f', '\n', 'frontend f\n', '  mode http\n# f\n')],
    },
    [],
  ],
  ['the same text in sections that are cut in another way', { front: [section('head', 'global\nfrontend f\n', '  mode http\n')] }, []],
  ['an id of a server', { backends: [backendSection('a', HEAD, { ...SERVERS, s2: '  server s2 10.0.0.2:80 id 7\n' })] }, []],
  ['a server in the text of the backend', { backends: [backendSection('a', [...HEAD, SERVERS.s1], { s2: SERVERS.s2 })] }, []],
  ['a frontend more', { front: [head, shared, own] }, ['front-new frontend own']],
  ['a frontend less', { front: [head] }, ['front-gone frontend f']],
  [
    'a frontend with a rule more',
    { front: [head, section('frontend f', 'frontend f\n', '  mode http\n', '  use_backend a\n')] },
    ["front-changed frontend f: now with 'use_backend a'"],
  ],
  ['the head', { front: [section('head', 'global\n  nbthread 4\n'), shared] }, ["front-changed head: now with 'nbthread 4'"]],
  [
    'map entries',
    { maps: { 'domain2backend.map': { 'a.acme.org': 'b', 'c.acme.org': 'c' } } },
    ['map-changed domain2backend.map: 3 entries'],
  ],
  ['one map entry', { maps: { 'domain2backend.map': { 'a.acme.org': 'a' } } }, ['map-changed domain2backend.map: 1 entry']],
  ['the order of a map', { maps: { 'domain2backend.map': { 'b.acme.org': 'b', 'a.acme.org': 'a' } } }, []],
  [
    'all at once: frontends, backends, maps',
    { front: [head], backends: [], maps: { 'domain2backend.map': {} } },
    ['front-gone frontend f', 'backend-gone a', 'map-changed domain2backend.map: 2 entries'],
  ],
])('%s', (_, after, wanted) => {
  expect(reasons(after)).toEqual(wanted);
});

test('a map that comes or goes needs a reload', () => {
  const none: Partial<Parts> = { maps: {} };
  expect(reasons({}, none)).toEqual(['map-changed domain2backend.map: 2 entries']);
  expect(reasons(none)).toEqual(['map-changed domain2backend.map: 2 entries']);
});

test('sections of one name are compared in their order', () => {
  const twins = (second: string) => ({ front: [section('unnamed', 'one\n'), section('unnamed', second)] });
  expect(reasons(twins('two\n'), twins('two\n'))).toEqual([]);
  expect(reasons(twins('three\n'), twins('two\n'))).toEqual(["front-changed unnamed: now with 'three'"]);
  expect(reasons({ front: [section('unnamed', 'one\n')] }, twins('two\n'))).toEqual(['front-gone unnamed (2)']);
});

test('for the same document object the plan is empty', () => {
  const one: Document = document(BASE);
  expect(plan({ running: asLoaded(one), wanted: one, release: { major: 2, minor: 6 } })).toEqual({ commands: [], reload: [] });
});

test('a HAProxy that has loaded nothing of ours needs a reload', () => {
  const { commands, reload } = plan({ running: undefined, wanted: document(), release: undefined });
  expect(commands).toEqual([]);
  expect(reload).toMatchObject([{ code: 'not-loaded', subject: 'haproxy' }]);
});
