import { closest } from 'fastest-levenshtein';
import { withLineEnds } from '../lib/line-ends.ts';
import { byText } from '../lib/lists.ts';
import type { Owner, Problem } from '../model/problem.ts';
import type { Overrides } from '../model/service.ts';
import type { Definition } from '../model/snapshot.ts';
import { APP_LABELS, PORT_LABELS, type AppLabels, type Label, type PortLabels, type Values } from './labels.ts';

/** The labels of one app, read. */
export interface LabelsOfApp {
  readonly app: AppLabels;
  /** By port index, as many as the app has ports. */
  readonly ports: readonly LabelsOfPort[];
  readonly problems: readonly Problem[];
}

/** What the labels of one port say. */
export interface LabelsOfPort {
  readonly values: PortLabels;
  /** Template texts, by the template's name. */
  readonly overrides: Overrides;
  /** A label that guards access is there but can't be read: the port must not be opened. */
  readonly shut: boolean;
}

/** HAPROXY_2_VHOST is { index: 2, key: 'VHOST' }; HAPROXY_GROUP has no index. */
interface Entry {
  readonly name: string;
  readonly index: number | undefined;
  readonly key: string;
  readonly text: string;
}

/**
 * Reads all HAPROXY_ labels of an app. `templates`: the names, with HAPROXY_, of the templates that a label may override; `denied`: they may not
 * here, whatever they say.
 */
export function readLabels(definition: Definition, templates: ReadonlySet<string>, denied = false): LabelsOfApp {
  const entries = entriesOf(definition);
  const owner: Owner = { by: 'app', app: definition.id };
  const count = definition.ports.length;
  const ofApp = readTable({ table: APP_LABELS, entries: entries.filter(({ index }) => index === undefined), owner });
  const ofPorts = definition.ports.map((_, index) => {
    const own = entries.filter((entry) => entry.index === index);
    const read = withinPorts(readTable({ table: PORT_LABELS, entries: own, owner: { ...owner, index } }), {
      own,
      owner: { ...owner, index },
      count,
    });
    return { own, ...read };
  });
  const strangers = entries.filter((entry) => !isKnown(entry, templates));
  const beyond = entries.filter((entry) => isKnown(entry, templates) && entry.index !== undefined && entry.index >= count);
  return {
    app: ofApp.values,
    ports: ofPorts.map(({ values, shut, own }) => ({
      values,
      shut: shut || ofApp.shut,
      overrides: denied ? {} : readOverrides(own, templates),
    })),
    problems: [
      ...ofApp.problems,
      ...ofPorts.flatMap(({ problems }) => problems),
      ...(denied ? entries.filter((entry) => isTemplate(entry, templates)).map((entry) => deniedTemplate(entry, owner)) : []),
      ...strangers.map((entry) => unknownLabel({ entry, owner, templates })),
      ...beyond.map((entry) => noSuchPort({ entry, owner, count })),
    ],
  };
}

function entriesOf({ labels }: Definition): readonly Entry[] {
  const names = Object.keys(labels).filter((name) => name.startsWith('HAPROXY_'));
  return names.sort(byText).map((name) => {
    const [, digits, key = ''] = /^HAPROXY_(?:(\d{1,3})_)?([^]*)$/.exec(name) ?? [];
    return { name, index: digits === undefined ? undefined : Number(digits), key, text: labels[name] ?? '' };
  });
}

function isKnown({ index, key }: Entry, templates: ReadonlySet<string>): boolean {
  return index === undefined ? APP_KEYS.has(key) : PORT_KEYS.has(key) || templates.has(`HAPROXY_${key}`);
}

function isTemplate({ index, key }: Entry, templates: ReadonlySet<string>): boolean {
  return index !== undefined && templates.has(`HAPROXY_${key}`);
}

function deniedTemplate({ name, index }: Entry, owner: Owner): Problem {
  return {
    code: 'template-denied',
    owner: owner.by === 'app' && index !== undefined ? { ...owner, index } : owner,
    label: name,
    message: `${name} has no effect, because this load balancer takes no templates from labels`,
    hint: 'its operator decides that with --template-labels',
  };
}

const APP_KEYS: ReadonlySet<string> = new Set(Object.values(APP_LABELS).map(({ name }) => name));
const PORT_KEYS: ReadonlySet<string> = new Set(Object.values(PORT_LABELS).map(({ name }) => name));

interface Reading<Table> {
  readonly table: Table;
  readonly entries: readonly Entry[];
  readonly owner: Owner;
}

/** The values that the entries give for a table of labels; one whose value is bad counts as absent, and shuts the port when it guards it. */
function readTable<Table extends Record<string, Label<unknown>>>({ table, entries, owner }: Reading<Table>) {
  const texts = new Map(entries.map((entry) => [entry.key, entry]));
  const values: Record<string, unknown> = {};
  const problems: Problem[] = [];
  let shut = false;
  for (const [key, label] of Object.entries(table)) {
    const entry = texts.get(label.name);
    if (entry === undefined) continue;
    const { value, bad } = label.grammar.read(entry.text);
    values[key] = value;
    const shuts = label.guards && value === undefined && !(label.mayBeEmpty && entry.text.trim() === '');
    if (bad !== undefined) problems.push(badValue({ entry, owner, label, bad, shuts, rest: value !== undefined }));
    shut ||= shuts;
  }
  return { values: values as Values<Table>, problems, shut };
}

interface ReadPort {
  readonly values: PortLabels;
  readonly problems: readonly Problem[];
  readonly shut: boolean;
}

interface OfPort {
  readonly own: readonly Entry[];
  readonly owner: Owner;
  /** How many ports the app has. */
  readonly count: number;
}

/** The health check of a port that the app does not have counts as absent. */
function withinPorts(read: ReadPort, { own, owner, count }: OfPort): ReadPort {
  const entry = own.find(({ key }) => key === PORT_LABELS.checkPortIndex.name);
  const other = read.values.checkPortIndex;
  if (entry === undefined || other === undefined || other < count) return read;
  const problem = noSuchPort({ entry: { ...entry, index: other }, owner, count });
  return { ...read, values: { ...read.values, checkPortIndex: undefined }, problems: [...read.problems, problem] };
}

/** The template texts among the labels, with real line ends. */
function readOverrides(entries: readonly Entry[], templates: ReadonlySet<string>): Overrides {
  const own = entries.filter(({ key }) => templates.has(`HAPROXY_${key}`));
  return Object.fromEntries(own.map(({ key, text }) => [`HAPROXY_${key}`, withLineEnds(text)]));
}

interface Bad {
  readonly entry: Entry;
  readonly owner: Owner;
  readonly label: Label<unknown>;
  readonly bad: string;
  /** Whether the port is left out therefore. */
  readonly shuts: boolean;
  /** Whether other parts of the value stand. */
  readonly rest: boolean;
}

/** A label that guards may hold a secret: its value is not repeated. */
function badValue({ entry, owner, label, bad, shuts, rest }: Bad): Problem {
  const found = label.name === 'AUTH' ? 'its value' : JSON.stringify(bad.slice(0, 200));
  const effect = rest ? 'only the rest of it counts' : shuts ? 'the port is left out until it can be read' : 'it counts as absent';
  return {
    code: 'label-value',
    owner,
    label: entry.name,
    message: `${found} can't be read as a value of ${entry.name}, so ${effect}`,
    hint: `wanted: ${label.grammar.wanted}`,
  };
}

function unknownLabel({
  entry,
  owner,
  templates,
}: {
  readonly entry: Entry;
  readonly owner: Owner;
  readonly templates: ReadonlySet<string>;
}): Problem {
  const { name, index } = entry;
  const problem = { owner: index === undefined ? owner : { ...owner, index }, label: name };
  const ofPort = [
    ...Object.values(PORT_LABELS).map((label) => label.name),
    ...[...templates].map((template) => template.slice('HAPROXY_'.length)),
  ];
  const known = [
    ...Object.values(APP_LABELS).map((label) => `HAPROXY_${label.name}`),
    ...ofPort.map((port) => `HAPROXY_${String(index ?? 0)}_${port}`),
  ];
  return {
    ...problem,
    code: 'label-unknown',
    message: `${name} is no label of the load balancer`,
    hint: `the nearest one is ${closest(name.toUpperCase(), known)}`,
  };
}

function noSuchPort({ entry, owner, count }: { readonly entry: Entry; readonly owner: Owner; readonly count: number }): Problem {
  const has = count === 0 ? 'no ports' : count === 1 ? 'one port, with index 0' : `ports 0 to ${count - 1}`;
  return {
    code: 'label-value',
    owner,
    label: entry.name,
    message: `${entry.name} means port index ${String(entry.index)}, but the app has ${has}`,
    hint: "take the index of one of the app's portMappings or portDefinitions, counted from 0",
  };
}
