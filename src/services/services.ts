import { byText } from '../lib/lists.ts';
import type { Backend, BackendOptions, Front, Server, Service } from '../model/service.ts';
import type { LeftOut, LeftOutReason } from '../model/left-out.ts';
import type { App, Definition, Task } from '../model/snapshot.ts';
import { isKilling, isServing } from '../model/task-states.ts';
import { endpointOf, hasPort } from './addresses.ts';
import { checkOfPort, makeCheck } from './checks.ts';
import type { Claim } from './arrange.ts';
import type { Draft, PortDraft } from './fronts.ts';
import { serverId, serverName } from './haproxy-names.ts';

/** The services of one app with its current tasks, and what is left out. */
export interface ServicesOfApp {
  readonly services: readonly Service[];
  /** For each service, what it claims of ports and routes. */
  readonly claims: readonly Claim[];
  /**
   * The fronts of ports that are left out. They keep what they hold. Those that are shut are rendered where nobody else has their routes: they answer
   * 503.
   */
  readonly absent: readonly Front[];
  readonly leftOut: readonly LeftOut[];
}

/**
 * Makes the services of an app. An app without instances and tasks is not rendered. An app that is supposed to run keeps its backend while it has no
 * server: its hosts answer 503, and nothing is reloaded when a task is back.
 */
export function makeServices(app: App, draft: Draft, gate: { readonly healthCheck: boolean }): ServicesOfApp {
  const leftOut: LeftOut[] = [...draft.leftOut];
  if (app.instances === 0 && app.tasks.length === 0) {
    const suspended = draft.ports.map(({ front }) => ({ app: app.id, index: front.index, why: 'suspended' as const }));
    const absent = [...draft.absent, ...draft.ports.map(({ front }) => front)];
    return { services: [], claims: [], absent, leftOut: [...leftOut, ...suspended] };
  }
  if (draft.ports.length === 0) return { services: [], claims: [], absent: draft.shut, leftOut };
  const serving = choose(app, { draft, healthCheck: gate.healthCheck, leftOut });
  const killed = app.tasks.filter(({ state }) => isKilling(state));
  const services = draft.ports.map((port) => makeService({ draft, port, serving, killed, leftOut }));
  const claims = draft.ports.map((port, i) => ((services[i]?.backend.servers.length ?? 0) > 0 ? port.claims.serving : port.claims.idle));
  return { services, claims, absent: draft.shut, leftOut };
}

/**
 * The tasks that serve. When no task is good, tasks that were alive and whose checks fail, but not yet as often as Marathon allows, serve as well.
 */
function choose(app: App, { draft, healthCheck, leftOut }: Choice): readonly Task[] {
  const judged = app.tasks.map((task) => ({ task, why: reasonToLeaveOut(task, healthCheck ? (task.of ?? app.definition) : undefined) }));
  const hasPlace = (task: Task): boolean => draft.ports.some(({ front }) => typeof endpointAt(task, draft, front.index) !== 'string');
  const isAnyGood = judged.some(({ task, why }) => why === undefined && hasPlace(task));
  const serving: Task[] = [];
  for (const { task, why } of judged) {
    if (why === undefined && !hasAnyPort(task, draft)) {
      leftOut.push({ app: app.id, task: task.id, why: 'no-endpoint' });
      continue;
    }
    const serves = why === undefined || (!isAnyGood && why === 'unhealthy' && task.health === 'failing' && task.readiness === 'ready');
    if (serves) serving.push(task);
    else leftOut.push({ app: app.id, task: task.id, why });
  }
  return serving;
}

/** Whether a task could serve any port of its app. A container of a pod may have no endpoint. */
function hasAnyPort(task: Task, { definition }: Draft): boolean {
  return task.containerName === undefined || (task.of ?? definition).ports.some((port) => hasPort(task, port));
}

interface Choice {
  readonly draft: Draft;
  readonly healthCheck: boolean;
  /** Collects the tasks that do not serve. */
  readonly leftOut: LeftOut[];
}

/** `gate` is the definition with the checks that have to pass; undefined when no checks have to. */
function reasonToLeaveOut(task: Task, gate: Definition | undefined): LeftOutReason | undefined {
  if (!isServing(task)) return 'state';
  if (task.host === '') return 'no-address';
  if (gate === undefined) return undefined;
  if (gate.checks.length > 0 && task.health !== 'alive' && task.overdue === undefined)
    return task.health === 'unknown' ? 'health-unknown' : 'unhealthy';
  return task.readiness === 'ready' ? undefined : 'not-ready';
}

interface ServiceSources {
  readonly draft: Draft;
  readonly port: PortDraft;
  readonly serving: readonly Task[];
  /** Tasks that are being killed. */
  readonly killed: readonly Task[];
  /** Collects the serving tasks that have no address for this port. */
  readonly leftOut: LeftOut[];
}

type ServerWithoutId = Omit<Server, 'id'>;

function makeService({ draft, port, serving, killed, leftOut }: ServiceSources): Service {
  const { front, options } = port;
  const found: ServerWithoutId[] = [];
  for (const task of serving) {
    if (!hasPort(task, (task.of ?? draft.definition).ports[front.index])) continue; // it is another container's
    const endpoint = endpointAt(task, draft, front.index);
    if (typeof endpoint === 'string') leftOut.push({ app: front.app, index: front.index, task: task.id, why: endpoint });
    else {
      const { address, port: number } = endpoint;
      const name = serverName(task.host, address, number);
      found.push({
        name,
        task: task.id,
        host: task.host,
        address,
        port: number,
        checkPort: checkPort({ draft, options, task }),
        checked: task.of === undefined || hasSameCheck({ port, of: task.of }),
        draining: task.draining ?? false,
      });
    }
  }
  const backend: Backend = {
    options,
    servers: number(found.sort(byPlace), (twin) => leftOut.push({ app: front.app, index: front.index, task: twin.task, why: 'duplicate' })),
    leaving: killed.flatMap((task) => {
      const endpoint = endpointAt(task, draft, front.index);
      return typeof endpoint === 'string' ? [] : [serverName(task.host, endpoint.address, endpoint.port)];
    }),
  };
  return { front, backend };
}

/** Where a task answers for a port, by the ports of the task's own version. */
function endpointAt(task: Task, { definition }: Draft, index: number): ReturnType<typeof endpointOf> {
  const { network, ports } = task.of ?? definition;
  return endpointOf({ network, task, index, port: ports[index] });
}

/** Whether HAProxy's check is the same as the check of the task's own version. */
function hasSameCheck({ port: { front, options }, of }: { readonly port: PortDraft; readonly of: Definition }): boolean {
  if (options.check === undefined) return true;
  if (options.check.fromLabel === true) return of.labels[`HAPROXY_${front.index}_HEALTH_PATH`]?.trim() === options.check.path;
  const own = checkOfPort(of, front.index);
  if (own === undefined) return false;
  const { protocol, path } = makeCheck(own, front.mode, undefined);
  return protocol === options.check.protocol && (protocol === 'tcp' || path === options.check.path);
}

/** Gives each server its id. Of two servers with the same name, the second is passed to `duplicate`. */
function number(found: readonly ServerWithoutId[], duplicate: (twin: ServerWithoutId) => void): readonly Server[] {
  const taken = new Set<number>();
  const servers = new Map<string, Server>();
  for (const server of found) {
    if (servers.has(server.name)) duplicate(server);
    else servers.set(server.name, { ...server, id: serverId(server.name, taken) });
  }
  return [...servers.values()];
}

function byPlace(a: ServerWithoutId, b: ServerWithoutId): number {
  return byText(a.host, b.host) || byText(a.address, b.address) || a.port - b.port || byText(a.task, b.task);
}

function checkPort({
  draft,
  options,
  task,
}: {
  readonly draft: Draft;
  readonly options: BackendOptions;
  readonly task: Task;
}): number | undefined {
  const at = options.check?.at;
  if (at === undefined) return undefined;
  if ('port' in at) return at.port;
  const endpoint = endpointAt(task, draft, at.index);
  return typeof endpoint === 'string' ? undefined : endpoint.port;
}
