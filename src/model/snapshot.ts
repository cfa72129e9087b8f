import type { AppId, TaskId } from './names.ts';
import type { Problem } from './problem.ts';

/** What Marathon said, decoded. An app that did not change is the same object as in the previous snapshot. */
export interface Snapshot {
  /** In order of id. */
  readonly apps: readonly App[];
  /** A Problem for each app that could not be decoded. */
  readonly problems: readonly Problem[];
}

/** An app: what its authors wrote (`definition`), and its tasks. When a task comes or goes, `definition` stays the same object. */
export interface App {
  readonly id: AppId;
  readonly definition: Definition;
  /** How many tasks Marathon should keep running. */
  readonly instances: number;
  /** Marathon's `version`, ISO 8601 in UTC: the time of the last change, which may be a scaling. */
  readonly version: string | undefined;
  /** Marathon's `versionInfo.lastScalingAt`, ISO 8601 in UTC. */
  readonly scaledAt: string | undefined;
  /** Set while a deployment of the app runs. */
  readonly deploying?: true;
  /** In order of id. */
  readonly tasks: readonly Task[];
}

/** The part of an app definition that a load balancer reads. */
export interface Definition {
  readonly id: AppId;
  /** The app in Marathon, when `id` is the name of a deployment group. */
  readonly author?: AppId;
  /** Set when the app is a pod: its ports are the endpoints of its containers, and each container of an instance is a task. */
  readonly pod?: true;
  readonly labels: Readonly<Record<string, string>>;
  readonly network: Network;
  /** In order of port index. */
  readonly ports: readonly Port[];
  readonly checks: readonly HealthCheck[];
  /** Whether the app has readiness checks, which new tasks must pass during a deployment. */
  readonly readiness: boolean;
  /** Marathon's `versionInfo.lastConfigChangeAt`, ISO 8601 in UTC; undefined for the first version of an app in old Marathons. */
  readonly changedAt: string | undefined;
  /** Of a pod: the labels that have a different name where they are written, by their name in `labels`. */
  readonly writtenAs?: Readonly<Record<string, WrittenLabel>>;
  /** What is wrong with the way the labels of a pod are spread over the pod, its containers and its endpoints. */
  readonly problems?: readonly Problem[];
}

/** A label as it is written in a definition, and where, in words: "endpoint 'http'". */
export interface WrittenLabel {
  readonly name: string;
  readonly where: string;
}

/** `host`: tasks use the agent's address. `bridge`: the agent's address and mapped ports. `container`: an address of their own (Calico). */
export type Network = 'host' | 'bridge' | 'container';

/** One element of `portMappings` or `portDefinitions`. Its index in the list is n in HAPROXY_n_ labels. */
export interface Port {
  /** The port inside the container; undefined in host mode. */
  readonly container: number | undefined;
  /** The port that clients of the load balancer use; undefined when Marathon gave none (IP per task before 1.5). */
  readonly service: number | undefined;
  /** Whether a task gets a port of its agent for it. */
  readonly onHost: boolean;
  /** False when the port speaks UDP only. */
  readonly tcp: boolean;
  /** Set when the port speaks UDP, with or without TCP. */
  readonly udp?: true;
  /** Its name in the app definition; DNS answers for a service with that name. */
  readonly name?: string;
  /** The container of a pod that has this endpoint; only tasks of that container serve it. */
  readonly containerName?: string;
  /** The network in which the container of a pod answers at its own address. */
  readonly networkName?: string;
}

/** A health check of an app, as Marathon defines it. */
export interface HealthCheck {
  /** 'HTTP', 'MESOS_TCP', 'COMMAND' …; any string, because Marathon adds kinds. */
  readonly protocol: string;
  readonly path: string;
  readonly at: { readonly index: number } | { readonly port: number } | undefined;
  readonly gracePeriodSeconds: number;
  readonly intervalSeconds: number;
  readonly timeoutSeconds: number;
  readonly maxConsecutiveFailures: number;
}

/** The addresses of a container in one network, IPv4 first. */
export interface NetworkAddresses {
  readonly name?: string;
  readonly addresses: readonly string[];
}

/** One task of an app; one container of an instance, where the app is a pod. */
export interface Task {
  readonly id: TaskId;
  /** The name of the container, where the app is a pod. */
  readonly containerName?: string;
  /** The agent's host as Marathon gives it, an address or a DNS name; empty when the task has no agent yet. */
  readonly host: string;
  /** The agent's address: `host` if that is an address, else the address its name resolved to; undefined while the name does not resolve. */
  readonly hostAddress: string | undefined;
  /** 'TASK_RUNNING' …; any string, because Mesos adds states. Empty before Marathon 1.1. */
  readonly state: string;
  /** The container's addresses, IPv4 and IPv6, without the network's name. */
  readonly addresses: readonly string[];
  /** The same addresses by network, where the app is a pod. */
  readonly networks?: readonly NetworkAddresses[];
  /** The agent's ports by port index. Marathon leaves out missing ports, which are undefined here. */
  readonly hostPorts: readonly (number | undefined)[];
  readonly health: Health;
  /** When a check that fails now has passed for the last time, ISO 8601 in UTC; none where none fails, or where it never passed. */
  readonly passedUntil?: string;
  readonly readiness: Readiness;
  /** Mesos's id of the agent, '7b2d…-S1', if Marathon gives it. */
  readonly agent?: string;
  /** The app's version when the task was started; undefined in some states. */
  readonly version: string | undefined;
  /** When it began to run, in ms since 1970. Set only when its health checks are expected to give results. */
  readonly startedAt?: number;
  /** Its health has been unknown for so long that Marathon would have killed it if its checks failed, so it is served. */
  readonly overdue?: true;
  /** The definition whose ports and checks it has, when that is an older version of its app or the other app of its deployment group. */
  readonly of?: Definition;
  /** It belongs to the older app of a deployment group and a task of the newer app replaces it, so it gets no new clients. */
  readonly draining?: true;
}

/**
 * `failing`: the task was alive, and a check has failed since then, but fewer times in a row than the app's `maxConsecutiveFailures`. `unknown`: no
 * check has had a result yet, or a new Marathon leader has lost the results.
 */
export type Health = 'alive' | 'failing' | 'dead' | 'unknown';

/**
 * The result of the readiness checks during a deployment; `ready` when there are no such checks. `unknown`: the deployment started the task, and
 * Marathon has no result yet, or no result any more.
 */
export type Readiness = 'ready' | 'not-ready' | 'unknown';
