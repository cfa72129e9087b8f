import { expect, test } from '@jest/globals';
import type { Running } from '../../src/model/document.ts';
import type { BackendName } from '../../src/model/names.ts';
import { applyAnswers } from '../../src/plan/apply-answers.ts';
import { documentOf, plan, R26, S1, take } from './plan-rows.ts';

const MAP = 'domain2backend.map';
const SPLITS = 'route-split.map';

type Rows = Readonly<Record<string, string>>;

/** Rows `h0` … that lead to b. */
const rows = (count: number, of: (i: number) => string = (i) => `h${i}.org`): Rows =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [of(i), 'b']));

interface Given {
  readonly before: Rows;
  readonly after: Rows;
  readonly file?: string;
  readonly lost?: Running['lost'];
}

function planned({ before, after, file = MAP, lost = new Map() }: Given) {
  const document = documentOf({ servers: [S1], maps: { [file]: before } });
  const running: Running = { document, exceptions: new Map(), lost };
  const wanted = { ...document, maps: documentOf({ maps: { [file]: after } }).maps };
  return { running, wanted, way: plan({ running, wanted, release: R26 }) };
}

const ONE: Rows = rows(1, () => 'other.org');

test.each<[string, Given, string]>([
  ['49 rows that come and one that goes', { before: ONE, after: rows(49) }, '50 one by one'],
  ['50 rows of 50 beside one that stays', { before: ONE, after: { ...ONE, ...rows(50) } }, '50 one by one'],
  ['51 rows of 51', { before: ONE, after: { ...ONE, ...rows(51) } }, 'at once'],
  ['51 rows of 407', { before: rows(356), after: rows(407) }, 'at once'],
  ['51 rows of 408', { before: rows(357), after: rows(408) }, '51 one by one'],
  ['60 rows of 10,000', { before: rows(10_000), after: { ...rows(10_000), ...rows(60, (i) => `new${i}.org`) } }, '60 one by one'],
  ['2,000 rows of 10,000', { before: rows(10_000), after: { ...rows(10_000), ...rows(2_000, (i) => `new${i}.org`) } }, 'at once'],
  ['60 rows that go', { before: rows(60), after: ONE }, 'at once'],
  ['a row that is no word on a command line', { before: ONE, after: { ...rows(60), '#1': 'b' } }, '61 one by one'],
  ['a row to a backend that is not there', { before: ONE, after: { ...rows(60), 'x.org': 'new' } }, '61 one by one'],
  ['more shares of splits', { file: SPLITS, before: ONE, after: { ...ONE, ...rows(60) } }, 'at once'],
  ['shares of splits that go', { file: SPLITS, before: rows(60), after: ONE }, '61 one by one'],
  ['limits, which are in order among other commands', { file: 'limits.map', before: rows(60), after: {} }, '60 one by one'],
  [
    'something was refused before',
    { before: ONE, after: { ...ONE, ...rows(60) }, lost: new Map([['c' as BackendName, 'No.']]) },
    '60 one by one',
  ],
])('%s', (_, given, how) => {
  const { running, wanted, way } = planned(given);
  const texts = way.commands.map(({ text }) => text);
  const file = given.file ?? MAP;
  expect(texts.includes(`commit map /etc/haproxy/${file}`) ? 'at once' : `${texts.length} one by one`).toBe(how);
  if (how !== 'at once') return;
  expect(way.commands).toMatchObject([{ rows: wanted.maps[file], reason: { detail: expect.stringMatching(/^\d+ of \d+ rows at once$/) } }]);
  const next = take(running, wanted, way);
  expect(next.document).toBe(wanted);
  expect(plan({ running: next, wanted, release: R26 })).toMatchObject({ commands: [], reload: [] });
});

test('a map that HAProxy refuses as a whole is as before, is tried row by row, and needs a reload', () => {
  const { running, wanted, way } = planned({ before: ONE, after: rows(60) });
  const next = applyAnswers({ running, wanted, commands: way.commands, answers: [{ taken: false, answer: 'No.' }] });
  expect(next.document).toBe(running.document);
  const again = plan({ running: next, wanted, release: R26 });
  expect(again.commands).toHaveLength(61);
  expect(again.reload).toMatchObject([{ code: 'refused', detail: `to 'commit map /etc/haproxy/${MAP}' HAProxy answered 'No.'` }]);
});
