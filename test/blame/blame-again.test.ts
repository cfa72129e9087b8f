import { describe, expect, test } from '@jest/globals';
import { findBlame, type BlameFinding, type OperatorsFault } from '../../src/blame/blame.ts';
import type { Verdict } from '../../src/model/haproxy.ts';
import { makeBlaming } from '../../src/daemon/open-blame.ts';
import { textOf } from '../../src/haproxy/file-text.ts';
import type { Document } from '../../src/model/document.ts';
import type { AppId } from '../../src/model/names.ts';
import type { News } from '../../src/model/news.ts';
import { backendSection, document, fragment, section } from '../haproxy/make.ts';
import { now } from '../../src/lib/clock.ts';

/** What is bad in an estate, each refused without naming anybody; `others`: apps with another text than before. */
interface Estate {
  readonly count?: number;
  readonly head?: 'good' | 'bad';
  readonly template?: 'good' | 'bad';
  readonly app?: number;
  readonly named?: number;
  readonly others?: readonly number[];
}

/** Apps /app0 …, each with a part from a template that the operator put in the place of a default one. */
function estate({ count = 200, head = 'good', template = 'good', app, named, others = [] }: Estate): Document {
  return document({
    front: [section('head', `global\n  # ${head}\n`)],
    backends: Array.from({ length: count }, (_, i) => {
      const owner = { by: 'app', app: `/app${i}` as AppId, index: 0 } as const;
      const own = [i === app && '  # bad of its own', i === named && '  # line', others.includes(i) && '  # changed'].filter(
        (line) => line !== false,
      );
      const fragments = [
        fragment(`backend app${i}_1\n`, owner),
        { ...fragment(`  # ${template}\n`, owner), template: 'HAPROXY_BACKEND_HTTP_OPTIONS', standard: () => '  # default\n' },
        { ...fragment(own.map((line) => `${line}\n`).join(''), owner), template: 'HAPROXY_BACKEND_HEAD', label: 'HAPROXY_0_BACKEND_HEAD' },
      ];
      return { ...backendSection(`app${i}_1`, []), fragments };
    }),
  });
}

const SILENT = ['[ALERT] (7) : config : something is wrong.', '[ALERT] (7) : config : Fatal errors found in configuration.'];

/** `isMended`: a file that the operator's part names is as it should be. */
function judge(one: Document, { isMended = false } = {}): Verdict {
  const lines = [...textOf(one)].join('').split('\n');
  const named = lines.indexOf('  # line') + 1;
  if (named > 0) return { ok: false, lines: [`[ALERT] (7) : config : parsing [/x/h.cfg:${named}] : bad line`] };
  const isRefused = lines.includes('  # bad of its own') || (!isMended && lines.includes('  # bad'));
  return isRefused ? { ok: false, lines: SILENT } : { ok: true };
}

const nothing = (): void => undefined;
const LOG = { debug: nothing, info: nothing, warn: nothing, error: nothing };

/** What is told of refused candidates, one after the other, and how often HAProxy is asked beside the candidates themselves. */
function blaming() {
  const told: News[] = [];
  let asked = 0;
  const check = (one: Document): Promise<Verdict> => {
    asked++;
    return Promise.resolve(judge(one));
  };
  const { refused, accepted } = makeBlaming({
    now,
    files: { check, fingerprint: () => Promise.resolve('some') },
    file: '/etc/haproxy/haproxy.cfg',
    tell: (news) => told.push(news),
    viewOf: () => undefined,
    refusePems: () => Promise.resolve(false),
    log: LOG,
  });
  const refuse = async (candidate: Document) => {
    const verdict = judge(candidate);
    if (verdict.ok) throw new Error('it is not refused');
    asked = 0;
    const consequence = await refused(verdict, candidate, estate({}));
    const news = told.splice(0).at(-1);
    if (news?.kind !== 'refused') throw new Error('it is not told');
    return { consequence, asked, problems: news.problems };
  };
  return { refuse, accepted };
}

const BAD: readonly (readonly [what: string, bad: Estate])[] = [
  ['head', { head: 'bad' }],
  ['template that all apps have', { template: 'bad' }],
];

describe.each(BAD)("the operator's %s is refused, and nobody named", (_, bad) => {
  test('no app is blamed; and the next candidates cost one look each, whatever app changes', async () => {
    const { refuse } = blaming();
    const first = await refuse(estate(bad));
    expect(first).toMatchObject({ consequence: 'never', problems: [{ owner: { by: 'operator' } }] });
    expect(first.asked).toBeLessThanOrEqual(14);
    for (const change of [{ count: 201 }, { count: 150 }, { others: [17, 90] }])
      await expect(refuse(estate({ ...bad, ...change }))).resolves.toEqual({ ...first, asked: 1 });
  });

  test('an app that is at fault on top is found once the operator has mended it', async () => {
    const fault = await faultOf(bad);
    const onTop = estate({ ...bad, app: 77 });
    await expect(find(onTop, fault)).resolves.toMatchObject({ blamed: [], runs: 1 });
    const mended = [await find(estate({ app: 77 }), fault), await find(onTop, fault, { isMended: true })];
    for (const { blamed, operator, fault: left } of mended)
      expect([blamed.map(({ owner }) => owner.app), operator, left]).toEqual([['/app77'], [], undefined]);
  });

  test('one that HAProxy names is found at once, and what is known stays', async () => {
    const fault = await faultOf(bad);
    const { blamed, runs, ...finding } = await find(estate({ ...bad, named: 3 }), fault);
    expect([blamed.map(({ owner }) => owner.app), runs, finding.fault]).toEqual([['/app3'], 0, fault]);
  });
});

test('other words are searched for', async () => {
  const fault = await faultOf({ template: 'bad' });
  const finding = await find(estate({ template: 'bad' }), { ...fault, words: 'something else is wrong' });
  expect(finding.runs).toBeGreaterThan(1);
  expect(finding.fault).toEqual(fault);
});

test('it is forgotten when a candidate is taken', async () => {
  const { refuse, accepted } = blaming();
  const { asked } = await refuse(estate({ template: 'bad' }));
  accepted();
  await expect(refuse(estate({ template: 'bad' }))).resolves.toMatchObject({ asked });
  expect(asked).toBeGreaterThan(1);
});

test('the app that showed it has changed: it is asked about anew, and nobody else', async () => {
  const fault = await faultOf({ template: 'bad' });
  if (fault.shown === 'without-apps') throw new Error('an app shows it');
  const shows = Number(fault.shown.blame.owner.app.replace('/app', ''));
  const changed = await find(estate({ template: 'bad', others: [shows] }), fault);
  expect(changed).toMatchObject({ blamed: [], runs: 2, operator: [expect.stringContaining("operator's templates as /app")] });
});

test('an app is called as the one who asks calls it', async () => {
  const candidate = estate({ template: 'bad' });
  const nameOf = (app: AppId): AppId => `${app}-blue` as AppId;
  const check = (one: Document): Promise<Verdict> => Promise.resolve(judge(one));
  const { operator } = await findBlame({ document: candidate, good: undefined, lines: SILENT, check, nameOf });
  expect(operator).toEqual([expect.stringMatching(/operator's templates as \/app\d+-blue, port 0/)]);
});

test('the app that showed it is gone: another shows it', async () => {
  const fault = await faultOf({ count: 1, template: 'bad' });
  const all = estate({ count: 10, template: 'bad' });
  const { blamed, fault: next } = await find({ ...all, backends: all.backends.slice(1) }, fault);
  expect(blamed).toEqual([]);
  expect(next).toMatchObject({ words: fault.words, shown: { blame: { owner: { app: expect.not.stringMatching(/app0$/) } } } });
});

async function find(candidate: Document, fault?: OperatorsFault, machine: { readonly isMended?: boolean } = {}): Promise<BlameFinding> {
  const verdict = judge(candidate, machine);
  if (verdict.ok) throw new Error('it is not refused');
  const check = (one: Document): Promise<Verdict> => Promise.resolve(judge(one, machine));
  return findBlame({ document: candidate, good: undefined, lines: verdict.lines, check, fault });
}

async function faultOf(bad: Estate): Promise<OperatorsFault> {
  const { fault } = await find(estate(bad));
  if (fault === undefined) throw new Error('no fault was found');
  return fault;
}
