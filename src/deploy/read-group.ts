import { byText } from '../lib/lists.ts';
import { DEPLOYMENT_LEAVING_LABEL } from '../model/deployment-group.ts';
import { LABELS, numberOf, OWN_LABELS } from './labels.ts';
import type { Colour, ColourTask, Group, Lock, PersonNote } from './shapes.ts';

/** A JSON object of Marathon's. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether a value is a JSON object. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function listOf(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** The labels of an app that are texts. */
export function labelsOf(app: JsonObject): Readonly<Record<string, string>> {
  const labels = isObject(app['labels']) ? Object.entries(app['labels']) : [];
  return Object.fromEntries(labels.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}

/** Finds the apps of a group among all apps, as Marathon's `/v2/apps` lists them, and the apps that hold its lock and note. */
export function readGroup(name: string, apps: readonly JsonObject[]): Group {
  const by = (label: string): readonly JsonObject[] => apps.filter((app) => labelsOf(app)[label] === name);
  const colours = by(LABELS.group).map(readColour);
  const notes = by(OWN_LABELS.noteFor).map((app) => labelsOf(app)[OWN_LABELS.note]);
  return {
    name,
    apps: colours.sort((a, b) => byText(startedAt(a), startedAt(b)) || byText(a.id, b.id)),
    locks: by(OWN_LABELS.lock)
      .map(readLock)
      .sort((a, b) => a.turn - b.turn),
    note: notes.find(isNote),
  };
}

function isNote(text: string | undefined): text is PersonNote {
  return text === 'pause' || text === 'abort' || text === 'promote';
}

/** As text, which orders times with and without a zone as zdd does; an app without the label is the oldest. */
function startedAt({ labels }: Colour): string {
  return labels[LABELS.startedAt] ?? '';
}

/** An app of a group. */
function readColour(app: JsonObject): Colour {
  const labels = labelsOf(app);
  const hasChecks = listOf(app['healthChecks']).length > 0;
  const unready = new Set(
    listOf(app['readinessCheckResults']).flatMap((result) => (result['ready'] === false ? [String(result['taskId'])] : [])),
  );
  const info = isObject(app['versionInfo']) ? app['versionInfo'] : {};
  return {
    id: String(app['id']),
    colour: labels[LABELS.colour] ?? '',
    instances: typeof app['instances'] === 'number' ? app['instances'] : 1,
    deploying: listOf(app['deployments']).length > 0,
    tasks: listOf(app['tasks']).map((task) => readTask(task, hasChecks, unready)),
    labels,
    changedAt: Math.max(...['lastScalingAt', 'lastConfigChangeAt'].map((name) => Date.parse(String(info[name])) || 0)),
    json: app,
  };
}

function readTask(task: JsonObject, hasChecks: boolean, unready: ReadonlySet<string>): ColourTask {
  const results = listOf(task['healthCheckResults']);
  const isHealthy = !hasChecks || (results.length > 0 && results.every((result) => result['alive'] === true));
  const isRunning = task['state'] === undefined || task['state'] === 'TASK_RUNNING';
  const id = String(task['id']);
  return { id, alive: isRunning && isHealthy && !unready.has(id) };
}

function readLock(app: JsonObject): Lock {
  const labels = labelsOf(app);
  return {
    id: String(app['id']),
    turn: numberOf(labels[OWN_LABELS.turn], 1),
    owner: labels[OWN_LABELS.owner] ?? '',
    since: Date.parse(labels[OWN_LABELS.since] ?? '') || 0,
    beat: labels[OWN_LABELS.beat] ?? '',
    leaving: labels[DEPLOYMENT_LEAVING_LABEL],
    makes: labels[OWN_LABELS.makes],
  };
}
