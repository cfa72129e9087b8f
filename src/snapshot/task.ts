import { isIP } from 'node:net';
import { byText, placeOf, withElement } from '../lib/lists.ts';
import type { News, TaskUpdate } from '../model/news.ts';
import type { TaskId } from '../model/names.ts';
import { DEPLOYMENT_GROUP_LABEL } from '../model/deployment-group.ts';
import type { App, Task } from '../model/snapshot.ts';
import { isFinal, isNotYetRunning } from '../model/task-states.ts';
import { unpackPorts } from './decode.ts';
import { outlasts } from './ended-tasks.ts';
import type { State } from './state.ts';

/**
 * Absorbs a status_update_event, at once and before any read. A task that is being killed or has ended is remembered as ended. A new task is added
 * when it needs nothing more in order to serve; else it waits for the read that follows every event.
 */
export function absorbTask(state: State, { at, app: id, task: update }: Extract<News, { readonly kind: 'task' }>): State {
  if (outlasts(state.ended.get(update.id), update.state)) return state;
  const ended = isFinal(update.state) ? new Map(state.ended).set(update.id, { app: id, state: update.state, at, missed: 0 }) : state.ended;
  const { apps } = state.snapshot;
  const index = placeOf(apps, id);
  const before = apps[index];
  const after = before?.id === id ? withUpdate(before, update) : undefined;
  if (after === undefined || after === before) return ended === state.ended ? state : { ...state, ended };
  const snapshot = { ...state.snapshot, apps: withElement(apps, index, after) };
  return { ...state, ended, snapshot, told: new Map(state.told).set(update.id, at) };
}

/** Returns the same app when the update changes nothing. */
function withUpdate(app: App, update: TaskUpdate): App {
  const known = app.tasks.find(({ id }) => id === update.id);
  if (known !== undefined) {
    if (isOvertaken(update.state, known.state)) return app;
    const next = updated(known, app, update);
    return next === known ? app : { ...app, tasks: app.tasks.map((task) => (task === known ? next : task)) };
  }
  if (update.state !== 'TASK_RUNNING' || !isComplete(app, update)) return app;
  return { ...app, tasks: [...app.tasks, fresh(app, update)].sort((a, b) => byText(a.id, b.id)) };
}

/** Whether a known state outweighs a reported one, because a read or an event out of order told the later state already. No task goes back. */
function isOvertaken(state: string, by: string): boolean {
  return isFinal(by) ? outlasts({ state: by }, state) : isNotYetRunning(state) && !isNotYetRunning(by);
}

/** Applies an event to a task. Fields that the event does not have stay as they are. */
function updated(task: Task, { definition }: App, { state, host, addresses, ports }: TaskUpdate): Task {
  const moved = task.host === '' && isIP(host) > 0;
  if (task.containerName !== undefined) return updatedContainer(task, { ...(moved && { host, hostAddress: host }), state });
  const hostPorts = ports.length > 0 && !hasPorts(task) ? unpackPorts(ports, (task.of ?? definition).ports) : task.hostPorts;
  const next: Task = {
    ...task,
    ...(moved && { host, hostAddress: host }),
    state,
    addresses: addresses.length > 0 && task.addresses.length === 0 ? addresses : task.addresses,
    hostPorts,
  };
  const same = !moved && next.state === task.state && next.addresses === task.addresses && hostPorts === task.hostPorts;
  return same ? task : next;
}

/**
 * Applies an event to a container of a pod. Its ports are known before it runs, and the event does not say which address is in which network, so
 * both stay as they were read.
 */
function updatedContainer(task: Task, change: Partial<Pick<Task, 'host' | 'hostAddress' | 'state'>>): Task {
  return change.host === undefined && change.state === task.state ? task : { ...task, ...change };
}

/**
 * An app as it was read, with what later events told of its tasks. A task that is known only from events stays while the definition is unchanged;
 * else it waits for the next read.
 */
export function withTold(before: App, app: App, isLater: (id: TaskId) => boolean): App {
  const later = before.tasks.filter(({ id }) => isLater(id));
  if (later.length === 0) return app;
  const tasks = new Map(app.tasks.map((task) => [task.id, task]));
  for (const known of later) {
    const read = tasks.get(known.id);
    if (read !== undefined) tasks.set(known.id, overlay(read, known));
    else if (before.definition.changedAt === app.definition.changedAt) tasks.set(known.id, known);
  }
  return { ...app, tasks: [...tasks.values()].sort((a, b) => byText(a.id, b.id)) };
}

function overlay(read: Task, { state, host, hostAddress, addresses, networks, hostPorts }: Task): Task {
  return {
    ...read,
    ...(read.host === '' && { host, hostAddress }),
    state: isOvertaken(state, read.state) ? read.state : state,
    addresses: read.addresses.length > 0 ? read.addresses : addresses,
    ...(read.networks !== undefined && read.addresses.length === 0 && { networks: networks ?? read.networks }),
    hostPorts: hasPorts(read) ? read.hostPorts : hostPorts,
  };
}

function hasPorts({ hostPorts }: Task): boolean {
  return hostPorts.some((port) => port !== undefined);
}

/** Whether the event alone says where a new task serves: no check has to pass first, and the task uses the known definition's ports. */
function isComplete({ definition, version }: App, { host, addresses, version: own }: TaskUpdate): boolean {
  const { checks, readiness, labels, network, changedAt, pod } = definition;
  if (pod === true || checks.length > 0 || readiness || labels[DEPLOYMENT_GROUP_LABEL] !== undefined) return false;
  if (own === undefined || version === undefined || own > version || (changedAt !== undefined && own < changedAt)) return false;
  return host !== '' && (network === 'container' ? addresses.length > 0 : isIP(host) > 0);
}

function fresh({ definition }: App, { id, host, agent, state, addresses, ports, version }: TaskUpdate): Task {
  return {
    id,
    host,
    hostAddress: isIP(host) > 0 ? host : undefined,
    ...(agent !== undefined && { agent }),
    state,
    addresses,
    hostPorts: unpackPorts(ports, definition.ports),
    health: 'unknown',
    readiness: 'ready',
    version,
  };
}
