import type { AppId } from '../model/names.ts';
import type { Problem } from '../model/problem.ts';
import { CONFLICTS, type Conflict, type PortKind } from './conflicting-labels.ts';
import { PORT_LABELS, type PortLabels } from './labels.ts';
import type { LabelsOfApp, LabelsOfPort } from './read-labels.ts';

/** The labels of an app without those that have no effect beside a second label of the port, and a Problem for each, which names both labels. */
export function withoutConflicts(labels: LabelsOfApp, app: AppId, kindOf: (index: number) => PortKind): LabelsOfApp {
  const all = labels.ports.map((port, index) => (mayLose(port) ? ofPort(port, { app, index, ...kindOf(index) }) : { port, problems: [] }));
  if (all.every(({ problems }) => problems.length === 0)) return labels;
  return { ...labels, ports: all.map(({ port }) => port), problems: [...labels.problems, ...all.flatMap(({ problems }) => problems)] };
}

const LOSING: ReadonlySet<string> = new Set(CONFLICTS.map(({ loses }) => loses));

/** Whether a port has a label that can lose its effect. Most ports have none, and their mode and checks are not worked out for this. */
function mayLose({ values }: LabelsOfPort): boolean {
  return Object.keys(values).some((key) => LOSING.has(key));
}

interface PortPlace extends PortKind {
  readonly app: AppId;
  readonly index: number;
}

function ofPort(
  port: LabelsOfPort,
  { app, index, ...kind }: PortPlace,
): { readonly port: LabelsOfPort; readonly problems: readonly Problem[] } {
  let { values, shut } = port;
  const problems: Problem[] = [];
  for (const { loses, beside, why, hint, when, shuts, keeps } of CONFLICTS) {
    if (values[loses] === undefined || values[loses] === false || !when(values, kind)) continue;
    const label = nameOf(loses, index);
    const other = otherLabel(beside === 'mode' ? kind.tcpBy : beside, port.values, index);
    if (keeps !== true) values = { ...values, [loses]: undefined };
    const effect = shuts === true ? `can't be used ${other}, so the port is left out` : `has no effect ${other}`;
    shut ||= shuts === true;
    const message = `${label} ${effect}: ${why}`;
    problems.push({ code: 'label-conflict', owner: { by: 'app', app, index }, label, message, hint });
  }
  return { port: problems.length === 0 ? port : { ...port, values, shut }, problems };
}

/** "beside" the other label, with its value where that is one word of a few, or "without" it. */
function otherLabel(key: Conflict['beside'], values: PortLabels, index: number): string {
  const { [key]: value } = values;
  if (value === undefined) return key === 'mode' ? `without ${nameOf('hosts', index)}` : `without ${nameOf(key, index)}`;
  const isWord = key === 'mode' || key === 'tls' || key === 'backendTls';
  return `beside ${nameOf(key, index)}${isWord && typeof value === 'string' ? `=${value}` : ''}`;
}

function nameOf(key: Conflict['loses'], index: number): string {
  return `HAPROXY_${index}_${PORT_LABELS[key].name}`;
}
