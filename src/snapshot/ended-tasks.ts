import type { AppId, TaskId } from '../model/names.ts';
import type { App, Task } from '../model/snapshot.ts';
import { isKilling, isTerminal } from '../model/task-states.ts';
import type { Ended, State } from './state.ts';

/** Whether what is known of a task's end stands against this state. */
export function outlasts(known: Pick<Ended, 'state'> | undefined, state: string): boolean {
  return known !== undefined && !(isKilling(known.state) && isTerminal(state));
}

/** The app with its tasks in the states that are known to be their last, whatever an older read says. */
export function withEnded(app: App, ended: State['ended']): App {
  if (ended.size === 0 || !app.tasks.some(({ id, state }) => outlasts(ended.get(id), state))) return app;
  const settle = (task: Task): Task => {
    const known = ended.get(task.id);
    return known !== undefined && outlasts(known, task.state) ? { ...task, state: known.state } : task;
  };
  return { ...app, tasks: app.tasks.map(settle) };
}

interface Counting {
  /** Of the apps that were read. */
  readonly apps: readonly App[];
  readonly sentAt: number;
  /** The only app that was read; all were when it is left out. */
  readonly of?: AppId;
}

/**
 * After a read of everything, or of one app: those that it no longer has are forgotten the second time. One that was sent before the end says
 * nothing about it.
 */
export function countMissing(ended: State['ended'], { apps, sentAt, of }: Counting): State['ended'] {
  const isConcerned = (one: Ended): boolean => one.at <= sentAt && (of === undefined || one.app === of);
  if (![...ended.values()].some(isConcerned)) return ended;
  const present = new Set<TaskId>(apps.flatMap(({ tasks }) => tasks.flatMap(({ id }) => (ended.has(id) ? id : []))));
  const counted = [...ended].map(
    ([id, one]) => [id, isConcerned(one) ? { ...one, missed: present.has(id) ? 0 : one.missed + 1 } : one] as const,
  );
  return new Map(counted.filter(([, { missed }]) => missed < 2));
}
