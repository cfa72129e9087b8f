import { expect, test } from '@jest/globals';
import { planDeletions } from '../../src/plan/plan-deletions.ts';
import type { Document, Plan, Running } from '../../src/model/document.ts';
import type { BackendName } from '../../src/model/names.ts';
import { backendSection, document } from '../haproxy/make.ts';
import { apartOf, documentOf, plan, POOL, R26, S1, S2, take, words, type Sight } from './plan-rows.ts';

test('a template that writes other names than the documents have is not commanded by name', () => {
  const at = (...lines: readonly string[]): Document =>
    document({ backends: [backendSection('b', ['backend b\n'], Object.fromEntries(lines.map((line, i) => [`k${i}`, line])))] });
  const between = (before: Document, wanted: Document): Plan =>
    plan({ running: { document: before, exceptions: new Map(), lost: new Map() }, wanted, release: R26 });
  const [one, two] = ['  server my-1 10.0.0.1:80\n', '  server my-2 10.0.0.2:80\n  server my-2-too 10.0.0.3:80 backup\n'];
  expect(between(at(one, one), at(one))).toMatchObject({ commands: [], reload: [{ code: 'server-gone', detail: 'k1' }] });
  expect(between(at(one), at(one, two))).toMatchObject({ commands: [], reload: [{ code: 'server-added' }] });
});

test('a backend that HAProxy has, and that goes, gets no command', () => {
  const running: Running = { document: documentOf({ servers: [S1] }), exceptions: apartOf([`draining ${S2}`]), lost: new Map() };
  const wanted = { ...running.document, backends: [] };
  expect(plan({ running, wanted, release: R26 })).toMatchObject({ commands: [], reload: [{ code: 'backend-gone', subject: 'b' }] });
});

test('a backend that refused a command waits for a reload', () => {
  const running: Running = {
    document: documentOf({ servers: [S1] }),
    exceptions: new Map(),
    lost: new Map([['b' as BackendName, 'No such backend.']]),
  };
  for (const wanted of [running.document, documentOf({ servers: [S1, S2] })]) {
    expect(plan({ running, wanted, release: R26 })).toMatchObject({
      commands: [],
      reload: [{ code: 'refused', subject: 'b', detail: 'No such backend.' }],
    });
  }
});

test.each<[string, Sight, readonly string[]]>([
  ['another that serves', { servers: [S2] }, [`add server b/s2 10.0.0.2:80 ${POOL}`, 'enable server b/s2', 'set server b/s1 state drain']],
  [
    'another that waits for its check: it serves at once',
    { servers: [`${S2} check`] },
    [
      ...[`add server b/s2 10.0.0.2:80 check downinter 500ms ${POOL}`, 'enable health b/s2', 'enable server b/s2'],
      'set server b/s1 state drain',
    ],
  ],
])('the last server of a backend whose task is being killed serves on until there is %s', (_, other, commands) => {
  const loaded: Running = { document: documentOf({ servers: [S1] }), exceptions: new Map(), lost: new Map() };
  const alone = documentOf({ leaving: ['s1'] });
  for (const release of [R26, undefined]) {
    expect(plan({ running: loaded, wanted: alone, release })).toEqual({ commands: [], reload: [] });
  }
  const running = take(loaded, alone, { commands: [], reload: [] });
  expect([...(running.document.backends[0]?.servers.keys() ?? [])]).toEqual(['s1']);
  const wanted = documentOf({ ...other, leaving: ['s1'] });
  const way = plan({ running, wanted, release: R26 });
  expect(way.commands.map(({ text }) => text)).toEqual(commands);
  expect(way.reload).toEqual([]);
  const next = take(running, wanted, way);
  expect(next.document).toBe(wanted);
  expect(next.exceptions.get('b/s1')).toMatchObject({ stage: 'draining' });
});

test('the last servers of a backend are stopped when their tasks are gone, each for itself', () => {
  const sent = (running: Running, wanted: Document): readonly string[] =>
    plan({ running, wanted, release: R26 }).commands.map(({ text }) => text);
  const running: Running = { document: documentOf({ servers: [S1, S2] }), exceptions: new Map(), lost: new Map() };
  expect(sent(running, documentOf({ leaving: ['s1', 's2'] }))).toEqual([]);
  expect(sent(running, documentOf({ leaving: ['s1'] }))).toEqual(['set server b/s2 state maint']);
  expect(sent(running, documentOf({}))).toEqual(['set server b/s1 state maint', 'set server b/s2 state maint']);
});

test('servers that do not serve do not take over from the last one; those that do not serve themselves are not kept', () => {
  const sent = (sight: Sight, apart: readonly string[], after: Sight): readonly string[] =>
    plan({
      running: { document: documentOf(sight), exceptions: apartOf(apart), lost: new Map() },
      wanted: documentOf({ ...after, leaving: ['s1'] }),
      release: R26,
    }).commands.map(({ text }) => text);
  const off = `${S2} disabled`;
  expect(sent({ servers: [S1, off] }, [], { servers: [off] })).toEqual([]);
  expect(sent({ servers: [S1, off] }, [], { servers: ['s2 10.0.0.9:80'] })).toEqual([]); // off until it is reloaded
  expect(sent({ servers: [S1, S2] }, [], { servers: [off] })).toEqual(['set server b/s2 state maint']);
  expect(sent({ servers: [S1] }, [`stopped ${S2}`, 'draining s3 10.0.0.3:80'], {})).toEqual(['set server b/s3 state maint']);
  expect(sent({ servers: [`${S1} disabled`] }, [], {})).toEqual(['set server b/s1 state maint']);
  expect(sent({ servers: [`${S1} check`] }, [`checking ${S1} check`], {})).toEqual(['set server b/s1 state maint']);
});

const MAP = 'domain2backend.map';

test.each<[string, Record<string, string>, readonly string[], readonly string[]]>([
  ['nothing', { 'a.org': 'b', 'b.org': 'old' }, [], []],
  ['an entry more', { 'a.org': 'b', 'b.org': 'old', 'c.org': 'b' }, ['add map /etc/haproxy/domain2backend.map c.org b'], []],
  ['an entry less', { 'a.org': 'b' }, ['del map /etc/haproxy/domain2backend.map b.org'], []],
  ['another value', { 'a.org': 'b', 'b.org': 'b' }, ['set map /etc/haproxy/domain2backend.map b.org b'], []],
  [
    'a backend that HAProxy does not have',
    { 'a.org': 'b', 'b.org': 'new', 'c.org': 'b' },
    ['add map /etc/haproxy/domain2backend.map c.org b'],
    ['1 entry'],
  ],
  ['keys that are no words on a command line', { 'a.org': 'b', 'b.org': 'old', '#1': 'b', 'a;b': 'b', 'a b': 'b' }, [], ['3 entries']],
])('a map: %s', (_, entries, commands, reload) => {
  const before = documentOf({ servers: [S1], maps: { [MAP]: { 'a.org': 'b', 'b.org': 'old' } } });
  const running: Running = { document: before, exceptions: new Map(), lost: new Map() };
  const wanted = { ...before, maps: documentOf({ maps: { [MAP]: entries } }).maps };
  const way = plan({ running, wanted, release: R26 });
  expect(way.commands.map(({ text }) => text)).toEqual(commands);
  expect(way.reload.map(words)).toEqual(reload.map((detail) => `map-changed ${MAP}: ${detail}`));
  const next = take(running, wanted, way);
  expect(next.document === wanted).toBe(reload.length === 0);
  expect(plan({ running: next, wanted, release: R26 }).commands).toEqual([]);
});

test('what was stopped a while ago is deleted, where nothing refers to it', () => {
  const deletions = (apart: readonly string[], text?: string): readonly string[] => {
    const given = documentOf({ servers: [S1, S2], ...(text !== undefined && { text }) });
    const running: Running = { document: given, exceptions: apartOf(apart), lost: new Map() };
    return planDeletions(running, new Set(['b/s2', 'b/s3', 'b/s5'])).map(({ text: command }) => command);
  };
  const apart = [`stopped ${S2}`, 'stopped s3 10.0.0.3:80', 'stopped s4 10.0.0.4:80', 'draining s5 10.0.0.5:80'];
  expect(deletions(apart)).toEqual(['del server b/s3']);
  expect(deletions(apart, 'use-server s3 if TRUE')).toEqual([]);
  expect(deletions(apart, 'server own 10.0.0.8:80 track s3')).toEqual([]);
  expect(deletions([])).toEqual([]);
  const lost: Running = { document: documentOf({}), exceptions: apartOf(apart), lost: new Map([['b' as BackendName, 'No.']]) };
  expect(planDeletions(lost, new Set(['b/s3']))).toEqual([]);
});
