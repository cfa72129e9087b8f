import type { JsonObject } from './marathon-app.ts';
import { jsonAnswer, messageAnswer, type MarathonAnswer } from './marathon-answers.ts';
import { makePodSpec, makePodStatus } from './marathon-pod.ts';
import { makeAppJson, type HeldApp, type Store } from './marathon-store.ts';

/** A GET request for anything but the event stream. */
export interface ReadRequest {
  readonly path: string;
  readonly query: URLSearchParams;
  /** The Accept header; '' when there was none. */
  readonly accept: string;
  /** 'host:port' of this Marathon, which is always the leader. */
  readonly leader: string;
}

/** Marathon's answer to a request. The query parameters `label`, `id` and `cmd` do not filter here. */
export function answerTo(store: Store, asked: ReadRequest): MarathonAnswer {
  const { path, query, leader } = asked;
  if (path === '/v2/apps') return listApps(store, query);
  if (path.startsWith('/v2/apps/')) return answerAboutApp(store, path.slice('/v2/apps'.length), query);
  if (path.startsWith('/v2/pods') && store.dialect.instances) return answerAboutPods(store, path.slice('/v2/pods'.length));
  if (path === '/v2/info') return jsonAnswer(200, makeInfo(store, leader));
  if (path === '/v2/leader') return jsonAnswer(200, { leader });
  if (path === '/ping') return ping(store, asked);
  return messageAnswer(store.dialect.unknownPath, store.dialect.unknownPath === 404 ? `URI not found: ${path}` : 'URI not found');
}

function listApps({ apps, dialect }: Store, query: URLSearchParams): MarathonAnswer {
  const embedding = { dialect, withTasks: embeds(query, /^(tasks|failures)$/), withReadiness: embeds(query, /^readiness$/) };
  return jsonAnswer(200, { apps: [...apps.values()].map((app) => makeAppJson(app, embedding)) });
}

/** Whether the query asks to embed something, with any of the prefixes and whatever the path. */
function embeds(query: URLSearchParams, what: RegExp): boolean {
  return query.getAll('embed').some((name) => what.test(name.replace(/^(group\.apps|apps|app)\./, '')));
}

/**
 * Answers `/shop`, `//shop` (as the DC/OS UI writes it), `/shop/versions` and `/shop/versions/<version>`. A single app always has its tasks, but
 * readiness results only when the query asks for them.
 */
function answerAboutApp({ apps, dialect }: Store, rest: string, query: URLSearchParams): MarathonAnswer {
  const [, appId = '', versions, version] = /^\/+(.+?)(\/versions(?:\/([^/]+))?)?$/.exec(rest) ?? [];
  const app = apps.get(`/${appId}`);
  if (app === undefined) return messageAnswer(404, `App '/${appId}' does not exist`);
  const embedding = { dialect, withTasks: true, withReadiness: embeds(query, /^readiness$/) };
  if (versions === undefined) return jsonAnswer(200, { app: makeAppJson(app, embedding) });
  if (version === undefined) return jsonAnswer(200, { versions: [...app.versions.keys()].reverse() });
  return answerVersion(app, version);
}

/** Answers `/v2/pods`, `/v2/pods/::status`, `/v2/pods/shop::status`, `/v2/pods/shop` and `/v2/pods/shop::versions/<version>`. */
function answerAboutPods({ pods }: Store, rest: string): MarathonAnswer {
  if (rest === '') return jsonAnswer(200, [...pods.values()].map(({ form, version }) => makePodSpec(form, version))); // prettier-ignore
  if (rest === '/::status') return jsonAnswer(200, [...pods.values()].map(makePodStatus)); // prettier-ignore
  const [, id = '', what, at] = /^(\/.+?)(?:::(status|versions)(?:\/(.+))?)?$/.exec(rest) ?? [];
  const pod = pods.get(id);
  if (pod === undefined && what === 'status') return messageAnswer(404, `Pod '${id}' does not exist`);
  if (pod === undefined || (at !== undefined && !pod.versions.has(at)))
    return messageAnswer(404, JSON.stringify({ message: `pod with ${id} does not exist` }));
  if (what === 'status') return jsonAnswer(200, makePodStatus(pod));
  return jsonAnswer(200, what === undefined ? makePodSpec(pod.form, pod.version) : at === undefined ? [...pod.versions.keys()] : pod.versions.get(at)); // prettier-ignore
}

function answerVersion({ id, versions }: HeldApp, version: string): MarathonAnswer {
  if (!versions.has(version)) return messageAnswer(404, `App '${id}' does not exist in version ${version}`);
  return jsonAnswer(200, versions.get(version));
}

/** From 1.4 on the answer is JSON for a client that accepts JSON. */
function ping({ dialect }: Store, { accept }: ReadRequest): MarathonAnswer {
  if (dialect.instances && accept.includes('application/json')) return jsonAnswer(200, 'pong');
  return { status: 200, type: 'text/plain;charset=utf-8', body: 'pong' };
}

function makeInfo({ dialect }: Store, leader: string): JsonObject {
  return {
    name: 'marathon',
    version: dialect.version,
    buildref: 'unknown',
    elected: true,
    leader,
    frameworkId: '5d2f0b6e-8b1c-4f0e-9a57-2c6c0f1e7a11-0000',
    marathon_config: {
      framework_name: 'marathon',
      local_port_min: 10_000,
      local_port_max: 20_000,
      ha: true,
      hostname: leader.split(':')[0],
    },
    zookeeper_config: { zk: 'zk://localhost:2181/marathon' },
    http_config: { http_port: Number(leader.split(':').at(-1)), https_port: 8443 },
    event_subscriber: dialect.networks ? undefined : { type: 'http_callback', http_endpoints: null },
  };
}
