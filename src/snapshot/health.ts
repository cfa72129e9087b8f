import type { TaskId } from '../model/names.ts';
import type { App, Health, HealthCheck, Readiness, Snapshot, Task } from '../model/snapshot.ts';
import type { WireHealthCheckResult } from './wire.ts';

/** Whether all of a task's checks must be alive, or one of several is enough, as for marathon-lb 1.15. */
export type HealthRule = 'all' | 'any';

interface Results {
  readonly results: readonly (WireHealthCheckResult | null | undefined)[];
  /** How many results a task of the current version has; an older version may have had fewer checks. */
  readonly expected: number;
  readonly checks: readonly Pick<HealthCheck, 'maxConsecutiveFailures'>[];
  readonly rule: HealthRule;
}

/**
 * What a task's results say together: dead when one says so, or failing as long as no more failures followed each other than any check allows,
 * for nothing tells which check a result is of; alive when all that are to be expected say so, else unknown; under the rule 'any' alive when one says so. `alive` is false as soon as one probe failed; an entry without any time is a failed probe within the grace period,
 * which does not count [marathon: HealthCheckActor].
 */
export function readHealth({ results, expected, checks, rule }: Results): Health {
  const known = results.filter(
    (result) => result?.firstSuccess != null || result?.lastSuccess != null || result?.lastFailure != null || result?.alive,
  );
  const alive = known.filter((result) => result?.alive === true).length;
  if (rule === 'any' && alive > 0) return 'alive';
  if (alive < known.length) return isFailing(known, checks) ? 'failing' : 'dead';
  return alive > 0 && alive >= expected ? 'alive' : 'unknown';
}

function isFailing(known: Results['results'], checks: Results['checks']): boolean {
  const allowed = Math.max(0, ...checks.map(allowedFailures));
  const isAllowed = (failures: number | null | undefined): boolean => allowed === Infinity || (failures ?? allowed) < allowed;
  return known.every((result) => result?.alive === true || (result?.firstSuccess != null && isAllowed(result.consecutiveFailures)));
}

/** How many failures may follow each other; Marathon never kills for a check with 0. */
export function allowedFailures({ maxConsecutiveFailures }: Pick<HealthCheck, 'maxConsecutiveFailures'>): number {
  return maxConsecutiveFailures === 0 ? Infinity : maxConsecutiveFailures;
}

/** How many results are to be expected of a task: one a check, but of a task of an older configuration just one. */
export function expectedResults(checks: readonly HealthCheck[], taskVersion: string | undefined, changedAt: string | undefined): number {
  const older = taskVersion !== undefined && changedAt !== undefined && taskVersion < changedAt;
  return older ? 1 : checks.length;
}

/** What was known of tasks before the start of the daemon. */
export type HealthMemory = ReadonlyMap<TaskId, Pick<Task, 'health' | 'readiness'>>;

/** What to remember of a snapshot's tasks. */
export function memoryOf({ apps }: Pick<Snapshot, 'apps'>): HealthMemory {
  const known = apps.flatMap(({ tasks }) => tasks.filter(({ health, readiness }) => health !== 'unknown' || readiness !== 'unknown'));
  return new Map(known.map(({ id, health, readiness }) => [id, { health, readiness }]));
}

/**
 * The app with what was known of its tasks' health and readiness where Marathon has nothing to say: a new leader has forgotten all results
 * [marathon#3419].
 */
export function rememberHealth(before: App | undefined, app: App, memory: HealthMemory): App {
  if ((before === undefined && memory.size === 0) || app.tasks.every(isKnown)) return app;
  const known = new Map(before?.tasks.map((task) => [task.id, task]));
  return { ...app, tasks: app.tasks.map((task) => (isKnown(task) ? task : remember(known.get(task.id) ?? memory.get(task.id), task))) };
}

function isKnown({ health, readiness }: Task): boolean {
  return health !== 'unknown' && readiness !== 'unknown';
}

function remember(before: Pick<Task, 'health' | 'readiness'> | undefined, task: Task): Task {
  if (before === undefined) return task;
  const health: Health = task.health === 'unknown' ? before.health : task.health;
  const readiness: Readiness = task.readiness === 'unknown' && before.readiness === 'ready' ? 'ready' : task.readiness;
  return { ...task, health, readiness };
}
