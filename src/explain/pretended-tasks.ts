import type { TaskId } from '../model/names.ts';
import type { App, Definition, Port, Task } from '../model/snapshot.ts';

/** Marathon's own first service port (--local_port_min) [marathon: command-line flags]. */
const FIRST_PORT = 10_000;

/**
 * Apps as they would be with a task each, so that all of what their labels make is rendered: definitions have none, and the service ports that
 * Marathon chooses are not in them. Apps that have tasks stay as they are.
 */
export function withPretendedTasks(apps: readonly App[]): readonly App[] {
  const taken = new Set(apps.flatMap(({ definition }) => definition.ports.flatMap(({ service }) => service ?? [])));
  const next = nextFree(taken);
  return apps.map((app, i) => {
    const ports = app.definition.ports.map((port): Port => ({ ...port, service: port.service ?? (port.tcp ? next() : undefined) }));
    const definition: Definition = app.definition.pod ? app.definition : { ...app.definition, ports }; // Marathon chooses none for pods
    return app.tasks.length > 0
      ? { ...app, definition }
      : { ...app, definition, instances: Math.max(1, app.instances), tasks: pretendAll(app, i) };
  });
}

function nextFree(taken: Set<number>): () => number {
  let last = FIRST_PORT - 1;
  return () => {
    do last++;
    while (taken.has(last));
    return last;
  };
}

/** A task, or one for each container of a pod that has endpoints. */
function pretendAll(app: App, i: number): readonly Task[] {
  const task = pretend(app, i);
  const { pod, ports } = app.definition;
  if (!pod) return [task];
  const networks = [...new Set(ports.map(({ networkName }) => networkName))].map((name) => ({
    ...(name !== undefined && { name }),
    addresses: task.addresses,
  }));
  const containers = [...new Set(ports.flatMap(({ containerName }) => containerName ?? []))];
  return containers.map((name): Task => ({ ...task, id: `pretended.${i}.${name}` as TaskId, containerName: name, networks }));
}

/** On an address that is kept for documentation [RFC 5737]. */
function pretend({ definition }: App, i: number): Task {
  const address = `192.0.2.${(i % 254) + 1}`;
  return {
    id: `pretended.${i}` as TaskId,
    host: address,
    hostAddress: address,
    state: 'TASK_RUNNING',
    addresses: [address],
    hostPorts: definition.ports.map((_, index) => 31_000 + index),
    health: 'alive',
    readiness: 'ready',
    version: undefined,
  };
}
