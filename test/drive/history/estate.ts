import type { Service } from '../../../src/model/service.ts';
import { front, OPTIONS, server, service } from '../../haproxy/make.ts';
import type { AppId } from '../../../src/model/names.ts';

/** What is wanted of one app: which of its four tasks run, whether they are checked, and how requests are spread. */
export interface Wish {
  readonly tasks: readonly number[];
  readonly isChecked: boolean;
  readonly balance: 'roundrobin' | 'leastconn';
  readonly hosts: number;
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

export function servicesOf(estate: Estate): readonly Service[] {
  return APPS.flatMap((app, i): Service[] => {
    const wish = estate[app];
    if (wish === undefined) return [];
    const routes = hostsOf(app)
      .slice(0, wish.hosts)
      .map((host) => ({ host, path: undefined }));
    const of = front({ app: `/${app}`, port: 10001 + i, bind: undefined, routes });
    const options = { ...OPTIONS, balance: wish.balance };
    const servers = wish.tasks.map((task) => server(portOf(app, task), { checked: wish.isChecked, task: `${app}.${task}` as never }));
    return [service({ ...of, app: `/${app}` as AppId }, servers, options)];
  });
}
