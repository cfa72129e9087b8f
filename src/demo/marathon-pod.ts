import type { JsonObject } from './marathon-app.ts';

/** A pod as a story or a test writes it, in Marathon's own form; whatever it leaves out is absent. */
export interface PodForm {
  /** '/shop/cart' */
  readonly id: string;
  readonly instances: number;
  readonly labels?: Readonly<Record<string, string>>;
  /** `[{"mode": "host"}]` when left out. */
  readonly networks?: readonly { readonly mode: string; readonly name?: string }[];
  readonly containers: readonly ContainerForm[];
}

/** A container of a pod. */
export interface ContainerForm {
  readonly name: string;
  readonly endpoints?: readonly EndpointForm[];
  /** `{"http": {"endpoint": "http", "path": "/"}}`, with times of Marathon's. */
  readonly healthCheck?: JsonObject;
  readonly labels?: Readonly<Record<string, string>>;
}

/** An endpoint of a container. */
export interface EndpointForm {
  readonly name: string;
  readonly containerPort?: number;
  /** 0: the agent chooses. When left out, there is no host port. */
  readonly hostPort?: number;
  readonly protocol?: readonly string[];
  readonly networkNames?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
}

/** A container of an instance that this Marathon holds. */
export interface HeldContainer {
  readonly name: string;
  readonly taskId: string;
  readonly state: string;
  /** What Mesos reported of its check; undefined before the first result. */
  readonly healthy: boolean | undefined;
  /** Host ports by endpoint. */
  readonly ports: ReadonlyMap<string, number>;
}

/** An instance that this Marathon holds. */
export interface HeldInstance {
  readonly id: string;
  readonly host: string;
  readonly agentId: string;
  readonly networks: readonly JsonObject[];
  readonly version: string;
  /** The form of that version. */
  readonly form: PodForm;
  readonly containers: readonly HeldContainer[];
}

/** A pod that this Marathon holds; a change replaces the object. */
export interface HeldPod {
  readonly form: PodForm;
  readonly version: string;
  /** All definitions that this pod has had, by version. */
  readonly versions: ReadonlyMap<string, JsonObject>;
  readonly instances: ReadonlyMap<string, HeldInstance>;
}

/** The definition as Marathon writes it. */
export function makePodSpec({ instances, networks = [{ mode: 'host' }], ...form }: PodForm, version: string): JsonObject {
  return { ...form, networks, version, scaling: { kind: 'fixed', instances } };
}

/** What `::status` says about a pod. */
export function makePodStatus({ form, version, instances }: HeldPod): JsonObject {
  const told = [...instances.values()].map(makeInstance);
  const stable = told.filter(({ status }) => status === 'STABLE').length;
  const times = { statusSince: version, lastUpdated: version, lastChanged: version };
  const status = stable < form.instances ? 'DEGRADED' : 'STABLE';
  return { id: form.id, status, ...times, spec: makePodSpec(form, version), instances: told, terminationHistory: [] };
}

function makeInstance(instance: HeldInstance): JsonObject {
  const { id, host, agentId, networks, version, form, containers } = instance;
  const told = containers.map((one) => makeContainer(one, instance));
  return {
    id,
    status: statusOf(instance),
    statusSince: version,
    conditions: [],
    agentHostname: host,
    agentId,
    networks: containers.some(isActive) ? networks : [],
    containers: told,
    specReference: `/v2/pods${form.id}::versions/${version.replace('.000Z', 'Z')}`,
    localVolumes: [],
  };
}

function statusOf({ containers, form }: HeldInstance): string {
  const states = new Set(containers.map(({ state }) => state));
  if (states.has('TASK_UNREACHABLE')) return 'DEGRADED';
  if (['TASK_KILLING', 'TASK_KILLED', 'TASK_FAILED', 'TASK_ERROR'].some((state) => states.has(state))) return 'TERMINAL';
  if (!states.has('TASK_RUNNING') || states.has('TASK_STAGING') || states.has('TASK_STARTING')) return 'STAGING';
  const isSick = ({ name, healthy }: HeldContainer): boolean => checkOf(form, name) !== undefined && healthy !== true;
  return containers.some(isSick) ? 'DEGRADED' : 'STABLE';
}

function isActive({ state }: HeldContainer): boolean {
  return ['TASK_STAGING', 'TASK_STARTING', 'TASK_RUNNING', 'TASK_KILLING', 'TASK_UNREACHABLE'].includes(state);
}

/** The check of a container. */
export function checkOf({ containers }: PodForm, name: string): JsonObject | undefined {
  return containers.find((one) => one.name === name)?.healthCheck;
}

function makeContainer(container: HeldContainer, { form, version }: HeldInstance): JsonObject {
  const { name, state, taskId, healthy } = container;
  const isChecked = checkOf(form, name) !== undefined && !['TASK_STAGING', 'TASK_STARTING'].includes(state);
  const reason = `health-${healthy === undefined ? 'unreported' : 'reported'}-by-mesos`;
  const condition = { name: 'healthy', lastChanged: version, lastUpdated: version, value: String(healthy ?? false), reason };
  return {
    name,
    status: state,
    statusSince: version,
    conditions: isChecked ? [condition] : [],
    containerId: taskId,
    endpoints: isActive(container) ? endpointsOf(container, form) : [],
  };
}

/** Those with a host port first, and the one with the check last, as Marathon writes them. */
function endpointsOf({ name, ports, healthy }: HeldContainer, form: PodForm): readonly JsonObject[] {
  const { endpoints = [], healthCheck } = form.containers.find((one) => one.name === name) ?? { endpoints: [] };
  const { http, tcp } = (healthCheck ?? {}) as { readonly http?: JsonObject; readonly tcp?: JsonObject };
  const checked = (http ?? tcp)?.['endpoint'];
  const rank = (endpoint: EndpointForm): number => (endpoint.name === checked ? 2 : ports.has(endpoint.name) ? 0 : 1);
  return [...endpoints]
    .sort((a, b) => rank(a) - rank(b))
    .map((endpoint) => ({
      name: endpoint.name,
      ...(ports.has(endpoint.name) && { allocatedHostPort: ports.get(endpoint.name) }),
      ...(endpoint.name === checked && healthy !== undefined && { healthy }),
    }));
}
