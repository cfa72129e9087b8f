import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { makeDefinition, type AppForm } from './marathon-app.ts';
import { appOf, checksOf, isObject, type Deployment, type HeldApp, type Store } from './marathon-store.ts';
import { publishStatus } from './marathon-task-commands.ts';

/** What people do to apps. Every command changes what GET answers first and sends its events afterwards, as Marathon does. */
export interface AppCommands {
  /** Puts an app, new or in place of the app with the same id, and returns its version. Its tasks stay: a story starts and ends them. */
  deploy(app: AppForm): string;
  /** Puts any JSON as an app, so that tests can have broken ones, and returns the id under which it is kept: its own id, if that is a text. */
  putRaw(app: unknown): string;
  /** Changes only the number of instances; returns the version. Throws for an app that was put raw. */
  scale(appId: string, instances: number): string;
  /** Removes an app; its tasks are killed. */
  remove(appId: string): void;
  /**
   * Begins a deployment that runs until it is finished, and returns its id. While it runs, readiness checks have results. Throws when a deployment is
   * already running. The deployments of the other commands are over when the command returns.
   */
  startDeployment(appId: string): string;
  /** Ends the running deployment and forgets the results of its readiness checks. Throws when no deployment is running. */
  finishDeployment(appId: string): void;
}

/** The commands for the apps of a store. Each throws an Error when the app does not exist. */
export function makeAppCommands(store: Store): AppCommands {
  return {
    deploy: (app) => deploy(store, app),
    putRaw: (app) => putRaw(store, app),
    scale(appId, instances) {
      const { form } = appOf(store, appId);
      if (form === undefined)
        throw new Error(`Cannot scale app "${appId}": it is raw JSON; put it again with a different number of instances`);
      return deploy(store, { ...form, instances });
    },
    remove(appId) {
      remove(store, appOf(store, appId));
    },
    startDeployment(appId) {
      const app = appOf(store, appId);
      if (app.deployment !== undefined)
        throw new Error(`Cannot start a deployment of "${appId}": a deployment is already running; finish it first`);
      const deployment = makeDeployment({ store, appId, action: 'RestartApplication', version: app.info.version });
      store.apps.set(appId, { ...app, deployment });
      deployment.begin();
      return deployment.id;
    },
    finishDeployment(appId) {
      const { deployment, ...app } = appOf(store, appId);
      if (deployment === undefined) throw new Error(`Cannot finish a deployment of "${appId}": no deployment is running`);
      const tasks = new Map([...app.tasks].map(([id, task]) => [id, { ...task, ready: undefined }]));
      store.apps.set(appId, { ...app, deployment: undefined, tasks });
      deployment.end();
    },
  };
}

/**
 * Puts an app. Only a change of the configuration changes `lastConfigChangeAt`; a change of the number of instances changes `version` and
 * `lastScalingAt`.
 */
function deploy(store: Store, form: AppForm): string {
  const before = store.apps.get(form.id);
  const version = store.now();
  const scaling = before?.form !== undefined && isDeepStrictEqual({ ...before.form, instances: 0 }, { ...form, instances: 0 });
  const info = { version, lastScalingAt: version, lastConfigChangeAt: scaling ? before.info.lastConfigChangeAt : version };
  const definition = makeDefinition({ form, info, dialect: store.dialect });
  hold(store, { id: form.id, form, definition, info });
  announce({
    store,
    appId: form.id,
    action: before === undefined ? 'StartApplication' : scaling ? 'ScaleApplication' : 'RestartApplication',
  });
  return version;
}

function putRaw(store: Store, definition: unknown): string {
  const { id, version } = isObject(definition) ? definition : {};
  const appId = typeof id === 'string' ? id : `/raw-${randomUUID()}`;
  const at = typeof version === 'string' ? version : store.now();
  const action = store.apps.has(appId) ? 'RestartApplication' : 'StartApplication';
  hold(store, { id: appId, form: undefined, definition, info: { version: at, lastScalingAt: at, lastConfigChangeAt: at } });
  announce({ store, appId, action });
  return appId;
}

/** Keeps an app in place of the previous one and takes over its tasks, versions and deployment. */
function hold(store: Store, app: Pick<HeldApp, 'id' | 'form' | 'definition' | 'info'>): void {
  const before = store.apps.get(app.id);
  const versions = new Map([...(before?.versions ?? []), [app.info.version, app.definition]]);
  store.apps.set(app.id, { ...app, versions, tasks: before?.tasks ?? new Map(), deployment: before?.deployment });
}

/** Removes an app. A DELETE sends no `api_post_event`; the app leaves the list before its tasks are killed. */
function remove(store: Store, app: HeldApp): void {
  store.apps.delete(app.id);
  const change = { store, appId: app.id, action: 'StopApplication', version: store.now() } as const;
  publishGroupChange(change);
  const deployment = makeDeployment(change);
  deployment.begin();
  if (checksOf(app).length > 0) store.publish('remove_health_check_event', { appId: app.id });
  for (const task of app.tasks.values()) publishStatus(store, { ...task, state: 'TASK_KILLED' });
  store.publish('app_terminated_event', { appId: app.id });
  deployment.end();
}

interface AppAction {
  readonly store: Store;
  readonly appId: string;
  readonly action: 'StartApplication' | 'ScaleApplication' | 'RestartApplication' | 'StopApplication';
}

/** Sends the events of a change. Its deployment has ended when this returns: tasks come and go by other commands. */
function announce({ store, appId, action }: AppAction): void {
  const { definition, info } = appOf(store, appId);
  const change = { store, appId, action, version: info.version };
  publishGroupChange(change);
  store.publish('api_post_event', { clientIp: '127.0.0.1', uri: `/v2/apps/${appId}`, appDefinition: definition });
  const deployment = makeDeployment(change);
  deployment.begin();
  deployment.end();
}

interface StoredChange extends AppAction {
  readonly version: string;
}

/** Names the group that the app is in, not the app. */
function publishGroupChange({ store, appId, version }: StoredChange): void {
  store.publish('group_change_success', { groupId: appId.slice(0, appId.lastIndexOf('/')) || '/', version });
}

/** Makes a deployment with a light plan, the default from 1.7 on. Before that, a plan without `plan-format=light` had all groups in it. */
function makeDeployment({ store, appId, action, version }: StoredChange): Deployment & { readonly begin: () => void } {
  const currentStep = { actions: [{ action, app: appId }] };
  const plan = { id: randomUUID(), steps: [currentStep], version };
  return {
    id: plan.id,
    begin() {
      store.publish('deployment_info', { plan, currentStep });
    },
    end() {
      store.publish('deployment_step_success', { plan, currentStep });
      store.publish('deployment_success', { id: plan.id, plan });
    },
  };
}
