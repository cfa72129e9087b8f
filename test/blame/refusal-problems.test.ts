import { describe, expect, test } from '@jest/globals';
import { dependsOnServers, describeBlame } from '../../src/blame/refusal-problems.ts';
import { readRefusal } from '../../src/blame/read-refusal.ts';
import type { Document, Fragment } from '../../src/model/document.ts';
import type { AppId } from '../../src/model/names.ts';
import { document } from '../haproxy/make.ts';

const describeRefusal = (lines: readonly string[], of: Document) => describeBlame(readRefusal(lines, of));

const FILE = '/etc/haproxy/haproxy.cfg';
const of = (template: string, text: string, owner: Fragment['owner'], label?: string): Fragment => ({
  template,
  text,
  owner,
  ...(label !== undefined && { label }),
});
const OPERATOR = { by: 'operator' } as const;
const SHOP = { by: 'app', app: '/shop' as AppId, index: 1 } as const;

/** Lines 1 and 2 are the operator's, 3 to 5 are of an app, 6 and 7 of a label of it, 8 of the operator again. */
const DOCUMENT = document({
  front: [
    {
      name: 'head',
      fragments: [of('HAPROXY_HEAD', 'global\n  nbthread 2\n', OPERATOR)],
    },
    {
      name: 'frontend x',
      fragments: [
        of('HAPROXY_FRONTEND_HEAD', 'frontend x\n  bind :1\n  nonsense\n', SHOP),
        of('HAPROXY_BACKEND_HEAD', 'backend x\n  balance perhaps\n', SHOP, 'HAPROXY_1_BACKEND_HEAD'),
        of('HAPROXY_FRONTEND_HTTP_OPTIONS', '  mode http', OPERATOR),
      ],
    },
  ],
});

const at = (line: number, words: string): string => `[ALERT]    (1234) : config : parsing [${FILE}:${line}] : ${words}`;

test.each([
  [1, OPERATOR],
  [2, OPERATOR],
  [3, SHOP],
  [5, SHOP],
  [6, SHOP],
  [8, OPERATOR],
  [9, OPERATOR],
])('line %i belongs to %j', (line, owner) => {
  expect(describeRefusal([at(line, "unknown keyword 'nonsense'")], DOCUMENT)).toMatchObject([{ code: 'refused-by-haproxy', owner }]);
});

describe('the words', () => {
  test('of a label: it, the app, what HAProxy says, and the line as rendered', () => {
    expect(describeRefusal([at(7, "balance only supports 'roundrobin' options.")], DOCUMENT)).toEqual([
      {
        code: 'refused-by-haproxy',
        owner: SHOP,
        label: 'HAPROXY_1_BACKEND_HEAD',
        message:
          "HAProxy does not accept HAPROXY_BACKEND_HEAD of /shop, port 1: balance only supports 'roundrobin' options, in the line 'balance perhaps'",
        hint: "mend HAPROXY_1_BACKEND_HEAD; the app's port is left out until its labels change",
      },
    ]);
  });

  test('of the head, whose lines have the values of flags', () => {
    const [problem] = describeRefusal([at(2, "unknown option 'nonsense'")], DOCUMENT);
    expect(problem?.hint).toMatch(/^mend the template, or the flag or variable that the line comes from \(--default-options/);
  });

  test('of a common template', () => {
    const [problem] = describeRefusal([at(5, "unknown keyword 'nonsense' in 'frontend' section")], DOCUMENT);
    expect(problem?.label).toBeUndefined();
    expect(problem?.message).toBe(
      "HAProxy does not accept HAPROXY_FRONTEND_HEAD of /shop, port 1: unknown keyword 'nonsense' in 'frontend' section, in the line 'nonsense'",
    );
  });

  test('of an app whose line is not known', () => {
    const [problem] = describeBlame({ blamed: [{ owner: SHOP, words: 'something is wrong' }], operator: [], unknown: [] });
    expect(problem?.message).toBe('HAProxy does not accept the configuration with /shop, port 1: something is wrong');
  });

  test('headers of a check that HAProxy refuses from 3.0 on: the hint has the words that it accepts', () => {
    const words = "'option httpchk' : hiding headers or body at the end of the version string is unsupported";
    const [problem] = describeBlame({ blamed: [{ owner: SHOP, words, label: 'HAPROXY_1_BACKEND_HEAD' }], operator: [], unknown: [] });
    expect(problem?.hint).toContain("mend HAPROXY_1_BACKEND_HEAD: write 'option httpchk GET / HTTP/1.1'");
    expect(problem?.hint).toContain("'http-check send hdr Host shop'");
  });

  test('a password is not repeated', () => {
    const line = 'user joe password $6$secret';
    const [problem] = describeBlame({
      blamed: [{ owner: SHOP, words: 'bad', template: 'HAPROXY_USERLIST_HEAD', line }],
      operator: [],
      unknown: [],
    });
    expect(problem?.message).not.toContain('secret');
  });
});

test('each line is a Problem, but for the sums at the end', () => {
  const lines = [
    at(2, 'one'),
    at(7, 'two'),
    `[ALERT]    (1) : config : Error(s) found in configuration file : ${FILE}`,
    '[ALERT]    (1) : config : Fatal errors found in configuration.',
  ];
  expect(describeRefusal(lines, DOCUMENT).map(({ owner }) => owner)).toEqual(expect.arrayContaining([OPERATOR, SHOP]));
  expect(describeRefusal(lines, DOCUMENT)).toHaveLength(2);
});

test.each([
  [["[ALERT]    (77) : config : Proxy 'x': what"], 'names no app or template: '],
  [['Segmentation fault'], 'Segmentation fault'],
  [['[ALERT]    (1) : config : Fatal errors found in configuration.'], 'gives no reason'],
  [[], 'gives no reason'],
])('there is always a Problem: %j', (lines, words) => {
  expect(describeRefusal(lines, document())).toMatchObject([
    { code: 'refused-by-haproxy', owner: OPERATOR, message: expect.stringContaining(words) },
  ]);
});

test.each([
  ["another server named 'api' was already defined at line 7, please use distinct names", 'HAPROXY_BACKEND_SERVER_OPTIONS', true],
  ["'id' : custom id 3 already used at /etc/haproxy/haproxy.cfg:13 ('server a')", 'HAPROXY_BACKEND_SERVER_OPTIONS', true],
  ["unknown keyword 'nonsense'", 'HAPROXY_BACKEND_SERVER_OPTIONS', false],
  ["'timeout' was already defined", 'HAPROXY_BACKEND_HEAD', false],
])('%j in %s is about the servers of the moment: %s', (words, template, wanted) => {
  const blame = { owner: { by: 'app', app: '/shop' as AppId, index: 0 }, words, template, label: 'HAPROXY_0_X' } as const;
  expect(dependsOnServers(blame)).toBe(wanted);
  expect(describeBlame({ blamed: [blame], operator: [], unknown: [] })[0]?.hint).toContain(
    wanted ? 'its labels or its tasks change' : 'its labels change',
  );
});
