import { withLineEnds } from '../lib/line-ends.ts';
import type { Owner, Problem } from '../model/problem.ts';
import type { Overrides } from '../model/service.ts';
import type { Definition } from '../model/snapshot.ts';
import { withinBounds } from './bounds.ts';
import { entriesOf, entryOf, guardsAccess, type LabelEntry } from './label-entries.ts';
import { badValue, deniedTemplate, droppedLabels, firstOf, misspelled, noSuchPort, noted, unknownLabel } from './label-problems.ts';
import { slipsOf } from './label-slips.ts';
import { APP_LABELS, PORT_LABELS, type AppLabels, type Label, type PortLabels, type LabelValues } from './labels.ts';

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
  const sorted = sortOut(entries, templates, count);
  const ofApp = readTable({ rows: APP_ROWS, entries: sorted.ofApp, owner });
  const isShut = (index: number): boolean => dropped.some((entry) => guardsAccess(entry) && (entry.index ?? index) === index);
  const ofPorts = sorted.ofPorts.map((own, index) => {
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
  return {
    app: ofApp.values,
    ports: bounded.ports,
    problems: [
      ...ofApp.problems,
      ...ofPorts.flatMap(({ problems }) => problems),
      ...bounded.problems,
      ...(dropped.length > 0 ? [droppedLabels({ dropped, size, owner })] : []),
      ...(denied ? entries.filter((entry) => isTemplate(entry, templates)).map((entry) => deniedTemplate(entry, owner)) : []),
      ...firstOf(sorted.strangers, owner, (entry) => unknownLabel({ entry, owner, templates })),
      ...firstOf(
        slipsOf(definition.labels, (name) => isKnown(entryOf(name, ''), templates)),
        owner,
        ({ name, meant }) => misspelled({ name, meant: entryOf(meant, ''), owner }),
      ),
      ...firstOf(sorted.beyond, owner, (entry) => noSuchPort({ entry, owner, count })),
    ],
  };
}

interface SortedOut {
  readonly ofApp: LabelEntry[];
  /** By port index; as many as the app has ports. */
  readonly ofPorts: readonly LabelEntry[][];
  /** Labels and templates that nobody knows. */
  readonly strangers: LabelEntry[];
  /** Labels for ports that the app does not have. */
  readonly beyond: LabelEntry[];
}

/** The entries by what they are for, in one pass, because this is done for every app. */
function sortOut(entries: readonly LabelEntry[], templates: ReadonlySet<string>, count: number): SortedOut {
  const sorted: SortedOut = { ofApp: [], ofPorts: Array.from({ length: count }, () => []), strangers: [], beyond: [] };
  for (const entry of entries) {
    const { index } = entry;
    if (index === undefined) sorted.ofApp.push(entry);
    else sorted.ofPorts[index]?.push(entry);
    if (!isKnown(entry, templates)) sorted.strangers.push(entry);
    else if (index !== undefined && index >= count) sorted.beyond.push(entry);
  }
  return sorted;
}

function isKnown({ index, key }: LabelEntry, templates: ReadonlySet<string>): boolean {
  return index === undefined ? APP_ROWS.has(key) : PORT_ROWS.has(key) || templates.has(`HAPROXY_${key}`);
}

function isTemplate({ index, key }: LabelEntry, templates: ReadonlySet<string>): boolean {
  return index !== undefined && templates.has(`HAPROXY_${key}`);
}

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
  readonly entries: readonly LabelEntry[];
  readonly owner: Owner;
}

/** Reads the entries by a table of labels, in the order of the table. A label with a bad value counts as absent, and shuts the port when it guards access. */
function readTable<Table extends Record<string, Label<unknown>>>({ rows, entries, owner }: TableOfEntries<Table>) {
  const values: Record<string, unknown> = {};
  const problems: Problem[] = [];
  let shut = false;
  for (const { entry, row } of inTable(rows, entries)) {
    const { key, label } = row;
    const { value, bad, why, meant, note } = label.grammar.read(entry.text);
    values[key] = value;
    const shuts = label.guards && value === undefined;
    if (bad !== undefined) problems.push(badValue({ entry, owner, label, bad, why, meant, shuts, rest: value !== undefined }));
    if (note !== undefined) problems.push(noted({ entry, owner, note }));
    shut ||= shuts;
  }
  return { values: values as LabelValues<Table>, problems, shut };
}

/** The entries that a table has rows for, in the order of the table. Of two for one row (HAPROXY_0_VHOST, HAPROXY_00_VHOST), the last counts. */
function inTable<Table>(
  rows: Rows<Table>,
  entries: readonly LabelEntry[],
): readonly { readonly entry: LabelEntry; readonly row: Row<Table> }[] {
  const found: { readonly entry: LabelEntry; readonly row: Row<Table> }[] = [];
  for (const entry of entries) {
    const row = rows.get(entry.key);
    if (row !== undefined) found.push({ entry, row });
  }
  if (found.length < 2) return found;
  return found.sort((a, b) => a.row.place - b.row.place).filter(({ row }, i) => row !== found[i + 1]?.row);
}

interface ReadPort {
  readonly values: PortLabels;
  readonly problems: readonly Problem[];
  readonly shut: boolean;
}

interface OfPort {
  readonly own: readonly LabelEntry[];
  readonly owner: Owner;
  /** How many ports the app has. */
  readonly count: number;
}

/** Ignores a health check port index that the app does not have. */
function withinPorts(read: ReadPort, { own, owner, count }: OfPort): ReadPort {
  const other = read.values.checkPortIndex;
  if (other === undefined || other < count) return read;
  const entry = own.find(({ key }) => key === PORT_LABELS.checkPortIndex.name);
  if (entry === undefined) return read;
  const problem = noSuchPort({ entry: { ...entry, index: other }, owner, count });
  return { ...read, values: { ...read.values, checkPortIndex: undefined }, problems: [...read.problems, problem] };
}

/** The template texts among the labels, with real line ends. */
function readOverrides(entries: readonly LabelEntry[], templates: ReadonlySet<string>): Overrides {
  const own = entries.filter(({ key }) => templates.has(`HAPROXY_${key}`));
  return Object.fromEntries(own.map(({ key, text }) => [`HAPROXY_${key}`, withLineEnds(text)]));
}
