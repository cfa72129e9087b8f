import type { View } from '../../src/model/view.ts';
import type { AppId } from '../../src/model/names.ts';
import type { News } from '../../src/model/news.ts';
import type { Settings } from '../../src/options/options.ts';
import { absorb, type Absorb } from '../../src/snapshot/absorb.ts';
import { readEvent } from '../../src/snapshot/events.ts';
import type { State } from '../../src/snapshot/state.ts';
import { decodeAll, EMPTY, makeDeriver, type Derive } from '../golden/cases.ts';

export type Json = Readonly<Record<string, unknown>>;

export const VERSION = '2017-07-19T17:34:41.967Z';
const RESULTS = {
  alive: [{ alive: true, lastSuccess: VERSION }],
  failing: [{ alive: false, consecutiveFailures: 1, firstSuccess: VERSION, lastSuccess: VERSION, lastFailure: VERSION }],
  dead: [{ alive: false, lastFailure: VERSION }],
  unknown: [],
};

/** Task `n` of the tutorial's app: on an agent, with an address of Calico's. */
export function task(n: number, given: Json & { readonly health?: keyof typeof RESULTS } = {}): Json {
  const { health = 'unknown', ...rest } = given;
  return {
    id: `nginx.${String(n).padStart(4, '0')}`,
    host: `172.24.197.10${n % 3}`,
    ports: [],
    state: 'TASK_RUNNING',
    version: VERSION,
    ipAddresses: [{ ipAddress: `192.168.84.${100 + n}`, protocol: 'IPv4' }],
    healthCheckResults: RESULTS[health],
    ...rest,
  };
}

/** The app of Calico's tutorial, with these tasks. */
export function nginx(tasks: readonly Json[], given: Json = {}): Json {
  return {
    id: '/nginx',
    instances: tasks.length,
    labels: { HAPROXY_GROUP: 'external', HAPROXY_0_VHOST: 'mytask.acme.org' },
    version: VERSION,
    versionInfo: { lastConfigChangeAt: VERSION },
    networks: [{ mode: 'container', name: 'calico' }],
    container: { portMappings: [{ containerPort: 80, servicePort: 10000 }] },
    tasks,
    ...given,
  };
}

/** A full read of Marathon that was sent then. */
export const readAt = (sentAt: number, ...apps: readonly Json[]): News => ({ kind: 'apps', at: sentAt, sentAt, ...decodeAll(apps) });

/** A full read of Marathon. */
export const read = (...apps: readonly Json[]): News => readAt(0, ...apps);

/** One app read again, by a read that was sent then. */
export function appAt(sentAt: number, app: Json): News {
  const { apps, problems } = decodeAll([app]);
  return { kind: 'app', at: sentAt, sentAt, id: app['id'] as AppId, app: apps[0], problems };
}

/** It was to be read again, and is gone. */
export const goneAt = (sentAt: number, id: string): News => ({
  kind: 'app',
  at: sentAt,
  sentAt,
  id: id as AppId,
  app: undefined,
  problems: [],
});

/** An event that comes then and says of a task that it is in this state. */
export function eventAt(at: number, state: string, of: Json, app = '/nginx'): News {
  const { id: taskId, host, ipAddresses, ports, version } = of;
  const heard = readEvent('status_update_event', { appId: app, taskId, taskStatus: state, host, ipAddresses, ports, version }, at);
  if (heard?.news === undefined) throw new Error('it tells nothing');
  return heard.news;
}

/** A day of a cluster, told news by news: the loop without its inbox. */
export class Story {
  state: State = EMPTY;
  readonly #derive: Derive;
  readonly #absorb: Absorb;

  constructor(derive: Derive, absorbing: Absorb = absorb) {
    this.#derive = derive;
    this.#absorb = absorbing;
  }

  static begin(given: Partial<Settings> = {}, absorbing: Absorb = absorb): Story {
    return new Story(makeDeriver(given), absorbing);
  }

  tell(...news: readonly News[]): View {
    this.state = news.reduce(this.#absorb, this.state);
    const { sentAt, staleSince } = this.state;
    const view = this.#derive({ ...this.state, sentAt: sentAt ?? staleSince });
    if (view === undefined) throw new Error('nothing was read yet');
    return view;
  }
}

/** The servers of a backend, by name; undefined when there is no such backend. */
export function serversOf({ document }: View, backend: string): readonly string[] | undefined {
  const section = document.backends.find((one) => one.backend === backend);
  return section && [...section.servers.keys()];
}

/** The tasks that the view has servers of, in order of id. */
export function tasksOf({ services }: View): readonly string[] {
  return services.flatMap(({ backend }) => backend.servers.map(({ task: id }) => id)).sort();
}
