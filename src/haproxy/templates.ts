import type { Fragment } from '../model/document.ts';
import type { Owner, Problem } from '../model/problem.ts';
import type { Overrides } from '../model/service.ts';
import { CATALOGUE, TEMPLATE_NAMES, type Context, type TemplateName, type TemplateRow } from './catalogue.ts';
import { findUnsafe } from './safe-lines.ts';
import { findMissingSection, findRemoved, findTrespass, isOfSharedFrontend, translateHead, variablesIn } from './template-rules.ts';
import { compileFormat, compileHandlebars, compileRaw, TemplateError, type CompiledTemplate, type TemplateValues } from './compile.ts';

/** A template's text and its language: Handlebars for `.hbs`, marathon-lb's format for everything else. */
export interface TemplateText {
  readonly text: string;
  readonly language: 'handlebars' | 'marathon-lb';
  /** Where it came from, for whoever has to mend it: a file or a variable. */
  readonly from: string;
  /** Why its file could not be read. */
  readonly unread?: string;
}

/** The compiled templates in force. */
export interface Templates {
  /** Renders a template as a fragment. A label's text wins over the others, unless it can't be used. */
  render<Name extends TemplateName>(name: Name, context: Context<Name>, by?: Author): Fragment;
  /** The Problems with the template texts in an app's labels. */
  problemsOf(by: Author): readonly Problem[];
  /** Returns templates in which the default ones replace these templates of the operator's. */
  without(names: readonly string[]): Templates;
  /** The Problems with the operator's own templates. */
  readonly problems: readonly Problem[];
}

/** A template in force, and the default one when the operator replaced it. */
interface TemplateInForce {
  readonly compiled: CompiledTemplate;
  readonly standard?: CompiledTemplate;
}

/** The owner of the section that a fragment is in, and the owner's template texts. */
export interface Author {
  readonly owner: Owner;
  readonly overrides: Overrides;
}

/** The operator's rules for templates other than the default ones. */
export interface TemplateRules {
  /** The port of the health page, which a head has to bind. When undefined, any bind is accepted. */
  readonly statsPort?: number;
  /** True for --template-labels safe: apps may use only templates with safe lines. */
  readonly safeLabels?: boolean;
  /** The environment variables that HAProxy is given; undefined when not known. */
  readonly variables?: readonly string[];
}

const OPERATOR: Author = { owner: { by: 'operator' }, overrides: {} };

/**
 * Compiles the default templates and the operator's templates that replace them. Throws when a default one can't be compiled, because it is ours. An
 * operator's template that can't be compiled is a Problem, and the default one stays in force.
 */
export function makeTemplates(
  defaults: ReadonlyMap<TemplateName, string>,
  operators: ReadonlyMap<TemplateName, TemplateText>,
  rules: TemplateRules = {},
): Templates {
  const { inForce, problems } = putInForce(defaults, operators, rules);
  const ofLabel = remember((name, text) => tryCompile(name, { text, language: 'marathon-lb', from: 'label' }, { by: 'app', ...rules }));

  return {
    problems,
    without: (names) => makeTemplates(defaults, new Map([...operators].filter(([name]) => !names.includes(name))), rules),
    render(name, context, by = OPERATOR) {
      const own = by.overrides[name];
      const compiled = own === undefined ? undefined : ofLabel(name, own);
      if (typeof compiled === 'function')
        return { template: name, owner: by.owner, text: compiled(context), label: labelName(name, by.owner) };
      const { compiled: template, standard } = inForce.get(name) as TemplateInForce;
      const fragment = { template: name, owner: by.owner, text: template(context) };
      return standard === undefined ? fragment : { ...fragment, standard: () => standard(context) };
    },
    problemsOf({ owner, overrides }) {
      return Object.entries(overrides).flatMap(([name, text]) => {
        const compiled = ofLabel(name as TemplateName, text);
        if (typeof compiled === 'function') return [];
        return compiled.map((fault) => unusable({ name, from: labelName(name, owner), fault, owner, label: true }));
      });
    },
  };
}

function putInForce(
  defaults: ReadonlyMap<TemplateName, string>,
  operators: ReadonlyMap<TemplateName, TemplateText>,
  rules: TemplateRules,
): { readonly inForce: ReadonlyMap<TemplateName, TemplateInForce>; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const inForce = new Map<TemplateName, TemplateInForce>();
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
    const compiled = tryCompile(name, own, { by: 'operator', ...rules });
    if (typeof compiled === 'function') inForce.set(name, { compiled, standard });
    else problems.push(...compiled.map((fault) => unusable({ name, from: own.from, fault, owner: OPERATOR.owner })));
    const missing = missingVariables(own.text, rules);
    if (missing.length > 0) problems.push(notPassed(name, own.from, missing));
  }
  return { inForce, problems };
}

function compile(name: TemplateName, { text, language }: TemplateText): CompiledTemplate {
  const { places, lists, use }: TemplateRow = CATALOGUE[name];
  if (language === 'handlebars') return compileHandlebars(text, [...places, ...lists]);
  return use === 'raw' ? compileRaw(text) : compileFormat(text, places);
}

/** Why a text can't be used, as the rest of a sentence after a comma. `isUnsafe` means that only the rule of safe lines in labels forbids it. */
interface TextFault {
  readonly what: string;
  readonly isUnsafe?: true;
}

/** Compiles a text, or returns why it can't be used. `by` says whose text it is: an app may do less than an operator. */
function tryCompile(
  name: TemplateName,
  text: TemplateText,
  { by, statsPort, safeLabels, variables }: TemplateRules & { readonly by: 'operator' | 'app' },
): CompiledTemplate | readonly TextFault[] {
  try {
    if (text.unread !== undefined) return [{ what: `as it can't be read (${text.unread})` }];
    const wrong = findRemoved(text.text) ?? (by === 'app' ? findTrespass(name, text.text) : undefined);
    if (wrong !== undefined) return [{ what: wrong }];
    const compiled = compile(name, text);
    const sample = compiled(sampleOf(name));
    const missing = by === 'operator' ? findMissingSection(name, sample, statsPort) : undefined;
    if (missing !== undefined) return [{ what: missing }];
    const unsafe = by === 'app' && safeLabels === true ? findUnsafe(name, sample, isOfSharedFrontend(name)) : [];
    const absent = by === 'app' ? missingVariables(text.text, { variables }) : [];
    if (unsafe.length === 0 && absent.length > 0) return [{ what: `it uses ${variableWords(absent)}` }];
    return unsafe.length > 0 ? unsafe.map((what) => ({ what, isUnsafe: true })) : compiled;
  } catch (error) {
    if (error instanceof TemplateError) return [{ what: error.message }];
    throw error;
  }
}

/** The environment variables that a text makes HAProxy read and that HAProxy is not given. */
function missingVariables(text: string, { variables }: { readonly variables?: readonly string[] | undefined }): readonly string[] {
  return variables === undefined ? [] : variablesIn(text).filter((name) => !variables.includes(name));
}

function variableWords(names: readonly string[]): string {
  const flags = names.map((name) => `--haproxy-env ${name}`).join(' ');
  return `the environment variable${names.length > 1 ? 's' : ''} ${names.join(', ')}, which HAProxy is not given without ${flags}`;
}

function notPassed(name: TemplateName, from: string, names: readonly string[]): Problem {
  return {
    code: 'template',
    owner: OPERATOR.owner,
    message: `the template ${name} from ${from} uses ${variableWords(names)}: HAProxy reads an empty text there`,
    hint: 'give the load balancer this flag, or remove the variable',
  };
}

/** Values for a template in which each value is its own name: `{backend}`. */
function sampleOf(name: TemplateName): TemplateValues {
  const { places, lists }: TemplateRow = CATALOGUE[name];
  return Object.fromEntries([
    ...places.map((place) => [place, `{${place}}`]),
    ...lists.map((list) => [list, [`{${list}}`]]),
  ]) as TemplateValues;
}

type Usable = CompiledTemplate | readonly TextFault[];

/** Remembers compiled label texts, because they come again with every change of an app. The memory is emptied when it is full. */
function remember(make: (name: TemplateName, text: string) => Usable): (name: TemplateName, text: string) => Usable {
  const made = new Map<string, Usable>();
  return (name, text) => {
    const key = `${name}\n${text}`;
    const found = made.get(key) ?? make(name, text);
    if (made.size >= 10_000) made.clear();
    made.set(key, found);
    return found;
  };
}

function labelName(template: string, owner: Owner): string {
  const index = owner.by === 'app' ? (owner.index ?? 0) : 0;
  return template.replace(/^HAPROXY_/, `HAPROXY_${index}_`);
}

interface Unusable {
  readonly name: string;
  readonly from: string;
  readonly fault: TextFault;
  readonly owner: Owner;
  readonly label?: true;
}

function unusable({ name, from, fault: { what, isUnsafe }, owner, label }: Unusable): Problem {
  return {
    code: isUnsafe === true ? 'template-denied' : 'template',
    owner,
    ...(label === true && { label: from }),
    message: `the template ${name} from ${from} can't be used, ${what}`,
    hint: isUnsafe === true ? UNSAFE_HINT : 'the default template is used in its place',
  };
}

const UNSAFE_HINT =
  'the default template is used in its place; the operator chose --template-labels safe, and docs/labels.md lists the lines that apps may use under it';

function leftOut(note: string, from: string): Problem {
  return { code: 'template', owner: OPERATOR.owner, message: note, hint: `remove it from ${from}` };
}
