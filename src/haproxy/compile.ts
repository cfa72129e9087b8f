import Handlebars from 'handlebars';

/** What a template places: texts, and lists for `{{#each}}`. */
export type Values = Readonly<Record<string, string | readonly string[]>>;

/** A template, whatever it was written in. */
export type Compiled = (values: Values) => string;

/** A template's text that can't be used: a sentence that names the placeholder and those that exist. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
}

const HELPERS = new Set(['if', 'unless', 'each']);

/**
 * A Handlebars text. Nothing is escaped; only `if`, `unless` and `each` are known; every name is checked here, over the syntax tree, as
 * Handlebars' own strict mode lets `{{constructor}}` through. A text that only places values is joined from its parsed form: seven times as fast.
 */
export function compileHandlebars(text: string, places: readonly string[]): Compiled {
  if (text.includes('\\{{'))
    throw new TemplateError('it has \\{{, where Handlebars would eat the backslash: put a space or a quote between them');
  let program: hbs.AST.Program;
  try {
    program = Handlebars.parse(text);
  } catch (error) {
    throw new TemplateError(`Handlebars can't read it: ${(error as Error).message.split('\n')[0] ?? ''}`);
  }
  new NameCheck(places).accept(program);
  const parts = program.body.map(plainPart);
  if (parts.every((part) => part !== undefined)) return join(parts);
  const template = Handlebars.compile<Values>(program, { noEscape: true, knownHelpersOnly: true, strict: true });
  return (values) => template(values);
}

class NameCheck extends Handlebars.Visitor {
  readonly places: readonly string[];
  constructor(places: readonly string[]) {
    super();
    this.places = places;
  }
  override PathExpression(path: hbs.AST.PathExpression): void {
    const isElement = path.original === 'this' || path.original === '.';
    if (!isElement && !HELPERS.has(path.original) && !this.places.includes(path.original))
      throw unknownPlaceholder(path.original, this.places);
  }
  override PartialStatement(): void {
    throw new TemplateError('it has a partial ({{> …}}), and there are none');
  }
}

interface Part {
  readonly text?: string;
  readonly place?: string;
}

function plainPart(statement: hbs.AST.Statement): Part | undefined {
  if (statement.type === 'ContentStatement') return { text: (statement as hbs.AST.ContentStatement).value };
  if (statement.type === 'CommentStatement') return { text: '' };
  const { path, params } = statement as hbs.AST.MustacheStatement;
  const plain = statement.type === 'MustacheStatement' && path.type === 'PathExpression' && params.length === 0;
  return plain ? { place: (path as hbs.AST.PathExpression).original } : undefined;
}

function join(parts: readonly Part[]): Compiled {
  return (values) => {
    let text = '';
    for (const part of parts) text += part.place === undefined ? (part.text ?? '') : String(values[part.place] ?? '');
    return text;
  };
}

/** marathon-lb's own format, of the labels in use today: `{name}` stands for a value, `{{` and `}}` for braces [Python's str.format]. */
export function compileFormat(text: string, places: readonly string[]): Compiled {
  const parts: Part[] = [];
  for (const [token, name] of text.matchAll(/\{\{|\}\}|\{([^{}]*)\}|[{}]|[^{}]+/g)) {
    if (token === '{{' || token === '}}') parts.push({ text: token.charAt(0) });
    else if (name !== undefined) {
      if (!places.includes(name)) throw unknownPlaceholder(name, places);
      parts.push({ place: name });
    } else if (token === '{' || token === '}') throw new TemplateError(`it has a single '${token}': write '${token}${token}' for a brace`);
    else parts.push({ text: token });
  }
  return join(parts);
}

/** A text that stands as it is. */
export function compileRaw(text: string): Compiled {
  return () => text;
}

function unknownPlaceholder(name: string, places: readonly string[]): TemplateError {
  const known = places.length === 0 ? 'there are none in this template' : `there are ${places.join(', ')}`;
  return new TemplateError(`it has the placeholder '${name}', but ${known}`);
}
