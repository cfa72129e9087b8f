import { describe, expect, test } from '@jest/globals';
import { withoutOtherFiles } from '../../src/blame/complaint.ts';
import { readRefusal, type RefusalReading } from '../../src/blame/read-refusal.ts';
import { textOf } from '../../src/haproxy/file-text.ts';
import type { Document, Fragment } from '../../src/model/document.ts';
import type { AppId } from '../../src/model/names.ts';
import { backendSection, document } from '../haproxy/make.ts';

const FILE = '/etc/haproxy/haproxy.cfg';
const OPERATOR = { by: 'operator' } as const;
const app = (name: string) => ({ by: 'app', app: `/${name}` as AppId, index: 0 }) as const;
const of = (name: string, template: string, text: string): Fragment => ({ template: `HAPROXY_${template}`, owner: app(name), text });
const labelled = (name: string, template: string, text: string): Fragment => ({
  ...of(name, template, text),
  label: `HAPROXY_0_${template}`,
});
const own = (template: string, text: string): Fragment => ({ template: `HAPROXY_${template}`, owner: OPERATOR, text });

/** What an app has in a document; each part can be another. */
function parts(name: string, other: { readonly rule?: Fragment; readonly head?: Fragment; readonly options?: Fragment } = {}) {
  const rule = of(name, 'HTTP_FRONTEND_ACL', `  acl ${name} hdr(host) ${name}.org\n  use_backend ${name}_1 if ${name}\n`);
  const head = of(name, 'BACKEND_HEAD', `\nbackend ${name}_1\n  balance roundrobin\n  mode http\n`);
  const options = of(name, 'BACKEND_HTTP_OPTIONS', `  option forwardfor\n`);
  return { name, rule, head, options, ...other };
}

/** A document of apps, each with a rule in the shared frontend, a frontend of its own and a backend. */
function estate(...apps: readonly ReturnType<typeof parts>[]): Document {
  const frontendOf = (name: string) => ({
    name: `frontend ${name}_1`,
    fragments: [
      of(name, 'FRONTEND_HEAD', `\nfrontend ${name}_1\n  bind *:1001\n`),
      own('FRONTEND_HTTP_OPTIONS', '  http-request disable-l7-retry\n'),
      of(name, 'FRONTEND_BACKEND_GLUE', `  default_backend ${name}_1\n`),
    ],
  });
  return document({
    front: [
      { name: 'head', fragments: [own('HEAD', 'global\n  nbthread 2\nlisten stats\n  bind *:9090\n')] },
      {
        name: 'userlist user_a_1',
        fragments: [of('a', 'USERLIST_HEAD', 'userlist user_a_1\n  user joe password $6$x groups nope\n')],
      },
      {
        name: 'frontend marathon_http_in',
        fragments: [own('HTTP_FRONTEND_HEAD', '\nfrontend marathon_http_in\n  bind *:80\n'), ...apps.map(({ rule }) => rule)],
      },
      ...apps.map(({ name }) => frontendOf(name)),
    ],
    backends: apps.map(({ name, head, options }) => ({
      ...backendSection(`${name}_1`, []),
      fragments: [head, options],
      servers: new Map(
        [...backendSection('x', [], { s1: '' }).servers.keys()].map((key) => [
          key,
          of(name, 'BACKEND_SERVER_OPTIONS', `  server s1 127.0.0.1:${name.charCodeAt(0)}\n`),
        ]),
      ),
    })),
  });
}

/** `FILE:LINE` of the first line with this text. */
function placeIn(of_: Document): (text: string) => string {
  const lines = [...textOf(of_)].join('').split('\n');
  return (text) => {
    const exact = lines.findIndex((line) => line.trim() === text);
    const at = exact < 0 ? lines.findIndex((line) => line.includes(text)) : exact;
    if (at < 0) throw new Error(`no line has '${text}'`);
    return `${FILE}:${at + 1}`;
  };
}

const told = ({ blamed, operator, unknown }: RefusalReading) => ({
  blamed: blamed.map(({ owner, template, label, line, isDoubtful }) => [
    owner.app,
    label ?? template,
    line,
    ...(isDoubtful === true ? ['?'] : []),
  ]),
  operator: operator.length,
  unknown: unknown.length,
});

const BAD = estate(
  parts('a'),
  parts('b', { options: labelled('b', 'BACKEND_HTTP_OPTIONS', '  nonsense on stilts\n  stick on src table lost\n') }),
  parts('c', { rule: labelled('c', 'HTTP_FRONTEND_ACL', '  acl c hdr(host) c.org\n  use_backend nowhere if c\n') }),
  parts('d', { head: labelled('d', 'BACKEND_HEAD', '\nbackend d_1\n  mode tcp\n  id 7\n') }),
);
const at = placeIn(BAD);
const B = ['/b', 'HAPROXY_0_BACKEND_HTTP_OPTIONS', 'nonsense on stilts'];
const C = ['/c', 'HAPROXY_0_HTTP_FRONTEND_ACL', 'use_backend nowhere if c'];

describe('whom a message names', () => {
  test.each<[string, string, { blamed?: unknown[]; operator?: number; unknown?: number }]>([
    ['parsing', `config : parsing [${at('nonsense')}] : unknown keyword 'nonsense' in 'backend' section`, { blamed: [B] }],
    ['no blank before the colon', `config : parsing [${at('nonsense')}]: too many words, truncating after word 64`, { blamed: [B] }],
    ['as 3.4 says it', `parsing [${at('nonsense')}] : unknown keyword 'nonsense' in 'backend' section`, { blamed: [B] }],
    ['Parsing', `config : Parsing [${at('nonsense')}]: failed to parse use_backend rule '%[x]'`, { blamed: [B] }],
    [
      'a server',
      `config : [${at('127.0.0.1:99')}] : 'server c_1/s1' : unknown keyword 'x'; did you mean 'id' maybe ?`,
      { blamed: [['/c', 'HAPROXY_BACKEND_SERVER_OPTIONS', 'server s1 127.0.0.1:99']] },
    ],
    [
      'a server without a line',
      "config : config: backend 'c_1': server 's1' has neither service port nor check port.",
      { blamed: [['/c', 'HAPROXY_BACKEND_SERVER_OPTIONS', 'server s1 127.0.0.1:99']] },
    ],
    ['a rule of a shared frontend', "config : Proxy 'marathon_http_in': unable to find required use_backend: 'nowhere'.", { blamed: [C] }],
    ['the same in 3.4', "Proxy 'marathon_http_in': unable to find required use_backend: 'nowhere'.", { blamed: [C] }],
    [
      'a backend by its name',
      "config : Proxy 'b_1': unable to find stick-table 'lost'.",
      { blamed: [['/b', 'HAPROXY_0_BACKEND_HTTP_OPTIONS', 'stick on src table lost']] },
    ],
    [
      "an own frontend's default backend",
      "config : Proxy 'b_1': unable to find required default_backend: 'b_1'.",
      { blamed: [['/b', 'HAPROXY_FRONTEND_BACKEND_GLUE', 'default_backend b_1']] },
    ],
    [
      'backend, with a blank',
      "config : backend 'b_1' : unable to find server 'lost' referenced in a 'use-server' rule.",
      { blamed: [['/b', 'HAPROXY_0_BACKEND_HTTP_OPTIONS', 'stick on src table lost']] },
    ],
    [
      'a userlist',
      "config : userlist 'user_a_1': no such group 'nope' specified in user 'joe'",
      { blamed: [['/a', 'HAPROXY_USERLIST_HEAD', 'user joe password $6$x groups nope']] },
    ],
    [
      'two lines, of which one came from a label',
      `config : http frontend 'marathon_http_in' (${at('frontend marathon_http_in')}) tries to use incompatible tcp backend 'd_1' (${at('backend d_1')}) in a 'use_backend' rule (see 'mode').`,
      { blamed: [['/d', 'HAPROXY_0_BACKEND_HEAD', undefined]] },
    ],
    [
      'a line in the middle',
      `config : Proxy 'a_1': no SSL certificate specified for bind '*:1001' at [${at('bind *:1001')}] (use 'crt').`,
      { blamed: [['/a', 'HAPROXY_FRONTEND_HEAD', 'bind *:1001']] },
    ],
    [
      'an id that two have: what came from a label',
      `config : parsing [${at('backend a_1')}]: backend a_1 reuses same custom id as backend d_1 (declared at ${at('backend d_1')}).`,
      { blamed: [['/d', 'HAPROXY_0_BACKEND_HEAD', 'backend d_1']] },
    ],
    ["the operator's line", `config : parsing [${at('nbthread')}] : 'nbthread' already specified`, { operator: 1 }],
    ["the operator's proxy", "config : Proxy 'stats': unable to find stick-table 'x'.", { unknown: 1 }],
    ['a proxy that nobody has', "config : Proxy 'nobody': unable to find stick-table 'x'.", { unknown: 1 }],
    ['an address, no line', 'config : [::1]:80 is taken', { unknown: 1 }],
    ['the end of the file is nobody', `config : parsing [${at('127.0.0.1:100')}]: non-terminated '.if' block.`, { unknown: 1 }],
    ['a line behind the end', `config : parsing [${FILE}:999]: what`, { unknown: 1 }],
  ])('%s', (_, message, { blamed = [], operator = 0, unknown = 0 }) => {
    const lines = [`[ALERT]    (77) : ${message}`, '[ALERT]    (77) : config : Fatal errors found in configuration.'];
    expect(told(readRefusal(lines, BAD))).toEqual({ blamed, operator, unknown });
  });
});

test("the words are HAProxy's, without the place", () => {
  const [blame] = readRefusal([`[ALERT]    (77) : config : parsing [${at('nonsense')}]: unmatched quote at position 29:`], BAD).blamed;
  expect(blame?.words).toBe('unmatched quote at position 29');
});

test('several in one run, each once; warnings, sums and lines that only show something are none', () => {
  const lines = [
    '[NOTICE]   (77) : haproxy version is 2.6.12',
    `[WARNING]  (77) : config : parsing [${at('bind *:80')}] : a warning`,
    `[ALERT]    (77) : config : parsing [${at('nonsense')}]: unmatched quote at position 3:`,
    '  nonsense on stilts',
    '  ^',
    `[ALERT]    (77) : config : parsing [${at('stick on')}] : another of the same label`,
    `[ALERT]    (77) : config : parsing [${at('use_backend nowhere')}] : no such ACL : 'c'.`,
    `[ALERT]    (77) : config : parsing [${at('127.0.0.1:100')}]: too many fatal errors (50), stopping now.`,
    `[ALERT]    (77) : config : Error(s) found in configuration file : ${FILE}`,
  ];
  expect(told(readRefusal(lines, BAD))).toEqual({ blamed: [B, C], operator: 0, unknown: 0 });
});

test('a line of another file is none of ours; the line that leads to it is', () => {
  const [, line] = at('stick on').split(':');
  const lines = [
    `[ALERT]    (77) : config : parsing [/etc/spoe.conf:${line}] : unknown keyword 'gibberish' in spoe-agent section.`,
    `[ALERT]    (77) : config : parsing [${at('use_backend nowhere')}] : 'filter' : 'Error(s) found in configuration file /etc/spoe.conf'`,
    `[ALERT]    (77) : config : Error(s) found in configuration file : ${FILE}`,
    `[ALERT]    (77) : Proxy lost : unknown backend 'nope' used by SPOE agent 'a' declared at /etc/spoe.conf:${line}.`,
  ].map((text) => withoutOtherFiles(text, FILE));
  expect(lines[0]).toContain(`parsing [/etc/spoe.conf, line ${line}] : unknown keyword`);
  expect(told(readRefusal(lines, BAD))).toEqual({ blamed: [C], operator: 0, unknown: 2 });
});

test('what is no ALERT is told when there is none', () => {
  expect(readRefusal(['Segmentation fault'], BAD)).toMatchObject({ blamed: [], operator: [], unknown: ['Segmentation fault'] });
  expect(readRefusal([], BAD)).toMatchObject({ blamed: [], operator: [], unknown: [] });
});

describe("templates that are not the apps' own", () => {
  const plain = estate(parts('a'), parts('b'), parts('c'));
  const place = placeIn(plain);
  const lineOf = (text: string): number => Number(place(text).split(':')[1]);
  const options = [0, 1, 2].map((i) => lineOf('option forwardfor') + 6 * i);
  const complain = (lines: readonly number[], words = "unknown option 'x'") =>
    lines.map((line) => `[ALERT] (7) : config : parsing [${FILE}:${line}] : ${words}`);
  const OPTIONS = (name: string, ...rest: string[]) => [`/${name}`, 'HAPROXY_BACKEND_HTTP_OPTIONS', 'option forwardfor', ...rest];

  test('refused with every app that has it: the template is at fault, and no app', () => {
    const refusal = readRefusal(complain(options), plain);
    expect(told(refusal)).toEqual({ blamed: [], operator: 1, unknown: 0 });
    expect(refusal.operator[0]).toBe(
      "HAProxy does not accept the operator's template HAPROXY_BACKEND_HTTP_OPTIONS, which HAProxy accepts from no app, so no app is at fault: unknown option 'x', in the line 'option forwardfor'",
    );
  });

  test('that is said once, however many backends HAProxy names', () => {
    const lines = ['a', 'b', 'c'].map((name) => `[ALERT] (7) : config : backend '${name}_1': unable to find the cache 'nowhere'`);
    const cached = (name: string) => parts(name, { options: of(name, 'BACKEND_HTTP_OPTIONS', '  filter cache nowhere\n') });
    const refusal = readRefusal(lines, estate(cached('a'), cached('b'), cached('c')));
    expect(refusal.operator).toEqual([expect.stringContaining('HAPROXY_BACKEND_HTTP_OPTIONS, which HAProxy accepts from no app')]);
    expect(refusal.blamed).toEqual([]);
  });

  test('taken from an app before it: what the app filled in is at fault', () => {
    expect(told(readRefusal(complain(options.slice(1)), plain)).blamed).toEqual([OPTIONS('b'), OPTIONS('c')]);
  });

  test('HAProxy may not have read on: doubtful', () => {
    expect(told(readRefusal(complain(options.slice(0, 1)), plain)).blamed).toEqual([OPTIONS('a', '?')]);
  });

  test('HAProxy has read on: not doubtful', () => {
    const lines = [...complain(options.slice(0, 1)), `[ALERT] (7) : config : parsing [${place('127.0.0.1:99')}] : 'server c_1/s1' : bad`];
    expect(told(readRefusal(lines, plain)).blamed[0]).toEqual(OPTIONS('a'));
  });

  test('one app alone has it: it is that one', () => {
    expect(told(readRefusal(complain(options.slice(0, 1)), estate(parts('a')))).blamed).toHaveLength(0);
    const single = estate(parts('a'));
    const line = Number(placeIn(single)('option forwardfor').split(':')[1]);
    expect(told(readRefusal(complain([line]), single)).blamed).toEqual([OPTIONS('a')]);
  });

  test('with a label for it, the label is at fault, however many are refused', () => {
    const bad = (name: string) => parts(name, { options: labelled(name, 'BACKEND_HTTP_OPTIONS', '  nonsense\n') });
    const all = estate(bad('a'), bad('b'), bad('c'));
    const first = Number(placeIn(all)('nonsense').split(':')[1]);
    expect(told(readRefusal(complain([first, first + 6, first + 12]), all)).blamed.map(([name]) => name)).toEqual(['/a', '/b', '/c']);
  });
});

describe('what is only a consequence', () => {
  const cut = (place: string, words: string) => `[ALERT] (7) : config : parsing [${place}] : ${words}`;

  test("the operator's lines behind a head of an app's", () => {
    const lines = [
      cut(at('frontend a_1'), "please use the 'bind' keyword"),
      cut(at('disable-l7-retry'), "'listen' or 'defaults' expected."),
    ];
    expect(told(readRefusal(lines, BAD))).toEqual({
      blamed: [['/a', 'HAPROXY_FRONTEND_HEAD', 'frontend a_1', '?']],
      operator: 0,
      unknown: 0,
    });
  });

  test("apps' rules behind a head of the operator's", () => {
    const lines = [cut(at('frontend marathon_http_in'), 'bad name'), cut(at('use_backend nowhere'), "'listen' or 'defaults' expected.")];
    expect(told(readRefusal(lines, BAD))).toEqual({ blamed: [], operator: 1, unknown: 0 });
  });
});
