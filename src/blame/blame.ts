import { ownerKey } from './app-owners.ts';
import { describeTemplate, isAlike, readRefusal, type Blame, type NameOf, type RefusalReading } from './read-refusal.ts';
import { withoutServices } from './without-services.ts';
import type { Document } from '../model/document.ts';
import { Acquittal, countRuns, type CountedChecks, type Taken } from './acquittal.ts';
import { refuseWithoutApps, Search, wordsOf } from './search.ts';
import type { Verdict } from '../model/haproxy.ts';
import type { Culprits, OperatorEvidence } from './culprits.ts';

/** A refusal, and the means to find out who caused it. */
export interface BlameParts {
  /** The document that HAProxy refused. */
  readonly document: Document;
  /** The last document that HAProxy accepted; undefined at the first start. */
  readonly good: Document | undefined;
  /** HAProxy's messages about the refused document. */
  readonly lines: readonly string[];
  readonly check: (document: Document) => Promise<Verdict>;
  /** How often `check` may be called: 20 times when left out. */
  readonly budget?: number;
  /** The `fault` of the previous finding, when HAProxy accepted no candidate since. */
  readonly fault?: OperatorsFault | undefined;
  /** How apps are called in sentences; by the id in the document when left out. */
  readonly nameOf?: NameOf;
}

/** The apps or templates whose part of a document HAProxy refuses. */
export interface BlameFinding extends Culprits {
  /** How often HAProxy was run. */
  readonly runs: number;
  /** The operator's fault that the next search checks first. */
  readonly fault: OperatorsFault | undefined;
}

/**
 * A fault in the operator's templates for which HAProxy names no line or section. While HAProxy's words stay the same, only the proof is checked
 * again, and no new search is made.
 */
export interface OperatorsFault {
  readonly words: string;
  readonly shown: OperatorEvidence;
}

const BUDGET = 20;

/**
 * Finds the services to leave out so that HAProxy accepts the rest of the document. When HAProxy's messages name a service, no search is needed. When
 * they name nobody, the services that are new or changed since the last good document are tried first, and then halves of all services. When HAProxy
 * refuses even a document without any app, the operator's templates are at fault and no app is. That finding is not searched for again while its
 * proof holds.
 */
export async function findBlame({ document, good, lines, check, budget = BUDGET, fault, nameOf }: BlameParts): Promise<BlameFinding> {
  const counted = countRuns(check, budget);
  const acquittal = new Acquittal(document, counted, nameOf);
  const refusal = readRefusal(lines, document);
  if (refusal.blamed.length > 0 || refusal.isCommon) {
    const found = await acquitAlone(await confirmDoubtful(refusal, document, counted), acquittal);
    return { ...found, runs: counted.runs(), fault };
  }
  const words = wordsOf(lines);
  const known = fault?.words === words ? await findAgain(fault.shown, { document, counted, acquittal }) : undefined;
  const search = new Search({ document, good, lines, refusal, counted, acquittal });
  const found = known ?? (await acquitAlone(await search.run(), acquittal));
  return { ...found, runs: counted.runs(), fault: found.shown && { words, shown: found.shown } };
}

interface BlameSearch {
  readonly document: Document;
  readonly counted: CountedChecks;
  readonly acquittal: Acquittal;
}

/**
 * Checks the proof of the operator's fault again; undefined when it no longer holds. HAProxy has to run for this, because files that HAProxy reads in
 * addition to the document may have been mended, and a fault that is gone must not hide an app's fault.
 */
async function findAgain(shown: OperatorEvidence, { document, counted, acquittal }: BlameSearch): Promise<Culprits | undefined> {
  if (shown === 'without-apps') return refuseWithoutApps(document, counted);
  const { blame } = shown;
  const taken = await acquittal.of(blame, shown.taken);
  return taken === undefined ? undefined : { ...NOBODY, operator: [acquittal.describe(blame)], isCommon: true, shown: { blame, taken } };
}

const NOBODY = { blamed: [], unknown: [], isConfirmed: false } as const;

/** Moves the apps that are not to blame out of `blamed` and reports the operator's template in their place. */
async function acquitAlone(found: Culprits, acquittal: Acquittal): Promise<Culprits> {
  const acquitted = new Map<Blame, Taken>();
  for (const blame of found.blamed) {
    const taken = await acquittal.of(blame);
    if (taken !== undefined) acquitted.set(blame, taken);
  }
  const [first] = acquitted;
  if (first === undefined) return found;
  const owners = new Set(Array.from(acquitted.keys(), ({ owner }) => ownerKey(owner)));
  return {
    ...found,
    blamed: found.blamed.filter(({ owner }) => !owners.has(ownerKey(owner))), // all else held against an acquitted app follows from the template
    operator: [...new Set([...found.operator, ...Array.from(acquitted.keys(), (blame) => acquittal.describe(blame))])],
    isCommon: true,
    isConfirmed: false,
    shown: { blame: first[0], taken: first[1] },
  };
}

/** A template that is not the app's own is the operator's fault when HAProxy has the same complaint about the next app that uses it. */
async function confirmDoubtful(refusal: RefusalReading, document: Document, { ask }: CountedChecks): Promise<Culprits> {
  const doubtful = refusal.blamed.filter(({ isDoubtful }) => isDoubtful);
  if (doubtful.length === 0) return { ...refusal, isConfirmed: false };
  const rest = withoutServices(document, new Set(refusal.blamed.map(({ owner }) => ownerKey(owner))));
  const verdict = await ask(rest);
  if (verdict === undefined || verdict.ok) return { ...refusal, isConfirmed: verdict !== undefined };
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
  };
}
