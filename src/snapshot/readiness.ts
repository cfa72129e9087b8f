import type { Readiness } from '../model/snapshot.ts';
import type { WireApp, WireTask } from './wire.ts';

/**
 * The readiness of a task of an app with readiness checks. Marathon runs these checks only during a deployment, and only for tasks that the
 * deployment started. A task older than the app's version was there before and has no results (Marathon: ReadinessBehavior, embed=apps.readiness).
 */
export function readReadiness({ id, stagedAt }: WireTask, { deployments, version, readinessCheckResults }: WireApp): Readiness {
  if ((deployments ?? []).length === 0) return 'ready';
  const results = (readinessCheckResults ?? []).filter(({ taskId }) => taskId === id);
  if (results.length > 0) return results.every(({ ready }) => ready === true) ? 'ready' : 'not-ready';
  return stagedAt != null && version != null && stagedAt >= version ? 'unknown' : 'ready';
}
