import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import Handlebars from 'handlebars';
import {
  compileFormat,
  compileHandlebars,
  compileRaw,
  TemplateError,
  type CompiledTemplate,
  type TemplateValues,
} from '../../src/haproxy/compile.ts';

const PLACES = ['backend', 'hostname', 'hosts'];
const VALUES: TemplateValues = { backend: 'shop_10000', hostname: '<b>"&\'', hosts: ['a', 'b'] };

/** What Handlebars itself makes of a text. */
const byHandlebars = (text: string, values: TemplateValues): string => Handlebars.compile<TemplateValues>(text, { noEscape: true })(values);

function whyNot(compile: () => CompiledTemplate): string {
  try {
    compile();
  } catch (error) {
    if (error instanceof TemplateError) return error.message;
    throw error;
  }
  throw new Error('it was compiled');
}

test.each([
  ['', ''],
  ['plain { } text % \\n', 'plain { } text % \\n'],
  ['use_backend {{backend}}\n', 'use_backend shop_10000\n'],
  ['{{hostname}}', '<b>"&\''],
  ['{{{hostname}}}', '<b>"&\''],
  ['{{ backend }}{{backend}}', 'shop_10000shop_10000'],
  ['a {{~backend~}} b', 'ashop_10000b'],
  ['{{! a comment }}x{{!-- {{unknown}} --}}', 'x'],
  ['  {{! alone }}\nx', 'x'],
  ['{{#if backend}}y{{else}}n{{/if}}', 'y'],
  ['{{#unless backend}}y{{/unless}}', ''],
  ['{{#each hosts}}\n  host {{this}}\n{{/each}}', '  host a\n  host b\n'],
  ['{{#each hosts}}{{.}}{{/each}}', 'ab'],
  ['{{#if hostname}}{{#each hosts}}{{this}},{{/each}}{{/if}}', 'a,b,'],
])('Handlebars %j', (text, wanted) => {
  expect(compileHandlebars(text, PLACES)(VALUES)).toBe(wanted);
  expect(byHandlebars(text, VALUES)).toBe(wanted);
});

test.each([
  ['{{unknown}}', "the placeholder 'unknown', but there are backend, hostname, hosts"],
  ['{{constructor}}', "the placeholder 'constructor'"],
  ['{{__proto__}}', "the placeholder '__proto__'"],
  ['{{toString}}', "the placeholder 'toString'"],
  ['{{this.constructor}}', "the placeholder 'this.constructor'"],
  ['{{backend.length}}', "the placeholder 'backend.length'"],
  ['{{../backend}}', 'outside {{backend}}'],
  ['{{@root}}', "the placeholder '@root'"],
  ['{{lookup hosts 0}}', 'it has an expression other than {{name}}'],
  ['{{log backend}}', 'it has an expression other than {{name}}'],
  ['{{#with backend}}x{{/with}}', 'it has an expression other than {{name}}'],
  ['{{#if unknown}}x{{/if}}', "the placeholder 'unknown'"],
  ['{{#if backend}}{{unknown}}{{/if}}', "the placeholder 'unknown'"],
  ['{{#if backend}}{{else}}{{unknown}}{{/if}}', "the placeholder 'unknown'"],
  ['{{#each hosts}}{{name}}{{/each}}', "the placeholder 'name'"],
  ['{{backend (evil)}}', 'it has an expression other than {{name}}'],
  ['{{backend a=evil}}', 'it has an expression other than {{name}}'],
  ['{{backend backend}}', 'it has an expression other than {{name}}'],
  ['{{"x"}}', 'it has an expression other than {{name}}'],
  ['{{12}}', 'it has an expression other than {{name}}'],
  ['{{true}}', 'it has an expression other than {{name}}'],
  ['{{#unless backend hosts}}x{{/unless}}', 'it has an expression other than {{name}}'],
  ['{{#if (each hosts)}}x{{/if}}', 'it has an expression other than {{name}}'],
  ['{{#backend}}x{{/backend}}', 'it has an expression other than {{name}}'],
  ['{{#each hosts}}{{backend}}{{/each}}', 'inside {{#each}} there are {{this}} and {{../backend}}'],
  ['{{this}}', "the placeholder 'this'"],
  ['{{if}}', "the placeholder 'if'"],
  ['{{> header}}', 'it has a partial'],
  ['{{#> layout}}x{{/layout}}', 'it has a partial'],
  ['{{#*inline "x"}}{{/inline}}', 'it has a partial'],
  ['\\{{backend}}', 'it has \\{{'],
  ['\\\\{{backend}}', 'it has \\{{'],
  ['{{backend', "Handlebars can't read it"],
  ['{{#if backend}}', "Handlebars can't read it"],
  ['{{/if}}', "Handlebars can't read it"],
  ['{{}}', "Handlebars can't read it"],
])('Handlebars %j is refused', (text, why) => {
  expect(whyNot(() => compileHandlebars(text, PLACES))).toContain(why);
});

test('where a template has no placeholders the message says so', () => {
  expect(whyNot(() => compileHandlebars('{{backend}}', []))).toContain('but there are none in this template');
});

/** Texts that only place values: those that are joined from their parsed form. */
const plain = fc
  .array(
    fc.oneof(
      fc.string().map((text) => text.replace(/[{}\\]/g, '')),
      fc.constantFrom('\n', '  ', '{{backend}}', '{{hostname}}', '{{! x }}', '{{~backend}}', '{{{hostname}}}', '{ }'),
    ),
  )
  .map((parts) => parts.join(''));
const values = fc.record({ backend: fc.string(), hostname: fc.string({ unit: 'binary' }), hosts: fc.array(fc.string()) });

test('templates that are joined from parts render as Handlebars itself does', () => {
  fc.assert(
    fc.property(plain, values, (text, given) => {
      expect(compileHandlebars(text, PLACES)(given)).toBe(byHandlebars(text, given));
    }),
  );
});

test('and so is what is not', () => {
  const block = fc.constantFrom('{{#if backend}}', '{{#unless hostname}}', '{{#each hosts}}');
  const text = fc.tuple(plain, block, plain).map(([before, open, within]) => {
    const inner = open === '{{#each hosts}}' ? within.replaceAll(/\{+~?(backend|hostname)\}+/g, '{{this}}') : within;
    return `${before}${open}${inner}{{/${/\w+/.exec(open)?.[0] ?? ''}}}`;
  });
  fc.assert(
    fc.property(text, values, (given, of) => {
      expect(compileHandlebars(given, PLACES)(of)).toBe(byHandlebars(given, of));
    }),
  );
});

test.each([
  ['', ''],
  ['use_backend {backend}\n', 'use_backend shop_10000\n'],
  ['{backend}{backend}', 'shop_10000shop_10000'],
  ['if {{ ssl_fc }}', 'if { ssl_fc }'],
  ['{{{backend}}}', '{shop_10000}'],
  ['{{backend}}', '{backend}'],
  ['{{{{', '{{'],
  ['}}}}', '}}'],
  ['{{}}', '{}'],
  ['%[src] \\ " \' # $1\r\n', '%[src] \\ " \' # $1\r\n'],
])('format %j', (text, wanted) => {
  expect(compileFormat(text, PLACES)(VALUES)).toBe(wanted);
});

test.each([
  ['{unknown}', "the placeholder 'unknown', but there are backend"],
  ['{}', "the placeholder ''"],
  ['{ backend }', "the placeholder ' backend '"],
  ['{backend!r}', "the placeholder 'backend!r'"],
  ['{backend.x}', "the placeholder 'backend.x'"],
  ['{0}', "the placeholder '0'"],
  ['{constructor}', "the placeholder 'constructor'"],
  ['{', "it has a single '{': write '{{'"],
  ['}', "it has a single '}': write '}}'"],
  ['a { b', "it has a single '{'"],
  ['{backend}}', "it has a single '}'"],
  ['{{backend}', "it has a single '}'"],
  ['{a{backend}}', "it has a single '{'"],
  [
    'use_backend x if { hdr(host) -i shop }',
    "it has '{ hdr(host) -i shop }', where the braces are HAProxy's own: write '{{ hdr(host) -i shop }}'",
  ],
  ['http-request deny unless { ssl_fc }', "write '{{ ssl_fc }}'"],
  ['unique-id-format %{+X}o', "write '{{+X}}'"],
])('format %j is refused', (text, why) => {
  expect(whyNot(() => compileFormat(text, PLACES))).toContain(why);
});

test('format: a text with all braces doubled stands for itself', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('{', '}', 'a', '\n', ' ', '$') }), (text) => {
      expect(compileFormat(text.replaceAll(/[{}]/g, '$&$&'), PLACES)(VALUES)).toBe(text);
    }),
  );
});

test('format: values are placed as they are, whatever stands in them', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (backend, hostname) => {
      expect(compileFormat('<{backend}|{hostname}>', PLACES)({ backend, hostname })).toBe(`<${backend}|${hostname}>`);
    }),
  );
});

test('raw: a text is used unchanged', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(compileRaw(text)(VALUES)).toBe(text);
    }),
  );
});
