import { ownersIn } from './app-owners.ts';
import { countRuns, type CountedChecks } from './acquittal.ts';
import { DEFAULTED, describeBlame, templatesIn } from './refusal-problems.ts';
import { serviceAlone, withStandard } from './service-alone.ts';
import { wordsOf } from './search.ts';
import { withoutServices } from './without-services.ts';
import type { Culprits } from './culprits.ts';
import type { Document, Fragment } from '../model/document.ts';
import type { Verdict } from '../model/haproxy.ts';
import type { Defaulted } from '../model/quarantine.ts';

/** A document that HAProxy refused at the first start, when nothing serves yet, and what was found out about the refusal. */
export interface FirstRefusal {
  readonly document: Document;
  readonly lines: readonly string[];
  readonly finding: Culprits;
  readonly check: (document: Document) => Promise<Verdict>;
}

/** How often HAProxy may be run to find the templates: once for each template, and once for all together. */
const BUDGET = 60;

/**
 * The operator's templates in whose place the default ones are used, so that a load balancer that starts serves: those that HAProxy's messages name,
 * else the fewest without which HAProxy accepts the rest. Undefined when no template of the operator's is to blame.
 */
export async function findStandIns({ document, lines, finding, check }: FirstRefusal): Promise<Defaulted | undefined> {
  const own = templatesOf(document);
  const named = templatesIn(finding.operator).filter((name) => own.includes(name));
  if (named.length > 0) {
    return { templates: named, problems: describeBlame({ blamed: [], operator: finding.operator, unknown: [] }, { effect: DEFAULTED }) };
  }
  if (finding.blamed.length > 0 || own.length === 0) return undefined; // without these apps HAProxy may accept the rest
  const found = await fewest(relevant(document, finding), own, countRuns(check, BUDGET));
  return found && { templates: found, problems: withoutLine(found, wordsOf(lines)) };
}

/**
 * The operator's head, in whose place the default one is used when HAProxy accepts the configuration with -c and refuses to start with it: what shows
 * only then (a chroot, a limit, a socket) is in the head. Undefined when the messages are about a port, or when the head is the default one.
 */
export function headStandIn(document: Document, lines: readonly string[]): Defaulted | undefined {
  if (lines.length === 0 || lines.some(isOfPort) || !templatesOf(document).includes(HEAD)) return undefined;
  return { templates: [HEAD], problems: withoutLine([HEAD], wordsOf(lines)) };
}

const HEAD = 'HAPROXY_HEAD';

/** HAProxy calls the sockets of the head 'GLOBAL'. */
function isOfPort(line: string): boolean {
  return /\b(?:frontend|proxy|listener) (?!GLOBAL\b)\S+/.test(line);
}

/** The names of the operator's templates that made a part of a document. */
function templatesOf(document: Document): readonly string[] {
  const names = new Set<string>();
  withStandard(document, ({ template }) => {
    names.add(template);
    return false;
  });
  return [...names];
}

/** The part of a document that HAProxy is known to refuse because of the operator's templates; all of it when that is not known. */
function relevant(document: Document, { shown }: Culprits): Document {
  if (shown === 'without-apps') return withoutServices(document, new Set(ownersIn(document)));
  return (shown && serviceAlone(document, shown.blame.owner)?.asItIs) ?? document;
}

/** As few of these templates as possible, so that HAProxy accepts the document with the default ones in their place; undefined when it never does. */
async function fewest(document: Document, names: readonly string[], { ask }: CountedChecks): Promise<readonly string[] | undefined> {
  const accepts = async (out: readonly string[]): Promise<boolean> => {
    const isOut = ({ template }: Fragment): boolean => out.includes(template);
    return (await ask(withStandard(document, isOut).document))?.ok === true;
  };
  if (!(await accepts(names))) return undefined;
  let out = names;
  for (const name of names) {
    const rest = out.filter((other) => other !== name);
    if (await accepts(rest)) out = rest;
  }
  return out;
}

function withoutLine(templates: readonly string[], words: string) {
  const which = `template${templates.length > 1 ? 's' : ''} ${templates.join(', ')}`;
  const operator = [
    `HAProxy does not accept the operator's ${which}, and names no line of ${templates.length > 1 ? 'them' : 'it'}: ${words}`,
  ];
  return describeBlame({ blamed: [], operator, unknown: [] }, { effect: DEFAULTED });
}
