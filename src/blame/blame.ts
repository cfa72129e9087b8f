import { ownerKey } from './app-owners.ts';
import { describeTemplate, isAlike, readRefusal, type Blame, type NameOf, type RefusalReading } from './read-refusal.ts';
import { withoutServices } from './without-services.ts';
import type { Document } from '../model/document.ts';
import { Acquittal, countRuns, type Counted, type Taken } from './acquittal.ts';
import { refuseWithoutApps, Search, wordsOf } from './search.ts';
import type { Verdict } from '../model/haproxy.ts';
import type { Culprits, OperatorEvidence } from './culprits.ts';

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
  /** The `fault` of the finding before, where HAProxy has taken no candidate since. */
  readonly fault?: OperatorsFault | undefined;
  /** How apps are called in sentences; by the id in the document when left out. */
  readonly nameOf?: NameOf;
}

/** Whose part of a document HAProxy refuses. */
export interface Finding extends Culprits {
  /** How often it was asked. */
  readonly runs: number;
  /** What to look at first when the next document is refused. */
  readonly fault: OperatorsFault | undefined;
}

/** A fault of the operator's that HAProxy names nobody for: as long as it says these words, it is asked about what showed it, and not searched. */
export interface OperatorsFault {
  readonly words: string;
  readonly shown: OperatorEvidence;
}

const BUDGET = 20;

/**
 * Finds who is to be left out, so that HAProxy takes the rest. Whom its messages name is not looked for. Where they name nobody, services that
 * are new or changed since the last good document are tried first, then halves of all. Where HAProxy refuses even a document without any app,
 * the operator's templates are at fault, and no app is. That is not searched for again, as long as the same shows it.
 */
export async function findBlame({ document, good, lines, check, budget = BUDGET, fault, nameOf }: BlameParts): Promise<Finding> {
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

interface Asking {
  readonly document: Document;
  readonly counted: Counted;
  readonly acquittal: Acquittal;
}

/**
 * Whether what showed the operator's fault shows it still; undefined when it does not. It is asked about, and not compared: what HAProxy reads
 * beside the document may have been mended, and an app's fault must not hide behind one that is no more.
 */
async function findAgain(shown: OperatorEvidence, { document, counted, acquittal }: Asking): Promise<Culprits | undefined> {
  if (shown === 'without-apps') return refuseWithoutApps(document, counted);
  const { blame } = shown;
  const taken = await acquittal.of(blame, shown.taken);
  return taken === undefined ? undefined : { ...NOBODY, operator: [acquittal.describe(blame)], isCommon: true, shown: { blame, taken } };
}

const NOBODY = { blamed: [], unknown: [], isConfirmed: false } as const;

/** Those that are not to blame, as the operator's fault. */
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
    blamed: found.blamed.filter(({ owner }) => !owners.has(ownerKey(owner))), // what else there is against them follows from it
    operator: [...new Set([...found.operator, ...Array.from(acquitted.keys(), (blame) => acquittal.describe(blame))])],
    isCommon: true,
    isConfirmed: false,
    shown: { blame: first[0], taken: first[1] },
  };
}

/** A template that is not the app's own is the operator's fault when HAProxy has the same against the next app that has it. */
async function confirmDoubtful(refusal: RefusalReading, document: Document, { ask }: Counted): Promise<Culprits> {
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
