import { describe, expect, test } from '@jest/globals';
import { absorb } from '../../src/snapshot/absorb.ts';
import type { Document } from '../../src/model/document.ts';
import { decodeAll, EMPTY, makeDeriver } from '../golden/cases.ts';
import { asLoaded } from '../haproxy/make.ts';
import { applyAnswers } from '../../src/plan/apply-answers.ts';
import { plan, take } from './plan-rows.ts';

type Labels = Readonly<Record<string, string>>;

/** The document of apps with one task each; of `idle` ones none has started. */
function documentOf(apps: Readonly<Record<string, Labels>>, idle: readonly string[] = []): Document {
  const json = Object.entries(apps).map(([id, labels], i) => {
    const of = Object.fromEntries(Object.entries(labels).map(([name, text]) => [`HAPROXY_0_${name}`, text]));
    const task = { id: `${id.slice(1)}.1`, appId: id, host: '10.0.0.1', ports: [31_000 + i], state: 'TASK_RUNNING', version: 'v' };
    return {
      id,
      instances: 1,
      labels: { HAPROXY_GROUP: 'external', ...of },
      version: 'v',
      networks: [{ mode: 'host' }],
      portDefinitions: [{ port: 10_000 + i, protocol: 'tcp' }],
      tasks: idle.includes(id) ? [] : [task],
    };
  });
  const view = makeDeriver()(absorb(EMPTY, { kind: 'apps', at: 0, sentAt: 0, ...decodeAll(json) }));
  if (view === undefined) throw new Error('no view');
  return view.document;
}

const HOST = { VHOST: 'shop.acme.org' };
const STABLE = { ...HOST, SPLIT: 'shop' };
const BEFORE = { '/a': STABLE, '/b': { ...STABLE, SPLIT_WEIGHT: '10' }, '/c': { VHOST: '*.acme.org' } };

type Apps = Readonly<Record<string, Labels>>;

test('a weight is changed by the entries of the shares that change', () => {
  const [before, wanted] = [asLoaded(documentOf(BEFORE)), documentOf({ ...BEFORE, '/b': { ...STABLE, SPLIT_WEIGHT: '12' } })];
  const way = plan({ running: before, wanted, release: { major: 2, minor: 6 } });
  expect(way.reload).toEqual([]);
  expect(way.commands.map(({ text }) => text)).toEqual(
    [188, 189].map((slot) => `add map /etc/haproxy/route-split.map +a_10000+b_10001:${slot} b_10001`),
  );
});

test.each<[string, Apps]>([
  ['a wildcard becomes a default', { ...BEFORE, '/c': { DEFAULT: 'true' } }],
  ['a wildcard gets a path', { ...BEFORE, '/c': { VHOST: '*.acme.org', PATH: '/x', PATH_TYPE: 'segment' } }],
  ['an app leaves a split', { ...BEFORE, '/b': { VHOST: 'b.acme.org', PATH: '/', PATH_TYPE: 'prefix' } }],
  ['all requests go to the canary', { ...BEFORE, '/b': { ...STABLE, SPLIT_WEIGHT: '100' } }],
])('%s, without a reload', (_, after) => {
  const [before, wanted] = [asLoaded(documentOf(BEFORE)), documentOf(after)];
  const way = plan({ running: before, wanted, release: { major: 2, minor: 6 } });
  expect(way.reload).toEqual([]);
  expect(way.commands.length).toBeGreaterThan(0);
  expect(take(before, wanted, way).document).toBe(wanted);
});

test('a split that is used before its shares are there would answer 503, so these come first, and go last', () => {
  const alone = documentOf({ ...BEFORE, '/b': { VHOST: 'b.acme.org', PATH: '/', PATH_TYPE: 'prefix' } });
  const both = documentOf(BEFORE);
  const orderOf = (from: Document, to: Document): readonly string[] => {
    const { commands } = plan({ running: asLoaded(from), wanted: to, release: { major: 2, minor: 6 } });
    const files = commands.map(({ text }) => /route-(\w+)\.map/.exec(text)?.[1] ?? '');
    return files.filter((file, i) => file !== files[i - 1]);
  };
  expect(orderOf(alone, both)[0]).toBe('split');
  expect(orderOf(both, alone).at(-1)).toBe('split');
});

test('an app without tasks has no rows in a split that stays', () => {
  const documentWith = (idle: readonly string[]): Document => documentOf(BEFORE, idle);
  const [before, wanted] = [asLoaded(documentWith([])), documentWith(['/b'])];
  const way = plan({ running: before, wanted, release: { major: 2, minor: 6 } });
  expect(way.reload).toEqual([]);
  expect(way.commands.map(({ text }) => text).filter((text) => text.includes(' map '))).toEqual([
    'del map /etc/haproxy/route-split.map +a_10000+b_10001:19',
    'del map /etc/haproxy/route-split.map +a_10000+b_10001//b?',
  ]);
});

describe('limits', () => {
  const LIMITED = { ...HOST, RATE_LIMIT: '100/10s', MAXCONN: '5', MAXCONN_TOTAL: '50', MAX_BODY: '1k' };
  const between = (labels: Labels, release = { major: 2, minor: 6 }) => {
    const [before, wanted] = [asLoaded(documentOf({ '/a': LIMITED })), documentOf({ '/a': labels })];
    return { before, wanted, way: plan({ running: before, wanted, release }) };
  };

  test('another number of each is a command, and no reload', () => {
    const { before, wanted, way } = between({ ...LIMITED, RATE_LIMIT: '200/10s', MAXCONN: '6', MAXCONN_TOTAL: '60', MAX_BODY: '2k' });
    expect(way.reload).toEqual([]);
    expect(way.commands.map(({ text }) => text)).toEqual([
      'set maxconn server a_10000/10_0_0_1_31000 6',
      'set map /etc/haproxy/limits.map a_10000/rate 200',
      'set map /etc/haproxy/limits.map a_10000/connections 60',
      'set map /etc/haproxy/limits.map a_10000/body 2048',
    ]);
    expect(way.commands[1]?.reason).toEqual({ code: 'map-changed', subject: 'limits.map', detail: "'a_10000/rate' is 200" });
    expect(take(before, wanted, way).document).toBe(wanted);
  });

  test.each<[string, Labels]>([
    ['another time of RATE_LIMIT', { ...LIMITED, RATE_LIMIT: '100/20s' }],
    ['a label less', { ...HOST, RATE_LIMIT: '100/10s', MAXCONN: '5', MAXCONN_TOTAL: '50' }],
  ])('%s needs a reload, because a line differs', (_, labels) => {
    expect(between(labels).way.reload).toMatchObject([{ code: 'backend-changed', subject: 'a_10000' }]);
  });

  test('a limit that HAProxy refuses concerns its backend', () => {
    const { before, wanted, way } = between({ ...LIMITED, MAXCONN_TOTAL: '60' });
    const refused = way.commands.map(() => ({ taken: false, answer: 'no' }));
    const { lost } = applyAnswers({ running: before, wanted, commands: way.commands, answers: refused });
    expect([...lost.keys()]).toEqual(['a_10000']);
  });
});
