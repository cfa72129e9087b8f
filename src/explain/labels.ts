import { TEMPLATES_IN_LABELS } from '../haproxy/catalogue.ts';
import { hideInLines } from '../lib/secrets.ts';
import type { Problem } from '../model/problem.ts';
import type { Definition } from '../model/snapshot.ts';
import { asWritten } from '../services/as-written.ts';
import { entriesOf, type LabelEntry } from '../services/label-entries.ts';
import { isSecret } from '../services/label-problems.ts';
import { APP_LABELS, PORT_LABELS } from '../services/labels.ts';
import { readLabels, type LabelsOfApp } from '../services/read-labels.ts';
import type { LabelExplanation } from './shapes.ts';

/** The HAPROXY_ labels of an app, and which of them count. `problems`: the app's, as the View has them. */
export function explainLabels(definition: Definition, problems: readonly Problem[]): readonly LabelExplanation[] {
  const labels = readLabels(definition, TEMPLATES_IN_LABELS);
  const { entries, dropped } = entriesOf(definition);
  const told = [...labels.problems.map((one) => asWritten(definition, one)), ...problems];
  const counted = entries.map((entry): LabelExplanation => {
    const problem = told.findLast((one) => isAbout(one, entry, definition));
    const hasValue = isRead(entry, labels) && !hasNoEffect(problem);
    const counts = !hasValue ? 'no' : problem?.code === 'label-value' ? 'partly' : 'yes';
    return { name: entry.name, value: shown(entry), counts, problem: problem?.message ?? null };
  });
  const beyond = dropped.map((entry): LabelExplanation => {
    return {
      name: entry.name,
      value: shown(entry),
      counts: 'no',
      problem: 'the labels before it are as long as all labels of an app may be',
    };
  });
  return [...counted, ...beyond];
}

/** Whether a Problem is about a label. Two endpoints of a pod may have labels that are written alike. */
function isAbout({ label, owner }: Problem, { name, index }: LabelEntry, { writtenAs }: Definition): boolean {
  const written = writtenAs?.[name];
  if (written === undefined) return label === name;
  return label === written.name && owner.by === 'app' && owner.index === index;
}

function isRead({ index, key }: LabelEntry, labels: LabelsOfApp): boolean {
  if (index === undefined) return keysOf(APP_LABELS, key).some((name) => labels.app[name] !== undefined);
  const port = labels.ports[index];
  if (port === undefined) return false;
  return keysOf(PORT_LABELS, key).some((name) => port.values[name] !== undefined) || port.overrides[`HAPROXY_${key}`] !== undefined;
}

function keysOf<Table extends Readonly<Record<string, { readonly name: string }>>>(table: Table, name: string): readonly (keyof Table)[] {
  return Object.keys(table).filter((key) => table[key]?.name === name);
}

function hasNoEffect(problem: Problem | undefined): boolean {
  return problem?.code === 'template' || problem?.code === 'template-denied' || problem?.code === 'label-conflict';
}

/** As long as a person reads. */
const LONGEST = 1_000;

function shown(entry: LabelEntry): string {
  const text = isSecret(entry.key) ? '***' : hideInLines(entry.text);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
