import type { Readiness } from '../model/snapshot.ts';
import type { WireApp, WireTask } from './wire.ts';

/**
 * What the readiness checks say of a task of an app that has some. They are asked only while a deployment runs, and only of tasks that it has
 * started; one that is older than the app's version was there before, and has no results [marathon: ReadinessBehavior, embed=apps.readiness].
 */
export function readReadiness({ id, stagedAt }: WireTask, { deployments, version, readinessCheckResults }: WireApp): Readiness {
  if ((deployments ?? []).length === 0) return 'ready';
  const results = (readinessCheckResults ?? []).filter(({ taskId }) => taskId === id);
  if (results.length > 0) return results.every(({ ready }) => ready === true) ? 'ready' : 'not-ready';
  return stagedAt != null && version != null && stagedAt >= version ? 'unknown' : 'ready';
}
