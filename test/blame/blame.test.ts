import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { findBlame, type BlameFinding } from '../../src/blame/blame.ts';
import type { Verdict } from '../../src/model/haproxy.ts';
import { ownerKey, ownersIn } from '../../src/blame/app-owners.ts';
import { linesOfFragments } from '../../src/blame/fragment-lines.ts';
import { readDocument } from '../../src/haproxy/read-document.ts';
import { textOf } from '../../src/haproxy/file-text.ts';
import { withoutServices } from '../../src/blame/without-services.ts';
import type { Document, Fragment } from '../../src/model/document.ts';
import type { AppId } from '../../src/model/names.ts';
import { backendSection, document, fragment, section } from '../haproxy/make.ts';

/** How an app is bad: `line`: HAProxy names its line; `silent`: it refuses, and names nobody; `pair n`: two of one n are refused, and nobody is named. */
type Fault = 'none' | 'line' | 'silent' | `pair ${number}`;

/** A document of apps /app0 … with a backend each; the fault is in its text, and comes from a label. */
function estate(faults: readonly Fault[]): Document {
  return document({
    front: [section('head', 'global\n  nbthread 2\n'), section('frontend in', 'frontend in\n  bind :80\n')],
    backends: faults.map((fault, i) => {
      const owner = { by: 'app', app: `/app${i}` as AppId, index: 0 } as const;
      const text = (words: string): Fragment => ({ ...fragment(words, owner), label: 'HAPROXY_0_BACKEND_HEAD' });
      return { ...backendSection(`app${i}_1`, []), fragments: [text(`backend app${i}_1\n  # ${fault}\n`)] };
    }),
  });
}

/** Refuses as HAProxy would, and counts. */
function fake() {
  const asked: Document[] = [];
  const judge = (one: Document): Verdict => {
    const lines = [...textOf(one)].join('').split('\n');
    const named = lines.flatMap((line, i) =>
      line === '  # line' ? [`[ALERT] (7) : config : parsing [/x/h.cfg:${i + 1}] : bad line`] : [],
    );
    const faults = lines.filter((line) => line.startsWith('  # pair'));
    const isSilent = lines.includes('  # silent') || new Set(faults).size < faults.length || lines.includes('  nonsense');
    if (named.length > 0) return { ok: false, lines: named };
    return isSilent ? { ok: false, lines: ['[ALERT] (7) : config : something is wrong.'] } : { ok: true };
  };
  const check = (one: Document): Promise<Verdict> => {
    asked.push(one);
    return Promise.resolve(judge(one));
  };
  return { asked, judge, check };
}

async function find(refused: Document, good?: Document, budget?: number) {
  const { asked, judge, check } = fake();
  const verdict = judge(refused);
  if (verdict.ok) throw new Error('it is not refused');
  const finding = await findBlame({ document: refused, good, lines: verdict.lines, check, ...(budget !== undefined && { budget }) });
  expect(finding.runs).toBe(asked.length);
  return { finding, judge, asked };
}

const apps = ({ blamed }: BlameFinding): readonly string[] => blamed.map(({ owner }) => owner.app).sort();
const many = (count: number, at: Readonly<Record<number, Fault>>): readonly Fault[] =>
  Array.from({ length: count }, (_, i) => at[i] ?? 'none');

test('1,000 apps, of which 5 are named by line: nobody is asked', async () => {
  const { finding, judge } = await find(estate(many(1000, { 3: 'line', 77: 'line', 500: 'line', 501: 'line', 999: 'line' })));
  expect(apps(finding)).toEqual(['/app3', '/app500', '/app501', '/app77', '/app999']);
  expect(finding.runs).toBe(0);
  expect(finding.blamed[0]).toMatchObject({ words: 'bad line', label: 'HAPROXY_0_BACKEND_HEAD', line: '# line' });
  expect(judge(withoutServices(estate(many(1000, {})), new Set()))).toEqual({ ok: true });
});

describe('where nobody is named', () => {
  test('one of 1,000, without a good document: halves', async () => {
    const { finding } = await find(estate(many(1000, { 700: 'silent' })));
    expect(apps(finding)).toEqual(['/app700']);
    expect(finding).toMatchObject({ isConfirmed: true, operator: [], unknown: [], blamed: [{ words: 'something is wrong' }] });
    expect(finding.runs).toBeLessThanOrEqual(13);
  });

  test.each([
    ['the same objects', (good: Document) => good],
    ['read back from its file', (good: Document) => readDocument([...textOf(good)].join(''), {})],
  ])('what is new since the good document first; that is %s', async (_, known) => {
    const good = estate(many(1000, {}));
    const { backends } = estate(many(1000, { 400: 'silent', 800: 'pair 1' }));
    const changed = { ...good, backends: good.backends.map((one, i) => (i === 400 || i === 800 ? (backends[i] ?? one) : one)) };
    const { finding, asked } = await find(changed, known(good));
    expect(apps(finding)).toEqual(['/app400']);
    expect(finding.isConfirmed).toBe(true);
    expect(ownersIn(asked[0] as Document)).toHaveLength(998);
    expect(finding.runs).toBeLessThanOrEqual(3);
  });

  test('the budget ends it: whoever was found is right, and it says that there may be more', async () => {
    const { finding } = await find(estate(many(1000, { 100: 'silent', 300: 'silent', 500: 'silent', 700: 'silent' })));
    expect(finding).toMatchObject({ isConfirmed: false, runs: 20 });
    expect(apps(finding)).toEqual(['/app100']);
  });

  test('too small a budget: nobody is blamed', async () => {
    const { finding } = await find(estate(many(1000, { 100: 'silent' })), undefined, 5);
    expect(finding).toMatchObject({ blamed: [], unknown: ['something is wrong'], isConfirmed: false, runs: 5 });
  });

  test('somebody whose line shows only when another is gone', async () => {
    const { asked, check } = fake();
    const all = estate(many(100, { 20: 'silent', 60: 'line' }));
    const silent = async (one: Document): Promise<Verdict> =>
      ownersIn(one).includes('/app20 0') ? { ok: false, lines: ['[ALERT] (7) : config : something is wrong.'] } : check(one);
    const finding = await findBlame({
      document: all,
      good: undefined,
      lines: ['[ALERT] (7) : config : something is wrong.'],
      check: silent,
    });
    expect(apps(finding)).toEqual(['/app20', '/app60']);
    expect(finding.isConfirmed).toBe(true);
    expect(asked.length).toBeGreaterThan(0);
  });
});

describe("the operator's templates", () => {
  const broken = (faults: readonly Fault[]): Document => {
    const all = estate(faults);
    return { ...all, front: [section('head', 'global\n  nonsense\n'), ...all.front.slice(1)] };
  };

  test('refused even without any app: no app is blamed', async () => {
    const { finding } = await find(broken(many(1000, {})), estate(many(1000, {})));
    expect(finding).toMatchObject({ blamed: [], isConfirmed: false, runs: 1 });
    expect(finding.operator).toEqual(["HAProxy does not accept the operator's templates, even without any app: something is wrong"]);
  });

  test('a line of theirs is named, but it is an app that is wrong', async () => {
    const all = estate(many(8, { 5: 'silent' }));
    const { judge } = fake();
    const lines = ['[ALERT] (7) : config : parsing [/x/h.cfg:3] : what'];
    const check = (one: Document): Promise<Verdict> => Promise.resolve(judge(one).ok ? { ok: true } : { ok: false, lines });
    const finding = await findBlame({ document: all, good: undefined, lines, check });
    expect(finding).toMatchObject({ isConfirmed: true, operator: [] });
    expect(apps(finding)).toEqual(['/app5']);
  });

  const shared = (names: readonly string[]): Document =>
    document({
      backends: names.map((name) => ({
        ...backendSection(name, []),
        fragments: [fragment(`backend ${name}\n  balance perhaps\n`, { by: 'app', app: `/${name}` as AppId, index: 0 })],
      })),
    });
  const first = (one: Document, ...bad: readonly string[]): Verdict => {
    const row = linesOfFragments(one).find(({ fragment: { owner } }) => owner.by === 'app' && bad.includes(owner.app));
    return row === undefined
      ? { ok: true }
      : { ok: false, lines: [`[ALERT] (7) : config : parsing [/x/h.cfg:${row.last}] : no such thing 'x'`] };
  };

  test.each([
    [
      'the next app with the template is refused alike: the template',
      ['/a', '/b', '/c'],
      { blamed: [], operator: [expect.stringContaining('HAPROXY_BACKEND_HEAD')] },
    ],
    ['the others are taken: the app', ['/a'], { blamed: [{ owner: { app: '/a' } }], operator: [], isConfirmed: true }],
  ])('HAProxy ends at the first: %s', async (_, bad, wanted) => {
    const all = shared(['a', 'b', 'c']);
    const verdict = first(all, ...bad);
    const lines = verdict.ok ? [] : verdict.lines;
    const finding = await findBlame({ document: all, good: undefined, lines, check: (one) => Promise.resolve(first(one, ...bad)) });
    expect(finding).toMatchObject({ ...wanted, runs: 1 });
  });
});

describe("an operator's template that one app alone has", () => {
  /** /app0 and /app1, of which /app0 alone has this text of a template of the operator's, which stands in place of a default one. */
  const withText = (text: string, standard: string): Document =>
    document({
      backends: ['app0', 'app1'].map((name, i) => {
        const owner = { by: 'app', app: `/${name}` as AppId, index: 0 } as const;
        const head = fragment(`backend ${name}\n`, owner);
        const own: Fragment = { ...fragment(text, owner), template: 'HAPROXY_BACKEND_STICKY_OPTIONS', standard: () => standard };
        return { ...backendSection(name, []), fragments: i === 0 ? [head, own] : [head] };
      }),
    });

  test.each([
    ['named by line', '  # line\n'],
    ['found by leaving out', '  # silent\n'],
  ])('HAProxy takes the app with the default one: no app is to blame, %s', async (_, text) => {
    const { finding } = await find(withText(text, '  # default\n'));
    expect(finding).toMatchObject({ blamed: [], isCommon: true, unknown: [] });
    expect(finding.operator).toEqual([
      expect.stringMatching(/^HAProxy does not accept the operator's template.* as \/app0, port 0 uses it, but accepts the default/),
    ]);
  });

  test('what else there is against the app follows from it, and is not told', async () => {
    const all = withText('  # line\n', '  # default\n');
    const [first, ...rest] = all.backends;
    if (first === undefined) throw new Error('two are there');
    const follows = fragment('  # line\n', { by: 'app', app: '/app0' as AppId, index: 0 });
    const backends = [{ ...first, fragments: [...first.fragments, { ...follows, template: 'HAPROXY_BACKEND_HEAD' }] }, ...rest];
    const check = (one: Document): Promise<Verdict> =>
      Promise.resolve([...textOf(one)].join('').includes('# default') ? { ok: true } : BOTH);
    const BOTH: Verdict = {
      ok: false,
      lines: [2, 3].map((line) => `[ALERT] (7) : config : parsing [/x/h.cfg:${line}] : bad line ${line}`),
    };
    const finding = await findBlame({ document: { ...all, backends }, good: undefined, lines: BOTH.lines, check });
    expect(finding).toMatchObject({ blamed: [], operator: [expect.stringContaining('HAPROXY_BACKEND_STICKY_OPTIONS')] });
  });

  test.each([
    ['named by line', '  # line\n'],
    ['found by leaving out', '  # silent\n'],
  ])('HAProxy does not take it with the default one either: what the app filled in is to blame, %s', async (_, text) => {
    const { finding } = await find(withText(text, text));
    expect(finding).toMatchObject({ operator: [], isCommon: false });
    expect(apps(finding)).toEqual(['/app0']);
  });

  test('two apps that can not stand side by side are no fault of the template', async () => {
    const quarrel = withText('  # pair 1\n', '  # default\n');
    const [first, second] = quarrel.backends;
    if (first === undefined || second === undefined) throw new Error('two are there');
    const other = { ...second, fragments: [...second.fragments, fragment('  # pair 1\n', { by: 'app', app: '/app1' as AppId, index: 0 })] };
    const { finding } = await find({ ...quarrel, backends: [first, other] });
    expect(finding.operator).toEqual([]);
    expect(apps(finding)).toHaveLength(1);
  });
});

const FAULTS = fc.array(
  fc.oneof(
    { weight: 12, arbitrary: fc.constant<Fault>('none') },
    fc.constantFrom<Fault>('line', 'silent'),
    fc.constantFrom<Fault>('pair 1', 'pair 2'),
  ),
  { minLength: 1, maxLength: 40 },
);

test('any estate: whoever is found is bad, each alone is needed, and pass after pass HAProxy takes the rest', async () => {
  await fc.assert(
    fc.asyncProperty(FAULTS, fc.boolean(), async (faults, hasGood) => {
      const { judge, check, asked } = fake();
      const good = hasGood
        ? estate(faults.map((fault, i) => (i % 3 === 0 ? fault : 'none')).map((fault) => (fault.startsWith('pair') ? fault : 'none')))
        : undefined;
      const all = estate(faults);
      const out = new Set<string>();
      for (let pass = 0, verdict = judge(all); !verdict.ok; verdict = judge(withoutServices(all, out)), pass++) {
        expect(pass).toBeLessThan(faults.length);
        const before = asked.length;
        const finding = await findBlame({ document: withoutServices(all, out), good, lines: verdict.lines, check });
        expect(asked.length - before).toBeLessThanOrEqual(20);
        expect(finding.operator).toEqual([]);
        expect(finding.blamed).not.toEqual([]);
        for (const { owner } of finding.blamed) out.add(ownerKey(owner));
        if (finding.isConfirmed) expect(judge(withoutServices(all, out))).toEqual({ ok: true });
      }
      for (const [i, fault] of faults.entries()) if (fault === 'none') expect(out.has(`/app${i} 0`)).toBe(false);
      for (const one of out) expect(judge(withoutServices(all, new Set([...out].filter((other) => other !== one)))).ok).toBe(false);
    }),
    { numRuns: 200 },
  );
});
