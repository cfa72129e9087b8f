import { closest } from 'fastest-levenshtein';
import type { Owner, Problem } from '../model/problem.ts';
import { BOUNDS } from './bounds.ts';
import type { Note } from './define-grammar.ts';
import type { LabelEntry } from './label-entries.ts';
import { APP_LABELS, PORT_LABELS, type Label } from './labels.ts';

/** A label whose value can't be read, or can be read only in part. */
interface Bad {
  readonly entry: LabelEntry;
  readonly owner: Owner;
  readonly label: Label<unknown>;
  /** The text that can't be read. */
  readonly bad: string;
  /** Why it can't be read, if known, without repeating the value. */
  readonly why: string | undefined;
  /** What was probably meant. */
  readonly meant: string | undefined;
  /** Whether the port is left out because of it. */
  readonly shuts: boolean;
  /** Whether other parts of the value are used. */
  readonly rest: boolean;
}

/** Labels whose values may be secrets, or name files with secrets: their values are never repeated. */
const SECRET: ReadonlySet<string> = new Set(['AUTH', 'BIND_OPTIONS', 'SSL_CERT']);

/** Whether the value of a label is not to be shown; `key`: its name behind HAPROXY_ or HAPROXY_n_. */
export function isSecret(key: string): boolean {
  return SECRET.has(key);
}

/** The Problem with the value of a label, and what follows from it. */
export function badValue({ entry, owner, label, bad, why, meant, shuts, rest }: Bad): Problem {
  const found = isSecret(label.name) ? 'its value' : JSON.stringify(bad.slice(0, 200));
  const effect = rest
    ? 'only the rest of the value is used'
    : shuts
      ? 'the port is left out until the value can be read'
      : (label.misread ?? 'the label has no effect');
  return {
    code: 'label-value',
    owner,
    label: entry.name,
    message: `${found} can't be read as a value of ${entry.name}${why === undefined ? '' : ` (${why})`}, so ${effect}`,
    hint: `${meant === undefined ? '' : `perhaps ${meant} is meant; `}wanted: ${label.grammar.wanted}`,
  };
}

/** The Problem with a value that counts, but perhaps not as its author thinks. */
export function noted({ entry, owner, note }: { readonly entry: LabelEntry; readonly owner: Owner; readonly note: Note }): Problem {
  return { code: 'label-value', owner, label: entry.name, message: `${entry.name} ${note.says}`, hint: note.advice };
}

/** The longest name, in characters, for which the nearest known label is searched: a longer name is not a typing error. */
const LONGEST_SLIP = 100;

/** The Problem of an unknown label, with the nearest known label. */
export function unknownLabel({
  entry: { name, index },
  owner,
  templates,
}: {
  readonly entry: LabelEntry;
  readonly owner: Owner;
  readonly templates: ReadonlySet<string>;
}): Problem {
  return {
    code: 'label-unknown',
    owner: withIndex(owner, index),
    label: shown(name),
    message: `the load balancer has no label ${shown(name)}`,
    hint: name.length > LONGEST_SLIP ? 'docs/labels.md lists all labels' : `the nearest label is ${nearest(name, index, templates)}`,
  };
}

/** The Problem of a label whose name does not begin with HAPROXY_, and was meant to. */
export function misspelled({ name, meant, owner }: { readonly name: string; readonly meant: LabelEntry; readonly owner: Owner }): Problem {
  return {
    code: 'label-unknown',
    owner: withIndex(owner, meant.index),
    label: name,
    message: `the load balancer has no label ${JSON.stringify(name)}, because its labels begin with HAPROXY_`,
    hint: `perhaps ${meant.name} is meant`,
  };
}

function nearest(name: string, index: number | undefined, templates: ReadonlySet<string>): string {
  const ofPort = [
    ...Object.values(PORT_LABELS).map((label) => label.name),
    ...[...templates].map((template) => template.slice('HAPROXY_'.length)),
  ];
  return closest(name.toUpperCase(), [
    ...Object.values(APP_LABELS).map((label) => `HAPROXY_${label.name}`),
    ...ofPort.map((port) => `HAPROXY_${String(index ?? 0)}_${port}`),
  ]);
}

/** The Problem of a label for a port that the app does not have. */
export function noSuchPort({
  entry,
  owner,
  count,
}: {
  readonly entry: LabelEntry;
  readonly owner: Owner;
  readonly count: number;
}): Problem {
  const has = count === 0 ? 'no ports' : count === 1 ? 'one port, with index 0' : `ports 0 to ${count - 1}`;
  return {
    code: 'label-value',
    owner,
    label: shown(entry.name),
    message: `${shown(entry.name)} names port index ${String(entry.index)}, but the app has ${has}`,
    hint: "use the index of one of the app's portMappings or portDefinitions, counted from 0",
  };
}

/** The Problem of a template in a label when the operator allows none. */
export function deniedTemplate({ name, index }: LabelEntry, owner: Owner): Problem {
  return {
    code: 'template-denied',
    owner: withIndex(owner, index),
    label: name,
    message: `${name} has no effect, because this load balancer accepts no templates from labels`,
    hint: 'the operator of the load balancer decides this with --template-labels',
  };
}

/** The first of many Problems of one kind, and one Problem that says how many more there are. */
export function firstOf<One>(entries: readonly One[], owner: Owner, make: (entry: One) => Problem): readonly Problem[] {
  const told = entries.slice(0, BOUNDS.told).map(make);
  const [first] = told;
  const more = entries.length - told.length;
  if (first === undefined || more === 0) return told;
  const { code, hint } = first;
  return [
    ...told,
    { code, owner, message: `${more} more labels have the same problem as ${first.label ?? 'these'}, and have no effect`, hint },
  ];
}

/** The Problem of the labels that exceed the size allowed for one app. */
export function droppedLabels({
  dropped,
  size,
  owner,
}: {
  readonly dropped: readonly LabelEntry[];
  readonly size: number;
  readonly owner: Owner;
}): Problem {
  const names = dropped.slice(0, BOUNDS.told).map(({ name }) => shown(name));
  const more = dropped.length - names.length;
  return {
    code: 'bounds',
    owner,
    message: `the HAPROXY_ labels of the app have ${size} characters, of which ${BOUNDS.labels} are used, so these labels have no effect: ${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`,
    hint: 'shorten the labels, or split the app; a port is left out when a label that guards its access has no effect',
  };
}

function shown(name: string): string {
  return name.length > 200 ? `${name.slice(0, 200)}…` : name;
}

function withIndex(owner: Owner, index: number | undefined): Owner {
  return owner.by === 'app' && index !== undefined ? { ...owner, index } : owner;
}
