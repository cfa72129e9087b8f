import type { AppId, TaskId } from '../../src/model/names.ts';
import type { Problem } from '../../src/model/problem.ts';
import type { App, Definition, Task } from '../../src/model/snapshot.ts';
import type { Decode } from '../../src/source/read-to-news.ts';

/** An app without tasks and ports. */
export function app(id: string, rest: Partial<Omit<App, 'definition'>> & { readonly definition?: Partial<Definition> } = {}): App {
  const definition: Definition = {
    id: id as AppId,
    labels: {},
    network: 'host',
    ports: [],
    checks: [],
    readiness: false,
    changedAt: undefined,
    ...rest.definition,
  };
  return { id: id as AppId, instances: 1, version: undefined, scaledAt: undefined, tasks: [], ...rest, definition };
}

/** A task that runs on 10.0.0.1. */
export function task(id: string, rest: Partial<Task> = {}): Task {
  return {
    id: id as TaskId,
    host: '10.0.0.1',
    hostAddress: '10.0.0.1',
    state: 'TASK_RUNNING',
    addresses: [],
    hostPorts: [],
    health: 'unknown',
    readiness: 'ready',
    version: undefined,
    ...rest,
  };
}

export function problem(id: string): Problem {
  return { code: 'app-not-readable', owner: { by: 'app', app: id as AppId }, message: `${id} can't be read`, hint: 'h' };
}

/** Apps named /bad… can't be decoded. */
export const decode: Decode = (json) => {
  const { id } = JSON.parse(json) as { id: string };
  return id.startsWith('/bad') ? { problem: problem(id) } : { app: app(id) };
};
