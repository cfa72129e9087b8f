import type { AppId, TaskId } from '../model/names.ts';
import type { App, Task } from '../model/snapshot.ts';
import { isKilling, isTerminal } from '../model/task-states.ts';
import type { EndedTask, State } from './state.ts';

/** Whether a known end of a task outweighs a reported state. Only a terminal state replaces a killing state. */
export function outlasts(known: Pick<EndedTask, 'state'> | undefined, state: string): boolean {
  return known !== undefined && !(isKilling(known.state) && isTerminal(state));
}

/** The app with the final states that are known of its tasks, even if an older read says otherwise. */
export function withEnded(app: App, ended: State['ended']): App {
  if (ended.size === 0 || !app.tasks.some(({ id, state }) => outlasts(ended.get(id), state))) return app;
  const settle = (task: Task): Task => {
    const known = ended.get(task.id);
    return known !== undefined && outlasts(known, task.state) ? { ...task, state: known.state } : task;
  };
  return { ...app, tasks: app.tasks.map(settle) };
}

interface Counting {
  /** The apps that were read. */
  readonly apps: readonly App[];
  readonly sentAt: number;
  /** The only app that was read; all apps were read when it is left out. */
  readonly of?: AppId;
}

/**
 * Counts, after a read of everything or of one app, how often ended tasks were missing from it. A task that is missing for the second time is
 * forgotten. A read sent before the task's end does not count.
 */
export function countMissing(ended: State['ended'], { apps, sentAt, of }: Counting): State['ended'] {
  const isConcerned = (one: EndedTask): boolean => one.at <= sentAt && (of === undefined || one.app === of);
  if (![...ended.values()].some(isConcerned)) return ended;
  const present = new Set<TaskId>(apps.flatMap(({ tasks }) => tasks.flatMap(({ id }) => (ended.has(id) ? id : []))));
  const counted = [...ended].map(
    ([id, one]) => [id, isConcerned(one) ? { ...one, missed: present.has(id) ? 0 : one.missed + 1 } : one] as const,
  );
  return new Map(counted.filter(([, { missed }]) => missed < 2));
}
