import type { App, Task } from '../../model/snapshot.ts';
import { isRunning } from '../../model/task-states.ts';
import { addressesOf } from './addresses.ts';
import type { Naming } from './app-names.ts';

/** The tasks of an app that names lead to: those that run [Mesos-DNS: TASK_RUNNING and no other]; where that is asked for, only those that are not known to be unhealthy, if there are any. */
export function answering(app: App, { ipSources, healthyOnly }: Pick<Naming, 'ipSources' | 'healthyOnly'>): readonly Task[] {
  const running = app.tasks.filter(isRunning);
  if (!healthyOnly) return running;
  const healthy = running.filter(({ health }) => health === 'alive' || health === 'unknown');
  return healthy.some((task) => addressesOf(task, ipSources).length > 0) ? healthy : running;
}
