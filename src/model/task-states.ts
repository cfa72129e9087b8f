import type { Task } from './snapshot.ts';

/** The states of a task that has ended for good [mesos: terminal states; marathon: conditions]. A task that is LOST or UNREACHABLE may run again. */
const TERMINAL: ReadonlySet<string> = new Set(
  ['FINISHED', 'FAILED', 'KILLED', 'ERROR', 'DROPPED', 'GONE', 'GONE_BY_OPERATOR', 'UNKNOWN'].map((state) => `TASK_${state}`),
);

const NOT_YET_RUNNING: ReadonlySet<string> = new Set(['TASK_STAGING', 'TASK_STARTING']);

/** Whether a task in this state has ended. */
export function isTerminal(state: string): boolean {
  return TERMINAL.has(state);
}

/** Whether a task in this state is being killed. */
export function isKilling(state: string): boolean {
  return state === 'TASK_KILLING';
}

/** Whether a task in this state has ended or is being killed: it never serves again. */
export function isFinal(state: string): boolean {
  return isKilling(state) || isTerminal(state);
}

/** Whether a task in this state has not started to run. */
export function isNotYetRunning(state: string): boolean {
  return NOT_YET_RUNNING.has(state);
}

/** Whether a task is known to run. Marathon before 1.1 gives no state; a task without a state counts as running. */
export function isRunning({ state }: Pick<Task, 'state'>): boolean {
  return state === 'TASK_RUNNING' || state === '';
}

/** Whether a task may serve, judged only by its state. As in marathon-lb 1.15, a lost task and a task without a state may. */
export function isServing({ state }: Pick<Task, 'state'>): boolean {
  return !isFinal(state) && !isNotYetRunning(state);
}
