import { isIP, isIPv4 } from 'node:net';
import { byText } from '../lib/lists.ts';
import type { AppId, TaskId } from '../model/names.ts';
import type { App, Definition, Health, HealthCheck, Network, NetworkAddresses, Port, Task } from '../model/snapshot.ts';
import { isTerminal } from '../model/task-states.ts';
import { mergePodLabels } from './pod-labels.ts';
import type { WireContainerStatus, WireInstance, WirePod, WirePodCheck, WirePodStatus } from './wire-pod.ts';

/**
 * Makes an app of a pod: its ports are the endpoints of all containers, in the order of the definition, and each container of each instance is a
 * task with the ports of that container. Without a status, the app has no tasks.
 */
export function makePodApp(pod: WirePod, status?: WirePodStatus): App {
  const definition = makePodDefinition(pod);
  const tasks = (status?.instances ?? []).flatMap((instance) => makeTasks(instance, pod, definition));
  return {
    id: definition.id,
    definition,
    instances: pod.scaling?.instances ?? 1,
    version: pod.version ?? undefined,
    scaledAt: undefined,
    ...(status?.status === 'TERMINAL' && { deploying: true }),
    tasks: tasks.sort((a, b) => byText(a.id, b.id)),
  };
}

function makePodDefinition(pod: WirePod): Definition {
  const network = readNetwork(pod);
  const { labels, writtenAs, problems } = mergePodLabels(pod);
  const ports = pod.containers.flatMap(({ name, endpoints }) =>
    (endpoints ?? []).map((endpoint): Port => makePort({ endpoint, containerName: name, network, pod })),
  );
  return {
    id: pod.id as AppId,
    pod: true,
    labels,
    network,
    ports,
    checks: pod.containers.flatMap(({ healthCheck }) => (healthCheck == null ? [] : makeCheck(healthCheck, ports))),
    readiness: false,
    changedAt: pod.version ?? undefined,
    ...(Object.keys(writtenAs).length > 0 && { writtenAs }),
    ...(problems.length > 0 && { problems }),
  };
}

/** Marathon never mixes modes. A pod without `networks` uses the agent's. */
function readNetwork({ networks }: WirePod): Network {
  const mode = networks?.at(-1)?.mode ?? 'host';
  return mode === 'host' ? 'host' : mode === 'container/bridge' ? 'bridge' : 'container';
}

interface EndpointParts {
  readonly endpoint: NonNullable<WirePod['containers'][number]['endpoints']>[number];
  readonly containerName: string;
  readonly network: Network;
  readonly pod: WirePod;
}

/** Protocols are free names: all but a pure `udp` are taken as TCP. */
function makePort({ endpoint, containerName, network, pod }: EndpointParts): Port {
  const protocols = (endpoint.protocol ?? []).map((one) => one.toLowerCase());
  const udp = protocols.includes('udp');
  const networkName = network === 'container' ? (endpoint.networkNames?.[0] ?? pod.networks?.[0]?.name ?? undefined) : undefined;
  return {
    container: network === 'host' ? undefined : (endpoint.containerPort ?? undefined),
    service: undefined,
    onHost: network === 'host' || endpoint.hostPort != null,
    tcp: protocols.length === 0 || protocols.some((one) => one !== 'udp'),
    ...(udp && { udp }),
    name: endpoint.name,
    containerName,
    ...(networkName !== undefined && { networkName }),
  };
}

/** Mesos makes the checks of pods, so they have the names of Mesos's checks. Defaults are Marathon's. */
function makeCheck({ http, tcp, ...times }: WirePodCheck, ports: readonly Port[]): HealthCheck {
  const index = ports.findIndex(({ name }) => name === (http ?? tcp)?.endpoint);
  const isTls = http?.scheme?.toUpperCase() === 'HTTPS';
  return {
    protocol: http != null ? (isTls ? 'MESOS_HTTPS' : 'MESOS_HTTP') : tcp != null ? 'MESOS_TCP' : 'COMMAND',
    path: http?.path ?? '/',
    at: index < 0 ? undefined : { index },
    gracePeriodSeconds: times.gracePeriodSeconds ?? 300,
    intervalSeconds: times.intervalSeconds ?? 60,
    timeoutSeconds: times.timeoutSeconds ?? 20,
    maxConsecutiveFailures: times.maxConsecutiveFailures ?? 3,
  };
}

function makeTasks(instance: WireInstance, pod: WirePod, { ports, checks }: Definition): readonly Task[] {
  const host = instance.agentHostname ?? '';
  const networks = (instance.networks ?? []).map(readAddresses);
  const version = readVersion(instance.specReference);
  const checked = new Set(pod.containers.flatMap(({ name, healthCheck }) => (healthCheck == null ? [] : name)));
  return (instance.containers ?? []).map((container): Task => {
    const startedAt = checked.has(container.name) && container.status === 'TASK_RUNNING' ? Date.parse(container.statusSince ?? '') : NaN;
    return {
      id: (container.containerId ?? `${instance.id}.${container.name}`) as TaskId,
      containerName: container.name,
      host,
      hostAddress: isIP(host) > 0 ? host : undefined,
      state: stateOf(instance, container),
      addresses: [...new Set(networks.flatMap(({ addresses }) => addresses))],
      networks,
      hostPorts: ports.map(({ name }) => container.endpoints?.find((one) => one.name === name)?.allocatedHostPort ?? undefined),
      health: checks.length === 0 ? 'unknown' : readHealth(container, checked.has(container.name)),
      readiness: 'ready',
      ...(instance.agentId != null && instance.agentId !== '' && { agent: instance.agentId }),
      version,
      ...(!Number.isNaN(startedAt) && { startedAt }),
    };
  });
}

/** The container's addresses in one network, IPv4 first. */
function readAddresses({ name, addresses }: NonNullable<WireInstance['networks']>[number]): NetworkAddresses {
  const known = (addresses ?? []).filter((address) => isIP(address) > 0);
  return { ...(name != null && { name }), addresses: [...known.filter(isIPv4), ...known.filter((address) => !isIPv4(address))] };
}

/** A container of an instance that Marathon takes down is being killed, also where Mesos has not said so yet. */
function stateOf(instance: WireInstance, { status }: WireContainerStatus): string {
  const state = status ?? 'TASK_STAGING';
  return instance.status === 'TERMINAL' && !isTerminal(state) ? 'TASK_KILLING' : state;
}

/**
 * The result of the container's own check; another container's check says nothing about it. A container without a check counts as alive. A check
 * without a result yet looks like a failed one, and only its reason tells the two apart.
 */
function readHealth({ conditions, endpoints }: WireContainerStatus, isChecked: boolean): Health {
  if (!isChecked) return 'alive';
  const condition = conditions?.find(({ name }) => name === 'healthy');
  if (condition?.value === 'true') return 'alive';
  if (condition?.reason === 'health-unreported-by-mesos') return 'unknown';
  if (condition?.value === 'false') return 'dead';
  const results = (endpoints ?? []).flatMap(({ healthy }) => healthy ?? []);
  return results.length === 0 ? 'unknown' : results.every(Boolean) ? 'alive' : 'dead';
}

/**
 * The version at the end of `/v2/pods/shop/web::versions/2021-03-01T10:00:00Z`, with the milliseconds that Marathon leaves out there when they are 0.
 */
function readVersion(reference: string | null | undefined): string | undefined {
  const at = reference?.lastIndexOf('::versions/') ?? -1;
  if (at < 0) return undefined;
  const time = new Date((reference ?? '').slice(at + '::versions/'.length));
  return Number.isNaN(time.getTime()) ? undefined : time.toISOString();
}
