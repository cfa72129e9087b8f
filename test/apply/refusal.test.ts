import { expect, test } from '@jest/globals';
import { describeRefusal } from '../../src/apply/refusal.ts';
import type { Fragment } from '../../src/model/document.ts';
import type { AppId } from '../../src/model/names.ts';
import { document } from '../haproxy/make.ts';

const FILE = '/etc/haproxy/haproxy.cfg';
const of = (template: string, text: string, owner: Fragment['owner']): Fragment => ({ template, text, owner });
const SHOP = { by: 'app', app: '/shop' as AppId, index: 1 } as const;

/** Lines 1 and 2 are the operator's, 3 to 5 are of an app, 6 of the operator again. */
const DOCUMENT = document({
  front: [
    {
      name: 'head',
      fragments: [
        of('HAPROXY_HEAD', 'global\n  nbthread 2\n', { by: 'operator' }),
        of('HAPROXY_FRONTEND_HEAD', 'frontend x\n  bind :1\n  nonsense\n', SHOP),
        of('HAPROXY_FRONTEND_HTTP_OPTIONS', '  mode http', { by: 'operator' }),
      ],
    },
  ],
});

test.each([
  [1, { by: 'operator' }],
  [2, { by: 'operator' }],
  [3, SHOP],
  [5, SHOP],
  [6, { by: 'operator' }],
  [7, { by: 'operator' }],
])('line %i belongs to %j', (line, owner) => {
  const [problem] = describeRefusal([`[ALERT]    (1234) : config : parsing [${FILE}:${line}] : unknown keyword 'nonsense'`], DOCUMENT);
  expect(problem).toMatchObject({ code: 'refused-by-haproxy', owner });
});

test('the words say whose line it is, and what HAProxy says', () => {
  const [problem] = describeRefusal([`[ALERT]    (1234) : config : parsing [${FILE}:5] : unknown keyword 'nonsense'`], DOCUMENT);
  expect(problem?.message).toBe(
    `HAProxy does not take the configuration (HAPROXY_FRONTEND_HEAD of /shop, port 1): parsing [${FILE}:5] : unknown keyword 'nonsense'`,
  );
  expect(problem?.hint).not.toBe('');
});

test.each([
  ['2.6', `[ALERT]    (77) : config : parsing [${FILE}:5] : 'bind' : bad`, SHOP],
  ['without a process', `[ALERT] : parsing [${FILE}:5] : bad`, SHOP],
  ['in the middle', `[ALERT]    (77) : config : backend 'x', server 's' [${FILE}:4] : bad`, SHOP],
  ['two lines: the first counts', `[ALERT]    (77) : parsing [${FILE}:4] : as declared at [${FILE}:1]`, SHOP],
  ['none', "[ALERT]    (77) : config : Proxy 'x': unable to find required use_backend: 'y'.", { by: 'operator' }],
  ['an address is no line', '[ALERT]    (77) : config : [::1]:80 is taken', { by: 'operator' }],
])('where the line stands: %s', (_, line, owner) => {
  expect(describeRefusal([line], DOCUMENT)).toMatchObject([{ owner }]);
});

test('each line is a Problem, but for the sums at the end', () => {
  const lines = [
    `[ALERT]    (1) : config : parsing [${FILE}:2] : one`,
    `[ALERT]    (1) : config : parsing [${FILE}:5] : two`,
    `[ALERT]    (1) : config : Error(s) found in configuration file : ${FILE}`,
    '[ALERT]    (1) : config : Fatal errors found in configuration.',
  ];
  expect(describeRefusal(lines, DOCUMENT).map(({ owner }) => owner)).toEqual([{ by: 'operator' }, SHOP]);
});

test.each([
  [['[ALERT]    (1) : config : Fatal errors found in configuration.'], 'Fatal errors found in configuration.'],
  [[], 'it gave no reason'],
])('there is always a Problem: %j', (lines, words) => {
  expect(describeRefusal(lines, DOCUMENT)).toMatchObject([
    { code: 'refused-by-haproxy', owner: { by: 'operator' }, message: expect.stringContaining(words) },
  ]);
});
