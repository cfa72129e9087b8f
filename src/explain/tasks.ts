import { LEFT_OUT_SENTENCES, type LeftOut, type LeftOutReason } from '../model/left-out.ts';
import type { Service } from '../model/service.ts';
import type { App, HealthCheck, Task } from '../model/snapshot.ts';
import type { Reasoned, TaskExplanation } from './shapes.ts';

/** A reason with its sentence. */
export function reasoned(why: LeftOutReason): Reasoned {
  return { why, text: LEFT_OUT_SENTENCES[why] };
}

/** What serves and what does not of the apps that are served as one. */
export interface ServedAndLeftOut {
  readonly services: readonly Service[];
  readonly leftOut: readonly LeftOut[];
}

/** Each task of an app: where it serves, and why not. */
export function explainTasks({ tasks }: App, { services, leftOut }: ServedAndLeftOut): readonly TaskExplanation[] {
  return tasks.map((task) => {
    const servers = services.flatMap(({ front, backend }) =>
      backend.servers.flatMap((server) => (server.task === task.id ? [{ index: front.index, server }] : [])),
    );
    const own = leftOut.filter((one) => one.task === task.id);
    return {
      ...factsOf(task),
      serves: servers.map(({ index }) => index),
      draining: servers.some(({ server }) => server.draining),
      leftOut: own.map(({ why, index }) => ({ ...reasoned(why), port: index ?? null })),
    };
  });
}

function factsOf({ id, state, health, passedUntil, readiness, host, addresses, startedAt, version }: Task) {
  return {
    task: id,
    state,
    health,
    passedUntil: passedUntil ?? null,
    readiness,
    host,
    addresses,
    startedAt: startedAt === undefined ? null : new Date(startedAt).toISOString(),
    version: version ?? null,
  };
}

/** `HTTP check of / on port index 0`, as its app has it. */
export function describeCheck({ protocol, path, at, maxConsecutiveFailures }: HealthCheck): string {
  const asked = protocol.includes('HTTP') ? ` of ${path}` : '';
  const where = at === undefined ? '' : 'index' in at ? ` on port index ${at.index}` : ` on port ${at.port}`;
  return `${protocol} check${asked}${where}, at most ${maxConsecutiveFailures} failures one after the other`;
}
