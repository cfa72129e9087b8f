import { isIP } from 'node:net';
import { byText } from '../lib/lists.ts';
import type { AppId, TaskId } from '../model/names.ts';
import type { Problem } from '../model/problem.ts';
import type { App, Definition, HealthCheck, Network, Port, Task } from '../model/snapshot.ts';
import { expectedResults, readHealth, readPassedUntil, type HealthRule } from './health.ts';
import { readReadiness } from './readiness.ts';
import { makePodApp } from './decode-pod.ts';
import { wirePod, wirePodStatus } from './wire-pod.ts';
import { LONGEST_ID, wireApp, type WireApp, type WireHealthCheck, type WireTask } from './wire.ts';

/** A decoded app, or the Problem with its JSON. */
export type DecodedApp = { readonly app: App } | { readonly problem: Problem };

/**
 * Decodes one app of `/v2/apps?embed=apps.tasks`, from any Marathon since 0.11, or one pod, which becomes an app. JSON of a different shape becomes a Problem that says where it
 * differs; the app owns the Problem when its id could be read. Throws a SyntaxError when the text is not JSON: then the whole answer is in doubt.
 */
export function decodeApp(json: string, rule: HealthRule = 'all'): DecodedApp {
  const value: unknown = JSON.parse(json);
  if (looksLikePod(value)) return makePod(value);
  const result = wireApp.safeParse(value);
  return result.success ? { app: makeApp(result.data, rule) } : { problem: notReadable(value, 'app', result.error.issues) };
}

/**
 * Decodes one pod of `/v2/pods/::status` into an app, or a pod's definition into an app without tasks. As `decodeApp`, it makes a Problem of JSON of a
 * different shape, and throws a SyntaxError when the text is not JSON.
 */
export function decodePod(json: string): DecodedApp {
  return makePod(JSON.parse(json));
}

/** Whether this is a pod's status or definition: no app has a `spec` or `containers`. */
function looksLikePod(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { spec, containers } = value as Readonly<Record<string, unknown>>;
  return spec !== undefined || Array.isArray(containers);
}

function makePod(value: unknown): DecodedApp {
  const isDefinition = Array.isArray((value as { readonly containers?: unknown } | null)?.containers);
  if (isDefinition) {
    const { data, error } = wirePod.safeParse(value);
    return data === undefined ? { problem: notReadable(value, 'pod', error.issues) } : { app: makePodApp(data) };
  }
  const { data, error } = wirePodStatus.safeParse(value);
  return data === undefined ? { problem: notReadable(value, 'pod', error.issues) } : { app: makePodApp(data.spec, data) };
}

type Issues = readonly { readonly path: readonly PropertyKey[]; readonly message: string }[];

function notReadable(value: unknown, kind: 'app' | 'pod', [issue]: Issues): Problem {
  const where = issue === undefined || issue.path.length === 0 ? `the ${kind}` : issue.path.join('.');
  const what = `${where}: ${issue?.message ?? 'not what Marathon sends'}`;
  const named = value as { readonly id?: unknown; readonly spec?: { readonly id?: unknown } | null } | null;
  const found = named?.id ?? named?.spec?.id;
  const id = typeof found === 'string' && found.length <= LONGEST_ID && /^\/\P{C}*$/u.test(found) ? found : undefined;
  return {
    code: 'app-not-readable',
    owner: id === undefined ? { by: 'operator' } : { by: 'app', app: id as AppId },
    message: `the definition of ${id ?? (kind === 'pod' ? 'a pod' : 'an app')} can't be read, ${what}`,
    hint: `the ${kind} stays as it was last read, if it ever was; look at what Marathon answers for it under ${kind === 'pod' ? '/v2/pods/::status' : '/v2/apps'}`,
  };
}

function makeApp(wire: WireApp, rule: HealthRule): App {
  const network = readNetwork(wire);
  const mappings = wire.container?.portMappings ?? wire.container?.docker?.portMappings ?? [];
  const checks = (wire.healthChecks ?? []).map(makeCheck);
  const id = wire.id as AppId;
  const changedAt = wire.versionInfo?.lastConfigChangeAt ?? undefined;
  const definition: Definition = {
    id,
    labels: readLabels(wire),
    network,
    ports: readPorts({ wire, mappings, network }),
    checks,
    readiness: (wire.readinessChecks ?? []).length > 0,
    changedAt,
  };
  const tasks = (wire.tasks ?? []).map((task) => makeTask({ task, wire, definition, rule })).sort((a, b) => byText(a.id, b.id));
  const scaledAt = wire.versionInfo?.lastScalingAt ?? undefined;
  const deploying = (wire.deployments ?? []).length > 0;
  return {
    id,
    definition,
    instances: wire.instances ?? 1,
    version: wire.version ?? undefined,
    scaledAt,
    ...(deploying && { deploying }),
    tasks,
  };
}

function readLabels(wire: WireApp): Readonly<Record<string, string>> {
  const entries = Object.entries(wire.labels ?? {});
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] != null));
}

/**
 * Reads the network mode, as Marathon writes it: `networks` since 1.5; `docker.network` and `ipAddress` before. The addresses of a task prove
 * nothing, because bridge tasks have one too.
 */
function readNetwork(wire: WireApp): Network {
  const last = wire.networks?.at(-1);
  if (last !== undefined) return last.mode === 'host' ? 'host' : last.mode === 'container/bridge' ? 'bridge' : 'container';
  const docker = wire.container?.docker?.network;
  if (docker === 'USER') return 'container';
  if (docker === 'BRIDGE') return 'bridge';
  return wire.ipAddress == null ? 'host' : 'container';
}

type Mapping = NonNullable<NonNullable<WireApp['container']>['portMappings']>[number];

interface PortParts {
  readonly wire: WireApp;
  readonly mappings: readonly Mapping[];
  readonly network: Network;
}

/**
 * The ports of an app: its port mappings if there are any; else the ports of host mode or, before 1.5, the discovery ports of an app with its own
 * address.
 */
function readPorts({ wire, mappings, network }: PortParts): readonly Port[] {
  const listed = wire.ports ?? [];
  if (mappings.length > 0) {
    return mappings.map((mapping, i) => ({
      container: mapping.containerPort ?? undefined,
      service: servicePort(mapping.servicePort ?? listed[i]),
      onHost: network !== 'container' || mapping.hostPort != null,
      ...spoken(mapping),
    }));
  }
  const discovered = wire.ipAddress?.discovery?.ports ?? [];
  const defined = wire.portDefinitions ?? [];
  const length = Math.max(discovered.length, defined.length, listed.length);
  return Array.from({ length }, (_, i) => ({
    container: discovered[i]?.number ?? undefined,
    service: servicePort(defined[i]?.port ?? listed[i]),
    onHost: true,
    ...spoken({ protocol: discovered[i]?.protocol ?? defined[i]?.protocol, name: discovered[i]?.name ?? defined[i]?.name }),
  }));
}

/** The service port; undefined for 0, which stands for a port that Marathon has not chosen yet. */
function servicePort(port: number | undefined): number | undefined {
  return port === 0 ? undefined : port;
}

/** Reads protocol and name. The protocol is 'tcp', 'udp' or 'udp,tcp'; tcp when absent. */
function spoken({ protocol, name }: Pick<Mapping, 'protocol' | 'name'>): Pick<Port, 'tcp' | 'udp' | 'name'> {
  const protocols = (protocol ?? 'tcp').split(',');
  const udp = protocols.includes('udp');
  return { tcp: protocols.includes('tcp'), ...(udp && { udp }), ...(name != null && name !== '' && { name }) };
}

/** Reads a health check; defaults are Marathon's. `port` wins over `portIndex`; COMMAND checks have neither. */
function makeCheck(wire: WireHealthCheck): HealthCheck {
  const index = typeof wire.portIndex === 'number' ? { index: wire.portIndex } : undefined;
  return {
    protocol: wire.protocol ?? 'HTTP',
    path: wire.path ?? '/',
    at: wire.port == null ? index : { port: wire.port },
    gracePeriodSeconds: wire.gracePeriodSeconds ?? 300,
    intervalSeconds: wire.intervalSeconds ?? 60,
    timeoutSeconds: wire.timeoutSeconds ?? 20,
    maxConsecutiveFailures: wire.maxConsecutiveFailures ?? 3,
  };
}

interface TaskParts {
  readonly task: WireTask;
  readonly wire: WireApp;
  readonly definition: Definition;
  readonly rule: HealthRule;
}

function makeTask({ task, wire, definition, rule }: TaskParts): Task {
  const { checks, changedAt, ports } = definition;
  const host = task.host ?? '';
  const version = task.version ?? undefined;
  const expected = expectedResults(checks, version, changedAt);
  const results = task.healthCheckResults ?? [];
  const health = readHealth({ results, expected, checks, rule });
  const passedUntil = health === 'dead' || health === 'failing' ? readPassedUntil(results) : undefined;
  const startedAt = expected === 0 ? NaN : Date.parse(task.startedAt ?? '');
  return {
    id: task.id as TaskId,
    host,
    hostAddress: isIP(host) > 0 ? host : undefined,
    state: task.state ?? '',
    addresses: readAddresses(task),
    hostPorts: unpackPorts(task.ports ?? [], ports),
    health,
    ...(passedUntil !== undefined && { passedUntil }),
    readiness: definition.readiness ? readReadiness(task, wire) : 'ready',
    ...(task.slaveId != null && task.slaveId !== '' && { agent: task.slaveId }),
    version,
    ...(!Number.isNaN(startedAt) && { startedAt }),
  };
}

function readAddresses({ ipAddresses }: WireTask): readonly string[] {
  const addresses: string[] = [];
  for (const { ipAddress } of ipAddresses ?? []) if (ipAddress != null && isIP(ipAddress) > 0) addresses.push(ipAddress);
  return addresses;
}

/**
 * The host ports of a task by port index. Marathon packs them: mappings without a host port are skipped (Marathon:
 * NetworkInfo.computePortAssignments).
 */
export function unpackPorts(packed: readonly number[], ports: readonly Port[]): readonly (number | undefined)[] {
  if (ports.every(({ onHost }) => onHost)) return packed;
  let next = 0;
  const known = ports.map(({ onHost }) => (onHost ? packed[next++] : undefined));
  return [...known, ...packed.slice(next)]; // left-over ports belong to a task from before the app's ports changed
}
