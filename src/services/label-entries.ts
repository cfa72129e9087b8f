import { byText } from '../lib/lists.ts';
import type { Definition } from '../model/snapshot.ts';
import { BOUNDS } from './bounds.ts';
import { APP_LABELS, PORT_LABELS, type Label } from './labels.ts';

/** One label: HAPROXY_2_VHOST is { index: 2, key: 'VHOST' }; HAPROXY_GROUP has no index. */
export interface LabelEntry {
  readonly name: string;
  readonly index: number | undefined;
  readonly key: string;
  readonly text: string;
}

/** The HAPROXY_ labels of an app, in order of name. */
export interface LabelEntries {
  readonly entries: readonly LabelEntry[];
  /** Labels without effect, because the labels before them use up the size allowed for one app. */
  readonly dropped: readonly LabelEntry[];
  /** The size of all labels, in characters. */
  readonly size: number;
}

/**
 * The HAPROXY_ labels of an app. When they exceed the allowed size, labels that guard access are used first. An empty label that only adds something
 * is left out, because forms write a label for every field that nobody filled in.
 */
export function entriesOf({ labels }: Pick<Definition, 'labels'>): LabelEntries {
  const names = Object.keys(labels).filter((name) => name.startsWith('HAPROXY_'));
  const all = names
    .sort(byText)
    .map((name) => entryOf(name, labels[name] ?? ''))
    .filter((entry) => !isUnset(entry));
  const size = all.reduce((total, entry) => total + sizeOf(entry), 0);
  if (size <= BOUNDS.labels) return { entries: all, dropped: [], size };
  let left: number = BOUNDS.labels;
  const counts = (entry: LabelEntry): boolean => {
    const fits = sizeOf(entry) <= left;
    if (fits) left -= sizeOf(entry);
    return fits;
  };
  const guards = new Set(all.filter((entry) => guardsAccess(entry) && counts(entry)));
  const kept = new Set(all.filter((entry) => guards.has(entry) || (!guardsAccess(entry) && counts(entry))));
  return { entries: all.filter((entry) => kept.has(entry)), dropped: all.filter((entry) => !kept.has(entry)), size };
}

/** Whether a label restricts who may reach a port. Without it, more clients could reach the port. */
export function guardsAccess(entry: LabelEntry): boolean {
  return labelOf(entry)?.guards === true;
}

/** A label by its name and its text. */
export function entryOf(name: string, text: string): LabelEntry {
  const [, digits, key = ''] = /^HAPROXY_(?:(\d{1,3})_)?([^]*)$/.exec(name) ?? [];
  return { name, index: digits === undefined ? undefined : Number(digits), key, text };
}

function sizeOf({ name, text }: LabelEntry): number {
  return name.length + text.length;
}

function isUnset(entry: LabelEntry): boolean {
  const label = labelOf(entry);
  return label !== undefined && (!label.guards || label.mayBeEmpty) && entry.text.trim() === '';
}

function labelOf({ index, key }: LabelEntry): Label<unknown> | undefined {
  return (index === undefined ? APP_BY_KEY : PORT_BY_KEY).get(key);
}

const APP_BY_KEY = byKey(APP_LABELS);
const PORT_BY_KEY = byKey(PORT_LABELS);

function byKey(table: Readonly<Record<string, Label<unknown>>>): ReadonlyMap<string, Label<unknown>> {
  return new Map(Object.values(table).map((label) => [label.name, label]));
}
