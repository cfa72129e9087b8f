import type { Front, Service } from '../../../src/model/service.ts';
import { front, OPTIONS, server, service } from '../../haproxy/make.ts';
import type { AppId } from '../../../src/model/names.ts';

/**
 * How clients find an app. `hosts`: by virtual hosts. `path`: by a path of its host, with a rule. `table`: by a path in the routing table. `split`: by
 * a host that several apps share by weight. `redirect`: by a host whose http is redirected. `passthrough`: by a host whose TLS it ends itself.
 * `bound`: by a port of its own, too.
 */
export type Way = 'hosts' | 'path' | 'table' | 'split' | 'redirect' | 'passthrough' | 'bound';

/** What is wanted of one app: which of its four tasks run, whether they are checked, and how requests are spread. */
export interface Wish {
  readonly tasks: readonly number[];
  readonly isChecked: boolean;
  readonly balance: 'roundrobin' | 'leastconn';
  readonly hosts: number;
  readonly way?: Way;
  /** Its part in a split. */
  readonly weight?: number;
  /** Limits that a map holds, and one that is in the lines of its servers. */
  readonly rate?: number;
  readonly maxPerServer?: number;
  /** Tasks that are being killed. */
  readonly draining?: readonly number[];
  /** Whether it wants a host that any app may want: the first has it. */
  readonly isGuest?: boolean;
  /** How many further hosts it has. */
  readonly more?: number;
}

/** Apps by their names. */
export type Estate = Readonly<Record<string, Wish | undefined>>;

export const APPS = ['ant', 'bee', 'cat', 'dog', 'eel'] as const;

/** No two apps have a port or a host in common, so that a server or a host tells its app. */
function portOf(app: string, task: number): number {
  return 1000 * (APPS.indexOf(app as never) + 1) + task;
}

export function hostsOf(app: string): readonly string[] {
  return [`${app}.org`, `www.${app}.org`];
}

export function appOfAddress(address: string): string | undefined {
  return APPS[Math.floor(Number(address.split(':')[1]) / 1000) - 1];
}

/** Returns a function that makes the services of an estate. A service that is as before is the same object. */
export function makeServices(): (estate: Estate) => readonly Service[] {
  const known = new Map<string, Service>();
  return (estate) => {
    const guest = APPS.find((app) => estate[app]?.isGuest === true);
    return APPS.flatMap((app): readonly Service[] => {
      const wish = estate[app];
      if (wish === undefined) return [];
      const key = JSON.stringify([app, wish, app === guest]);
      const one = known.get(key) ?? serviceOf(app, wish, app === guest);
      known.set(key, one);
      return [one];
    });
  };
}

function serviceOf(app: string, wish: Wish, isGuest: boolean): Service {
  const { rate, maxPerServer, draining = [] } = wish;
  const of = front({
    ...{ app: `/${app}`, port: 10001 + APPS.indexOf(app as never), bind: undefined },
    ...frontOf(app, wish, isGuest),
    ...(rate !== undefined && { limits: { rate } }),
  });
  const traffic = {
    ...(rate !== undefined && { rateLimit: { requests: rate, milliseconds: 1_000 } }),
    ...(maxPerServer !== undefined && { maxPerServer }),
  };
  const options = { ...OPTIONS, balance: wish.balance, ...(Object.keys(traffic).length > 0 && { traffic }) };
  const servers = wish.tasks.map((task) =>
    server(portOf(app, task), { checked: wish.isChecked, task: `${app}.${task}` as never, draining: draining.includes(task) }),
  );
  return service({ ...of, app: `/${app}` as AppId }, servers, options);
}

function frontOf(app: string, { way = 'hosts', hosts, weight, more = 0 }: Wish, isGuest: boolean): Partial<Omit<Front, 'app' | 'name'>> {
  const own = [...hostsOf(app).slice(0, hosts), ...Array.from({ length: more }, (_, i) => `more-${i}.${app}.org`)];
  const routes = [...own, ...(isGuest ? ['guest.org'] : [])].map((host) => ({ host, path: undefined }));
  const port = 10001 + APPS.indexOf(app as never);
  if (way === 'path') return { routes: routes.map(({ host }) => ({ host, path: '/x' })) };
  if (way === 'table') return { routes: routes.map(({ host }) => ({ host, path: '/x' })), table: 'segment' };
  if (way === 'split') return { routes: [{ host: 'split.org', path: undefined }], table: 'prefix', split: { key: 'split', weight } };
  if (way === 'redirect') return { routes, redirectToHttps: true };
  if (way === 'passthrough') return { routes, passthrough: true };
  if (way === 'bound') return { routes, bind: { address: '*', port, certificate: undefined, options: undefined } };
  return { routes };
}
