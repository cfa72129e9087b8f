import type { AppId, TaskId } from '../../../src/model/names.ts';
import type { App, Definition, Network, Port, Snapshot, Task } from '../../../src/model/snapshot.ts';
import type { Entry, Zones } from '../../../src/dns/zones/records.ts';
import { makeZones, type ZoneSettings } from '../../../src/dns/zones/zone.ts';

export function settings(given: Partial<ZoneSettings> = {}): ZoneSettings {
  return {
    domain: 'mesos',
    framework: 'marathon',
    ttl: 60,
    ipSources: ['netinfo', 'host'],
    healthyOnly: false,
    nameServers: ['127.0.0.1', '::1'],
    ...given,
  };
}

export function port(given: Partial<Port> = {}): Port {
  return { container: 80, service: 10000, onHost: false, tcp: true, ...given };
}

/** A task on the agent 10.0.0.1 with a container of 192.168.0.1, on host port 31000. */
export function task(id: string, given: Partial<Task> = {}): Task {
  return {
    id: id as TaskId,
    host: '10.0.0.1',
    hostAddress: '10.0.0.1',
    state: 'TASK_RUNNING',
    addresses: ['192.168.0.1'],
    hostPorts: [],
    health: 'unknown',
    readiness: 'ready',
    agent: '7b2d-40e2-S1',
    version: undefined,
    ...given,
  };
}

function definition(id: string, network: Network, ports: readonly Port[]): Definition {
  return { id: id as AppId, labels: {}, network, ports, checks: [], readiness: false, changedAt: undefined };
}

/** On a network of containers, with one port 80. */
export function app(
  id: string,
  tasks: readonly Task[],
  { network = 'container', ports = [port()] }: { readonly network?: Network; readonly ports?: readonly Port[] } = {},
): App {
  return {
    id: id as AppId,
    definition: definition(id, network, ports),
    instances: tasks.length,
    version: undefined,
    scaledAt: undefined,
    tasks,
  };
}

export function snapshot(...apps: readonly App[]): Snapshot {
  return { apps, problems: [] };
}

export function zonesOf(apps: readonly App[], given: Partial<ZoneSettings> = {}): Zones {
  return makeZones(settings(given))(snapshot(...apps));
}

/** An entry as short as it can be written: addresses, and services as 'target:port'. */
export function told(entry: Entry | undefined): readonly string[] | undefined {
  return entry && [...entry.a, ...entry.aaaa, ...entry.srv.map(({ target, port }) => `${target}:${port}`)];
}

/** What all names of the tasks have, without those that only have names below them. */
export function allNames(zones: Zones): Readonly<Record<string, readonly string[] | undefined>> {
  const names = new Set([...zones.tasks()].flatMap(({ records }) => [...records().keys()]));
  return Object.fromEntries([...names].sort().map((name) => [name, told(zones.find(name))]));
}
