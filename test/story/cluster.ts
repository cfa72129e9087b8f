import type { View } from '../../src/loop.ts';
import { makeMiddle } from '../../src/middle.ts';
import type { News } from '../../src/model/news.ts';
import type { Settings } from '../../src/options.ts';
import { absorb, type State } from '../../src/snapshot/absorb.ts';
import { decodeAll, EMPTY, settingsWith } from '../golden/cases.ts';

export type Json = Readonly<Record<string, unknown>>;

const VERSION = '2017-07-19T17:34:41.967Z';
const RESULTS = { alive: [{ alive: true, lastSuccess: VERSION }], dead: [{ alive: false, lastFailure: VERSION }], unknown: [] };

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
    versionInfo: { lastConfigChangeAt: VERSION },
    networks: [{ mode: 'container', name: 'calico' }],
    container: { portMappings: [{ containerPort: 80, servicePort: 10000 }] },
    tasks,
    ...given,
  };
}

/** A full read of Marathon. */
export const read = (...apps: readonly Json[]): News => ({ kind: 'apps', at: 0, ...decodeAll(apps) });

export type Derive = Awaited<ReturnType<typeof makeMiddle>>;

export function makeDeriver(given: Partial<Settings> = {}): Promise<Derive> {
  return makeMiddle({ settings: settingsWith(given), env: {}, certificates: ['/etc/ssl/cert.pem'], problems: [] });
}

/** A day of a cluster, told news by news: the loop without its inbox. */
export class Story {
  state: State = EMPTY;
  readonly #derive: Derive;

  constructor(derive: Derive) {
    this.#derive = derive;
  }

  static async begin(given: Partial<Settings> = {}): Promise<Story> {
    return new Story(await makeDeriver(given));
  }

  tell(...news: readonly News[]): View {
    this.state = news.reduce(absorb, this.state);
    const view = this.#derive(this.state);
    if (view === undefined) throw new Error('nothing was read yet');
    return view;
  }
}

/** The servers of a backend, by name; undefined when there is no such backend. */
export function serversOf({ document }: View, backend: string): readonly string[] | undefined {
  const section = document.backends.find((one) => one.backend === backend);
  return section && [...section.servers.keys()];
}
