import type { Fragment } from '../model/document.ts';
import type { Owner, Problem } from '../model/problem.ts';
import type { Overrides } from '../model/service.ts';
import { CATALOGUE, TEMPLATE_NAMES, type Context, type TemplateName, type TemplateRow } from './catalogue.ts';
import { findRemoved, findTrespass, translateHead } from './template-rules.ts';
import { compileFormat, compileHandlebars, compileRaw, TemplateError, type Compiled } from './compile.ts';

/** A template's text and how it is to be read: `.hbs` by Handlebars, all else in marathon-lb's way. */
export interface TemplateText {
  readonly text: string;
  readonly language: 'handlebars' | 'marathon-lb';
  /** Where it came from, for the person who can mend it: a file, a variable. */
  readonly from: string;
}

/** The templates in force, compiled. */
export interface Templates {
  /** One rendered template as a fragment; a label's text wins over the others, unless it can't be used. */
  render<Name extends TemplateName>(name: Name, context: Context<Name>, by?: Author): Fragment;
  /** What is wrong with the template texts of an app's labels. */
  problemsOf(by: Author): readonly Problem[];
  /** What is wrong with the operator's own. */
  readonly problems: readonly Problem[];
}

/** A template, and the default where it is the operator's own. */
interface InForce {
  readonly compiled: Compiled;
  readonly standard?: Compiled;
}

/** Whose section a fragment stands in, and which texts of his labels count. */
export interface Author {
  readonly owner: Owner;
  readonly overrides: Overrides;
}

const OPERATOR: Author = { owner: { by: 'operator' }, overrides: {} };

/**
 * Compiles the defaults and what an operator put in their place (environment before files). A default that can't be compiled throws: it is
 * ours. An operator's that can't is a Problem, and the default stands.
 */
export function makeTemplates(defaults: ReadonlyMap<TemplateName, string>, operators: ReadonlyMap<TemplateName, TemplateText>): Templates {
  const problems: Problem[] = [];
  const inForce = new Map<TemplateName, InForce>();
  for (const name of TEMPLATE_NAMES) {
    const text = defaults.get(name);
    if (text === undefined) throw new Error(`the default template ${name}.hbs is missing`);
    const standard = compile(name, { text, language: 'handlebars', from: `${name}.hbs` });
    inForce.set(name, { compiled: standard });
    const given = operators.get(name);
    if (given === undefined) continue;
    const head = name === 'HAPROXY_HEAD' ? translateHead(given.text) : { text: given.text, notes: [] };
    const own = { ...given, text: head.text };
    problems.push(...head.notes.map((note) => leftOut(note, own.from)));
    const compiled = tryCompile(name, own, 'operator');
    if (typeof compiled === 'string') problems.push(unusable({ name, from: own.from, what: compiled, owner: OPERATOR.owner }));
    else inForce.set(name, { compiled, standard });
  }
  const ofLabel = remember((name: TemplateName, text: string) => tryCompile(name, { text, language: 'marathon-lb', from: 'label' }, 'app'));

  return {
    problems,
    render(name, context, by = OPERATOR) {
      const own = by.overrides[name];
      const compiled = own === undefined ? undefined : ofLabel(name, own);
      if (typeof compiled === 'function')
        return { template: name, owner: by.owner, text: compiled(context), label: labelName(name, by.owner) };
      const { compiled: template, standard } = inForce.get(name) as InForce;
      const fragment = { template: name, owner: by.owner, text: template(context) };
      return standard === undefined || by.owner.by === 'operator' ? fragment : { ...fragment, standard: () => standard(context) };
    },
    problemsOf({ owner, overrides }) {
      return Object.entries(overrides).flatMap(([name, text]) => {
        const compiled = ofLabel(name as TemplateName, text);
        return typeof compiled === 'string' ? [unusable({ name, from: labelName(name, owner), what: compiled, owner, label: true })] : [];
      });
    },
  };
}

function compile(name: TemplateName, { text, language }: TemplateText): Compiled {
  const { places, lists, use }: TemplateRow = CATALOGUE[name];
  if (language === 'handlebars') return compileHandlebars(text, [...places, ...lists]);
  return use === 'raw' ? compileRaw(text) : compileFormat(text, places);
}

/** Compiled, or why it can't be used. `by`: an app may not do all that an operator may. */
function tryCompile(name: TemplateName, text: TemplateText, by: 'operator' | 'app'): Compiled | string {
  try {
    const wrong = findRemoved(text.text) ?? (by === 'app' ? findTrespass(name, text.text) : undefined);
    return wrong ?? compile(name, text);
  } catch (error) {
    if (error instanceof TemplateError) return error.message;
    throw error;
  }
}

/** Label texts recur with every task of an app; their compiled forms are kept, but not for ever. */
function remember(make: (name: TemplateName, text: string) => Compiled | string): (name: TemplateName, text: string) => Compiled | string {
  const known = new Map<string, Compiled | string>();
  return (name, text) => {
    const key = `${name}\n${text}`;
    const found = known.get(key);
    if (found !== undefined) return found;
    if (known.size >= 10_000) known.clear();
    const made = make(name, text);
    known.set(key, made);
    return made;
  };
}

function labelName(template: string, owner: Owner): string {
  const index = owner.by === 'app' ? (owner.index ?? 0) : 0;
  return template.replace(/^HAPROXY_/, `HAPROXY_${index}_`);
}

interface Unusable {
  readonly name: string;
  readonly from: string;
  readonly what: string;
  readonly owner: Owner;
  readonly label?: true;
}

function unusable({ name, from, what, owner, label }: Unusable): Problem {
  return {
    code: 'template',
    owner,
    ...(label === true && { label: from }),
    message: `the template ${name} from ${from} can't be used, ${what}`,
    hint: 'the default template stands in its place',
  };
}

function leftOut(note: string, from: string): Problem {
  return { code: 'template', owner: OPERATOR.owner, message: note, hint: `take it out of ${from}` };
}
