import { hostPortAsked } from './marathon-app.ts';
import { appOf, checksOf, isObject, readinessOf, taskOf, type HeldApp, type Store } from './marathon-store.ts';
import { healthId, ipAddresses, isOver, makeTaskIds, type HeldHealth, type HeldTask, type TaskForm } from './marathon-task.ts';

/** What may change together with a task's state. */
export interface StateChange {
  /** The container's addresses, when Mesos reports them only now. */
  readonly addresses?: readonly string[];
  /** Keeps a task that has ended in the list, as Marathon does from 1.8 on until a new task runs in its place. */
  readonly keep?: boolean;
}

/** What happens to tasks. Every command changes what GET answers first and sends its events afterwards, as Marathon does. */
export interface TaskCommands {
  /** Adds a task of the app's current version and returns its id. */
  addTask(appId: string, task: TaskForm): string;
  /** Reports a different Mesos state; a task that has ended leaves the list. */
  setTaskState(appId: string, taskId: string, state: string, change?: StateChange): void;
  /** Reports TASK_KILLING, then TASK_KILLED. */
  killTask(appId: string, taskId: string): void;
  /**
   * Sets the result of all checks of a task. Undefined means no result, as after a change of the leader, which sends no event. As in Marathon, a
   * `health_status_changed_event` reports the first result only when it is good. `failures` is the number of failures in a row; when left out, as
   * many as the checks allow. With 1 or 2 of 3, a task is failing but not given up yet. Throws for a task without health checks.
   */
  setHealth(appId: string, taskId: string, alive: boolean | undefined, result?: { readonly failures?: number }): void;
  /**
   * Sets the result of all readiness checks of a task; undefined means that nobody has asked yet. It counts while a deployment of the app runs, and
   * no event reports it. Throws for an app without readiness checks.
   */
  setReady(appId: string, taskId: string, ready: boolean | undefined): void;
}

/** The commands for the tasks of a store. Each throws an Error when the app or task does not exist. */
export function makeTaskCommands(store: Store): TaskCommands {
  const setTaskState: TaskCommands['setTaskState'] = (appId, taskId, state, { addresses, keep = false } = {}) => {
    const app = appOf(store, appId);
    const before = taskOf(app, taskId);
    const startedAt = before.startedAt ?? (state === 'TASK_RUNNING' ? store.now() : undefined);
    const task = { ...before, state, startedAt, addresses: addresses ?? before.addresses };
    if (isOver(state) && !keep) drop(store, app, taskId);
    else put(store, app, task);
    publishStatus(store, task);
  };
  return {
    addTask: (appId, task) => addTask(store, appOf(store, appId), task),
    setTaskState,
    killTask(appId, taskId) {
      setTaskState(appId, taskId, 'TASK_KILLING');
      setTaskState(appId, taskId, 'TASK_KILLED');
    },
    setHealth(appId, taskId, alive, { failures } = {}) {
      const app = appOf(store, appId);
      setHealth({ store, app, task: taskOf(app, taskId), alive, failures });
    },
    setReady(appId, taskId, ready) {
      const app = appOf(store, appId);
      if (readinessOf(app).length === 0)
        throw new Error(`Cannot say whether "${taskId}" is ready: its app "${appId}" has no readiness checks`);
      put(store, app, { ...taskOf(app, taskId), ready });
    },
  };
}

function addTask(store: Store, app: HeldApp, form: TaskForm): string {
  const at = store.now();
  const state = form.state ?? 'TASK_RUNNING';
  const task: HeldTask = {
    ...makeTaskIds(app.id, store.dialect),
    appId: app.id,
    host: form.host,
    agentId: store.agentOf(form.host),
    addresses: form.addresses,
    ports: form.ports ?? chooseHostPorts(store, app),
    state,
    health: undefined,
    ready: undefined,
    version: app.info.version,
    stagedAt: at,
    startedAt: state === 'TASK_RUNNING' ? at : undefined,
  };
  const held = put(store, app, task);
  publishStatus(store, task);
  if (form.health !== undefined) setHealth({ store, app: held, task, alive: form.health, failures: undefined });
  return task.id;
}

/** Host ports in the order of the mappings, without mappings that asked for no host port. */
function chooseHostPorts(store: Store, { form }: HeldApp): readonly number[] {
  if (form === undefined) return [];
  const asked = (form.ports ?? []).map((port) => hostPortAsked(form, port)).filter((port) => port !== undefined);
  return asked.map((port) => (port === 0 ? store.newHostPort() : port));
}

interface HealthChange {
  readonly store: Store;
  readonly app: HeldApp;
  readonly task: HeldTask;
  readonly alive: boolean | undefined;
  readonly failures: number | undefined;
}

function setHealth({ store, app, task, alive, failures }: HealthChange): void {
  const checks = checksOf(app, task).length;
  if (checks === 0) throw new Error(`Cannot set the health of "${task.id}": its app "${app.id}" has no health checks`);
  const before = task.health?.alive;
  const health = alive === undefined ? undefined : alive ? succeed(store, task) : fail(store, task, failures ?? allowedFailures(app, task));
  put(store, app, { ...task, health });
  if (alive === undefined || alive === before) return;
  const { dialect, publish } = store;
  const { appId, version } = task;
  if (alive || before === true)
    for (let check = 0; check < checks; check++)
      publish('health_status_changed_event', { appId, ...healthId(task, dialect), version, alive });
  if (!dialect.instanceHealth) return;
  publish('instance_health_changed_event', { instanceId: task.instanceId, runSpecId: appId, healthy: alive, runSpecVersion: version });
}

function succeed(store: Store, { health }: HeldTask): HeldHealth {
  const at = store.now();
  return {
    alive: true,
    consecutiveFailures: 0,
    firstSuccess: health?.firstSuccess ?? at,
    lastSuccess: at,
    lastFailure: health?.lastFailure,
  };
}

function fail(store: Store, { health }: HeldTask, consecutiveFailures: number): HeldHealth {
  const { firstSuccess, lastSuccess } = health ?? {};
  return { alive: false, consecutiveFailures, firstSuccess, lastSuccess, lastFailure: store.now() };
}

/** The number of failures after which Marathon kills a task. */
function allowedFailures(app: HeldApp, task: HeldTask): number {
  return Math.max(...checksOf(app, task).map((check) => Number((isObject(check) ? check['maxConsecutiveFailures'] : undefined) ?? 3)));
}

/** Reports a task's state as Mesos reported it: `status_update_event`, and from 1.4 on `instance_changed_event` after it. */
export function publishStatus({ dialect, publish }: Store, task: HeldTask): void {
  const { appId, host, agentId, ports, version } = task;
  const addresses = ipAddresses(task);
  publish('status_update_event', {
    slaveId: agentId,
    taskId: task.id,
    taskStatus: task.state,
    message: '',
    appId,
    host,
    ipAddresses: addresses.length > 0 || dialect.instances ? addresses : undefined,
    ports,
    version,
  });
  if (!dialect.instances) return;
  const condition = conditionOf(task.state);
  publish('instance_changed_event', { instanceId: task.instanceId, condition, runSpecId: appId, agentId, host, runSpecVersion: version });
}

/** The condition for a state: Running for TASK_RUNNING, Gone for TASK_GONE_BY_OPERATOR. */
function conditionOf(state: string): string {
  return state.replace(/^TASK_([A-Z])([A-Z]*)(?:[^A-Z].*)?$/, (_, first: string, rest: string) => first + rest.toLowerCase());
}

function put(store: Store, app: HeldApp, task: HeldTask): HeldApp {
  const held = { ...app, tasks: new Map([...app.tasks, [task.id, task]]) };
  store.apps.set(app.id, held);
  return held;
}

function drop(store: Store, app: HeldApp, taskId: string): void {
  store.apps.set(app.id, { ...app, tasks: new Map([...app.tasks].filter(([id]) => id !== taskId)) });
}
