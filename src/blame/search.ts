import { readComplaints } from './complaint.ts';
import { ownerKey, ownersIn, type AppOwner } from './app-owners.ts';
import { readRefusal, type Blame, type RefusalReading } from './read-refusal.ts';
import { linesOfFragments } from './fragment-lines.ts';
import { withoutServices } from './without-services.ts';
import type { Document } from '../model/document.ts';
import type { Acquittal, Counted } from './acquittal.ts';
import type { Culprits } from './culprits.ts';

interface SearchParts {
  /** What was refused. */
  readonly document: Document;
  /** The last that HAProxy took. */
  readonly good: Document | undefined;
  /** HAProxy's messages, and what follows from them: nobody is blamed. */
  readonly lines: readonly string[];
  readonly refusal: RefusalReading;
  readonly counted: Counted;
  readonly acquittal: Acquittal;
}

/**
 * All services in a row, those that are as in the last good document first. HAProxy takes a part of the row from its start, and refuses a longer
 * one; when the two differ by one service, that one is to blame. It is left out, and the row without it is asked about; unless it is for a
 * template of the operator's, which may keep all of them from being taken.
 */
export class Search {
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

  /** How many of the row to ask about next, or who is found; undefined when the row is taken. */
  #next(): number | Blame | undefined {
    if (this.#refused === undefined) return this.#taken === this.#row.length ? undefined : this.#row.length;
    if (this.#taken < 0) {
      const first = this.#first;
      this.#first = 0;
      return first < this.#refused ? first : 0;
    }
    if (this.#refused - this.#taken > 1) return (this.#taken + this.#refused) >> 1;
    const owner = this.#row[this.#taken];
    return owner && { owner, words: this.#words }; // without one: it was refused once, and is not any more
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

/** What HAProxy has against a document without its apps; undefined when it takes that, or may not be asked. */
export async function refuseWithoutApps(document: Document, { ask }: Counted): Promise<Culprits | undefined> {
  const bare = withoutServices(document, new Set(ownersIn(document)));
  const verdict = await ask(bare);
  return verdict === undefined || verdict.ok ? undefined : withoutApps(verdict.lines, bare);
}

function withoutApps(lines: readonly string[], bare: Document): Culprits {
  const { operator, unknown } = readRefusal(lines, bare);
  const sentences = [
    ...operator,
    ...unknown.map((words) => `HAProxy does not take the operator's templates, even without any app: ${words}`),
  ];
  const told = sentences.length > 0 ? sentences : ["HAProxy does not take the operator's templates, and gives no reason"];
  return { blamed: [], operator: told, isCommon: false, unknown: [], isConfirmed: false, shown: 'without-apps' };
}

/** HAProxy's own, in one sentence; what it says several times is in it once. */
export function wordsOf(lines: readonly string[]): string {
  const words = new Set(readComplaints(lines).complaints.map((complaint) => complaint.words));
  return [...words].join('; ') || 'it gave no reason';
}

/** The services of a document: those that stand in the good one as they are, and the others. */
function sortOwners(document: Document, good: Document | undefined) {
  const rows = good === undefined ? [] : linesOfFragments(good);
  const fragments = new Set(rows.map(({ fragment }) => fragment));
  const lines = new Set(rows.flatMap(({ fragment }) => fragment.text.split('\n'))); // one read back from a file has other fragments
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
