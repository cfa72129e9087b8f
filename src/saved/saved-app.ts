import * as z from 'zod';
import type { Holder } from '../model/holder.ts';
import type { AppId, TaskId } from '../model/names.ts';
import type { Problem } from '../model/problem.ts';
import type { App, Definition, HealthCheck, Port, Task } from '../model/snapshot.ts';

/** JSON has no undefined: an undefined field is left out, and an undefined element of a list is null. */
const text = z.string();
const number = z.number();

const port = z.object({
  container: number.optional(),
  service: number.optional(),
  onHost: z.boolean(),
  tcp: z.boolean(),
  udp: z.literal(true).optional(),
  name: text.optional(),
  containerName: text.optional(),
  networkName: text.optional(),
});

const check = z.object({
  protocol: text,
  path: text,
  at: z.union([z.object({ index: number }), z.object({ port: number })]).optional(),
  gracePeriodSeconds: number,
  intervalSeconds: number,
  timeoutSeconds: number,
  maxConsecutiveFailures: number,
});

const problem = z.looseObject({
  code: text,
  owner: z.union([z.looseObject({ by: z.literal('operator') }), z.looseObject({ by: z.literal('app'), app: text })]),
  message: text,
  hint: text,
});

const definition = z.object({
  id: text,
  pod: z.literal(true).optional(),
  labels: z.record(text, text),
  network: z.enum(['host', 'bridge', 'container']),
  ports: z.array(port),
  checks: z.array(check),
  readiness: z.boolean(),
  writtenAs: z.record(text, z.object({ name: text, where: text })).optional(),
  changedAt: text.optional(),
  problems: z.array(problem).optional(),
});

const task = z.object({
  id: text,
  containerName: text.optional(),
  host: text,
  hostAddress: text.optional(),
  state: text,
  addresses: z.array(text),
  networks: z.array(z.object({ name: text.optional(), addresses: z.array(text) })).optional(),
  hostPorts: z.array(number.nullable()),
  health: z.enum(['alive', 'failing', 'dead', 'unknown']),
  readiness: z.enum(['ready', 'not-ready', 'unknown']),
  agent: text.optional(),
  version: text.optional(),
  passedUntil: text.optional(),
  startedAt: number.optional(),
  overdue: z.literal(true).optional(),
  of: definition.optional(),
});

const app = z.object({
  id: text,
  definition,
  instances: number,
  version: text.optional(),
  scaledAt: text.optional(),
  deploying: z.literal(true).optional(),
  tasks: z.array(task),
});

const holder = z.object({ app: text, author: text.optional(), index: number, holds: z.array(text) });

/** The first line of the file in any version, of which only the version number is sure. */
export const anyHead = z.object({ version: number });
/** The first line of the file in this version: when the snapshot was right (ms since 1970), its Problems, and the holders (not in a file of 0.1.0). */
export const head = z.object({ savedAt: number, problems: z.array(problem), holders: z.array(holder).optional() });

/** Who holds what, as the file of the holders has it. */
export const manyHolders = z.array(holder);

/** Returns the Problems of the first line with their proper type. */
export function asProblems(problems: z.infer<typeof head>['problems']): readonly Problem[] {
  return problems as readonly unknown[] as readonly Problem[];
}

/** Returns the holders of the first line with their proper type. */
export function asHolders(holders: z.infer<typeof head>['holders'] = []): readonly Holder[] {
  return holders.map(({ app: id, author, index, holds }) => {
    return { app: id as AppId, ...(author !== undefined && { author: author as AppId }), index, holds };
  });
}

/** Reads an app from its JSON value. Throws a sentence when it is not an app; `what` names the place in the file. */
export function readSavedApp(value: unknown, what: string): App {
  const { data, error } = app.safeParse(value);
  if (data === undefined) throw new Error(`${what} is not an app as this program writes it: ${error.issues[0]?.path.join('.') ?? ''}`);
  const { id, version, scaledAt, deploying, tasks, definition: own, instances } = data;
  const of = asDefinition(own);
  return { id: id as AppId, definition: of, instances, version, scaledAt, ...(deploying && { deploying }), tasks: tasks.map(asTask) };
}

function asDefinition({ id, pod, ports, checks, writtenAs, changedAt, problems, ...rest }: z.infer<typeof definition>): Definition {
  return {
    ...rest,
    id: id as AppId,
    ...(pod && { pod }),
    ports: ports.map(asPort),
    checks: checks.map(asCheck),
    ...(writtenAs && { writtenAs }),
    changedAt,
    ...(problems && { problems: asProblems(problems) }),
  };
}

function asPort({ container, service, udp, name, containerName, networkName, ...rest }: z.infer<typeof port>): Port {
  return {
    ...rest,
    container,
    service,
    ...(udp && { udp }),
    ...(name !== undefined && { name }),
    ...(containerName !== undefined && { containerName }),
    ...(networkName !== undefined && { networkName }),
  };
}

function asCheck({ at, ...rest }: z.infer<typeof check>): HealthCheck {
  return { ...rest, at };
}

function asTask({ id, hostAddress, hostPorts, agent, version, passedUntil, startedAt, overdue, of, ...more }: z.infer<typeof task>): Task {
  const { containerName, networks, ...rest } = more;
  return {
    ...rest,
    id: id as TaskId,
    ...(containerName !== undefined && { containerName }),
    ...(networks && { networks: networks.map(({ name, addresses }) => ({ ...(name !== undefined && { name }), addresses })) }),
    hostAddress,
    hostPorts: hostPorts.map((one) => one ?? undefined),
    ...(agent !== undefined && { agent }),
    version,
    ...(passedUntil !== undefined && { passedUntil }),
    ...(startedAt !== undefined && { startedAt }),
    ...(overdue && { overdue }),
    ...(of && { of: asDefinition(of) }),
  };
}
