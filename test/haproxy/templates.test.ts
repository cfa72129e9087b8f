import { expect, test } from '@jest/globals';
import Handlebars from 'handlebars';
import { CATALOGUE, TEMPLATE_NAMES, TEMPLATES_IN_LABELS, type TemplateName, type TemplateRow } from '../../src/haproxy/catalogue.ts';
import { compileHandlebars } from '../../src/haproxy/compile.ts';
import { makeTemplates, type Author, type TemplateText } from '../../src/haproxy/templates.ts';
import type { AppId } from '../../src/model/names.ts';
import type { Overrides } from '../../src/model/service.ts';
import { DEFAULTS, templatesWith } from './make.ts';

const CONTEXT = { backend: 'shop_10000' };
const DEFAULT = '  use_backend shop_10000\n';
const by = (overrides: Overrides): Author => ({ owner: { by: 'app', app: '/shop' as AppId, index: 1 }, overrides });
const written = (text: string, language: 'handlebars' | 'marathon-lb' = 'marathon-lb') => ({ text, language, from: 'a file' });

class Names extends Handlebars.Visitor {
  readonly found = new Set<string>();
  override PathExpression({ original }: hbs.AST.PathExpression): void {
    if (!['if', 'unless', 'each', 'this'].includes(original)) this.found.add(original);
  }
}

test.each(TEMPLATE_NAMES)('the default of %s compiles, and places no more than the catalogue has', (name) => {
  const { places, lists, doc }: TemplateRow = CATALOGUE[name];
  const text = DEFAULTS.get(name) ?? '';
  const names = new Names();
  names.accept(Handlebars.parse(text));
  expect([...places, ...lists]).toEqual(expect.arrayContaining([...names.found]));
  const compiled = compileHandlebars(text, [...places, ...lists]);
  const values = {
    ...Object.fromEntries(places.map((place) => [place, `<${place}>`])),
    ...Object.fromEntries(lists.map((list) => [list, ['<one>']])),
  };
  const rendered = compiled(values);
  for (const place of names.found) expect(rendered).toContain(lists.includes(place) ? '<one>' : `<${place}>`);
  expect(rendered).toMatch(/^$|\n$/);
  expect(rendered).not.toMatch(/\{\{|\}\}|undefined/);
  expect(doc).toMatch(/\.$/);
});

test('those that labels may override are those of marathon-lb 1.15, with what came since', () => {
  expect(TEMPLATES_IN_LABELS.has('HAPROXY_HEAD')).toBe(false);
  expect(TEMPLATES_IN_LABELS.has('HAPROXY_HTTP_BACKEND_REDIR')).toBe(false); // the label of this name is a path
  expect(TEMPLATES_IN_LABELS.has('HAPROXY_FRONTEND_BACKEND_GLUE')).toBe(true);
  for (const name of TEMPLATES_IN_LABELS) expect(CATALOGUE[name as TemplateName].inLabels).toBe(true);
});

test('a default stands where nobody says otherwise, and belongs to the operator or to who asked', () => {
  const templates = templatesWith();
  expect(templates.render('HAPROXY_FRONTEND_BACKEND_GLUE', CONTEXT)).toEqual({
    template: 'HAPROXY_FRONTEND_BACKEND_GLUE',
    owner: { by: 'operator' },
    text: DEFAULT,
  });
  expect(templates.render('HAPROXY_FRONTEND_BACKEND_GLUE', CONTEXT, by({})).owner).toEqual({ by: 'app', app: '/shop', index: 1 });
  expect(templates.problems).toEqual([]);
});

test.each([
  ['the default', undefined, undefined, DEFAULT],
  ["the operator's before the default", 'env {backend}', undefined, 'env shop_10000'],
  ["a label's before the operator's", 'env {backend}', 'label {backend}', 'label shop_10000'],
  ["a label's before the default", undefined, 'label {backend}', 'label shop_10000'],
  ['an empty one counts', 'env', '', ''],
])('%s', (_, env, label, text) => {
  const templates = templatesWith(env === undefined ? {} : { HAPROXY_FRONTEND_BACKEND_GLUE: written(env) });
  const author = by(label === undefined ? {} : { HAPROXY_FRONTEND_BACKEND_GLUE: label });
  expect(templates.render('HAPROXY_FRONTEND_BACKEND_GLUE', CONTEXT, author).text).toBe(text);
  expect(templates.problemsOf(author)).toEqual([]);
});

test.each([
  ['handlebars', 'x {{backend}} {y}', 'x shop_10000 {y}'],
  ['marathon-lb', 'x {backend} {{y}}', 'x shop_10000 {y}'],
] as const)("an operator's text in the language of %s", (language, text, wanted) => {
  const templates = templatesWith({ HAPROXY_FRONTEND_BACKEND_GLUE: written(text, language) });
  expect(templates.render('HAPROXY_FRONTEND_BACKEND_GLUE', CONTEXT).text).toBe(wanted);
});

test('a raw template of an operator or a label stands as it is', () => {
  const templates = templatesWith({ HAPROXY_BACKEND_STICKY_OPTIONS: written('  cookie {x} {{y}}\n') });
  expect(templates.render('HAPROXY_BACKEND_STICKY_OPTIONS', {}).text).toBe('  cookie {x} {{y}}\n');
  expect(templates.render('HAPROXY_BACKEND_STICKY_OPTIONS', {}, by({ HAPROXY_BACKEND_STICKY_OPTIONS: '{' })).text).toBe('{');
});

test("an operator's that can't be used is a Problem, and the default stands", () => {
  const templates = templatesWith({ HAPROXY_FRONTEND_BACKEND_GLUE: written('use_backend {server}') });
  expect(templates.render('HAPROXY_FRONTEND_BACKEND_GLUE', CONTEXT).text).toBe(DEFAULT);
  expect(templates.problems).toEqual([
    {
      code: 'template',
      owner: { by: 'operator' },
      message:
        "the template HAPROXY_FRONTEND_BACKEND_GLUE from a file can't be used, it has the placeholder 'server', but there are backend",
      hint: 'the default template is used in its place',
    },
  ]);
});

test("a label's that can't be used is a Problem of its port, and the operator's stands", () => {
  const templates = templatesWith({ HAPROXY_FRONTEND_BACKEND_GLUE: written('env {backend}') });
  const author = by({ HAPROXY_FRONTEND_BACKEND_GLUE: '{', HAPROXY_BACKEND_HTTP_OPTIONS: 'fine' });
  expect(templates.render('HAPROXY_FRONTEND_BACKEND_GLUE', CONTEXT, author).text).toBe('env shop_10000');
  expect(templates.problemsOf(author)).toEqual([
    {
      code: 'template',
      owner: { by: 'app', app: '/shop', index: 1 },
      label: 'HAPROXY_1_FRONTEND_BACKEND_GLUE',
      message:
        "the template HAPROXY_FRONTEND_BACKEND_GLUE from HAPROXY_1_FRONTEND_BACKEND_GLUE can't be used, it has a single '{': write '{{' for a brace",
      hint: 'the default template is used in its place',
    },
  ]);
  expect(templates.problems).toEqual([]);
});

test('a label for one port changes nothing for another', () => {
  const templates = templatesWith();
  templates.render('HAPROXY_FRONTEND_BACKEND_GLUE', CONTEXT, by({ HAPROXY_FRONTEND_BACKEND_GLUE: 'mine' }));
  expect(templates.render('HAPROXY_FRONTEND_BACKEND_GLUE', CONTEXT, by({})).text).toBe(DEFAULT);
});

test('a default that is missing or broken is our own mistake, and throws', () => {
  const without = new Map([...DEFAULTS].filter(([name]) => name !== 'HAPROXY_HEAD'));
  expect(() => makeTemplates(without, new Map())).toThrow('the default template HAPROXY_HEAD.hbs is missing');
  expect(() => makeTemplates(new Map(DEFAULTS).set('HAPROXY_HEAD', '{{x}}'), new Map())).toThrow("the placeholder 'x'");
});

const HEAD = 'global\n  daemon\ndefaults\n  timeout client 1m\nlisten stats\n  bind *:9090\n';

test.each<[TemplateName, string, string]>([
  ['HAPROXY_HTTP_FRONTEND_HEAD', '  bind *:80\n  mode http\n', "its first line is 'bind *:80', but a line 'frontend …' is wanted"],
  ['HAPROXY_HTTP_FRONTEND_HEAD', '', "its first line is ''"],
  ['HAPROXY_HTTPS_FRONTEND_HEAD', 'backend x\n', "the last section that it opens is 'backend x'"],
  ['HAPROXY_HTTP_FRONTEND_HEAD', 'frontend marathon_http_in bind *:80 mode http', 'the line ends were lost'],
  ['HAPROXY_HTTPS_GROUPED_VHOST_BACKEND_HEAD', 'server x 1.2.3.4:1', "a line 'backend …' is wanted"],
  ['HAPROXY_BACKEND_HEAD', '  balance leastconn\n', "a line 'backend …' is wanted"],
  ['HAPROXY_BACKEND_HEAD', 'backend mine\n', 'has no {backend}'],
  ['HAPROXY_HEAD', 'defaults\n  timeout client 1m\nlisten stats\n  bind *:9090\n', "it has no section 'global'"],
  ['HAPROXY_HEAD', 'global\nlisten stats\n  bind *:9090\n', "it has no section 'defaults'"],
  ['HAPROXY_HEAD', 'global\ndefaults\n  timeout client 1m\n', 'it binds nothing on port 9090 (--stats-port)'],
  ['HAPROXY_HEAD', 'global\ndefaults\nlisten stats\n  bind *:19090\n', 'it binds nothing on port 9090 (--stats-port)'],
])("an operator's %s of %j is a Problem, and the default one stands", (name, text, why) => {
  const own = new Map([[name, written(text)]]);
  const templates = makeTemplates(DEFAULTS, own, { statsPort: 9090 });
  expect(templates.problems).toMatchObject([{ code: 'template', owner: { by: 'operator' }, message: expect.stringContaining(why) }]);
  const { places, lists }: TemplateRow = CATALOGUE[name];
  const context = Object.fromEntries([...places.map((place) => [place, place]), ...lists.map((list) => [list, []])]) as never;
  expect(templates.render(name, context).text).toBe(templatesWith().render(name, context).text);
});

test.each<[TemplateName, string, 'handlebars' | 'marathon-lb']>([
  ['HAPROXY_HEAD', HEAD.replace('  daemon\n', ''), 'marathon-lb'],
  ['HAPROXY_HEAD', 'global\ndefaults\nlisten stats\n  bind {{statsBind}}\n', 'handlebars'],
  ['HAPROXY_HTTP_FRONTEND_HEAD', '\n# mine\nlisten health\n  bind *:8080\nfrontend marathon_http_in\n  bind *:80\n', 'marathon-lb'],
  ['HAPROXY_BACKEND_HEAD', '{{#if mode}}\nbackend {{ backend }}\n{{/if}}\n', 'handlebars'],
  ['HAPROXY_FRONTEND_HEAD', '', 'marathon-lb'],
])("an operator's %s of %j can be used", (name, text, language) => {
  expect(makeTemplates(DEFAULTS, new Map([[name, written(text, language)]]), { statsPort: 9090 }).problems).toEqual([]);
});

test("what a head has of marathon-lb's Lua is told in one line", () => {
  const lua = ['getpids', 'getconfig', 'signalmlb'].map((name) => `  lua-load /marathon-lb/${name}.lua\n`).join('');
  const rules = ['getpids', 'getconfig'].map((name) => `  http-request use-service lua.${name} if { path /_haproxy_${name} }\n`).join('');
  const templates = templatesWith({ HAPROXY_HEAD: written(HEAD.replace('global\n', `global\n${lua}`) + rules) });
  expect(templates.problems.map(({ message }) => message)).toEqual([
    expect.stringMatching(
      /^HAPROXY_HEAD: the lines 'lua-load .*use-service lua.getconfig.* are left out, because marathon-lb's Lua scripts are not here$/,
    ),
    "HAPROXY_HEAD: the line 'daemon' is left out, because HAProxy runs under our own master here",
  ]);
});

test("a variable that HAProxy is not given is a Problem that names the flag; an operator's template stands, a label's does not", () => {
  const text =
    '  http-request set-header X "${TOKEN} $TZ \\$NO"\n  http-response set-header Y %[env(KEY)]\n  http-request set-header Z $PLAIN\n';
  const own = new Map<TemplateName, TemplateText>([['HAPROXY_BACKEND_HTTP_OPTIONS', written(text)]]);
  const templates = makeTemplates(DEFAULTS, own, { variables: ['TZ'] });
  const message = expect.stringContaining('TOKEN, KEY, which HAProxy is not given without --haproxy-env TOKEN --haproxy-env KEY');
  expect(templates.problems).toMatchObject([{ owner: { by: 'operator' }, message }]);
  expect(templates.render('HAPROXY_BACKEND_HTTP_OPTIONS', {}).text).toBe(text);
  expect(makeTemplates(DEFAULTS, own, { variables: ['TZ', 'TOKEN', 'KEY'] }).problems).toEqual([]);
  const author = by({ HAPROXY_BACKEND_STICKY_OPTIONS: '  http-response set-header Y %[env(KEY)]\n' });
  expect(templates.problemsOf(author)).toMatchObject([
    { label: 'HAPROXY_1_BACKEND_STICKY_OPTIONS', message: expect.stringContaining('--haproxy-env KEY') },
  ]);
  const set = 'global\n  setenv A b\ndefaults\n  log "$A" local0\n  log "${HAPROXY_LOCALPEER}" local0\nlisten s\n  bind :1\n';
  expect(makeTemplates(DEFAULTS, new Map([['HAPROXY_HEAD', written(set)]]), { variables: [] }).problems).toEqual([]);
});

test("without some of the operator's templates, the default ones stand in their place, and the others stay", () => {
  const own = new Map<TemplateName, TemplateText>([
    ['HAPROXY_FRONTEND_BACKEND_GLUE', written('  use_backend {backend} if mine\n')],
    ['HAPROXY_BACKEND_HTTP_OPTIONS', written('  option forwardfor\n')],
  ]);
  const templates = makeTemplates(DEFAULTS, own).without(['HAPROXY_FRONTEND_BACKEND_GLUE']);
  expect(templates.render('HAPROXY_FRONTEND_BACKEND_GLUE', CONTEXT).text).toBe(DEFAULT);
  expect(templates.render('HAPROXY_BACKEND_HTTP_OPTIONS', {}).text).toBe('  option forwardfor\n');
});
