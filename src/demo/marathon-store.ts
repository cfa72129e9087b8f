import type { AppForm, JsonObject, VersionInfo } from './marathon-app.ts';
import type { Dialect } from './marathon-dialect.ts';
import type { HeldPod } from './marathon-pod.ts';
import { makeTaskJson, type HeldTask } from './marathon-task.ts';

/** An app that this Marathon holds; a change replaces the object. */
export interface HeldApp {
  readonly id: string;
  /** Undefined when somebody put raw JSON. */
  readonly form: AppForm | undefined;
  /** The definition as it is sent, without our counts and tasks; raw JSON may be anything. */
  readonly definition: unknown;
  readonly info: VersionInfo;
  /** All definitions that this app has had, by version. */
  readonly versions: ReadonlyMap<string, unknown>;
  readonly tasks: ReadonlyMap<string, HeldTask>;
  /** The running deployment, if any. */
  readonly deployment: Deployment | undefined;
}

/** A deployment that a story or a test began; `end` reports its success. */
export interface Deployment {
  readonly id: string;
  readonly end: () => void;
}

/** Everything that this Marathon knows, and how it reports changes. */
export interface Store {
  readonly dialect: Dialect;
  readonly apps: Map<string, HeldApp>;
  readonly pods: Map<string, HeldPod>;
  /** The current time, at least a millisecond later at each call, so that no two versions are equal. */
  readonly now: () => string;
  /** A host port that no task has had yet. */
  readonly newHostPort: () => number;
  /** The id of the Mesos agent on a host. */
  readonly agentOf: (host: string) => string;
  readonly publish: (eventType: string, fields: JsonObject) => void;
}

/** Makes a Marathon without apps. */
export function makeStore(dialect: Dialect, publish: Store['publish']): Store {
  const agents: string[] = [];
  let last = 0;
  let hostPort = 31_000;
  return {
    dialect,
    publish,
    apps: new Map(),
    pods: new Map(),
    now: () => new Date((last = Math.max(Date.now(), last + 1))).toISOString(),
    newHostPort: () => hostPort++,
    agentOf(host) {
      if (!agents.includes(host)) agents.push(host);
      return `5d2f0b6e-8b1c-4f0e-9a57-2c6c0f1e7a11-S${agents.indexOf(host)}`;
    },
  };
}

/** The app with an id. Throws an Error that names the id when there is no such app. */
export function appOf(store: Store, appId: string): HeldApp {
  const app = store.apps.get(appId);
  if (app === undefined) throw new Error(`Cannot find app "${appId}" in this Marathon: deploy it first`);
  return app;
}

/** The task with an id. Throws an Error that names the id when there is no such task. */
export function taskOf(app: HeldApp, taskId: string): HeldTask {
  const task = app.tasks.get(taskId);
  if (task === undefined) throw new Error(`Cannot find task "${taskId}" of app "${app.id}": it was never added, or it has ended`);
  return task;
}

/** The health checks of an app, or of the version that a task was started with; empty when raw JSON has no such list. */
export function checksOf({ definition, versions }: HeldApp, task?: HeldTask): readonly unknown[] {
  return listIn(task === undefined ? definition : (versions.get(task.version) ?? definition), 'healthChecks');
}

/** The readiness checks of an app. */
export function readinessOf({ definition }: HeldApp): readonly unknown[] {
  return listIn(definition, 'readinessChecks');
}

function listIn(definition: unknown, key: string): readonly unknown[] {
  const list = isObject(definition) ? definition[key] : undefined;
  return Array.isArray(list) ? (list as readonly unknown[]) : [];
}

interface Embedding {
  readonly dialect: Dialect;
  readonly withTasks: boolean;
  readonly withReadiness: boolean;
}

/** What `/v2/apps` says about an app. Raw JSON that is not an object is sent unchanged. In an object, what was put wins over what is counted. */
export function makeAppJson(app: HeldApp, { dialect, withTasks, withReadiness }: Embedding): unknown {
  if (!isObject(app.definition)) return app.definition;
  const { tasks: rawTasks, ...definition } = app.definition;
  const tasks = [...app.tasks.values()].map((task) => makeTaskJson({ task, checks: checksOf(app, task).length, dialect }));
  return {
    ...counts(app),
    deployments: app.deployment === undefined ? [] : [{ id: app.deployment.id }],
    ...(withReadiness ? { readinessCheckResults: readinessResults(app) } : {}),
    ...definition,
    ...(withTasks ? { tasks: join(rawTasks, tasks) } : {}),
  };
}

/** One result for each check of a task that was asked. Marathon asks only during a deployment, and only tasks that the deployment started. */
function readinessResults(app: HeldApp): readonly JsonObject[] {
  if (app.deployment === undefined) return [];
  return [...app.tasks.values()].flatMap(({ id, ready }) =>
    ready === undefined
      ? []
      : readinessOf(app).map((check) => ({
          name: isObject(check) ? check['name'] : undefined,
          taskId: id,
          ready,
          lastResponse: undefined,
        })),
  );
}

function join(rawTasks: unknown, tasks: readonly JsonObject[]): unknown {
  if (Array.isArray(rawTasks)) return [...(rawTasks as readonly unknown[]), ...tasks];
  return rawTasks === undefined ? tasks : rawTasks;
}

/** The counts of an app. Tasks without health results count neither as healthy nor as unhealthy. */
function counts({ tasks }: HeldApp): JsonObject {
  const count = (wanted: (task: HeldTask) => boolean): number => [...tasks.values()].filter(wanted).length;
  return {
    tasksStaged: count((task) => task.state === 'TASK_STAGING'),
    tasksRunning: count((task) => task.state === 'TASK_RUNNING'),
    tasksHealthy: count((task) => task.health?.alive === true),
    tasksUnhealthy: count((task) => task.health?.alive === false),
  };
}

/** Whether a value is a JSON object, and not a list or null. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
