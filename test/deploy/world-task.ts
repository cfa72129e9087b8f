type Json = Readonly<Record<string, unknown>>;

/** The address of every agent. */
export const HOST_ADDRESS = '10.0.0.9';

/** A task of an app in the world. */
export interface WorldTask {
  readonly id: string;
  readonly app: string;
  readonly host: string;
  /** Addresses of its own; empty in host and bridge mode. */
  readonly addresses: readonly string[];
  readonly ports: readonly number[];
  /** When it runs, and when its health check passes, by the world's clock. */
  readonly runsAt: number;
  readonly healthyAt: number;
  killedAt?: number;
}

interface Made extends Pick<WorldTask, 'app' | 'runsAt' | 'healthyAt'> {
  readonly json: Json;
  /** Counts all tasks of the world. */
  readonly number: number;
}

/** A task, with addresses and ports as its app's network has them. */
export function makeTask({ app, json, number, runsAt, healthyAt }: Made): WorldTask {
  const id = `${app.slice(1).replaceAll('/', '_')}.${String(number).padStart(3, '0')}`;
  const mappings = listOf(json, 'container', 'portMappings');
  const isOwn = mappings.length > 0;
  const wanted = isOwn ? mappings.filter((one) => one['hostPort'] !== undefined).length : listOf(json, 'portDefinitions').length;
  return {
    id,
    app,
    host: `agent-${(number % 3) + 1}.acme.org`,
    addresses: isOwn ? [`10.1.0.${number}`] : [],
    ports: Array.from({ length: wanted }, (_, i) => 31_000 + number * 10 + i),
    runsAt,
    healthyAt,
  };
}

function listOf(json: Json, ...path: readonly string[]): readonly Json[] {
  const found = path.reduce<unknown>((at, key) => (at as Json | undefined)?.[key], json);
  return Array.isArray(found) ? (found as readonly Json[]) : [];
}

/** The task as Marathon writes it. */
export function taskJson(task: WorldTask, { checks, now }: { readonly checks: number; readonly now: number }): Json {
  const isRunning = now >= task.runsAt;
  const state = task.killedAt !== undefined ? 'TASK_KILLING' : isRunning ? 'TASK_RUNNING' : 'TASK_STAGING';
  const addresses = task.addresses.length > 0 ? task.addresses : [HOST_ADDRESS];
  return {
    id: task.id,
    appId: task.app,
    host: task.host,
    ports: task.ports,
    state,
    ipAddresses: isRunning ? addresses.map((ipAddress) => ({ ipAddress, protocol: 'IPv4' })) : [],
    healthCheckResults: isRunning ? Array.from({ length: checks }, () => ({ alive: now >= task.healthyAt, taskId: task.id })) : [],
    version: '2026-01-01T00:00:00.000Z',
  };
}
