import type { Document, Section } from '../model/document.ts';
import { holds } from './conditions.ts';
import { rulesOf, type Rule, type FrontendRules } from './rules.ts';
import { evaluate, evaluateFormat, rowOf, type RowOfMapFile, type Passage, type Request } from './samples.ts';
import { wordsOfLine } from './words-of-line.ts';

/** What becomes of a request, by the rules that were rendered. */
export interface RequestOutcome {
  readonly action: 'backend' | 'redirect' | 'deny' | 'nothing';
  /** The rule that decides; none where no rule takes the request. */
  readonly rule: Rule | undefined;
  /** The backend that it leads to. */
  readonly backend: string | undefined;
  /** The key of a map file by which the rule found it. */
  readonly key: string | undefined;
  /** The row of the routing table by which the request was found. */
  readonly row?: RowOfMapFile;
  /** Rules before it that ask for a user and password. */
  readonly auth: readonly Rule[];
  /** Rules before it whose conditions depend on what is not known here. */
  readonly unsure: readonly Rule[];
}

/** How many frontends a request may pass one after the other. Our documents have at most one step from a frontend to a second one. */
const MOST_STEPS = 4;

/** Sends a request through a frontend, and through those that it is handed on to over a socket in memory. `read`: gives the rules of a frontend. */
export function walk(entry: Section, request: Request, document: Document, read = rulesOf): RequestOutcome {
  let outcome = pass(read(entry, request.host), request, document);
  for (let steps = 0; steps < MOST_STEPS && outcome.backend !== undefined; steps++) {
    const next = behind(outcome.backend, document);
    if (next === undefined) return outcome;
    outcome = pass(read(next, request.host), request, document);
  }
  return outcome;
}

function pass({ acls, rules }: FrontendRules, request: Request, { maps }: Document): RequestOutcome {
  const variables = new Map<string, string>();
  const passage: Passage = { request, maps, variables };
  const [auth, unsure]: [Rule[], Rule[]] = [[], []];
  const rows = new Map<string, RowOfMapFile>(); // by the variable that has its value from one
  for (const rule of rules) {
    const truth = holds(rule.condition, acls, passage);
    if (truth === false) continue;
    if (rule.kind === 'set') setVariable(rule, { passage, variables, rows });
    else if (truth === 'unknown') unsure.push(rule);
    else if (rule.kind === 'auth') auth.push(rule);
    else {
      const row = isByTable(rule) ? tableRow(rows) : undefined;
      return { ...decided(rule, passage), rule, ...(row !== undefined && { row }), auth, unsure };
    }
  }
  return { action: 'nothing', rule: undefined, backend: undefined, key: undefined, auth, unsure };
}

/** Whether a rule takes a request because it is in the routing table. */
function isByTable({ words }: Rule): boolean {
  return words[1] === '%[var(txn.mlb_b)]';
}

/** The row of a route, not the one of a split that came behind it. */
function tableRow(rows: ReadonlyMap<string, RowOfMapFile>): RowOfMapFile | undefined {
  return rows.get('txn.mlb_by_path') ?? rows.get('txn.mlb_by_host') ?? rows.get('txn.mlb_last');
}

interface Setting {
  readonly passage: Passage;
  readonly variables: Map<string, string>;
  readonly rows: Map<string, RowOfMapFile>;
}

/** Sets a variable, and notes the row of a map file that its value is from. What is not found leaves it as it was. */
function setVariable({ words }: Rule, { passage, variables, rows }: Setting): void {
  const [, format, name = ''] = /^set-var(-fmt)?\(([^,)]+)/.exec(words[1] ?? '') ?? [];
  const value = words[2] ?? '';
  const sample = format === undefined ? evaluate(value, passage) : evaluateFormat(value, passage);
  if (typeof sample !== 'string') return;
  variables.set(name, sample);
  const row = rowOf(value, passage) ?? rows.get(/^var\(([^)]+)\)$/.exec(value)?.[1] ?? '');
  if (row === undefined) rows.delete(name);
  else rows.set(name, row);
}

function decided(rule: Rule, passage: Passage): Pick<RequestOutcome, 'action' | 'backend' | 'key'> {
  if (rule.kind !== 'use') return { action: rule.kind === 'redirect' ? 'redirect' : 'deny', backend: undefined, key: undefined };
  const target = rule.words[1] ?? '';
  const [, expression] = /^%\[(.*)\]$/.exec(target) ?? [];
  if (expression === undefined) return { action: 'backend', backend: target, key: undefined };
  const [, asked] = /^(.*),map[^,(]*\([^()]*\)$/.exec(expression) ?? [];
  const [found, key] = [evaluate(expression, passage), asked === undefined ? undefined : evaluate(asked, passage)];
  if (typeof found !== 'string') return { action: 'nothing', backend: undefined, key: undefined };
  return { action: 'backend', backend: found, key: typeof key === 'string' ? key : undefined };
}

/** The frontend that a backend of ours leads to over a socket in memory (--group-https-by-vhost). */
function behind(backend: string, { front }: Document): Section | undefined {
  const way = front.find(({ name }) => name === `backend ${backend}`);
  const address = way && wordsIn(way, 'server')[2];
  if (address?.startsWith('abns') !== true) return undefined;
  const isNamed = ({ fragments }: Section): boolean => fragments.some(({ text }) => text.includes(address)); // cheaper than reading all lines
  return front.find((section) => section.name.startsWith('frontend ') && isNamed(section) && wordsIn(section, 'bind')[1] === address);
}

/** The words of a section's first line that begins with this one. */
function wordsIn({ fragments }: Section, first: string): readonly string[] {
  const lines = fragments.flatMap(({ text }) => text.split('\n')).filter((line) => line.trim().startsWith(`${first} `));
  return wordsOfLine(lines[0] ?? '');
}
