import { groupBy } from '../lib/group-by.ts';
import type { AppId } from '../model/names.ts';
import type { LeftOutReason, Service } from '../model/service.ts';
import type { App } from '../model/snapshot.ts';
import type { View } from '../model/view.ts';
import { membersOf } from './members.ts';

/** One app in a list of all. */
export interface AppRow {
  readonly app: AppId;
  /** The deployment group under which it is served; null where it is served as itself. */
  readonly servedAs: AppId | null;
  readonly instances: number;
  readonly tasks: number;
  /** Its ports that are rendered. */
  readonly ports: readonly PortRow[];
  /** Why ports of it, or tasks, are left out, each reason once; and how many Problems it has. */
  readonly leftOut: readonly LeftOutReason[];
  readonly problems: number;
}

/** One port in a list of all apps. */
export interface PortRow {
  readonly index: number;
  readonly servicePort: number;
  readonly hosts: readonly string[];
  /** How many servers take requests, beside those that drain. */
  readonly servers: number;
}

/** All apps, each made when it is asked for: a list of ten thousand is never made at once. */
export function* appRows(view: View): Generator<AppRow> {
  const { snapshot, services, leftOut, problems } = view;
  const byApp = groupBy(services, ({ front }) => front.app);
  const leftOutOf = groupBy(leftOut, ({ app }) => app);
  const problemsOf = groupBy(problems, ({ owner }) => (owner.by === 'app' ? owner.app : undefined));
  const groups = membersOf(view);
  for (const app of snapshot.apps) {
    const servedAs = groups.get(app.id) ?? app.id;
    yield {
      ...rowOf(app, byApp.get(servedAs) ?? []),
      servedAs: servedAs === app.id ? null : servedAs,
      leftOut: [...new Set((leftOutOf.get(servedAs) ?? []).map(({ why }) => why))],
      problems: problemsOf.get(app.id)?.length ?? 0,
    };
  }
}

function rowOf({ id, instances, tasks }: App, services: readonly Service[]): Pick<AppRow, 'app' | 'instances' | 'tasks' | 'ports'> {
  const ports = services.map(({ front, backend }): PortRow => {
    return {
      index: front.index,
      servicePort: front.port,
      hosts: [...new Set(front.routes.map(({ host }) => host))],
      servers: backend.servers.filter(({ draining }) => !draining).length,
    };
  });
  return { app: id, instances, tasks: tasks.length, ports };
}
