import { makeLookup } from '../explain/view-lookup.ts';
import { byText } from '../lib/lists.ts';
import type { StatRow } from '../model/figures.ts';
import type { AppId } from '../model/names.ts';
import type { View } from '../model/view.ts';
import type { LiveStatus } from './live-status.ts';
import { json, refused, type RouteAnswer, type AdminRoute } from './route.ts';

/** What HAProxy says about the servers of some backends. */
export interface Workers {
  /** The servers of the worker that serves. */
  readonly serving: readonly StatRow[];
  /** The servers of old workers, which finish their sessions after a reload. */
  readonly old: readonly StatRow[];
  /** How many old workers there are. */
  readonly oldWorkers: number;
}

/** What the answer about a deployment is made from. */
export interface DeploymentParts {
  /** The latest View; undefined before Marathon was read. */
  readonly view: () => View | undefined;
  readonly status: () => LiveStatus;
  /** Asks all workers of HAProxy for the servers of these backends. Rejects with a sentence when it does not answer. */
  readonly workers: (backends: readonly string[]) => Promise<Workers>;
}

/** One task of a deployment group behind one port of it. */
export interface DeploymentTask {
  readonly task: string;
  readonly app: string;
  /** The label HAPROXY_DEPLOYMENT_COLOUR of its app; null without one. */
  readonly colour: string | null;
  readonly backend: string;
  readonly server: string;
  /** It may get new requests. */
  readonly serving: boolean;
  /** Its health check has passed, or it has none. */
  readonly checked: boolean;
  /** It gets no new requests, because a task of the other colour replaces it. */
  readonly draining: boolean;
  /** Sessions that are open, over all workers. */
  readonly sessions: number;
  readonly requests: number;
  readonly errors: number;
  readonly answerMs: number;
}

/** How long HAProxy's workers may take together, in milliseconds. */
const WORKERS_MS = 8_000;

/** What this load balancer knows of a deployment group: every task, whether it serves, and its open sessions. */
export function deploymentRoutes(parts: DeploymentParts): readonly AdminRoute[] {
  return [
    {
      method: 'GET',
      path: '/v1/deployments/{group…}',
      deadlineMs: WORKERS_MS,
      answer: ({ params }) => answer(parts, params['group'] ?? ''),
    },
  ];
}

async function answer(parts: DeploymentParts, asked: string): Promise<RouteAnswer> {
  const view = parts.view();
  const hint = 'GET /health/ready says why';
  if (view === undefined) return refused({ status: 503, error: 'nothing is known yet: Marathon was not read', hint });
  const group = `/${asked
    .split('/')
    .filter((part) => part !== '')
    .join('/')}` as AppId;
  const members = makeLookup(view).members(group);
  if (members.length === 0)
    return refused({ status: 404, error: `Marathon has no app of the deployment group ${group}`, hint: 'GET /v1/apps lists all apps' });
  const services = view.services.filter(({ front }) => front.app === group);
  try {
    const workers = await parts.workers(services.map(({ front }) => front.name));
    const { state } = parts.status().haproxy;
    return json({ group, haproxy: state, oldWorkers: workers.oldWorkers, tasks: rows({ view, group }, workers) });
  } catch (error) {
    return refused({ status: 503, error: error instanceof Error ? error.message : 'HAProxy does not answer', hint });
  }
}

interface GroupInView {
  readonly view: View;
  readonly group: AppId;
}

function rows({ view, group }: GroupInView, { serving, old }: Workers): readonly DeploymentTask[] {
  const apps = new Map(
    makeLookup(view)
      .members(group)
      .flatMap((app) => app.tasks.map((task) => [task.id, app] as const)),
  );
  const now = new Map(serving.map((row) => [`${row.backend}/${row.server ?? ''}`, row]));
  const found = view.services
    .filter(({ front }) => front.app === group)
    .flatMap(({ front, backend }) =>
      backend.servers.map((server): DeploymentTask => {
        const key = `${front.name}/${server.name}`;
        const row = now.get(key);
        const app = apps.get(server.task);
        const isOff = row === undefined || /^(MAINT|DRAIN)/.test(row.status);
        const isUp = row !== undefined && /^(UP|no check)/.test(row.status);
        const left = old.filter((one) => `${one.backend}/${one.server ?? ''}` === key);
        return {
          task: server.task,
          app: app?.id ?? group,
          colour: app?.definition.labels['HAPROXY_DEPLOYMENT_COLOUR'] ?? null,
          backend: front.name,
          server: server.name,
          serving: isUp,
          checked: isUp,
          draining: server.draining && isOff,
          sessions: [...left, ...(row === undefined ? [] : [row])].reduce((sum, one) => sum + one.sessions + (one.queued ?? 0), 0),
          requests: row?.requests ?? 0,
          errors: row?.errors ?? 0,
          answerMs: row?.answerMs ?? 0,
        };
      }),
    );
  return found.sort((a, b) => byText(a.task, b.task) || byText(a.backend, b.backend));
}
