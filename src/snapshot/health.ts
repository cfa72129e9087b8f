import type { App, Health, HealthCheck, Task } from '../model/snapshot.ts';
import type { WireHealthCheckResult } from './wire.ts';

/** Whether all of a task's checks must be alive, or one of several is enough, as for marathon-lb 1.15. */
export type HealthRule = 'all' | 'any';

interface Results {
  readonly results: readonly (WireHealthCheckResult | null | undefined)[];
  /** How many results a task of the current version has; an older version may have had fewer checks. */
  readonly expected: number;
  readonly rule: HealthRule;
}

/**
 * What a task's results say together: dead when one says so, alive when all that are to be expected say so, else unknown; under the rule 'any'
 * alive when one says so. `alive` is false as soon as one probe failed; an entry without any time is a failed probe within the grace period,
 * which does not count [marathon: HealthCheckActor].
 */
export function readHealth({ results, expected, rule }: Results): Health {
  const known = results.filter(
    (result) => result?.firstSuccess != null || result?.lastSuccess != null || result?.lastFailure != null || result?.alive,
  );
  const alive = known.filter((result) => result?.alive === true).length;
  if (rule === 'any' && alive > 0) return 'alive';
  if (alive < known.length) return 'dead';
  return alive > 0 && alive >= expected ? 'alive' : 'unknown';
}

/** How many results are to be expected of a task: one a check, but of a task of an older configuration just one. */
export function expectedResults(checks: readonly HealthCheck[], taskVersion: string | undefined, changedAt: string | undefined): number {
  const older = taskVersion !== undefined && changedAt !== undefined && taskVersion < changedAt;
  return older ? 1 : checks.length;
}

/** The app with what was known of its tasks' health where Marathon has nothing to say: a new leader has forgotten all results [marathon#3419]. */
export function rememberHealth(before: App | undefined, app: App): App {
  if (before === undefined || app.tasks.every((task) => task.health !== 'unknown')) return app;
  const known = new Map(before.tasks.map((task) => [task.id, task.health]));
  const remember = (task: Task): Task => (task.health === 'unknown' ? { ...task, health: known.get(task.id) ?? 'unknown' } : task);
  return { ...app, tasks: app.tasks.map(remember) };
}
