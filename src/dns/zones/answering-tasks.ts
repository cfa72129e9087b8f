import type { App, Task } from '../../model/snapshot.ts';
import { isRunning } from '../../model/task-states.ts';
import { addressesOf } from './addresses.ts';
import type { NamingRules } from './app-names.ts';

/**
 * The tasks of an app that its names lead to: only TASK_RUNNING, as in Mesos-DNS. With `healthyOnly`, tasks known to be unhealthy are left out,
 * unless that would leave no task with an address.
 */
export function answering(app: App, { ipSources, healthyOnly }: Pick<NamingRules, 'ipSources' | 'healthyOnly'>): readonly Task[] {
  const running = app.tasks.filter(isRunning);
  if (!healthyOnly) return running;
  const healthy = running.filter(({ health }) => health === 'alive' || health === 'unknown');
  return healthy.some((task) => addressesOf(task, ipSources).length > 0) ? healthy : running;
}
