import { closest } from 'fastest-levenshtein';
import type { Owner, Problem } from '../model/problem.ts';
import { BOUNDS } from './bounds.ts';
import type { Entry } from './label-entries.ts';
import { APP_LABELS, PORT_LABELS, type Label } from './labels.ts';

/** A label whose value can't be read, or not all of it. */
interface Bad {
  readonly entry: Entry;
  readonly owner: Owner;
  readonly label: Label<unknown>;
  /** The text that can't be read. */
  readonly bad: string;
  /** Why not, where that is known; without the value itself. */
  readonly why: string | undefined;
  /** What was probably meant. */
  readonly meant: string | undefined;
  /** Whether the port is left out because of it. */
  readonly shuts: boolean;
  /** Whether other parts of the value count. */
  readonly rest: boolean;
}

/** Labels whose values may hold secrets, or name files that do: their values are not repeated. */
const SECRET: ReadonlySet<string> = new Set(['AUTH', 'BIND_OPTIONS', 'SSL_CERT']);

/** Whether the value of a label is not to be shown; `key`: its name behind HAPROXY_ or HAPROXY_n_. */
export function isSecret(key: string): boolean {
  return SECRET.has(key);
}

/** What is wrong with the value of a label, and what follows. */
export function badValue({ entry, owner, label, bad, why, meant, shuts, rest }: Bad): Problem {
  const found = isSecret(label.name) ? 'its value' : JSON.stringify(bad.slice(0, 200));
  const effect = rest ? 'only the rest of it counts' : shuts ? 'the port is left out until it can be read' : 'it counts as absent';
  return {
    code: 'label-value',
    owner,
    label: entry.name,
    message: `${found} can't be read as a value of ${entry.name}${why === undefined ? '' : ` (${why})`}, so ${effect}`,
    hint: `${meant === undefined ? '' : `perhaps ${meant} is meant; `}wanted: ${label.grammar.wanted}`,
  };
}

/** A value that counts, and that its owner should know something of. */
export function noted({ entry, owner, note }: { readonly entry: Entry; readonly owner: Owner; readonly note: string }): Problem {
  return { code: 'label-value', owner, label: entry.name, message: `${entry.name} counts, but ${note}`, hint: 'choose a cheaper one' };
}

/** A name longer than this is no slip of the pen: the nearest label is not looked for. */
const LONGEST_SLIP = 100;

/** A label that this load balancer does not know, with the nearest one that it does. */
export function unknownLabel({
  entry: { name, index },
  owner,
  templates,
}: {
  readonly entry: Entry;
  readonly owner: Owner;
  readonly templates: ReadonlySet<string>;
}): Problem {
  return {
    code: 'label-unknown',
    owner: withIndex(owner, index),
    label: shown(name),
    message: `${shown(name)} is no label of the load balancer`,
    hint: name.length > LONGEST_SLIP ? 'docs/labels.md lists them all' : `the nearest one is ${nearest(name, index, templates)}`,
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

/** A label of a port that the app does not have. */
export function noSuchPort({ entry, owner, count }: { readonly entry: Entry; readonly owner: Owner; readonly count: number }): Problem {
  const has = count === 0 ? 'no ports' : count === 1 ? 'one port, with index 0' : `ports 0 to ${count - 1}`;
  return {
    code: 'label-value',
    owner,
    label: shown(entry.name),
    message: `${shown(entry.name)} means port index ${String(entry.index)}, but the app has ${has}`,
    hint: "take the index of one of the app's portMappings or portDefinitions, counted from 0",
  };
}

/** A template in a label, where the operator takes none. */
export function deniedTemplate({ name, index }: Entry, owner: Owner): Problem {
  return {
    code: 'template-denied',
    owner: withIndex(owner, index),
    label: name,
    message: `${name} has no effect, because this load balancer takes no templates from labels`,
    hint: 'its operator decides that with --template-labels',
  };
}

/** The first of many Problems of one kind, and one that says how many more there are. */
export function firstOf(entries: readonly Entry[], owner: Owner, make: (entry: Entry) => Problem): readonly Problem[] {
  const told = entries.slice(0, BOUNDS.told).map(make);
  const [first] = told;
  const more = entries.length - told.length;
  if (first === undefined || more === 0) return told;
  const { code, hint } = first;
  return [...told, { code, owner, message: `${more} more labels are like ${first.label ?? 'these'}, and have no effect`, hint }];
}

/** The labels that are beyond what counts for one app. */
export function droppedLabels({
  dropped,
  size,
  owner,
}: {
  readonly dropped: readonly Entry[];
  readonly size: number;
  readonly owner: Owner;
}): Problem {
  const names = dropped.slice(0, BOUNDS.told).map(({ name }) => shown(name));
  const more = dropped.length - names.length;
  return {
    code: 'bounds',
    owner,
    message: `the HAPROXY_ labels of the app have ${size} characters, of which ${BOUNDS.labels} count, so that these have no effect: ${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`,
    hint: 'shorten them, or divide the app; a port whose access such a label guards is left out',
  };
}

function shown(name: string): string {
  return name.length > 200 ? `${name.slice(0, 200)}…` : name;
}

function withIndex(owner: Owner, index: number | undefined): Owner {
  return owner.by === 'app' && index !== undefined ? { ...owner, index } : owner;
}
