import { expect, test } from '@jest/globals';
import Handlebars from 'handlebars';
import { CATALOGUE, TEMPLATE_NAMES, TEMPLATES_IN_LABELS, type TemplateName, type TemplateRow } from '../../src/haproxy/catalogue.ts';
import { compileHandlebars } from '../../src/haproxy/compile.ts';
import { makeTemplates, type Author } from '../../src/haproxy/templates.ts';
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
      hint: 'the default template stands in its place',
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
      hint: 'the default template stands in its place',
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
