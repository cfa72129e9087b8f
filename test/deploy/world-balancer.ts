import { readCsv } from '../../src/deploy/csv.ts';
import { isObject, labelsOf, readGroup } from '../../src/deploy/read-group.ts';
import { mergePorts } from '../../src/deploy/merge-ports.ts';
import type { Balancer, BalancerServer } from '../../src/deploy/shapes.ts';
import type { App } from '../../src/model/snapshot.ts';
import { makeMergeGroups } from '../../src/services/groups.ts';
import { decodeApp } from '../../src/snapshot/decode.ts';
import { HOST_ADDRESS } from './world-task.ts';
import type { WorldForm } from './world.ts';

type Json = Readonly<Record<string, unknown>>;

/** A load balancer of the world. */
export interface BalancerForm {
  readonly name: string;
  /** `old`: a marathon-lb 1.15, with its rule which tasks drain, and read by its CSV. */
  readonly kind: 'ours' | 'old';
  /** How long it takes to hear of a change, in ms. */
  readonly lagMs?: number;
  /** Between these times after the begin it does not answer. */
  readonly away?: readonly [number, number];
  /** What an old one writes for a server that gets requests, and for one that drains. */
  readonly words?: { readonly up: string; readonly drains: string };
  /** Whether an old worker of HAProxy lives on, for the sessions of a stranger. */
  readonly oldWorker?: boolean;
  /** The head of the CSV; the columns that are read when left out. */
  readonly columns?: readonly string[];
}

/** How a load balancer has a task. */
interface Row {
  readonly task: Json;
  readonly drains: boolean;
  readonly up: boolean;
}

/** A load balancer, as it is now. */
export interface LiveBalancer {
  /** Tells it what Marathon says; it hears it after its lag. */
  readonly see: (apps: readonly Json[], now: number) => void;
  /** How many tasks get requests. */
  readonly serving: () => number;
  /** What a task is used for; undefined when it is not. */
  readonly useOf: (task: string, now: number) => string | undefined;
  readonly isAway: (now: number) => boolean;
  /** What a deployment reads from it. */
  readonly answer: (apps: readonly Json[], now: number) => Balancer;
}

/** Makes a load balancer that has heard nothing yet. */
export function makeBalancer(form: BalancerForm, world: WorldForm): LiveBalancer {
  const merge = makeMergeGroups();
  const told: { readonly at: number; readonly apps: readonly Json[] }[] = [];
  const since = new Map<string, number>();
  let [rows, heard, begin] = [new Map<string, Row>(), undefined as readonly Json[] | undefined, NaN];
  const hear = (apps: readonly Json[], now: number): void => {
    if (apps === heard) return;
    heard = apps;
    const draining = form.kind === 'old' ? drainedByOldRule(apps, world.group) : drainedByOurs(merge, apps);
    rows = new Map(
      tasksOf(apps, world.group).flatMap(({ task, app }) => {
        const [id, passes] = [String(task['id']), world.passes?.(app) ?? true];
        const isThere = task['state'] === 'TASK_RUNNING' && resultsOf(task).every(({ alive }) => alive === true);
        return isThere ? [[id, { task, drains: draining.has(id), up: passes && !draining.has(id) }] as const] : [];
      }),
    );
    for (const [id, { drains }] of rows) if (!drains) since.delete(id); else if (!since.has(id)) since.set(id, now); // prettier-ignore
  };
  const sessionsOf = (id: string, now: number): number => {
    const at = since.get(id);
    return at !== undefined && now < at + (world.sessionMs?.(id) ?? 0) ? 1 : 0;
  };
  const isAway = (now: number): boolean => form.away !== undefined && now - begin >= form.away[0] && now - begin < form.away[1];
  return {
    see: (apps, now) => {
      begin = Number.isNaN(begin) ? now : begin;
      told.push({ at: now, apps });
      while (told.length > 1 && (told[1]?.at ?? now) <= now - (form.lagMs ?? 0)) told.shift();
      if (told[0] !== undefined) hear(told[0].apps, now);
    },
    serving: () => [...rows.values()].filter(({ up }) => up).length,
    useOf: (id, now) => {
      const row = rows.get(id);
      if (row === undefined || isAway(now)) return undefined;
      if (row.up) return `${form.name} gives it requests`;
      return sessionsOf(id, now) > 0 ? `it has a session on ${form.name}` : undefined;
    },
    isAway,
    answer: (apps, now) => {
      if (isAway(now)) return { name: form.name, why: 'connection refused' };
      const isOld = form.kind === 'old';
      const text = (): string => csvOf({ rows, form, group: world.group, sessions: (id) => sessionsOf(id, now) });
      if (isOld)
        return {
          name: form.name,
          isOld,
          servers: readCsv(text(), { group: readGroup(world.group, apps), isReloading: form.oldWorker ?? false }),
        };
      const servers = [...rows].map(([id, row]) => [id, serverOf(row, sessionsOf(id, now))] as const);
      return { name: form.name, servers: new Map(servers) };
    },
  };
}

function serverOf({ drains, up }: Row, sessions: number): BalancerServer {
  const one = { serving: up, draining: drains, sessions, requests: 0, errors: 0, answerMs: 0 };
  return mergePorts(undefined, one);
}

function resultsOf(task: Json): readonly Json[] {
  const results = task['healthCheckResults'];
  return Array.isArray(results) ? results.filter(isObject) : [];
}

function membersOf(apps: readonly Json[], group: string): readonly Json[] {
  return apps.filter((app) => labelsOf(app)['HAPROXY_DEPLOYMENT_GROUP'] === group);
}

function tasksOf(apps: readonly Json[], group: string): readonly { readonly task: Json; readonly app: string }[] {
  return membersOf(apps, group).flatMap((app) => (app['tasks'] as readonly Json[]).map((task) => ({ task, app: String(app['id']) })));
}

function drainedByOurs(merge: ReturnType<typeof makeMergeGroups>, apps: readonly Json[]): ReadonlySet<string> {
  const decoded = apps.map((app) => decodeApp(JSON.stringify(app))).flatMap((one): App[] => ('app' in one ? [one.app] : []));
  return new Set(
    merge(decoded).apps.flatMap(({ tasks }) => tasks.flatMap(({ id, draining }) => (draining === true ? [id as string] : []))),
  );
}

/** marathon-lb 1.15's rule (facts: its zdd, and `mlb:1624`): with NEW_INSTANCES, whatever its text, the app that was scaled later is the new one. */
function drainedByOldRule(apps: readonly Json[], group: string): ReadonlySet<string> {
  const [one, other] = [...membersOf(apps, group)].sort((a, b) => (startedAt(a) < startedAt(b) ? -1 : 1));
  if (one === undefined || other === undefined) return new Set();
  const hasNumber = labelsOf(other)['HAPROXY_DEPLOYMENT_NEW_INSTANCES'] !== undefined;
  const isTurned = hasNumber && scaledAt(one) > scaledAt(other);
  const [older, newer] = isTurned ? [other, one] : [one, other];
  const labels = labelsOf(newer);
  const target = labels['HAPROXY_DEPLOYMENT_NEW_INSTANCES'] === undefined ? 1 : Number(labels['HAPROXY_DEPLOYMENT_TARGET_INSTANCES']);
  const hasChecks = Array.isArray(newer['healthChecks']);
  const alive = (newer['tasks'] as readonly Json[]).filter(
    (task) => task['state'] === 'TASK_RUNNING' && resultsOf(task).length > 0 && resultsOf(task).every(({ alive: is }) => is === true),
  );
  const healthy = hasChecks ? alive.length : Number(newer['instances']);
  const old = (older['tasks'] as readonly Json[]).map(({ id }) => String(id)).sort();
  return new Set(old.slice(0, Math.min(old.length, healthy, Math.max(0, healthy + Number(older['instances']) - target))));
}

function startedAt(app: Json): string {
  return labelsOf(app)['HAPROXY_DEPLOYMENT_STARTED_AT'] ?? '';
}

function scaledAt(app: Json): string {
  return String((app['versionInfo'] as Json)['lastScalingAt']);
}

interface Writing {
  readonly rows: ReadonlyMap<string, Row>;
  readonly form: BalancerForm;
  readonly group: string;
  readonly sessions: (task: string) => number;
}

const COLUMNS = ['# pxname', 'svname', 'qcur', 'qmax', 'scur', 'smax', 'slim', 'stot', 'status', 'weight', 'hrsp_5xx', 'rtime', 'mode'];

/** The statistics as marathon-lb 1.15 has them: a backend for each service port, and its own names for servers. */
function csvOf({ rows, form, group, sessions }: Writing): string {
  const columns = form.columns ?? COLUMNS;
  const { up, drains } = form.words ?? { up: 'UP', drains: 'MAINT' };
  const name = group.replace(/^\//, '').replaceAll('/', '_');
  const line = (fields: Readonly<Record<string, string>>): string =>
    columns.map((column) => fields[column.replace(/^# /, '')] ?? '').join(',');
  const lines = [...rows].flatMap(([id, row]) => {
    const status = row.up ? up : row.drains ? drains : 'DOWN 1/2';
    const [names, scur] = [oldNames(row.task), String(sessions(id))];
    return names.map((svname, i) =>
      line({ pxname: `${name}_${10_000 + i}`, svname, status, scur: i === 0 ? scur : '0', qcur: '0', mode: 'http' }),
    );
  });
  return [columns.join(','), line({ pxname: `${name}_10000`, svname: 'BACKEND', status: 'UP' }), ...lines, ''].join('\n');
}

/** A name for each port: host, the address where it is another, and the port. */
function oldNames(task: Json): readonly string[] {
  const host = String(task['host']);
  const [own] = (task['ipAddresses'] as readonly Json[]).map(({ ipAddress }) => String(ipAddress));
  const ports = task['ports'] as readonly number[];
  const onHost = own === HOST_ADDRESS;
  const where = (onHost ? ports : [80, 81]).map((port) => `${host}_${own ?? ''}_${port}`);
  return where.map((text) => text.replaceAll(/[^a-zA-Z0-9-]/g, '_'));
}
