import { readComplaints } from '../haproxy/complaint.ts';
import { ownerKey, type AppOwner } from '../haproxy/owners.ts';
import { describeAlone, describeTemplate, isAlike, readRefusal, type Blame, type Refusal } from '../haproxy/refusals.ts';
import { rowsOf } from '../haproxy/rows.ts';
import { aloneOf } from '../haproxy/standard.ts';
import { without } from '../haproxy/without.ts';
import type { Document } from '../model/document.ts';
import type { Verdict } from './check.ts';

/** A refusal, and whom to ask about it. */
export interface BlameParts {
  /** What was refused. */
  readonly document: Document;
  /** The last that HAProxy took; none at the first start. */
  readonly good: Document | undefined;
  /** HAProxy's messages. */
  readonly lines: readonly string[];
  readonly check: (document: Document) => Promise<Verdict>;
  /** How often `check` may be asked. */
  readonly budget?: number;
}

/** Whose part of a document HAProxy refuses. */
export interface Finding extends Refusal {
  /** HAProxy was asked, and takes the document without the blamed. Else the next validation shows it, and may find more. */
  readonly isConfirmed: boolean;
  /** How often it was asked. */
  readonly runs: number;
}

const BUDGET = 20;

/**
 * Finds who is to be left out, so that HAProxy takes the rest. Whom its messages name is not looked for. Where they name nobody, services that
 * are new or changed since the last good document are tried first, then halves of all. Where HAProxy refuses even a document without any app,
 * the operator's templates are at fault, and no app is.
 */
export async function findBlame({ document, good, lines, check, budget = BUDGET }: BlameParts): Promise<Finding> {
  const counted = countRuns(check, budget);
  const refusal = readRefusal(lines, document);
  const isNamed = refusal.blamed.length > 0 || refusal.isCommon;
  const finding = isNamed
    ? await confirmDoubtful(refusal, document, counted)
    : await new Search({ document, good, lines, refusal, check: counted }).run();
  return acquitAlone(finding, document, counted);
}

/**
 * Who is blamed for a template of the operator's that nobody else has, or for what nobody knows, is not to blame when HAProxy refuses him for
 * himself, and takes him with the default templates: the same values are in those. So a bad value stays its app's, whoever wrote the line around
 * it, and so does a quarrel of two apps.
 */
async function acquitAlone(finding: Finding, document: Document, { ask, runs }: Counted): Promise<Finding> {
  const acquitted = new Set<Blame>();
  for (const blame of finding.blamed) {
    const isOpen = blame.isAlone === true || blame.template === undefined;
    const alone = isOpen ? aloneOf(document, blame.owner) : undefined;
    if (alone === undefined || (await ask(alone.withStandard))?.ok !== true) continue;
    if ((await ask(alone.asItIs))?.ok === false) acquitted.add(blame);
  }
  if (acquitted.size === 0) return { ...finding, runs: runs() };
  const owners = new Set(Array.from(acquitted, ({ owner }) => ownerKey(owner)));
  return {
    ...finding,
    blamed: finding.blamed.filter(({ owner }) => !owners.has(ownerKey(owner))), // what else there is against them follows from it
    operator: [...new Set([...finding.operator, ...Array.from(acquitted, describeAlone)])],
    isCommon: true,
    isConfirmed: false,
    runs: runs(),
  };
}

/** A template that is not the app's own is the operator's fault when HAProxy has the same against the next app that has it. */
async function confirmDoubtful(refusal: Refusal, document: Document, { ask, runs }: Counted): Promise<Finding> {
  const doubtful = refusal.blamed.filter(({ isDoubtful }) => isDoubtful);
  if (doubtful.length === 0) return { ...refusal, isConfirmed: false, runs: runs() };
  const rest = without(document, new Set(refusal.blamed.map(({ owner }) => ownerKey(owner))));
  const verdict = await ask(rest);
  if (verdict === undefined || verdict.ok) return { ...refusal, isConfirmed: verdict !== undefined, runs: runs() };
  const next = readRefusal(verdict.lines, rest);
  const isOfAll = (blame: Blame): boolean => next.blamed.some((other) => isAlike(blame, other)) || next.operator.length > 0;
  const common = doubtful.filter(isOfAll);
  const operator = common.map(({ template = '', words, line }) => describeTemplate({ template, words, line, isShared: true }));
  return {
    blamed: refusal.blamed.filter((blame) => !common.some((other) => isAlike(blame, other))),
    operator: [...new Set([...refusal.operator, ...operator.slice(0, 1)])],
    isCommon: refusal.isCommon || common.length > 0,
    unknown: refusal.unknown,
    isConfirmed: false,
    runs: runs(),
  };
}

interface Counted {
  /** Resolves to undefined when it may not be asked any more. */
  readonly ask: (document: Document) => Promise<Verdict | undefined>;
  readonly runs: () => number;
}

function countRuns(check: BlameParts['check'], budget: number): Counted {
  let runs = 0;
  return {
    runs: () => runs,
    ask: (document) => {
      if (runs === budget) return Promise.resolve(undefined);
      runs++;
      return check(document);
    },
  };
}

interface SearchParts extends Omit<BlameParts, 'check' | 'budget'> {
  readonly refusal: Refusal;
  readonly check: Counted;
}

/**
 * All services in a row, those that are as in the last good document first. HAProxy takes a part of the row from its start, and refuses a longer
 * one; when the two differ by one service, that one is to blame. It is left out, and the row without it is asked about.
 */
class Search {
  readonly #parts: SearchParts;
  readonly #blamed = new Map<string, Blame>();
  #row: readonly AppOwner[];
  #first: number; // how many to ask about first
  #taken = -1; // none: HAProxy may refuse even a document without any
  #refused: number | undefined; // none: not known of the whole row
  #words: string;

  constructor(parts: SearchParts) {
    const { known, fresh } = sortOwners(parts.document, parts.good);
    this.#parts = parts;
    this.#row = [...known, ...fresh];
    this.#first = parts.refusal.operator.length === 0 ? known.length : 0;
    this.#refused = this.#row.length;
    this.#words = wordsOf(parts.lines);
  }

  async run(): Promise<Finding> {
    for (let at = this.#step(); at !== undefined; at = this.#step()) {
      const candidate = this.#without(this.#row.slice(at));
      const verdict = await this.#parts.check.ask(candidate);
      if (verdict === undefined) return this.#end({ isConfirmed: false });
      if (verdict.ok) this.#taken = at;
      else if (at === 0) return this.#endWithOperator(verdict.lines, candidate);
      else this.#learn(at, verdict.lines, candidate);
    }
    return this.#end({ isConfirmed: true });
  }

  /** How many of the row to ask about next; undefined when it is taken. */
  #step(): number | undefined {
    if (this.#refused === undefined) return this.#taken === this.#row.length ? undefined : this.#row.length;
    if (this.#taken < 0) {
      const first = this.#first;
      this.#first = 0;
      return first < this.#refused ? first : 0;
    }
    if (this.#refused - this.#taken > 1) return (this.#taken + this.#refused) >> 1;
    const owner = this.#row[this.#taken];
    if (owner === undefined) return undefined; // it was refused once, and is not any more
    this.#leaveOut([{ owner, words: this.#words }]);
    return this.#step();
  }

  #learn(at: number, lines: readonly string[], refused: Document): void {
    const named = readRefusal(lines, refused).blamed.filter(({ isDoubtful }) => isDoubtful !== true);
    if (named.length > 0) {
      this.#leaveOut(named);
      return;
    }
    this.#refused = at;
    this.#words = wordsOf(lines);
  }

  #leaveOut(blamed: readonly Blame[]): void {
    for (const blame of blamed) this.#blamed.set(`${ownerKey(blame.owner)} ${blame.template ?? ''}`, blame);
    const out = new Set(blamed.map(({ owner }) => ownerKey(owner)));
    this.#row = this.#row.filter((owner) => !out.has(ownerKey(owner)));
    this.#refused = undefined;
  }

  #without(rest: readonly AppOwner[]): Document {
    const blamed = Array.from(this.#blamed.values(), ({ owner }) => owner);
    return without(this.#parts.document, new Set([...blamed, ...rest].map(ownerKey)));
  }

  #end({ isConfirmed }: { readonly isConfirmed: boolean }): Finding {
    const { refusal, check } = this.#parts;
    const blamed = [...this.#blamed.values()];
    return {
      blamed,
      operator: [],
      isCommon: false,
      unknown: blamed.length > 0 ? [] : [...refusal.unknown, ...refusal.operator],
      isConfirmed,
      runs: check.runs(),
    };
  }

  #endWithOperator(lines: readonly string[], bare: Document): Finding {
    const { operator, unknown } = readRefusal(lines, bare);
    const sentences = [
      ...operator,
      ...unknown.map((words) => `HAProxy does not take the operator's templates, even without any app: ${words}`),
    ];
    const told = sentences.length > 0 ? sentences : ["HAProxy does not take the operator's templates, and gives no reason"];
    return { blamed: [], operator: told, isCommon: false, unknown: [], isConfirmed: false, runs: this.#parts.check.runs() };
  }
}

/** HAProxy's own, in one sentence. */
function wordsOf(lines: readonly string[]): string {
  const words = readComplaints(lines).complaints.map((complaint) => complaint.words);
  return words.join('; ') || 'it gave no reason';
}

/** The services of a document: those that stand in the good one as they are, and the others. */
function sortOwners(document: Document, good: Document | undefined) {
  const rows = good === undefined ? [] : rowsOf(good);
  const fragments = new Set(rows.map(({ fragment }) => fragment));
  const lines = new Set(rows.flatMap(({ fragment }) => fragment.text.split('\n'))); // one read back from a file has other fragments
  const owners = new Map<string, { readonly owner: AppOwner; readonly isKnown: boolean }>();
  for (const { fragment } of rowsOf(document)) {
    const { owner, text } = fragment;
    if (owner.by === 'operator') continue;
    const key = ownerKey(owner);
    const isKnown = owners.get(key)?.isKnown !== false && (fragments.has(fragment) || text.split('\n').every((line) => lines.has(line)));
    owners.set(key, { owner, isKnown });
  }
  const all = [...owners.values()];
  return {
    known: all.filter(({ isKnown }) => isKnown).map(({ owner }) => owner),
    fresh: all.filter(({ isKnown }) => !isKnown).map(({ owner }) => owner),
  };
}
