import type { Document, Fragment } from '../model/document.ts';
import type { AppId } from '../model/names.ts';
import type { AppOwner, Owner } from '../model/problem.ts';
import { ownerKey } from './app-owners.ts';
import { gistOf, readComplaints } from './complaint.ts';
import { findSuspects, type Suspect } from './suspects.ts';
import { linesOfFragments, type FragmentLines } from './fragment-lines.ts';

/** A complaint of HAProxy's about an app's part of a document. */
export interface Blame {
  readonly owner: AppOwner;
  /** HAProxy's words, without the place in the file. */
  readonly words: string;
  /** The template that the line was rendered from; undefined when HAProxy names no line and no line can be found. */
  readonly template?: string;
  /** The label that the line came from, such as HAPROXY_0_BACKEND_HEAD; undefined when the template is not the app's. */
  readonly label?: string;
  /** The line as rendered. */
  readonly line?: string;
  /** The template is not the app's, and it is not known yet whether HAProxy accepts it from any other app. */
  readonly isDoubtful?: true;
  /** The template is the operator's and no other app uses it, so either the template or the app's values may be at fault. */
  readonly isAlone?: true;
  /** The other ports that have a part in what HAProxy refuses. */
  readonly beside?: readonly AppOwner[];
}

/** The apps and templates that HAProxy's messages name. */
export interface RefusalReading {
  /** One for each port and template. */
  readonly blamed: readonly Blame[];
  /** Complaints about the operator's own lines and templates, as sentences. */
  readonly operator: readonly string[];
  /** True when one of the complaints is about a template that HAProxy accepts from no app: leaving apps out would not help. */
  readonly isCommon: boolean;
  /** Complaints that name nobody, in HAProxy's words. */
  readonly unknown: readonly string[];
}

/**
 * Finds the owners of the parts of a document that HAProxy's messages name. A part that came from an app's label is the app's fault. A part that came
 * from a template shared by several apps is the operator's fault when HAProxy accepts it from none of them; otherwise the app's values are at fault.
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
      const fault = owner.by === 'app' ? `${template}\n${gistOf(words)}` : told; // a template's fault is reported once, whichever apps use it
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

function blameOf(
  { fragment: { template, label }, complaint: { words }, line, beside }: Suspect,
  owner: AppOwner,
  verdict: BlameVerdict,
): Blame {
  return {
    owner,
    words,
    template,
    ...(label !== undefined && { label }),
    ...(line !== undefined && { line }),
    ...(verdict === 'doubtful' && { isDoubtful: true }),
    ...(verdict === 'alone' && { isAlone: true }),
    ...(beside.length > 0 && { beside }),
  };
}

/** A sentence that says what is wrong with an operator's template. `isShared`: several apps use it. */
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
  const where = isShared ? `${template}, which HAProxy accepts from no app, so no app is at fault` : template;
  return `HAProxy does not accept the operator's template ${where}: ${words}${line === undefined ? '' : `, in the line '${line}'`}`;
}

/** The id that Marathon has for an app, which may be known here by the name of its deployment group. */
export type NameOf = (app: AppId) => AppId;

/** A sentence that says what is wrong with an operator's template that only one app uses, when HAProxy accepts the default template in its place. */
export function describeAlone({ owner: { app, index = 0 }, words, template, line }: Blame, nameOf: NameOf): string {
  const [what, instead] = template === undefined ? ['templates', 'ones'] : [`template ${template}`, 'one'];
  const where = `as ${nameOf(app)}, port ${index} uses it, but accepts the default ${instead} in its place, so no app is at fault`;
  return `HAProxy does not accept the operator's ${what} ${where}: ${words}${line === undefined ? '' : `, in the line '${line}'`}`;
}

/**
 * Removes complaints that only follow from others. When HAProxy refuses the head of a section, it refuses the section's other lines as well; when it
 * refuses an app's line in a section of an app, it may refuse the operator's lines after it.
 */
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

type BlameVerdict = 'app' | 'operator' | 'doubtful' | 'alone';

/**
 * Decides for refused lines that come from shared templates whether the template or the app's values are at fault, by template and kind of complaint.
 */
function judgeShared(charges: readonly Suspect[], rows: readonly FragmentLines[], reached: number): ReadonlyMap<Suspect, BlameVerdict> {
  const groups = new Map<string, Suspect[]>();
  for (const charge of charges) {
    if (charge.fragment.label !== undefined || charge.fragment.owner.by === 'operator') continue;
    const key = `${charge.fragment.template}\n${gistOf(charge.complaint.words)}`;
    groups.set(key, [...(groups.get(key) ?? []), charge]);
  }
  const verdicts = new Map<Suspect, BlameVerdict>();
  for (const group of groups.values()) {
    const verdict = judgeGroup(group, rows, reached);
    for (const charge of group) verdicts.set(charge, verdict);
  }
  return verdicts;
}

/** HAProxy reads a file from top to bottom and may stop early. Lines before the last line it names that it did not refuse are accepted. */
function judgeGroup(group: readonly Suspect[], rows: readonly FragmentLines[], reached: number): BlameVerdict {
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

/** The number of refused apps above which a majority counts as the template's fault. Below it, the apps are blamed one by one. */
const MANY = 20;

function appOf({ owner }: Fragment): string {
  return owner.by === 'app' ? owner.app : '';
}

/** The first words of a fragment's lines. Fragments of one template have the same shape unless they come from different branches of the template. */
function shapeOf({ text }: Fragment): string {
  return text
    .split('\n')
    .map((line) => /\S+/.exec(line)?.[0] ?? '')
    .join(' ');
}

/** Whether two complaints are about the same fault of one shared template. */
export function isAlike(a: Blame, b: Blame): boolean {
  const isOwn = a.label !== undefined || b.label !== undefined;
  return !isOwn && a.template === b.template && gistOf(a.words) === gistOf(b.words);
}
