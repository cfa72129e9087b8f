import { byText } from '../lib/lists.ts';
import type { TaskId } from '../model/names.ts';
import type { App, Health, HealthCheck, Readiness, Snapshot, Task } from '../model/snapshot.ts';
import type { WireHealthCheckResult } from './wire.ts';

/** Whether all of a task's checks must be alive, or one is enough, as in marathon-lb 1.15. */
export type HealthRule = 'all' | 'any';

interface Results {
  readonly results: readonly (WireHealthCheckResult | null | undefined)[];
  /** How many results a task of the current version has. A task of an older version may have had fewer checks. */
  readonly expected: number;
  readonly checks: readonly Pick<HealthCheck, 'maxConsecutiveFailures'>[];
  readonly rule: HealthRule;
}

/**
 * Combines the check results of a task. Under the rule 'any', one alive result makes it alive. Otherwise one failed result makes it dead, or failing
 * while the failures in a row stay below what the most patient check allows (a result does not say which check it belongs to). It is alive when all
 * expected results are alive, else unknown. `alive` is false as soon as one probe failed. An entry without any time is a failed probe within the
 * grace period, which does not count (Marathon: HealthCheckActor).
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

/** When a check that fails now has passed for the last time; undefined where it never did, or where none fails. It stays the same while the check fails. */
export function readPassedUntil(results: Results['results']): string | undefined {
  const failing = results.filter((result) => result?.alive === false && result.lastFailure != null);
  return failing.flatMap((result) => result?.lastSuccess ?? []).sort(byText)[0];
}

function isFailing(known: Results['results'], checks: Results['checks']): boolean {
  const allowed = Math.max(0, ...checks.map(allowedFailures));
  const isAllowed = (failures: number | null | undefined): boolean => allowed === Infinity || (failures ?? allowed) < allowed;
  return known.every((result) => result?.alive === true || (result?.firstSuccess != null && isAllowed(result.consecutiveFailures)));
}

/** How many failures in a row Marathon allows; Infinity for 0, because then it never kills the task. */
export function allowedFailures({ maxConsecutiveFailures }: Pick<HealthCheck, 'maxConsecutiveFailures'>): number {
  return maxConsecutiveFailures === 0 ? Infinity : maxConsecutiveFailures;
}

/** How many results to expect of a task: one for each check; one for a task of an older configuration. */
export function expectedResults(checks: readonly HealthCheck[], taskVersion: string | undefined, changedAt: string | undefined): number {
  const older = taskVersion !== undefined && changedAt !== undefined && taskVersion < changedAt;
  return older ? 1 : checks.length;
}

/** What was known of tasks before the daemon started. */
export type HealthMemory = ReadonlyMap<TaskId, Pick<Task, 'health' | 'readiness'>>;

/** What to remember of the tasks of a snapshot. */
export function memoryOf({ apps }: Pick<Snapshot, 'apps'>): HealthMemory {
  const known = apps.flatMap(({ tasks }) => tasks.filter(({ health, readiness }) => health !== 'unknown' || readiness !== 'unknown'));
  return new Map(known.map(({ id, health, readiness }) => [id, { health, readiness }]));
}

/**
 * The app with the remembered health and readiness of tasks for which Marathon reports nothing: a new leader has forgotten all results
 * (marathon#3419).
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
