import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { View } from '../../src/model/view.ts';
import type { Fragment } from '../../src/model/document.ts';
import { absorb } from '../../src/snapshot/absorb.ts';
import { EMPTY, makeDeriver } from '../golden/cases.ts';
import { read, type Json } from '../story/cluster.ts';
import { estateOf, GROUPED_TARGETS, PORT_TARGETS, TARGETS, type Target } from './hostile-estate.ts';
import { HOSTILE } from './hostile-values.ts';
import { PORT_LABELS } from '../../src/services/labels.ts';
import { shapeOf, wordsOf } from './hostile-lines.ts';

const PAGES = { errorPages: '/etc/pages' };
const DERIVERS = [makeDeriver(PAGES), makeDeriver({ ...PAGES, haproxyMap: false })] as const;
const VALUES = HOSTILE.map((value) => [value.title, value] as const);
const GUARDS = ['GROUP', 'AUTH', 'BACKEND_NETWORK_ALLOWED_ACL', 'ALLOW', 'DENY'];
/** These guard unless they are empty. */
const OF_BIND = [
  'SSL_CERT',
  'BIND_OPTIONS',
  'BIND_ADDR',
  'PATH_TYPE',
  'TLS',
  'BACKEND_TLS',
  'BACKEND_CA',
  'BACKEND_SNI',
  'TLS_MIN',
  'CLIENT_CA',
];
/** Their values are several words of a line, so the number of words says nothing. */
const LISTS = ['PATH', 'BALANCE', 'BIND_OPTIONS'];

/** The views of an estate, which is read once, with maps and without. */
function viewsOf(apps: readonly Json[]): readonly View[] {
  const state = absorb(EMPTY, read(...apps));
  return DERIVERS.map((derive) => derive(state) as View);
}

/** All that a document has of an app: its fragments, with their sections, and its lines in map files. */
function partsOf({ document, services }: View, app: string) {
  const mine = ({ owner }: Fragment): boolean => owner.by === 'app' && owner.app === app;
  const fragments = [...document.front, ...document.backends].flatMap(({ name, fragments: all }) =>
    all.filter(mine).map(({ text }) => `${name}: ${text}`),
  );
  const servers = document.backends.flatMap((section) => [...section.servers.values()].filter(mine).map(({ text }) => text));
  const names = services.filter(({ front }) => front.app === app).map(({ front }) => front.name);
  const maps = Object.values(document.maps).flatMap((map) => [...map].filter(([, backend]) => names.includes(backend)));
  return { fragments, servers, maps };
}

function fragmentsOf({ document: { front, backends } }: View): readonly Fragment[] {
  return [...[...front, ...backends].flatMap(({ fragments }) => fragments), ...backends.flatMap(({ servers }) => [...servers.values()])];
}

const HARMLESS = viewsOf(estateOf([], () => undefined));

/** Whether all that there is of an app is a backend without servers that refuses each request, and what leads there. */
function isShut({ fragments, servers }: ReturnType<typeof partsOf>): boolean {
  const lines = fragments.filter((text) => text.startsWith('backend ')).map((text) => text.trim().split('\n').at(-1) ?? '');
  const refuses = /: +(?:http-request deny deny_status 503|tcp-request content reject)$/;
  return servers.length === 0 && (fragments.length === 0 || (lines.length === 2 && refuses.test(lines[1] ?? '')));
}

/** What there is of each app without its label, with maps and without. */
const WITHOUT = viewsOf(estateOf(TARGETS, () => undefined)).map((view) => new Map(TARGETS.map(({ app }) => [app, partsOf(view, app)])));

/** Values that every label of its kind takes, so that every template is seen with its lines. */
const BENIGN: readonly ((target: Target) => string | undefined)[] = [
  ({ valid }) => valid,
  () => undefined,
  ({ name, valid }) => (name === 'TLS' ? undefined : valid),
  ({ name, valid }) => (['TLS', 'CLIENT_CA'].includes(name) ? undefined : valid),
  ({ name, valid }) => (name === 'CLIENT_CA' ? undefined : valid),
  ({ name, valid }) => (name === 'VHOST' ? 'one.acme.org' : name === 'MODE' ? 'tcp' : name === 'GROUP' ? 'external' : valid),
  ({ name }) => (name === 'GROUP' ? '*' : undefined),
  ({ name, valid }) => (['ALLOW', 'TLS'].includes(name) ? 'a text that is no value' : valid),
];

/** What lines the templates have, word by word, when nobody means harm. */
const SHAPES = new Set(
  BENIGN.flatMap((valueOf) => viewsOf(estateOf([...TARGETS, ...GROUPED_TARGETS], valueOf)).flatMap(fragmentsOf)).flatMap((one) => [
    shapeOf(one),
    shapeOf(one, 'first words'),
  ]),
);

/** Fragments that were seen to have such lines: most are the same in every estate. */
const SEEN = new Set<string>();

/** Whether somebody wrote lines like those of a fragment. */
function isKnown(fragment: Fragment, precision: 'words' | 'first words' = 'words'): boolean {
  const key = [precision, fragment.template, fragment.text].join('\n');
  if (!SEEN.has(key) && SHAPES.has(shapeOf(fragment, precision))) SEEN.add(key);
  return SEEN.has(key);
}

test('there are many hostile values, and no two are the same', () => {
  expect(HOSTILE.length).toBeGreaterThan(200);
  expect(new Set(HOSTILE.map(({ title }) => title)).size).toBe(HOSTILE.length);
});

test('every label of the table is tried, where it has an effect', () => {
  expect(new Set(PORT_TARGETS.map(({ name }) => name))).toEqual(new Set(Object.values(PORT_LABELS).map(({ name }) => name)));
  const withValues = DERIVERS[0](absorb(EMPTY, read(...estateOf(TARGETS, ({ valid }) => valid)))) as View;
  const idle = TARGETS.filter(({ app }) => isDeepStrictEqual(partsOf(withValues, app), WITHOUT[0]?.get(app)));
  // an order among other apps' rules, and a share beside another app's
  expect(idle.map(({ name }) => name)).toEqual(['BACKEND_WEIGHT', 'SPLIT_WEIGHT']);
});

/** Their values stand in quotes. */
const QUOTED = ['AUTH', 'REQUEST_HEADERS', 'RESPONSE_HEADERS'];
/** Lists, whose elements may have blanks and line ends between them. */
const SPACED = ['VHOST', 'PATH', 'BIND_OPTIONS', 'BACKEND_NETWORK_ALLOWED_ACL', 'ALLOW', 'DENY', 'COMPRESS'].concat(
  ['ORIGINS', 'METHODS', 'HEADERS'].map((name) => `CORS_${name}`),
);

/** What the Problem of a value says that counts, in part or as its author did not mean it; and that of a label that loses beside a second one. */
const COUNTS = /only the rest of the value is used|has no effect|counts as false|nobody is let in|takes hardly any request/;

/** Labels that stand in a line, so that none of these may be in their values. */
const IN_LINES = PORT_TARGETS.filter(
  ({ name }) => !['ENABLED', 'DEFAULT', 'STICKY', 'REDIRECT_TO_HTTPS', 'USE_HSTS', 'GROUP', 'CORS_CREDENTIALS'].includes(name),
);

describe.each(VALUES)('%s in any label of a port', (_, { of }) => {
  let views: readonly View[] = [];
  beforeAll(() => {
    views = viewsOf(estateOf(TARGETS, ({ valid }) => of(valid)));
  });
  afterAll(() => {
    views = []; // there are many of them
  });

  test('other apps are rendered as before', () => {
    expect(views.map((view) => partsOf(view, '/healthy'))).toEqual(HARMLESS.map((view) => partsOf(view, '/healthy')));
  });

  test('the value is read or reported, and never adds a line or a word', () => {
    for (const view of views) {
      for (const fragment of fragmentsOf(view)) {
        const { owner } = fragment;
        const target = TARGETS.find(({ app }) => owner.by === 'app' && owner.app === app);
        const precision = target !== undefined && LISTS.includes(target.name) ? 'first words' : 'words';
        if (!isKnown(fragment, precision)) throw new Error(`nobody wrote this: ${JSON.stringify(fragment)}`);
      }
    }
  });

  test('one Problem for each label that does not take it, which then counts as absent or shuts its port', () => {
    for (const [i, view] of views.entries()) {
      const seen = TARGETS.map((target) => {
        const { app, label, name } = target;
        const guards = GUARDS.includes(name) || (OF_BIND.includes(name) && of(target.valid).trim() !== '');
        const told = view.problems.filter(
          ({ owner, code, label: named }) => owner.by === 'app' && owner.app === app && named === label && code === 'label-value',
        );
        const refused = told.filter(({ message }) => !COUNTS.test(message));
        const out = view.leftOut.filter((one) => one.app === app && one.why === 'label');
        const isRefused = refused.length > 0;
        return {
          is: [label, told.length <= 1, out.length, isRefused && (guards ? isShut(partsOf(view, app)) : partsOf(view, app))],
          wanted: [label, true, guards ? refused.length : 0, isRefused && (guards || WITHOUT[i]?.get(app))],
        };
      });
      expect(seen.map(({ is }) => is)).toEqual(seen.map(({ wanted }) => wanted)); // at once: a call of expect for each app is dear
    }
  });

  test('what would end a line, a word or a string is never taken', () => {
    const [view] = views;
    const taken = IN_LINES.filter(({ app, label, name, valid }) => {
      const value = of(valid).trim();
      const bad = QUOTED.includes(name) ? /[\p{Cc}"\\]/u : SPACED.includes(name) ? /[^\P{Cc}\t\n\v\f\r]|["'#\\]/u : /[\p{Cc}"'#\\]/u;
      const told = view?.problems.some((problem) => problem.owner.by === 'app' && problem.owner.app === app && problem.label === label);
      return bad.test(value) && told !== true;
    });
    expect(taken.map(({ label }) => label)).toEqual([]);
  });
});

test.each(VALUES)('%s in a label of a deployment group makes no line of its own, and does not change another app', (_, { of }) => {
  const views = viewsOf(estateOf(GROUPED_TARGETS, ({ valid }) => of(valid)));
  for (const [i, view] of views.entries()) {
    const { fragments, servers, maps } = partsOf(HARMLESS[i] as View, '/healthy');
    const still = partsOf(view, '/healthy'); // and perhaps more: a group may have the name of an app
    expect(still.fragments).toEqual(expect.arrayContaining(fragments));
    expect(still.servers).toEqual(expect.arrayContaining(servers));
    expect(still.maps).toEqual(expect.arrayContaining(maps));
  }
  for (const fragment of views.flatMap(fragmentsOf)) {
    if (!isKnown(fragment)) throw new Error(`nobody wrote this: ${JSON.stringify(fragment)}`);
  }
});

test.each([
  ['  a b\tc', ['a', 'b', 'c']],
  ['a "b c" d', ['a', 'b c', 'd']],
  ["a 'b #' c", ['a', 'b #', 'c']],
  ['a b # c', ['a', 'b']],
  ['a\\ b c\\#', ['a b', 'c#']],
  ['a "b', undefined],
])('words of %j', (line, words) => {
  expect(wordsOf(line)).toEqual(words);
});
