import type { Document, Fragment } from '../model/document.ts';
import type { AppId } from '../model/names.ts';
import type { Owner } from '../model/problem.ts';
import { ownerKey, type AppOwner } from './app-owners.ts';
import { gistOf, readComplaints } from './complaint.ts';
import { findSuspects, type Suspect } from './suspects.ts';
import { linesOfFragments, type FragmentLines } from './fragment-lines.ts';

/** What HAProxy has against an app's part of a document. */
export interface Blame {
  readonly owner: AppOwner;
  /** HAProxy's own, without the place in the file. */
  readonly words: string;
  /** The template of the line; none when HAProxy names no line, and nothing leads to one. */
  readonly template?: string;
  /** The label that the line came from: HAPROXY_0_BACKEND_HEAD; none when it is of a template that is not the app's. */
  readonly label?: string;
  /** The line as rendered. */
  readonly line?: string;
  /** The template is not the app's, and nothing shows yet that HAProxy takes it from any other app. */
  readonly isDoubtful?: true;
  /** The template is one of the operator's own, and no other app has it: it may be at fault, or what the app filled in. */
  readonly isAlone?: true;
}

/** Whom HAProxy's messages name. */
export interface RefusalReading {
  /** One for each app's port and template. */
  readonly blamed: readonly Blame[];
  /** What it has against the operator's own lines and templates, in sentences. */
  readonly operator: readonly string[];
  /** One of those is about a template that HAProxy takes from no app: leaving apps out would mend nothing. */
  readonly isCommon: boolean;
  /** What names nobody, in HAProxy's words. */
  readonly unknown: readonly string[];
}

/**
 * Whom the messages about a document name. What came from an app's label is the app's. What came from a template that several apps have is the
 * operator's, when HAProxy takes it from none of them; else it is about what the app filled in.
 */
export function readRefusal(lines: readonly string[], document: Document): RefusalReading {
  const { complaints, reached } = readComplaints(lines);
  const rows = linesOfFragments(document);
  const suspects = findSuspects(complaints, rows);
  const unknown = complaints.filter((complaint) => !suspects.some((suspect) => suspect.complaint === complaint));
  const charges = withoutConsequences(suspects);
  const verdicts = judgeShared(charges, rows, reached);
  const blamed = new Map<string, Blame>();
  const operator = new Map<string, string>();
  for (const charge of charges) {
    const { owner, template } = charge.fragment;
    const verdict = verdicts.get(charge) ?? 'app';
    if (owner.by === 'operator' || verdict === 'operator') {
      const { words } = charge.complaint;
      const told = describeTemplate({ template, words, line: charge.line, isShared: owner.by === 'app' });
      const fault = owner.by === 'app' ? `${template}\n${gistOf(words)}` : told; // of one template, whoever has it: said once
      if (!operator.has(fault)) operator.set(fault, told);
    } else if (!blamed.has(`${ownerKey(owner)} ${template}`)) {
      blamed.set(`${ownerKey(owner)} ${template}`, blameOf(charge, owner, verdict));
    }
  }
  return {
    blamed: [...blamed.values()],
    operator: [...operator.values()],
    isCommon: [...verdicts.values()].includes('operator'),
    unknown: unknown.map(({ words }) => words),
  };
}

function blameOf({ fragment: { template, label }, complaint: { words }, line }: Suspect, owner: AppOwner, verdict: Verdict): Blame {
  return {
    owner,
    words,
    template,
    ...(label !== undefined && { label }),
    ...(line !== undefined && { line }),
    ...(verdict === 'doubtful' && { isDoubtful: true }),
    ...(verdict === 'alone' && { isAlone: true }),
  };
}

/** What is wrong with an operator's template, in a sentence. `isShared`: it stands with several apps. */
export function describeTemplate({
  template,
  words,
  line,
  isShared,
}: {
  readonly template: string;
  readonly words: string;
  readonly line: string | undefined;
  readonly isShared: boolean;
}): string {
  const where = isShared ? `${template}, which HAProxy takes from no app, so that no app is at fault` : template;
  return `HAProxy does not take the operator's template ${where}: ${words}${line === undefined ? '' : `, in the line '${line}'`}`;
}

/** The id that Marathon has for an app, which may be known here by the name of its deployment group. */
export type NameOf = (app: AppId) => AppId;

/** The same of one that a single app has, in whose place HAProxy takes the default one. */
export function describeAlone({ owner: { app, index = 0 }, words, template, line }: Blame, nameOf: NameOf): string {
  const [what, instead] = template === undefined ? ['templates', 'ones'] : [`template ${template}`, 'one'];
  const where = `as ${nameOf(app)}, port ${index} has it, but takes the default ${instead} in its place, so that no app is at fault`;
  return `HAProxy does not take the operator's ${what} ${where}: ${words}${line === undefined ? '' : `, in the line '${line}'`}`;
}

/** Where a section's head is refused, what follows is refused as well; and where an app's line is, the operator's behind it may be. */
function withoutConsequences(suspects: readonly Suspect[]): readonly Suspect[] {
  const heads = new Map<Suspect['section'], Owner>();
  for (const { section, fragment } of suspects) if (section.fragments[0] === fragment) heads.set(section, fragment.owner);
  const ofApps = new Set(suspects.filter(({ fragment }) => fragment.owner.by === 'app').map(({ section }) => section));
  return suspects.filter(({ section, fragment: { owner } }) => {
    const head = heads.get(section);
    if (head !== undefined) return isSame(head, owner);
    return owner.by === 'app' || !ofApps.has(section) || section.fragments[0]?.owner.by !== 'app';
  });
}

function isSame(a: Owner, b: Owner): boolean {
  if (a.by === 'operator' || b.by === 'operator') return a.by === b.by;
  return ownerKey(a) === ownerKey(b);
}

type Verdict = 'app' | 'operator' | 'doubtful' | 'alone';

/** For lines of apps from templates that are not their own: is it the template, or what the app filled in? By template and kind of complaint. */
function judgeShared(charges: readonly Suspect[], rows: readonly FragmentLines[], reached: number): ReadonlyMap<Suspect, Verdict> {
  const groups = new Map<string, Suspect[]>();
  for (const charge of charges) {
    if (charge.fragment.label !== undefined || charge.fragment.owner.by === 'operator') continue;
    const key = `${charge.fragment.template}\n${gistOf(charge.complaint.words)}`;
    groups.set(key, [...(groups.get(key) ?? []), charge]);
  }
  const verdicts = new Map<Suspect, Verdict>();
  for (const group of groups.values()) {
    const verdict = judgeGroup(group, rows, reached);
    for (const charge of group) verdicts.set(charge, verdict);
  }
  return verdicts;
}

/** HAProxy reads from top to bottom and may end early: what stands before the last line that it names, and is not refused, it has taken. */
function judgeGroup(group: readonly Suspect[], rows: readonly FragmentLines[], reached: number): Verdict {
  const { fragment, complaint } = group[0] as Suspect;
  const shapes = new Set(group.map((charge) => shapeOf(charge.fragment)));
  const refused = new Set(group.map((charge) => appOf(charge.fragment)));
  const taken = new Set<string>();
  const open = new Set<string>();
  for (const row of rows) {
    const { template, label, owner } = row.fragment;
    if (template !== fragment.template || label !== undefined || owner.by === 'operator') continue;
    if (refused.has(owner.app) || !shapes.has(shapeOf(row.fragment))) continue;
    const isTaken = complaint.line === undefined || row.last < reached;
    (isTaken ? taken : open).add(owner.app);
  }
  if (taken.size > 0) return refused.size > MANY && refused.size > taken.size + open.size ? 'operator' : 'app';
  if (open.size > 0) return 'doubtful';
  if (refused.size > 1) return 'operator';
  return fragment.standard === undefined ? 'app' : 'alone';
}

/** So many apps that more than half of all are not taken for wrong without a person. */
const MANY = 20;

function appOf({ owner }: Fragment): string {
  return owner.by === 'app' ? owner.app : '';
}

/** Fragments of one template are alike in the first words of their lines, unless they are of different branches of it. */
function shapeOf({ text }: Fragment): string {
  return text
    .split('\n')
    .map((line) => /\S+/.exec(line)?.[0] ?? '')
    .join(' ');
}

/** Whether two are about the same fault of one template that is not the apps' own. */
export function isAlike(a: Blame, b: Blame): boolean {
  const isOwn = a.label !== undefined || b.label !== undefined;
  return !isOwn && a.template === b.template && gistOf(a.words) === gistOf(b.words);
}
