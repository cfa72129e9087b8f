import type { AppId, TaskId } from './names.ts';
import type { Problem } from './problem.ts';

/** What Marathon said, decoded. An app that did not change is the same object as in the snapshot before. */
export interface Snapshot {
  /** In order of id. */
  readonly apps: readonly App[];
  /** Apps that could not be decoded. */
  readonly problems: readonly Problem[];
}

/** An app in two halves: what its authors wrote, and what its tasks do. A task that comes or goes leaves `definition` the same object. */
export interface App {
  readonly id: AppId;
  readonly definition: Definition;
  /** How many tasks Marathon is to keep running. */
  readonly instances: number;
  /** Marathon's `version`, ISO 8601 in UTC: of the last change, a scaling included. */
  readonly version: string | undefined;
  /** Marathon's `versionInfo.lastScalingAt`, ISO 8601 in UTC. */
  readonly scaledAt: string | undefined;
  /** While a deployment runs on it. */
  readonly deploying?: true;
  /** In order of id. */
  readonly tasks: readonly Task[];
}

/** The part of an app definition that a load balancer reads. */
export interface Definition {
  readonly id: AppId;
  /** The app that Marathon has, where `id` is the name of a deployment group. */
  readonly author?: AppId;
  readonly labels: Readonly<Record<string, string>>;
  readonly network: Network;
  /** By port index. */
  readonly ports: readonly Port[];
  readonly checks: readonly HealthCheck[];
  /** Whether new tasks have to say that they are ready while a deployment runs. */
  readonly readiness: boolean;
  /** Marathon's `versionInfo.lastConfigChangeAt`, ISO 8601 in UTC; none before an app's second version in old Marathons. */
  readonly changedAt: string | undefined;
}

/** `host`: the agent's address; `bridge`: the agent's address and mapped ports; `container`: an address of its own (Calico). */
export type Network = 'host' | 'bridge' | 'container';

/** One element of `portMappings` or `portDefinitions`; `index` n in HAPROXY_n_ labels. */
export interface Port {
  /** Inside the container; none in host mode. */
  readonly container: number | undefined;
  /** What clients of the load balancer use; none where Marathon gave none (IP per task before 1.5). */
  readonly service: number | undefined;
  /** Whether a task has a port of its agent for it. */
  readonly onHost: boolean;
  /** False when the port speaks UDP only. */
  readonly tcp: boolean;
  /** When it speaks UDP, beside TCP or alone. */
  readonly udp?: true;
  /** As its authors call it; DNS has a service of that name. */
  readonly name?: string;
}

/** A health check of an app's, as Marathon has it. */
export interface HealthCheck {
  /** Open, as Marathon adds kinds: 'HTTP', 'MESOS_TCP', 'COMMAND' … */
  readonly protocol: string;
  readonly path: string;
  readonly at: { readonly index: number } | { readonly port: number } | undefined;
  readonly gracePeriodSeconds: number;
  readonly intervalSeconds: number;
  readonly timeoutSeconds: number;
  readonly maxConsecutiveFailures: number;
}

/** One task of an app. */
export interface Task {
  readonly id: TaskId;
  /** The agent, as Marathon advertises it: an address or a DNS name; empty when it has none yet. */
  readonly host: string;
  /** The agent's address: `host` where that is one, else what its name resolved to; none while it does not resolve. */
  readonly hostAddress: string | undefined;
  /** Open, as Mesos adds states; empty before Marathon 1.1. */
  readonly state: string;
  /** Of the container, without the network's name; IPv4 and IPv6. */
  readonly addresses: readonly string[];
  /** By port index, not as Marathon packs them. */
  readonly hostPorts: readonly (number | undefined)[];
  readonly health: Health;
  readonly readiness: Readiness;
  /** Mesos's id of its agent, '7b2d…-S1'; where Marathon says it. */
  readonly agent?: string;
  /** The app's, when the task was started; none in some states. */
  readonly version: string | undefined;
  /** When it began to run, in ms since 1970; only where results of health checks are to be expected. */
  readonly startedAt?: number;
  /** Its health is unknown, and has been for longer than Marathon would have let it live if it failed: nobody says, so it serves. */
  readonly overdue?: true;
  /** The definition whose ports and checks it has, where that is not its app's: of an older version, or of the other app of a deployment group. */
  readonly of?: Definition;
  /** Of the older app of a deployment group, and replaced by one of the newer: no new clients. */
  readonly draining?: true;
}

/**
 * `failing`: it was alive, and then a check failed, less often than the app's `maxConsecutiveFailures`. `unknown`: no check has had a result yet,
 * or a new Marathon leader has forgotten it.
 */
export type Health = 'alive' | 'failing' | 'dead' | 'unknown';

/**
 * Of the readiness checks of a running deployment; `ready` where there is none. `unknown`: the deployment started the task, and no result is
 * there yet, or not any more.
 */
export type Readiness = 'ready' | 'not-ready' | 'unknown';
