import type { App, HealthCheck, Task } from '../model/snapshot.ts';
import { isServing } from '../model/task-states.ts';
import { allowedFailures } from './health.ts';

/** Times in ms since 1970. */
interface Watched {
  /** When the first full read was absorbed; undefined before. */
  readonly since: number | undefined;
  readonly at: number;
}

/**
 * The app with tasks marked as overdue that have waited long enough for a first health result. If such a task were failing, Marathon would have
 * killed it by then, so Marathon reports no result for it, or has forgotten it. A task that was overdue in `before` stays so while it has no result.
 */
export function withOverdue(before: App | undefined, app: App, { since, at }: Watched): App {
  if (!app.tasks.some(isWaiting)) return app;
  const known = new Set(before?.tasks.flatMap(({ id, overdue }) => (overdue === true ? id : [])));
  const isOverdue = (task: Task): boolean => isWaiting(task) && (known.has(task.id) || deadlineOf(task, app, since ?? at) <= at);
  return { ...app, tasks: app.tasks.map((task) => (isOverdue(task) ? { ...task, overdue: true } : task)) };
}

/** When the first task of these apps becomes overdue, in ms since 1970; undefined when no task waits, or when all wait forever. */
export function firstDeadline(apps: readonly App[], { since, at }: Watched): number | undefined {
  let first = Infinity;
  for (const app of apps) for (const task of app.tasks) if (isWaiting(task)) first = Math.min(first, deadlineOf(task, app, since ?? at));
  return first === Infinity ? undefined : first;
}

function isWaiting(task: Task): boolean {
  return task.health === 'unknown' && task.overdue === undefined && task.startedAt !== undefined && isServing(task);
}

/**
 * When a task becomes overdue, in ms since 1970. Its slowest check decides. When Marathon has results for other tasks of the app, it has not
 * forgotten the app; a task that has been running for long is then waited for as if it had started when it was first seen.
 */
function deadlineOf({ startedAt = Infinity, of }: Task, { definition, tasks }: App, since: number): number {
  const knows = tasks.some(({ health }) => health !== 'unknown');
  return (knows ? Math.max(startedAt, since) : startedAt) + 1000 * Math.max(0, ...(of?.checks ?? definition.checks).map(patienceOf));
}

/** How long Marathon lets a task live that fails from its start, in seconds. */
function patienceOf(check: HealthCheck): number {
  return check.gracePeriodSeconds + allowedFailures(check) * check.intervalSeconds + check.timeoutSeconds;
}
