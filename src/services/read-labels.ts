import { withLineEnds } from '../lib/line-ends.ts';
import type { Owner, Problem } from '../model/problem.ts';
import type { Overrides } from '../model/service.ts';
import type { Definition } from '../model/snapshot.ts';
import { withinBounds } from './bounds.ts';
import { entriesOf, guardsAccess, type Entry } from './label-entries.ts';
import { badValue, deniedTemplate, droppedLabels, firstOf, noSuchPort, noted, unknownLabel } from './label-problems.ts';
import { APP_LABELS, PORT_LABELS, type AppLabels, type Label, type PortLabels, type Values } from './labels.ts';

/** The labels of one app, read. */
export interface LabelsOfApp {
  readonly app: AppLabels;
  /** By port index; as many as the app has ports. */
  readonly ports: readonly LabelsOfPort[];
  readonly problems: readonly Problem[];
}

/** The labels of one port, read. */
export interface LabelsOfPort {
  readonly values: PortLabels;
  /** Template texts, by the template's name. */
  readonly overrides: Overrides;
  /** True when a label that guards access can't be read or is not used: the port must not be opened. */
  readonly shut: boolean;
  /** The full names of this port's labels: HAPROXY_0_VHOST. */
  readonly names: readonly string[];
}

/**
 * Reads all HAPROXY_ labels of an app. `templates` are the full names of the templates that a label may override; `denied` means that this load
 * balancer accepts no templates from labels.
 */
export function readLabels(definition: Definition, templates: ReadonlySet<string>, denied = false): LabelsOfApp {
  const { entries, dropped, size } = entriesOf(definition);
  const owner: Owner = { by: 'app', app: definition.id };
  const count = definition.ports.length;
  const ofApp = readTable({ rows: APP_ROWS, entries: entries.filter(({ index }) => index === undefined), owner });
  const byPort = groupByPort(entries);
  const isShut = (index: number): boolean => dropped.some((entry) => guardsAccess(entry) && (entry.index ?? index) === index);
  const ofPorts = definition.ports.map((_, index) => {
    const own = byPort.get(index) ?? [];
    const of = { own, owner: { ...owner, index }, count };
    const read = withinPorts(readTable({ rows: PORT_ROWS, entries: own, owner: of.owner }), of);
    return { ...read, own, shut: read.shut || ofApp.shut || (dropped.length > 0 && isShut(index)) };
  });
  const bounded = withinBounds(
    definition.id,
    ofPorts.map(({ values, shut, own }) => ({
      values,
      shut,
      overrides: denied ? {} : readOverrides(own, templates),
      names: own.map(({ name }) => name),
    })),
  );
  const strangers = entries.filter((entry) => !isKnown(entry, templates));
  const beyond = entries.filter((entry) => isKnown(entry, templates) && entry.index !== undefined && entry.index >= count);
  return {
    app: ofApp.values,
    ports: bounded.ports,
    problems: [
      ...ofApp.problems,
      ...ofPorts.flatMap(({ problems }) => problems),
      ...bounded.problems,
      ...(dropped.length > 0 ? [droppedLabels({ dropped, size, owner })] : []),
      ...(denied ? entries.filter((entry) => isTemplate(entry, templates)).map((entry) => deniedTemplate(entry, owner)) : []),
      ...firstOf(strangers, owner, (entry) => unknownLabel({ entry, owner, templates })),
      ...firstOf(beyond, owner, (entry) => noSuchPort({ entry, owner, count })),
    ],
  };
}

function groupByPort(entries: readonly Entry[]): ReadonlyMap<number, readonly Entry[]> {
  const byPort = new Map<number, Entry[]>();
  for (const entry of entries) {
    if (entry.index === undefined) continue;
    const own = byPort.get(entry.index);
    if (own === undefined) byPort.set(entry.index, [entry]);
    else own.push(entry);
  }
  return byPort;
}

function isKnown({ index, key }: Entry, templates: ReadonlySet<string>): boolean {
  return index === undefined ? APP_KEYS.has(key) : PORT_KEYS.has(key) || templates.has(`HAPROXY_${key}`);
}

function isTemplate({ index, key }: Entry, templates: ReadonlySet<string>): boolean {
  return index !== undefined && templates.has(`HAPROXY_${key}`);
}

const APP_KEYS: ReadonlySet<string> = new Set(Object.values(APP_LABELS).map(({ name }) => name));
const PORT_KEYS: ReadonlySet<string> = new Set(Object.values(PORT_LABELS).map(({ name }) => name));

/** A row of a table of labels: its key in the table, and its place. */
interface Row<Table> {
  readonly key: keyof Table & string;
  readonly label: Label<unknown>;
  readonly place: number;
}

/** The rows of a table by the names of the labels. An app has few of a hundred labels, so those that it has are looked up. */
type Rows<Table> = ReadonlyMap<string, Row<Table>>;

function rowsOf<Table extends Record<string, Label<unknown>>>(table: Table): Rows<Table> {
  return new Map(Object.entries(table).map(([key, label], place) => [label.name, { key, label, place }]));
}

const APP_ROWS = rowsOf(APP_LABELS);
const PORT_ROWS = rowsOf(PORT_LABELS);

interface TableOfEntries<Table> {
  readonly rows: Rows<Table>;
  readonly entries: readonly Entry[];
  readonly owner: Owner;
}

/** Reads the entries by a table of labels, in the order of the table. A label with a bad value counts as absent, and shuts the port when it guards access. */
function readTable<Table extends Record<string, Label<unknown>>>({ rows, entries, owner }: TableOfEntries<Table>) {
  const texts = new Map(entries.map((entry) => [entry.key, entry]));
  const found = Array.from(texts.values(), (entry) => ({ entry, row: rows.get(entry.key) })).sort(
    (a, b) => placeOf(a.row) - placeOf(b.row),
  );
  const values: Record<string, unknown> = {};
  const problems: Problem[] = [];
  let shut = false;
  for (const { entry, row } of found) {
    if (row === undefined) continue;
    const { key, label } = row;
    const { value, bad, why, meant, note } = label.grammar.read(entry.text);
    values[key] = value;
    const shuts = label.guards && value === undefined;
    if (bad !== undefined) problems.push(badValue({ entry, owner, label, bad, why, meant, shuts, rest: value !== undefined }));
    if (note !== undefined) problems.push(noted({ entry, owner, note }));
    shut ||= shuts;
  }
  return { values: values as Values<Table>, problems, shut };
}

function placeOf(row: { readonly place: number } | undefined): number {
  return row?.place ?? Number.MAX_SAFE_INTEGER;
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

/** Ignores a health check port index that the app does not have. */
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
