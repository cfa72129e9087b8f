import { hash } from 'node:crypto';
import type { Problem } from '../model/problem.ts';
import type { Definition, Port } from '../model/snapshot.ts';

/** First and last port for apps that Marathon gave none. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/**
 * Gives service ports to ports of container mode that have none (IP per task before Marathon 1.5): by hash of app and port, so that every
 * load balancer gives the same, and at a collision by the next hash, at last the first free one of the range. Asked in order of app id.
 * Definitions that lack nothing are given back as they are.
 */
export function assignPorts(
  definitions: readonly Definition[],
  range: PortRange,
): { readonly definitions: readonly Definition[]; readonly problems: readonly Problem[] } {
  const taken = new Set<number>();
  const problems: Problem[] = [];
  const assigned = definitions.map((definition) => {
    if (!definition.ports.some((port) => lacks(definition, port))) return definition;
    const ports = definition.ports.map((port, index) => {
      if (!lacks(definition, port)) return port;
      const service = choose({ key: `${definition.id}-${String(port.container)}`, range, taken });
      if (service === undefined) problems.push(exhausted({ definition, index, range }));
      else taken.add(service);
      return { ...port, service };
    });
    return { ...definition, ports };
  });
  return { definitions: assigned, problems };
}

function lacks({ network }: Definition, port: Port): boolean {
  return network === 'container' && port.service === undefined && port.container !== undefined && port.tcp;
}

/** sha1 of '<app id>-<task port>-<i>', its first 8 hex digits mod the size of the range [marathon-lb: ServicePortAssigner]. */
function choose({
  key,
  range,
  taken,
}: {
  readonly key: string;
  readonly range: PortRange;
  readonly taken: ReadonlySet<number>;
}): number | undefined {
  const size = range.last - range.first + 1;
  for (let i = 0; i < 50 && taken.size < size; i++) {
    const digits = hash('sha1', `${key}-${i}`).slice(0, 8);
    const port = range.first + (Number.parseInt(digits, 16) % size);
    if (!taken.has(port)) return port;
  }
  for (let port = range.first; port <= range.last; port++) if (!taken.has(port)) return port;
  return undefined;
}

function exhausted({
  definition,
  index,
  range,
}: {
  readonly definition: Definition;
  readonly index: number;
  readonly range: PortRange;
}): Problem {
  return {
    code: 'ports-exhausted',
    owner: { by: 'app', app: definition.id, index },
    message:
      range.last === 0
        ? `port ${index} has no service port, and the load balancer gives none`
        : `port ${index} has no service port, and all of ${range.first} to ${range.last} are given to other apps`,
    hint: `write servicePort in the app, HAPROXY_${index}_PORT in its labels, or widen --min-serv-port-ip-per-task and --max-serv-port-ip-per-task`,
  };
}
