import { addGroups } from '../lib/group-by.ts';
import type { AppId } from '../model/names.ts';
import type { Service } from '../model/service.ts';
import type { LeftOutReason } from '../model/left-out.ts';
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
  readonly backend: string;
  readonly mode: 'http' | 'tcp';
  /** What it listens on, `*:10004`; null where it is reached by its hosts alone. */
  readonly bind: string | null;
  readonly hosts: readonly string[];
  /** How many servers take requests, beside those that drain. */
  readonly servers: number;
  /** How many drain, because their task is being killed. */
  readonly draining: number;
}

/** A moment at which whoever reads the rows may do something else. */
export const PAUSE = undefined;

/** All apps, each made when it is asked for, so that a list of ten thousand is never made at once; with pauses where there is something to prepare. */
export function* appRows(view: View): Generator<AppRow | typeof PAUSE> {
  const { snapshot, services, leftOut, problems } = view;
  const byApp = yield* grouped(services, ({ front }) => front.app);
  const leftOutOf = yield* grouped(leftOut, ({ app }) => app);
  const problemsOf = yield* grouped(problems, ({ owner }) => (owner.by === 'app' ? owner.app : undefined));
  const groups = membersOf(view);
  yield PAUSE;
  for (const app of snapshot.apps) {
    const servedAs = groups.get(app.id) ?? app.id;
    const [ports, reasons] = [byApp.get(servedAs) ?? [], leftOutOf.get(servedAs) ?? []];
    yield {
      app: app.id,
      servedAs: servedAs === app.id ? null : servedAs,
      instances: app.instances,
      tasks: app.tasks.length,
      ports: ports.map(portRow),
      leftOut: unique(reasons.map(({ why }) => why)),
      problems: problemsOf.get(app.id)?.length ?? 0,
    };
  }
}

/** So many elements are grouped between two pauses. */
const AT_A_TIME = 1_000;

function* grouped<Key, Element>(
  list: readonly Element[],
  keyOf: (element: Element) => Key,
): Generator<typeof PAUSE, ReadonlyMap<Key, readonly Element[]>> {
  const groups = new Map<Key, Element[]>();
  for (let i = 0; i < list.length; i += AT_A_TIME) {
    addGroups(groups, list.slice(i, i + AT_A_TIME), keyOf);
    yield PAUSE;
  }
  return groups;
}

function portRow({ front, backend }: Service): PortRow {
  const servers = backend.servers.reduce((count, { draining }) => count + (draining ? 0 : 1), 0);
  return {
    index: front.index,
    servicePort: front.port,
    backend: front.name,
    mode: front.mode,
    bind: front.bind === undefined ? null : `${front.bind.address}:${front.bind.port}`,
    hosts: unique(front.routes.map(({ host }) => host)),
    servers,
    draining: backend.servers.length - servers + backend.leaving.length,
  };
}

function unique<Element>(list: readonly Element[]): readonly Element[] {
  return list.length < 2 ? list : [...new Set(list)];
}
