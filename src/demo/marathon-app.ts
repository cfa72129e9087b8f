import type { Network } from '../model/snapshot.ts';
import type { Dialect } from './marathon-dialect.ts';

/** An app as a story or a test writes it; whatever it leaves out gets Marathon's defaults. */
export interface AppForm {
  /** '/shop/cart' */
  readonly id: string;
  readonly instances: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly network: Network;
  /** The name of the container network; 'calico' when left out. */
  readonly networkName?: string;
  readonly ports?: readonly PortForm[];
  readonly healthChecks?: readonly HealthCheckForm[];
  readonly readinessChecks?: readonly ReadinessCheckForm[];
}

/** One element of `portMappings`, or of `portDefinitions` in host mode. */
export interface PortForm {
  /** The port inside the container; 0 when left out; not used in host mode. */
  readonly containerPort?: number;
  readonly servicePort: number;
  /** 0: the agent chooses, as always in host mode. When left out: no host port in container mode, 0 in bridge mode. */
  readonly hostPort?: number;
  /** 'tcp' when left out. */
  readonly protocol?: 'tcp' | 'udp' | 'udp,tcp';
  readonly name?: string;
}

/** A health check as in an app definition. Times are in seconds, by default 300, 60 and 20; three failures are allowed by default. */
export interface HealthCheckForm {
  readonly protocol: 'HTTP' | 'HTTPS' | 'TCP' | 'COMMAND' | 'MESOS_HTTP' | 'MESOS_HTTPS' | 'MESOS_TCP';
  readonly path?: string;
  readonly portIndex?: number;
  readonly port?: number;
  readonly command?: { readonly value: string };
  readonly gracePeriodSeconds?: number;
  readonly intervalSeconds?: number;
  readonly timeoutSeconds?: number;
  readonly maxConsecutiveFailures?: number;
}

/**
 * A readiness check as in an app definition. The defaults are 'readinessCheck', '/' and the first port; times are in seconds, by default 30 and 10.
 */
export interface ReadinessCheckForm {
  readonly name?: string;
  readonly path?: string;
  readonly portName?: string;
  readonly intervalSeconds?: number;
  readonly timeoutSeconds?: number;
}

/** A JSON object to be sent; undefined values are not written. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** When an app became what it is: ISO 8601 in UTC with milliseconds, as all of Marathon's times. */
export interface VersionInfo {
  readonly version: string;
  readonly lastScalingAt: string;
  readonly lastConfigChangeAt: string;
}

interface VersionOfForm {
  readonly form: AppForm;
  readonly info: VersionInfo;
  readonly dialect: Dialect;
}

const DOCKER: JsonObject = { image: 'nginx', privileged: false, parameters: [], forcePullImage: false };

/** The app definition as a Marathon of this dialect writes it, without counts and tasks. */
export function makeDefinition({ form, info, dialect }: VersionOfForm): JsonObject {
  const checks = (form.healthChecks ?? []).map((check) => healthCheck({ check, form, dialect }));
  return {
    id: form.id,
    cmd: dialect.unsetInApps,
    args: dialect.unsetInApps,
    user: dialect.unsetInApps,
    acceptedResourceRoles: dialect.unsetInApps,
    role: dialect.role,
    instances: form.instances,
    cpus: 0.1,
    mem: 64,
    disk: 0,
    executor: '',
    labels: form.labels ?? {},
    ...(dialect.networks ? networkFrom15(form) : networkTo14(form, dialect)),
    healthChecks: dialect.networks && checks.length === 0 ? undefined : checks,
    readinessChecks: readinessChecks(form, dialect),
    upgradeStrategy: { minimumHealthCapacity: 1, maximumOverCapacity: 1 },
    version: info.version,
    versionInfo: { lastScalingAt: info.lastScalingAt, lastConfigChangeAt: info.lastConfigChangeAt },
  };
}

/** The network from 1.5 on: `networks`, and `portMappings` on the container or, in host mode, `portDefinitions`. */
function networkFrom15(form: AppForm): JsonObject {
  const container = { type: 'DOCKER', docker: DOCKER, volumes: [] };
  const common = { requirePorts: false };
  if (form.network === 'host') return { ...common, container, networks: [{ mode: 'host' }], portDefinitions: portDefinitions(form) };
  const network = form.network === 'bridge' ? { mode: 'container/bridge' } : { name: networkName(form), mode: 'container' };
  return { ...common, container: { ...container, portMappings: portMappings(form) }, networks: [network] };
}

/** The network up to 1.4: it is in `docker`. In 1.3 and 1.4, `ipAddress` replaces `ports`, `portDefinitions` and `requirePorts`. */
function networkTo14(form: AppForm, dialect: Dialect): JsonObject {
  const network = { host: 'HOST', bridge: 'BRIDGE', container: 'USER' }[form.network];
  const noMappings = dialect.instances ? [] : null; // [] came with 1.4
  const docker = { ...DOCKER, network, portMappings: form.network === 'host' ? noMappings : portMappings(form) };
  const empty = { env: {}, constraints: [], fetch: [], uris: [], storeUrls: [], dependencies: [] };
  const common = { ...empty, container: { type: 'DOCKER', docker, volumes: [] } };
  if (form.network === 'container')
    return { ...common, ipAddress: { groups: [], labels: {}, discovery: { ports: [] }, networkName: networkName(form) } };
  const ports = (form.ports ?? []).map((port) => port.servicePort);
  return { ...common, ipAddress: null, ports, portDefinitions: portDefinitions(form), requirePorts: false };
}

function networkName(form: AppForm): string {
  return form.networkName ?? 'calico';
}

function portDefinitions(form: AppForm): readonly JsonObject[] {
  return (form.ports ?? []).map((port) => ({ port: port.servicePort, protocol: port.protocol ?? 'tcp', labels: {}, ...nameOf(port) }));
}

function portMappings(form: AppForm): readonly JsonObject[] {
  return (form.ports ?? []).map((port) => ({
    containerPort: port.containerPort ?? 0,
    hostPort: hostPortAsked(form, port),
    servicePort: port.servicePort,
    protocol: port.protocol ?? 'tcp',
    labels: {},
    ...nameOf(port),
  }));
}

function nameOf({ name }: PortForm): JsonObject {
  return name === undefined ? {} : { name };
}

/** The host port that Mesos is asked for; 0 for any. Undefined when no host port is wanted: the task's `ports` then skip this mapping. */
export function hostPortAsked(form: AppForm, port: PortForm): number | undefined {
  if (form.network === 'host') return 0;
  return port.hostPort ?? (form.network === 'bridge' ? 0 : undefined);
}

/** The readiness checks. From 1.5 on, an empty list is not written. */
function readinessChecks({ readinessChecks: checks = [] }: AppForm, dialect: Dialect): readonly JsonObject[] | undefined {
  if (dialect.networks && checks.length === 0) return undefined;
  const times = { intervalSeconds: 30, timeoutSeconds: 10 };
  const how = { httpStatusCodesForReady: [200], preserveLastResponse: false };
  return checks.map((check) => ({ name: 'readinessCheck', protocol: 'HTTP', path: '/', portName: 'http-api', ...times, ...how, ...check }));
}

interface CheckOfForm {
  readonly check: HealthCheckForm;
  readonly form: AppForm;
  readonly dialect: Dialect;
}

/** A health check with what Marathon fills in: the times, and `portIndex` 0 unless the check has a port or needs none. */
function healthCheck({ check, form, dialect }: CheckOfForm): JsonObject {
  const overPort = check.protocol !== 'COMMAND' && check.port === undefined && (form.ports ?? []).length > 0;
  const byMesos = check.protocol === 'COMMAND' || check.protocol.startsWith('MESOS_');
  const delayed = dialect.delayedChecks === 'all' || (dialect.delayedChecks === 'mesos' && byMesos);
  const ignoring = dialect.ignoringChecks === 'all' || check.protocol === 'HTTP' || check.protocol === 'HTTPS';
  return {
    gracePeriodSeconds: 300,
    intervalSeconds: 60,
    timeoutSeconds: 20,
    maxConsecutiveFailures: 3,
    portIndex: overPort ? 0 : undefined,
    ...check,
    delaySeconds: delayed ? 15 : undefined,
    ignoreHttp1xx: ignoring ? false : undefined,
    ipProtocol: dialect.ipProtocol,
  };
}
