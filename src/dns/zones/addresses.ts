import type { Definition, Task } from '../../model/snapshot.ts';

/** Where a task's address comes from: `netinfo` is the container's, `host` the agent's [Mesos-DNS: IPSources]. */
export type IpSource = 'netinfo' | 'host';

/** The addresses of a task, of both families: those of the first source that has any. */
export function addressesOf(task: Task, sources: readonly IpSource[]): readonly string[] {
  for (const source of sources) {
    const addresses = source === 'host' ? agentAddresses(task) : containerAddresses(task);
    if (addresses.length > 0) return addresses;
  }
  return [];
}

/** None while the agent's name does not resolve. */
export function agentAddresses({ hostAddress }: Task): readonly string[] {
  return hostAddress === undefined ? [] : [hostAddress].filter(isGlobal);
}

function containerAddresses({ addresses }: Task): readonly string[] {
  return addresses.every(isGlobal) ? addresses : addresses.filter(isGlobal);
}

/** Not 'fe80::1%eth0', which means something on one machine only. */
function isGlobal(address: string): boolean {
  return !address.includes('%');
}

/** DC/OS's `containerip`: what Mesos tells of the container's networks; of one in the agent's network that is the agent's, which old Marathons don't say. */
export function containerIps(task: Task, { network }: Definition): readonly string[] {
  const own = containerAddresses(task);
  return own.length === 0 && network === 'host' ? agentAddresses(task) : own;
}

/** DC/OS's `autoip`: the agent's where a port of it leads to the container, else the container's, else the agent's. */
export function autoIps(task: Task, definition: Definition): readonly string[] {
  const agent = agentAddresses(task);
  const isMapped = definition.network !== 'host' && task.hostPorts.some((port) => port !== undefined);
  if (isMapped && agent.length > 0) return agent;
  const own = containerIps(task, definition);
  return own.length > 0 ? own : agent;
}
