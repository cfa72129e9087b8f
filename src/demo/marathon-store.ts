import type { AppForm, Json, VersionInfo } from './marathon-app.ts';
import type { Dialect } from './marathon-dialect.ts';
import { makeTaskJson, type HeldTask } from './marathon-task.ts';

/** An app that this Marathon holds; changed by putting another one in its place. */
export interface HeldApp {
  readonly id: string;
  /** None when somebody put raw JSON. */
  readonly form: AppForm | undefined;
  /** As it goes out, without counts and tasks of ours; raw JSON may be anything. */
  readonly definition: unknown;
  readonly info: VersionInfo;
  /** All definitions that this app has had, by version. */
  readonly versions: ReadonlyMap<string, unknown>;
  readonly tasks: ReadonlyMap<string, HeldTask>;
  /** The deployment that runs, if one does. */
  readonly deployment: Deployment | undefined;
}

/** What a story or a test has begun; `end` tells that it was a success. */
export interface Deployment {
  readonly id: string;
  readonly end: () => void;
}

/** All that this Marathon knows, and how it tells of changes. */
export interface Store {
  readonly dialect: Dialect;
  readonly apps: Map<string, HeldApp>;
  /** The time, a millisecond later each time at least, so that no two versions are one. */
  readonly now: () => string;
  /** A host port that no task has had. */
  readonly newHostPort: () => number;
  /** The Mesos agent on a host. */
  readonly agentOf: (host: string) => string;
  readonly publish: (eventType: string, fields: Json) => void;
}

/** A Marathon without apps. */
export function makeStore(dialect: Dialect, publish: Store['publish']): Store {
  const agents: string[] = [];
  let last = 0;
  let hostPort = 31_000;
  return {
    dialect,
    publish,
    apps: new Map(),
    now: () => new Date((last = Math.max(Date.now(), last + 1))).toISOString(),
    newHostPort: () => hostPort++,
    agentOf(host) {
      if (!agents.includes(host)) agents.push(host);
      return `5d2f0b6e-8b1c-4f0e-9a57-2c6c0f1e7a11-S${agents.indexOf(host)}`;
    },
  };
}

/** An app that is there. Throws an Error that names it when it is not. */
export function appOf(store: Store, appId: string): HeldApp {
  const app = store.apps.get(appId);
  if (app === undefined) throw new Error(`Cannot find app "${appId}" in this Marathon: deploy it first`);
  return app;
}

/** A task that is there. Throws an Error that names it when it is not. */
export function taskOf(app: HeldApp, taskId: string): HeldTask {
  const task = app.tasks.get(taskId);
  if (task === undefined) throw new Error(`Cannot find task "${taskId}" of app "${app.id}": it was never added or is over`);
  return task;
}

/** The health checks of an app, or of the version that a task was started with; none when raw JSON makes no sense. */
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

/** What `/v2/apps` says of an app. Raw JSON that is no object goes out as it is; in one that is, what was put wins over what is counted. */
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

/** A result for each check of a task that has been asked; Marathon asks only while a deployment runs, and only tasks that it has started. */
function readinessResults(app: HeldApp): readonly Json[] {
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

function join(rawTasks: unknown, tasks: readonly Json[]): unknown {
  if (Array.isArray(rawTasks)) return [...(rawTasks as readonly unknown[]), ...tasks];
  return rawTasks === undefined ? tasks : rawTasks;
}

/** Tasks without health results count neither as healthy nor as unhealthy. */
function counts({ tasks }: HeldApp): Json {
  const count = (wanted: (task: HeldTask) => boolean): number => [...tasks.values()].filter(wanted).length;
  return {
    tasksStaged: count((task) => task.state === 'TASK_STAGING'),
    tasksRunning: count((task) => task.state === 'TASK_RUNNING'),
    tasksHealthy: count((task) => task.health?.alive === true),
    tasksUnhealthy: count((task) => task.health?.alive === false),
  };
}

/** Whether a value is a JSON object, neither list nor null. */
export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
