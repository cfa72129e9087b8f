import { readComplaints } from './complaint.ts';
import { ownerKey, ownersIn } from './app-owners.ts';
import type { AppOwner } from '../model/problem.ts';
import { readRefusal, type Blame, type RefusalReading } from './read-refusal.ts';
import { linesOfFragments } from './fragment-lines.ts';
import { withoutServices } from './without-services.ts';
import type { Document } from '../model/document.ts';
import type { Acquittal, CountedChecks } from './acquittal.ts';
import type { Culprits } from './culprits.ts';

interface SearchParts {
  /** The document that HAProxy refused. */
  readonly document: Document;
  /** The last document that HAProxy accepted. */
  readonly good: Document | undefined;
  /** HAProxy's messages, and the reading of them, which blames nobody. */
  readonly lines: readonly string[];
  readonly refusal: RefusalReading;
  readonly counted: CountedChecks;
  readonly acquittal: Acquittal;
}

/**
 * Searches for the services to blame by bisection. All services stand in a row; services that are unchanged since the last good document come first.
 * HAProxy accepts a first part of the row and refuses a longer one. When the two parts differ by one service, that service is to blame. It is left
 * out, and the search goes on with the rest of the row; it stops when the service is acquitted, because a faulty template of the operator's may get
 * every service refused.
 */
export class Search {
  readonly #parts: SearchParts;
  readonly #blamed = new Map<string, Blame>();
  #row: readonly AppOwner[];
  #first: number; // how many services to try first
  #taken = -1; // -1: not even a document without services is known to be accepted
  #refused: number | undefined; // undefined: it is not known whether the whole row is refused
  #words: string;

  constructor(parts: SearchParts) {
    const { known, fresh } = sortOwners(parts.document, parts.good);
    this.#parts = parts;
    this.#row = [...known, ...fresh];
    this.#first = parts.refusal.operator.length === 0 ? known.length : 0;
    this.#refused = this.#row.length;
    this.#words = wordsOf(parts.lines);
  }

  async run(): Promise<Culprits> {
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      if (typeof next !== 'number') {
        this.#leaveOut([next]);
        if ((await this.#parts.acquittal.of(next)) !== undefined) return this.#end({ isConfirmed: false });
        continue;
      }
      const candidate = this.#without(this.#row.slice(next));
      const verdict = await this.#parts.counted.ask(candidate);
      if (verdict === undefined) return this.#end({ isConfirmed: false });
      if (verdict.ok) this.#taken = next;
      else if (next === 0) return withoutApps(verdict.lines, candidate);
      else this.#learn(next, verdict.lines, candidate);
    }
    return this.#end({ isConfirmed: true });
  }

  /** How many services of the row to try next, or the complaint about the service found; undefined when the search is over. */
  #next(): number | Blame | undefined {
    if (this.#refused === undefined) return this.#taken === this.#row.length ? undefined : this.#row.length;
    if (this.#taken < 0) {
      const first = this.#first;
      this.#first = 0;
      return first < this.#refused ? first : 0;
    }
    if (this.#refused - this.#taken > 1) return (this.#taken + this.#refused) >> 1;
    const owner = this.#row[this.#taken];
    return owner && { owner, words: this.#words }; // undefined at the end of the row: it was refused once, and is accepted now
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
    return withoutServices(this.#parts.document, new Set([...blamed, ...rest].map(ownerKey)));
  }

  #end({ isConfirmed }: { readonly isConfirmed: boolean }): Culprits {
    const { unknown, operator } = this.#parts.refusal;
    const blamed = [...this.#blamed.values()];
    return { blamed, operator: [], isCommon: false, unknown: blamed.length > 0 ? [] : [...unknown, ...operator], isConfirmed };
  }
}

/** The finding when HAProxy refuses a document even without its apps; undefined when it accepts that, or when the budget is used up. */
export async function refuseWithoutApps(document: Document, { ask }: CountedChecks): Promise<Culprits | undefined> {
  const bare = withoutServices(document, new Set(ownersIn(document)));
  const verdict = await ask(bare);
  return verdict === undefined || verdict.ok ? undefined : withoutApps(verdict.lines, bare);
}

function withoutApps(lines: readonly string[], bare: Document): Culprits {
  const { operator, unknown } = readRefusal(lines, bare);
  const sentences = [
    ...operator,
    ...unknown.map((words) => `HAProxy does not accept the operator's templates, even without any app: ${words}`),
  ];
  const told = sentences.length > 0 ? sentences : ["HAProxy does not accept the operator's templates, and gives no reason"];
  return { blamed: [], operator: told, isCommon: false, unknown: [], isConfirmed: false, shown: 'without-apps' };
}

/** HAProxy's words in one sentence, each complaint once. */
export function wordsOf(lines: readonly string[]): string {
  const words = new Set(readComplaints(lines).complaints.map((complaint) => complaint.words));
  return [...words].join('; ') || 'it gave no reason';
}

/** The services of a document in two lists: those whose lines are the same in the good document, and the others. */
function sortOwners(document: Document, good: Document | undefined) {
  const rows = good === undefined ? [] : linesOfFragments(good);
  const fragments = new Set(rows.map(({ fragment }) => fragment));
  const lines = new Set(rows.flatMap(({ fragment }) => fragment.text.split('\n'))); // a good document read back from a file has other fragments
  const owners = new Map<string, { readonly owner: AppOwner; readonly isKnown: boolean }>();
  for (const { fragment } of linesOfFragments(document)) {
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
