import type { Network, Port, Task } from '../model/snapshot.ts';

/** The address and port at which a task answers. */
export interface TaskEndpoint {
  readonly address: string;
  readonly port: number;
}

/**
 * The address and port at which a task answers for a port of its app, or the reason why there is none: in container mode (Calico) the container's own
 * address and port, otherwise the agent's address and the mapped port. The app's network mode decides, never the presence of addresses, because
 * Docker's bridge publishes some too.
 */
export function endpointOf({ network, task, index, port }: Where): TaskEndpoint | 'no-address' | 'no-port' {
  if (!hasPort(task, port)) return 'no-port';
  const hostPort = task.hostPorts[index];
  if (network !== 'container') return at(task.hostAddress, hostPort);
  const own = port?.container === 0 ? hostPort : port?.container; // 0: the same as the host port
  return at(containerAddress(task, port), own);
}

/**
 * Whether a task serves a port of its app: a container of a pod serves only its own endpoints, and a task of an app serves all ports.
 */
export function hasPort(task: Task, port: Port | undefined): boolean {
  return port?.containerName === undefined || port.containerName === task.containerName;
}

/** The container's address; in the network of the port, where Marathon says which address is in which network. */
function containerAddress({ addresses, networks }: Task, port: Port | undefined): string | undefined {
  if (networks === undefined) return addresses[0];
  const [only, ...more] = networks;
  const found =
    networks.find(({ name }) => name === port?.networkName) ?? (more.length === 0 && only?.name === undefined ? only : undefined);
  return found?.addresses[0];
}

interface Where {
  readonly network: Network;
  readonly task: Task;
  readonly index: number;
  readonly port: Port | undefined;
}

function at(address: string | undefined, port: number | undefined): TaskEndpoint | 'no-address' | 'no-port' {
  if (address === undefined) return 'no-address';
  return port === undefined ? 'no-port' : { address, port };
}
