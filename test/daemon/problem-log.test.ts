import { expect, test } from '@jest/globals';
import type { AppId } from '../../src/model/names.ts';
import type { Problem } from '../../src/model/problem.ts';
import { makeProblemLog } from '../../src/daemon/problem-log.ts';

const LABEL: Problem = {
  code: 'label-value',
  owner: { by: 'app', app: '/shop' as AppId, index: 1 },
  label: 'HAPROXY_1_PORT',
  message: "it can't be read",
  hint: 'wanted: a port',
};
const TEMPLATE: Problem = { code: 'template', owner: { by: 'operator' }, message: "it can't be used", hint: 'mend it' };

/** What is written when views with these problems come one after the other. */
function logged(...views: readonly (readonly Problem[])[]): readonly (readonly unknown[])[] {
  const lines: unknown[][] = [];
  const log = {
    info: (...words: unknown[]) => lines.push(['info', ...words]),
    warn: (...words: unknown[]) => lines.push(['warn', ...words]),
  };
  const show = makeProblemLog(log);
  for (const problems of views) show({ problems });
  return lines;
}

const LOSSES: Problem = { code: 'losses-held', owner: { by: 'operator' }, message: '10 of 20 tasks', hint: 'wait' };
const OTHER_PORT: Problem = { ...LABEL, owner: { by: 'app', app: '/shop' as AppId, index: 2 }, message: 'it is taken' };
const OF_LOSSES = { code: 'losses-held', hint: 'wait' };
const OF_LABEL = { code: 'label-value', app: '/shop', port: 1, label: 'HAPROXY_1_PORT', hint: 'wanted: a port' };
const OF_TEMPLATE = { code: 'template', hint: 'mend it' };

test.each([
  ['once, when it comes', [[LABEL], [LABEL], [{ ...LABEL }]], [['warn', OF_LABEL, "it can't be read"]]],
  ['the operator’s', [[TEMPLATE]], [['warn', OF_TEMPLATE, "it can't be used"]]],
  [
    'one that lasts, and whose numbers change',
    [[LOSSES], [{ ...LOSSES, message: '11 of 20 tasks' }], []],
    [
      ['warn', OF_LOSSES, '10 of 20 tasks'],
      ['info', { ...OF_LOSSES, was: '11 of 20 tasks' }, 'a problem is gone'],
    ],
  ],
  [
    'gone, and back',
    [[LABEL], [], [LABEL]],
    [
      ['warn', OF_LABEL, "it can't be read"],
      ['info', { ...OF_LABEL, was: "it can't be read" }, 'a problem is gone'],
      ['warn', OF_LABEL, "it can't be read"],
    ],
  ],
  [
    'one comes as another goes',
    [[LABEL], [TEMPLATE]],
    [
      ['warn', OF_LABEL, "it can't be read"],
      ['warn', OF_TEMPLATE, "it can't be used"],
      ['info', { ...OF_LABEL, was: "it can't be read" }, 'a problem is gone'],
    ],
  ],
  [
    'with other words, and is not gone',
    [[LABEL], [{ ...LABEL, message: 'it is taken' }]],
    [
      ['warn', OF_LABEL, "it can't be read"],
      ['warn', OF_LABEL, 'it is taken'],
    ],
  ],
  [
    'gone, while the same is wrong with another port',
    [[LABEL], [OTHER_PORT]],
    [
      ['warn', OF_LABEL, "it can't be read"],
      ['warn', { ...OF_LABEL, port: 2 }, 'it is taken'],
      ['info', { ...OF_LABEL, was: "it can't be read" }, 'a problem is gone'],
    ],
  ],
  ['nothing to tell', [[], []], []],
])('a Problem is told %s', (_, views, lines) => {
  expect(logged(...views)).toEqual(lines);
});

test('an app that changes a label again and again does not fill the disk, and costs others no line', () => {
  const lines: string[] = [];
  const write = (facts: object, words: string): void => void lines.push(`${JSON.stringify(facts).slice(0, 90)} ${words}`);
  let time = 0;
  const show = makeProblemLog({ info: write, warn: write } as Parameters<typeof makeProblemLog>[0], () => time);
  for (let i = 0; i < 1_000; i++) show({ problems: [{ ...LABEL, message: `value ${i}` }] });
  expect(lines).toHaveLength(201);
  expect(lines.at(-1)).toMatch(/"app":"\/shop".*come and go more often than 200 times a minute/);
  show({ problems: [TEMPLATE, { ...LABEL, owner: { by: 'app', app: '/other' as AppId } }] });
  expect(lines.slice(201)).toEqual([expect.stringContaining('template'), expect.stringContaining('/other')]);
  time = 60_000;
  show({ problems: [LABEL] });
  expect(lines.some((line) => line.includes('/shop') && line.endsWith("it can't be read"))).toBe(true);
});
