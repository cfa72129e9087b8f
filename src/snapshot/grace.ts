import type { App, HealthCheck, Task } from '../model/snapshot.ts';
import { isServing } from '../model/task-states.ts';
import { allowedFailures } from './health.ts';

/** All times in ms since 1970. */
interface Watched {
  /** When the first full read was understood; none before it. */
  readonly since: number | undefined;
  readonly at: number;
}

/**
 * The app with its tasks that have waited long enough for a first result of their health: Marathon would have killed them by then if they
 * failed, so it does not say, or has forgotten. `before`: who has waited long enough once does so as long as nothing is said.
 */
export function withOverdue(before: App | undefined, app: App, { since, at }: Watched): App {
  if (!app.tasks.some(isWaiting)) return app;
  const known = new Set(before?.tasks.flatMap(({ id, overdue }) => (overdue === true ? id : [])));
  const isOverdue = (task: Task): boolean => isWaiting(task) && (known.has(task.id) || deadlineOf(task, app, since ?? at) <= at);
  return { ...app, tasks: app.tasks.map((task) => (isOverdue(task) ? { ...task, overdue: true } : task)) };
}

/** When the first of these apps' tasks has waited long enough, in ms since 1970; undefined when none waits, or all wait for ever. */
export function firstDeadline(apps: readonly App[], { since, at }: Watched): number | undefined {
  let first = Infinity;
  for (const app of apps) for (const task of app.tasks) if (isWaiting(task)) first = Math.min(first, deadlineOf(task, app, since ?? at));
  return first === Infinity ? undefined : first;
}

function isWaiting(task: Task): boolean {
  return task.health === 'unknown' && task.overdue === undefined && task.startedAt !== undefined && isServing(task);
}

/**
 * Its slowest check counts. Where Marathon has results of the app's other tasks, it has not forgotten the app: who has run for long is then
 * waited for as if it had started when it was first seen.
 */
function deadlineOf({ startedAt = Infinity, of }: Task, { definition, tasks }: App, since: number): number {
  const knows = tasks.some(({ health }) => health !== 'unknown');
  return (knows ? Math.max(startedAt, since) : startedAt) + 1000 * Math.max(0, ...(of?.checks ?? definition.checks).map(patienceOf));
}

/** How long Marathon lets a task live that fails from its start on, in seconds. */
function patienceOf(check: HealthCheck): number {
  return check.gracePeriodSeconds + allowedFailures(check) * check.intervalSeconds + check.timeoutSeconds;
}
