import { isDeepStrictEqual } from 'node:util';
import type { AppCommands } from './marathon-app-commands.ts';
import type { JsonObject } from './marathon-app.ts';
import { jsonAnswer, messageAnswer, type MarathonAnswer } from './marathon-answers.ts';
import type { Runner } from './marathon-runner.ts';
import { isObject, makeAppJson, type HeldApp, type Store } from './marathon-store.ts';

/** A request that changes something. */
export interface DemoWrite {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** The body as JSON; undefined when there is none. */
  readonly body: unknown;
}

interface Parts {
  readonly store: Store;
  readonly commands: Pick<AppCommands, 'putRaw'>;
  readonly runner: Runner;
}

/** What this Marathon answers to POST, PUT and DELETE: of apps, and of tasks to be killed. Undefined for a path that it does not know. */
export function makeWrites(parts: Parts): (change: DemoWrite) => MarathonAnswer | undefined {
  return (change) => {
    const { method, path, body } = change;
    const isForced = change.query.get('force') === 'true';
    if (method === 'POST' && path === '/v2/apps') return create(parts, body);
    if (method === 'POST' && path === '/v2/tasks/delete') return killTasks(parts, change, isForced);
    const [, appId] = /^\/v2\/apps\/*(\/.+)$/.exec(path.replace('/v2/apps', '/v2/apps/')) ?? [];
    if (appId === undefined) return undefined;
    if (method === 'PUT') return update(parts, { appId, body, isForced });
    return method === 'DELETE' ? remove(parts, appId, isForced) : undefined;
  };
}

function create({ store, commands, runner }: Parts, body: unknown): MarathonAnswer {
  if (!isObject(body) || typeof body['id'] !== 'string') return messageAnswer(400, 'Invalid JSON');
  const id = `/${body['id'].replace(/^\/+/, '')}`;
  if (store.apps.has(id)) return messageAnswer(409, `An app with id [${id}] already exists.`);
  const at = store.now();
  commands.putRaw({ instances: 1, labels: {}, ...body, id, version: at, versionInfo: { lastScalingAt: at, lastConfigChangeAt: at } });
  const deploymentId = runner.settle(id);
  const app = store.apps.get(id) as HeldApp;
  const json = makeAppJson(app, { dialect: store.dialect, withTasks: true, withReadiness: false });
  return { ...jsonAnswer(201, json), headers: { 'Marathon-Deployment-Id': deploymentId } };
}

interface Update {
  readonly appId: string;
  readonly body: unknown;
  readonly isForced: boolean;
}

function update(parts: Parts, { appId, body, isForced }: Update): MarathonAnswer {
  const { store, runner } = parts;
  const app = store.apps.get(appId);
  if (!isObject(body)) return messageAnswer(400, 'Invalid JSON');
  if (app === undefined) return create(parts, { ...body, id: appId });
  if (app.deployment !== undefined && !isForced) return locked([app]);
  put(parts, app, body);
  return done(store, runner.settle(appId));
}

/** Puts a changed definition in place of the one before; a change of nothing but the number of instances is a scaling. */
function put({ store, commands }: Parts, app: HeldApp, change: JsonObject): void {
  const before = isObject(app.definition) ? app.definition : {};
  const after: JsonObject = { ...before, ...change, id: app.id };
  const isScaling = isDeepStrictEqual({ ...before, instances: 0 }, { ...after, instances: 0 });
  if (isScaling && before['instances'] === after['instances']) return;
  const at = store.now();
  const lastConfigChangeAt = isScaling ? app.info.lastConfigChangeAt : at;
  commands.putRaw({ ...after, version: at, versionInfo: { lastScalingAt: at, lastConfigChangeAt } });
  const held = store.apps.get(app.id) as HeldApp;
  store.apps.set(app.id, { ...held, info: { version: at, lastScalingAt: at, lastConfigChangeAt } });
}

function remove({ store, runner }: Parts, appId: string, isForced: boolean): MarathonAnswer {
  const app = store.apps.get(appId);
  if (app === undefined) return messageAnswer(404, `App '${appId}' does not exist`);
  if (app.deployment !== undefined && !isForced) return locked([app]);
  return done(store, runner.remove(appId));
}

function killTasks(parts: Parts, { query, body }: DemoWrite, isForced: boolean): MarathonAnswer {
  const { store, runner } = parts;
  const ids = isObject(body) && Array.isArray(body['ids']) ? body['ids'].map(String) : [];
  const apps = [...store.apps.values()].filter(({ tasks }) => ids.some((id) => tasks.has(id)));
  const busy = apps.filter(({ deployment }) => deployment !== undefined);
  if (query.get('scale') !== 'true') return messageAnswer(400, 'only scale=true is played here');
  if (busy.length > 0 && !isForced) return locked(busy);
  let deploymentId = '';
  for (const app of apps) {
    const killed = ids.filter((id) => app.tasks.has(id));
    const instances = isObject(app.definition) ? Number(app.definition['instances']) : 0;
    put(parts, app, { instances: Math.max(0, instances - killed.length) });
    deploymentId = runner.settle(app.id, killed);
  }
  return done(store, deploymentId);
}

function done(store: Store, deploymentId: string): MarathonAnswer {
  return jsonAnswer(200, { version: store.now(), deploymentId });
}

/** Marathon's refusal of a change to an app that it deploys. */
function locked(apps: readonly HeldApp[]): MarathonAnswer {
  const message =
    "App is locked by one or more deployments. Override with the option '?force=true'. View details at '/v2/deployments/<DEPLOYMENT_ID>'.";
  return jsonAnswer(409, { message, deployments: apps.map(({ deployment }) => ({ id: deployment?.id })) });
}
