import type { Definition, Task } from '../../model/snapshot.ts';

/** Where the address of a task comes from: `netinfo` is the container's address, `host` the agent's (Mesos-DNS: IPSources). */
export type IpSource = 'netinfo' | 'host';

/** The IPv4 and IPv6 addresses of a task, from the first source that has any. */
export function addressesOf(task: Task, sources: readonly IpSource[]): readonly string[] {
  for (const source of sources) {
    const addresses = source === 'host' ? agentAddresses(task) : containerAddresses(task);
    if (addresses.length > 0) return addresses;
  }
  return [];
}

/** The agent's address; empty while the agent's host name does not resolve. */
export function agentAddresses({ hostAddress }: Task): readonly string[] {
  return hostAddress === undefined ? [] : [hostAddress].filter(isGlobal);
}

function containerAddresses({ addresses }: Task): readonly string[] {
  return addresses.every(isGlobal) ? addresses : addresses.filter(isGlobal);
}

/** False for addresses with a zone such as 'fe80::1%eth0', which mean something on one machine only. */
function isGlobal(address: string): boolean {
  return !address.includes('%');
}

/**
 * DC/OS's `containerip`: the addresses that Mesos reports for the container's networks. In the agent's network this is the agent's address, which old
 * Marathons do not report.
 */
export function containerIps(task: Task, { network }: Definition): readonly string[] {
  const own = containerAddresses(task);
  return own.length === 0 && network === 'host' ? agentAddresses(task) : own;
}

/** DC/OS's `autoip`: the agent's address when one of its ports leads to the container, else the container's address, else the agent's. */
export function autoIps(task: Task, definition: Definition): readonly string[] {
  const agent = agentAddresses(task);
  const isMapped = definition.network !== 'host' && task.hostPorts.some((port) => port !== undefined);
  if (isMapped && agent.length > 0) return agent;
  const own = containerIps(task, definition);
  return own.length > 0 ? own : agent;
}
