import { randomUUID } from 'node:crypto';
import { isIPv6 } from 'node:net';
import type { JsonObject } from './marathon-app.ts';
import type { Dialect } from './marathon-dialect.ts';

/** A task as a story or a test writes it. */
export interface TaskForm {
  /** The agent's address or DNS name. */
  readonly host: string;
  /** The container's addresses; empty before Mesos has reported them. */
  readonly addresses: readonly string[];
  /** The task's host ports, as Marathon packs them: mappings without a host port are skipped. Chosen when left out. */
  readonly ports?: readonly number[];
  /** 'TASK_RUNNING' when left out. */
  readonly state?: string;
  /** The result of its health checks; no result yet when left out. */
  readonly health?: boolean;
}

/** A task that this Marathon holds. */
export interface HeldTask {
  readonly id: string;
  readonly instanceId: string;
  readonly appId: string;
  readonly host: string;
  readonly agentId: string;
  readonly addresses: readonly string[];
  readonly ports: readonly number[];
  readonly state: string;
  /** The results of all its health checks so far. */
  readonly health: HeldHealth | undefined;
  /** The result of its readiness checks; undefined while nobody has asked. */
  readonly ready: boolean | undefined;
  /** The version of the app definition that it was started with. */
  readonly version: string;
  readonly stagedAt: string;
  readonly startedAt: string | undefined;
}

/** The health of a task. Times are kept as Marathon keeps them: a success does not erase the last failure. */
export interface HeldHealth {
  readonly alive: boolean;
  readonly consecutiveFailures: number;
  readonly firstSuccess: string | undefined;
  readonly lastSuccess: string | undefined;
  readonly lastFailure: string | undefined;
}

/** New ids for a task and its instance, in the form of the release. */
export function makeTaskIds(appId: string, dialect: Dialect): { readonly id: string; readonly instanceId: string } {
  const path = appId.replace(/^\//, '').replaceAll('/', '_');
  const uuid = randomUUID();
  if (dialect.instanceTaskIds) return { id: `${path}.instance-${uuid}._app.1`, instanceId: `${path}.instance-${uuid}` };
  return { id: `${path}.${uuid}`, instanceId: `${path}.marathon-${uuid}` };
}

/** Whether a task in this state has ended. Such a task leaves the list, from 1.8 on only after a while. */
export function isOver(state: string): boolean {
  return /^TASK_(FINISHED|FAILED|KILLED|ERROR|LOST|DROPPED|GONE|GONE_BY_OPERATOR|UNKNOWN)$/.test(state);
}

interface TaskJson {
  readonly task: HeldTask;
  /** How many health checks the task has; each gives one result. */
  readonly checks: number;
  readonly dialect: Dialect;
}

/** A task as JSON in an app, where `servicePorts` are always empty. A task that has ended has no ports, version and times. */
export function makeTaskJson({ task, checks, dialect }: TaskJson): JsonObject {
  const over = isOver(task.state);
  return {
    id: task.id,
    appId: task.appId,
    host: task.host,
    slaveId: task.agentId,
    state: task.state,
    stagedAt: over ? undefined : task.stagedAt,
    startedAt: over ? undefined : (task.startedAt ?? dialect.unsetInTasks),
    version: over ? undefined : task.version,
    ports: over ? unlessEmpty([], dialect) : task.ports,
    ipAddresses: unlessEmpty(ipAddresses(task), dialect),
    healthCheckResults: unlessEmpty(healthResults({ task, checks, dialect }), dialect),
    ...(dialect.emptyLists ? { servicePorts: [], localVolumes: [] } : {}),
    role: dialect.role,
  };
}

/** `ipAddresses` as in tasks and status events, which do not name the network of an address. */
export function ipAddresses(task: HeldTask): readonly JsonObject[] {
  return task.addresses.map((ipAddress) => ({ ipAddress, protocol: isIPv6(ipAddress) ? 'IPv6' : 'IPv4' }));
}

/** How health results and events name their task: by its own id up to 1.3, by its instance's id from 1.4 on. */
export function healthId(task: HeldTask, dialect: Dialect): JsonObject {
  return dialect.instances ? { instanceId: task.instanceId } : { taskId: task.id };
}

function unlessEmpty(list: readonly JsonObject[], dialect: Dialect): readonly JsonObject[] | undefined {
  return list.length > 0 || dialect.emptyLists ? list : undefined;
}

function healthResults({ task, checks, dialect }: TaskJson): readonly JsonObject[] {
  if (task.health === undefined) return [];
  const { alive, consecutiveFailures, firstSuccess, lastSuccess, lastFailure } = task.health;
  const unset = dialect.unsetInTasks;
  const result = {
    ...healthId(task, dialect),
    alive,
    consecutiveFailures,
    firstSuccess: firstSuccess ?? unset,
    lastSuccess: lastSuccess ?? unset,
    lastFailure: lastFailure ?? unset,
    lastFailureCause: lastFailure === undefined ? unset : 'ConnectionAttemptFailedException: Connection attempt failed',
  };
  return Array.from({ length: checks }, () => result);
}
