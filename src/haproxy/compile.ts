import Handlebars from 'handlebars';

/** The values of a template: texts, and lists for `{{#each}}`. */
export type TemplateValues = Readonly<Record<string, string | readonly string[]>>;

/** A compiled template, in whichever language it was written. */
export type CompiledTemplate = (values: TemplateValues) => string;

/**
 * Thrown for a template text that can't be used. The message is a sentence; for an unknown placeholder it names that and the placeholders that exist.
 */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
}

const BLOCKS = new Set(['if', 'unless', 'each']);

/**
 * Compiles a Handlebars text without escaping. Allowed are only `{{name}}`, `{{#if name}}`, `{{#unless name}}` and `{{#each list}}{{this}}{{/each}}`.
 * Every part is checked here over the syntax tree, because Handlebars' strict mode lets `{{constructor}}` through and finds other mistakes only at
 * rendering. A text that only places values is joined from its parsed parts, which is seven times as fast. Throws a TemplateError for anything else.
 */
export function compileHandlebars(text: string, places: readonly string[]): CompiledTemplate {
  if (text.includes('\\{{'))
    throw new TemplateError('it has \\{{, where Handlebars would drop the backslash: put a space or a quote between the two');
  let program: hbs.AST.Program;
  try {
    program = Handlebars.parse(text);
  } catch (error) {
    throw new TemplateError(`Handlebars can't read it: ${(error as Error).message.split('\n')[0] ?? ''}`);
  }
  checkAll(program, { places, inEach: false });
  const parts = program.body.map(plainPart);
  if (parts.every((part) => part !== undefined)) return join(parts);
  const template = Handlebars.compile<TemplateValues>(program, { noEscape: true, knownHelpersOnly: true, strict: true });
  return (values) => template(values);
}

/** The names that a part of a template may use. */
interface Scope {
  readonly places: readonly string[];
  readonly inEach: boolean;
}

function checkAll(program: hbs.AST.Program | undefined, scope: Scope): void {
  for (const statement of program?.body ?? []) check(statement, scope);
}

function check(statement: hbs.AST.Statement, scope: Scope): void {
  if (statement.type === 'ContentStatement' || statement.type === 'CommentStatement') return;
  if (statement.type === 'MustacheStatement') {
    const { path, params, hash } = statement as hbs.AST.MustacheStatement;
    requirePlain(path, params.length === 0 && isEmpty(hash));
    checkName(path as hbs.AST.PathExpression, scope);
  } else if (statement.type === 'BlockStatement') {
    const { path, params, hash, program, inverse } = statement as hbs.AST.BlockStatement;
    const [subject] = params;
    requirePlain(subject, params.length === 1 && isEmpty(hash) && BLOCKS.has(path.original));
    checkName(subject as hbs.AST.PathExpression, scope);
    checkAll(program, path.original === 'each' ? { ...scope, inEach: true } : scope);
    checkAll(inverse, scope);
  } else throw new TemplateError('it has a partial ({{> …}}), and partials are not supported');
}

function requirePlain(expression: hbs.AST.Expression | undefined, isPlain: boolean): void {
  if (expression?.type === 'PathExpression' && isPlain) return;
  throw new TemplateError(
    'it has an expression other than {{name}}, {{#if name}}, {{#unless name}} and {{#each list}}, and only these are supported',
  );
}

/** Checks a name. Inside {{#each}}, `this` is the element, and every other name needs `../`. */
function checkName({ original, depth, parts }: hbs.AST.PathExpression, { places, inEach }: Scope): void {
  if (inEach && (original === 'this' || original === '.')) return;
  const [name = original] = parts;
  if (!places.includes(name) || parts.length !== 1) throw unknownPlaceholder(original, places);
  if (depth !== (inEach ? 1 : 0))
    throw new TemplateError(`it has '${original}', but inside {{#each}} there are {{this}} and {{../${name}}}, outside {{${name}}}`);
}

/** Whether an expression has no `key=value`. The types say that a hash is always present, but it may be undefined. */
function isEmpty(hash: hbs.AST.Hash | undefined): boolean {
  return hash === undefined || hash.pairs.length === 0;
}

/** A piece of a template that only places values: a text, or the name of a value. */
interface TemplatePart {
  readonly text?: string;
  readonly place?: string;
}

function plainPart(statement: hbs.AST.Statement): TemplatePart | undefined {
  if (statement.type === 'ContentStatement') return { text: (statement as hbs.AST.ContentStatement).value };
  if (statement.type === 'CommentStatement') return { text: '' };
  const { path, params } = statement as hbs.AST.MustacheStatement;
  const plain = statement.type === 'MustacheStatement' && path.type === 'PathExpression' && params.length === 0;
  return plain ? { place: (path as hbs.AST.PathExpression).original } : undefined;
}

function join(parts: readonly TemplatePart[]): CompiledTemplate {
  return (values) => {
    let text = '';
    for (const part of parts) text += part.place === undefined ? (part.text ?? '') : String(values[part.place] ?? '');
    return text;
  };
}

/** Compiles marathon-lb's own format, which labels use (Python's str.format): `{name}` is a value, `{{` and `}}` are braces. */
export function compileFormat(text: string, places: readonly string[]): CompiledTemplate {
  const parts: TemplatePart[] = [];
  for (const [token, name] of text.matchAll(/\{\{|\}\}|\{([^{}]*)\}|[{}]|[^{}]+/g)) {
    if (token === '{{' || token === '}}') parts.push({ text: token.charAt(0) });
    else if (name !== undefined) {
      if (/[\s(+]/.test(name) && !places.includes(name.trim()))
        throw new TemplateError(`it has '${token}', where the braces are HAProxy's own: write '{${token}}'`);
      if (!places.includes(name)) throw unknownPlaceholder(name, places);
      parts.push({ place: name });
    } else if (token === '{' || token === '}') throw new TemplateError(`it has a single '${token}': write '${token}${token}' for a brace`);
    else parts.push({ text: token });
  }
  return join(parts);
}

/** Compiles a text that is used unchanged. */
export function compileRaw(text: string): CompiledTemplate {
  return () => text;
}

function unknownPlaceholder(name: string, places: readonly string[]): TemplateError {
  const known = places.length === 0 ? 'there are none in this template' : `there are ${places.join(', ')}`;
  return new TemplateError(`it has the placeholder '${name}', but ${known}`);
}
