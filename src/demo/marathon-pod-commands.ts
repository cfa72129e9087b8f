import { randomUUID } from 'node:crypto';
import { isIPv6 } from 'node:net';
import type { JsonObject } from './marathon-app.ts';
import { checkOf, makePodSpec, type HeldContainer, type HeldInstance, type HeldPod, type PodForm } from './marathon-pod.ts';
import type { Store } from './marathon-store.ts';

/** An instance as a story or a test writes it. */
export interface InstanceForm {
  /** The agent's address or DNS name. */
  readonly host: string;
  /** The addresses of its networks, as `[{"name": "calico", "addresses": ["192.168.84.1"]}]`; the agent's when left out. */
  readonly networks?: readonly { readonly name?: string; readonly addresses: readonly string[] }[];
  /** Host ports by endpoint; chosen when left out. */
  readonly ports?: Readonly<Record<string, number>>;
  /** The state of all its containers; 'TASK_RUNNING' when left out. */
  readonly state?: string;
  /** The result of all its checks; no result yet when left out. */
  readonly healthy?: boolean;
}

/** Which container of which instance. */
export interface ContainerOf {
  readonly pod: string;
  readonly instance: string;
  readonly container: string;
}

/** What happens to pods. Every command changes what GET answers first and sends its events afterwards, as Marathon does. */
export interface PodCommands {
  /** Puts a pod, new or in place of the pod with the same id, and returns its version. Its instances stay: a story starts and ends them. */
  deployPod(pod: PodForm): string;
  /** Removes a pod; its instances are killed. */
  removePod(podId: string): void;
  /** Adds an instance of the pod's current version and returns its id. */
  addInstance(podId: string, instance: InstanceForm): string;
  /** Reports a different Mesos state of one container. */
  setContainer(of: ContainerOf, state: string): void;
  /** Reports the result of one container's check; undefined means no result. */
  setContainerHealth(of: ContainerOf, healthy: boolean | undefined): void;
  /** Reports TASK_KILLING and then TASK_KILLED of all containers; the instance leaves the list. */
  killInstance(podId: string, instanceId: string): void;
}

/** The commands for the pods of a store. Each throws an Error when the pod, instance or container does not exist. */
export function makePodCommands(store: Store): PodCommands {
  const setContainer: PodCommands['setContainer'] = (of, state) => {
    change(store, of, (container) => ({ ...container, state }));
    publishContainer(store, of);
    publishInstance(store, of.pod, of.instance, conditionOf(instanceOf(store, of.pod, of.instance)));
  };
  return {
    deployPod: (form) => deployPod(store, form),
    addInstance: (podId, form) => addInstance(store, podId, form),
    setContainer,
    setContainerHealth(of, healthy) {
      change(store, of, (container) => ({ ...container, healthy }));
      publishContainer(store, of);
      const { version } = instanceOf(store, of.pod, of.instance);
      const whose = { instanceId: of.instance, runSpecId: of.pod, runSpecVersion: version };
      store.publish('instance_health_changed_event', { ...whose, healthy: healthy ?? null });
    },
    killInstance(podId, instanceId) {
      killInstance(store, podId, instanceId);
    },
    removePod(podId) {
      const { version, instances } = podOf(store, podId);
      store.publish('pod_deleted_event', { clientIp: '127.0.0.1', uri: `/v2/pods${podId}` });
      announce(store, { podId, version, action: 'StopPod' });
      for (const instanceId of instances.keys()) killInstance(store, podId, instanceId);
      store.pods.delete(podId);
      store.publish('app_terminated_event', { appId: podId });
    },
  };
}

function podOf(store: Store, podId: string): HeldPod {
  const pod = store.pods.get(podId);
  if (pod === undefined) throw new Error(`Cannot find pod "${podId}" in this Marathon: deploy it first`);
  return pod;
}

function instanceOf(store: Store, podId: string, instanceId: string): HeldInstance {
  const instance = podOf(store, podId).instances.get(instanceId);
  if (instance === undefined)
    throw new Error(`Cannot find instance "${instanceId}" of pod "${podId}": it was never added, or it has ended`);
  return instance;
}

function deployPod(store: Store, form: PodForm): string {
  const before = store.pods.get(form.id);
  const version = store.now();
  const versions = new Map([...(before?.versions ?? []), [version, makePodSpec(form, version)]]);
  store.pods.set(form.id, { form, version, versions, instances: before?.instances ?? new Map() });
  const isNew = before === undefined;
  const uri = isNew ? '/v2/pods' : `/v2/pods${form.id}`;
  store.publish(isNew ? 'pod_created_event' : 'pod_updated_event', { clientIp: '127.0.0.1', uri });
  announce(store, { podId: form.id, version, action: isNew ? 'StartPod' : 'RestartPod' });
  return version;
}

interface PodAction {
  readonly podId: string;
  readonly version: string;
  readonly action: string;
}

/** Sends the events of a change. Its deployment has ended when this returns: instances come and go by other commands. */
function announce({ publish }: Store, { podId, version, action }: PodAction): void {
  publish('group_change_success', { groupId: podId.slice(0, podId.lastIndexOf('/')) || '/', version });
  const currentStep = { actions: [{ action, pod: podId }] };
  const plan = { id: randomUUID(), steps: [currentStep], version };
  publish('deployment_info', { plan, currentStep });
  publish('deployment_step_success', { plan, currentStep });
  publish('deployment_success', { id: plan.id, plan });
}

function addInstance(store: Store, podId: string, { host, networks, ports = {}, state = 'TASK_RUNNING', healthy }: InstanceForm): string {
  const pod = podOf(store, podId);
  const id = `${podId.slice(1).replaceAll('/', '_')}.instance-${randomUUID()}`;
  const { form, version } = pod;
  const containers = form.containers.map(({ name, endpoints = [] }): HeldContainer => {
    const own = endpoints.filter(({ hostPort }) => hostPort !== undefined || form.networks === undefined);
    const chosen = own.map((endpoint) => [endpoint.name, ports[endpoint.name] ?? store.newHostPort()] as const);
    const taskId = `${id}.${name}${store.dialect.instanceTaskIds ? '.1' : ''}`;
    return { name, taskId, state, healthy: checkOf(form, name) && healthy, ports: new Map(chosen) };
  });
  const agentId = store.agentOf(host);
  const instance: HeldInstance = { id, host, agentId, networks: networks ?? [{ addresses: [host] }], version, form, containers };
  hold(store, podId, instance);
  publishInstance(store, podId, id, store.dialect.instanceTaskIds ? 'Provisioned' : 'Created');
  for (const { name } of containers) publishContainer(store, { pod: podId, instance: id, container: name });
  publishInstance(store, podId, id, conditionOf(instance));
  return id;
}

function killInstance(store: Store, podId: string, instanceId: string): void {
  const { containers } = instanceOf(store, podId, instanceId);
  publishInstance(store, podId, instanceId, 'Running'); // only its goal has changed
  for (const state of ['TASK_KILLING', 'TASK_KILLED']) {
    for (const { name } of containers) change(store, { pod: podId, instance: instanceId, container: name }, (one) => ({ ...one, state }));
    const killed = instanceOf(store, podId, instanceId);
    if (state === 'TASK_KILLED') drop(store, podId, instanceId);
    for (const container of killed.containers) publishStatus(store, killed, container);
    publish(store, killed, conditionOf(killed));
  }
}

function hold(store: Store, podId: string, instance: HeldInstance): void {
  const pod = podOf(store, podId);
  store.pods.set(podId, { ...pod, instances: new Map([...pod.instances, [instance.id, instance]]) });
}

function drop(store: Store, podId: string, instanceId: string): void {
  const pod = podOf(store, podId);
  store.pods.set(podId, { ...pod, instances: new Map([...pod.instances].filter(([id]) => id !== instanceId)) });
}

function change(store: Store, of: ContainerOf, changed: (container: HeldContainer) => HeldContainer): void {
  const instance = instanceOf(store, of.pod, of.instance);
  if (!instance.containers.some(({ name }) => name === of.container))
    throw new Error(`Cannot find container "${of.container}" in pod "${of.pod}"`);
  const containers = instance.containers.map((one) => (one.name === of.container ? changed(one) : one));
  hold(store, of.pod, { ...instance, containers });
}

function publishContainer(store: Store, { pod, instance: id, container }: ContainerOf): void {
  const instance = instanceOf(store, pod, id);
  for (const one of instance.containers) if (one.name === container) publishStatus(store, instance, one);
}

function publishStatus(
  store: Store,
  { form, host, agentId, networks, version }: HeldInstance,
  { taskId, state, ports }: HeldContainer,
): void {
  const addresses = networks.flatMap((network) => network['addresses'] as readonly string[]);
  store.publish('status_update_event', {
    slaveId: agentId,
    taskId,
    taskStatus: state,
    message: '',
    appId: form.id,
    host,
    ipAddresses: addresses.map((ipAddress): JsonObject => ({ ipAddress, protocol: isIPv6(ipAddress) ? 'IPv6' : 'IPv4' })),
    ports: [...ports.values()],
    version,
  });
}

function publishInstance(store: Store, podId: string, instanceId: string, condition: string): void {
  publish(store, instanceOf(store, podId, instanceId), condition);
}

function publish(store: Store, { id, form, agentId, host, version }: HeldInstance, condition: string): void {
  store.publish('instance_changed_event', { instanceId: id, condition, runSpecId: form.id, agentId, host, runSpecVersion: version });
}

/** The condition of the worst container. */
function conditionOf({ containers }: HeldInstance): string {
  const order = ['ERROR', 'FAILED', 'UNREACHABLE', 'KILLING', 'STARTING', 'STAGING', 'RUNNING', 'FINISHED', 'KILLED'];
  const ranks = containers.map(({ state }) => order.indexOf(state.slice('TASK_'.length)));
  const worst = order[Math.min(...ranks.filter((rank) => rank >= 0))] ?? 'UNKNOWN';
  return worst.slice(0, 1) + worst.slice(1).toLowerCase();
}
