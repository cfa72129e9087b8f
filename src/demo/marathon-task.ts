import { randomUUID } from 'node:crypto';
import { isIPv6 } from 'node:net';
import type { Json } from './marathon-app.ts';
import type { Dialect } from './marathon-dialect.ts';

/** A task as a story or a test writes it. */
export interface TaskForm {
  /** The agent: an address or a DNS name. */
  readonly host: string;
  /** Of the container; empty before Mesos has reported them. */
  readonly addresses: readonly string[];
  /** The host ports it was given, as Marathon packs them: none for mappings without a host port. Chosen when left out. */
  readonly ports?: readonly number[];
  /** 'TASK_RUNNING' when left out. */
  readonly state?: string;
  /** What its health checks say; no result yet when left out. */
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
  /** What all its checks have said so far. */
  readonly health: HeldHealth | undefined;
  /** What its readiness checks say; none as long as nobody has asked. */
  readonly ready: boolean | undefined;
  /** Of the app definition it was started with. */
  readonly version: string;
  readonly stagedAt: string;
  readonly startedAt: string | undefined;
}

/** Of a task's checks; times as Marathon remembers them: a success does not wipe out the failure before. */
export interface HeldHealth {
  readonly alive: boolean;
  readonly consecutiveFailures: number;
  readonly firstSuccess: string | undefined;
  readonly lastSuccess: string | undefined;
  readonly lastFailure: string | undefined;
}

/** New ids for a task and its instance, in the scheme of the release. */
export function makeTaskIds(appId: string, dialect: Dialect): { readonly id: string; readonly instanceId: string } {
  const path = appId.replace(/^\//, '').replaceAll('/', '_');
  const uuid = randomUUID();
  if (dialect.instanceTaskIds) return { id: `${path}.instance-${uuid}._app.1`, instanceId: `${path}.instance-${uuid}` };
  return { id: `${path}.${uuid}`, instanceId: `${path}.marathon-${uuid}` };
}

/** Whether a task in this state is over; one that is over leaves the list, except for a while from 1.8 on. */
export function isOver(state: string): boolean {
  return /^TASK_(FINISHED|FAILED|KILLED|ERROR|LOST|DROPPED|GONE|GONE_BY_OPERATOR|UNKNOWN)$/.test(state);
}

interface TaskJson {
  readonly task: HeldTask;
  /** How many health checks it has: each gives one result. */
  readonly checks: number;
  readonly dialect: Dialect;
}

/** A task as it stands in an app, where `servicePorts` are never filled. One that is over has lost its ports, version and times. */
export function makeTaskJson({ task, checks, dialect }: TaskJson): Json {
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

/** `ipAddresses` as in tasks and in status events: without a word about the network that an address is of. */
export function ipAddresses(task: HeldTask): readonly Json[] {
  return task.addresses.map((ipAddress) => ({ ipAddress, protocol: isIPv6(ipAddress) ? 'IPv6' : 'IPv4' }));
}

/** How health results and events name their task: by its own id up to 1.3, by the instance's from 1.4. */
export function healthId(task: HeldTask, dialect: Dialect): Json {
  return dialect.instances ? { instanceId: task.instanceId } : { taskId: task.id };
}

function unlessEmpty(list: readonly Json[], dialect: Dialect): readonly Json[] | undefined {
  return list.length > 0 || dialect.emptyLists ? list : undefined;
}

function healthResults({ task, checks, dialect }: TaskJson): readonly Json[] {
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
