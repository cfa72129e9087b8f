import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { makeDefinition, type AppForm } from './marathon-app.ts';
import { appOf, checksOf, isObject, type Deployment, type HeldApp, type Store } from './marathon-store.ts';
import { publishStatus } from './marathon-task-commands.ts';

/** What people do to apps. Every command changes what GET answers first and sends its events afterwards, as Marathon does. */
export interface AppCommands {
  /** Puts an app, new or in the place of the one with its id, and returns its version. Its tasks stay: a story starts and ends them. */
  deploy(app: AppForm): string;
  /** Puts any JSON as an app, so that broken ones can be had, and returns the id it is held under: its own, if that is a text. */
  putRaw(app: unknown): string;
  /** Another number of instances and nothing else; returns the version. Throws for an app that was put raw. */
  scale(appId: string, instances: number): string;
  /** Takes an app away; its tasks are killed. */
  remove(appId: string): void;
  /**
   * Begins a deployment that runs until it is finished, and returns its id: while it does, readiness checks have results. Throws when one runs.
   * Those of the other commands are over when the command returns.
   */
  startDeployment(appId: string): string;
  /** Ends the deployment that runs; what its readiness checks said is forgotten. Throws when none does. */
  finishDeployment(appId: string): void;
}

/** The commands for the apps of a store; each throws an Error for an app that is not there. */
export function makeAppCommands(store: Store): AppCommands {
  return {
    deploy: (app) => deploy(store, app),
    putRaw: (app) => putRaw(store, app),
    scale(appId, instances) {
      const { form } = appOf(store, appId);
      if (form === undefined) throw new Error(`Cannot scale app "${appId}": it is raw JSON; put it again with other instances`);
      return deploy(store, { ...form, instances });
    },
    remove(appId) {
      remove(store, appOf(store, appId));
    },
    startDeployment(appId) {
      const app = appOf(store, appId);
      if (app.deployment !== undefined) throw new Error(`Cannot start a deployment of "${appId}": one runs already; finish it first`);
      const deployment = makeDeployment({ store, appId, action: 'RestartApplication', version: app.info.version });
      store.apps.set(appId, { ...app, deployment });
      deployment.begin();
      return deployment.id;
    },
    finishDeployment(appId) {
      const { deployment, ...app } = appOf(store, appId);
      if (deployment === undefined) throw new Error(`Cannot finish a deployment of "${appId}": none runs`);
      const tasks = new Map([...app.tasks].map(([id, task]) => [id, { ...task, ready: undefined }]));
      store.apps.set(appId, { ...app, deployment: undefined, tasks });
      deployment.end();
    },
  };
}

/** Only another configuration moves `lastConfigChangeAt`; another number of instances moves `version` and `lastScalingAt`. */
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

/** Puts it in the place of the one before, whose tasks, versions and deployment it takes over. */
function hold(store: Store, app: Pick<HeldApp, 'id' | 'form' | 'definition' | 'info'>): void {
  const before = store.apps.get(app.id);
  const versions = new Map([...(before?.versions ?? []), [app.info.version, app.definition]]);
  store.apps.set(app.id, { ...app, versions, tasks: before?.tasks ?? new Map(), deployment: before?.deployment });
}

/** A DELETE sends no `api_post_event`; the app has left the list before its tasks are killed. */
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

interface Change {
  readonly store: Store;
  readonly appId: string;
  readonly action: 'StartApplication' | 'ScaleApplication' | 'RestartApplication' | 'StopApplication';
}

/** Its deployment has ended when it returns: tasks come and go by other commands. */
function announce({ store, appId, action }: Change): void {
  const { definition, info } = appOf(store, appId);
  const change = { store, appId, action, version: info.version };
  publishGroupChange(change);
  store.publish('api_post_event', { clientIp: '127.0.0.1', uri: `/v2/apps/${appId}`, appDefinition: definition });
  const deployment = makeDeployment(change);
  deployment.begin();
  deployment.end();
}

interface StoredChange extends Change {
  readonly version: string;
}

/** Names the group that the app is in, not the app. */
function publishGroupChange({ store, appId, version }: StoredChange): void {
  store.publish('group_change_success', { groupId: appId.slice(0, appId.lastIndexOf('/')) || '/', version });
}

/** Plans are light, the default from 1.7 on; before, one without `plan-format=light` carried all groups. */
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
