import { hash } from 'node:crypto';
import { flatOf } from '../lib/flat-lists.ts';
import type { Problem } from '../model/problem.ts';
import type { Definition, Port } from '../model/snapshot.ts';
import { isPortWanted } from './pod-ports.ts';

/** The first and last service port that may be assigned to apps for which Marathon chose none. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** Definitions with all their service ports. */
interface Assigned {
  readonly definitions: readonly Definition[];
  readonly problems: readonly Problem[];
}

/**
 * Returns a function like `assignPorts` that looks only at definitions that lack a port. One that gets the same ports as the last time is the same
 * object.
 */
export function makeAssign(range: PortRange): (definitions: readonly Definition[]) => Assigned {
  const lacking = flatOf((one: Definition) => (one.ports.some((port, index) => lacks(one, port, index)) ? [one] : []));
  let known: ReadonlyMap<Definition, Definition> = new Map();
  let last: { readonly definitions: readonly Definition[]; readonly assigned: Assigned } | undefined;
  return (definitions) => {
    if (last?.definitions === definitions) return last.assigned;
    const few = lacking(definitions);
    const { definitions: made, problems } = few.length === 0 ? { definitions: few, problems: NONE } : assignPorts(few, range);
    known = new Map(few.map((one, i) => [one, asBefore(known.get(one), made[i] ?? one)]));
    const all = few.length === 0 ? definitions : definitions.map((one) => known.get(one) ?? one);
    last = { definitions, assigned: { definitions: all, problems } };
    return last.assigned;
  };
}

/** Returns the previous definition when it got the same ports. */
function asBefore(before: Definition | undefined, after: Definition): Definition {
  const isSame = before?.ports.every(({ service }, i) => service === after.ports[i]?.service) === true;
  return isSame ? before : after;
}

const NONE: readonly Problem[] = [];

/**
 * Assigns service ports to container ports that have none (IP per task before Marathon 1.5), and to endpoints of pods that need one. The port comes
 * from a hash of app and port, so every load balancer assigns the same; after a collision the next hash is used, and at last the first free port of
 * the range. Definitions must come in order of app id. Definitions that lack nothing are returned as they are.
 */
export function assignPorts(definitions: readonly Definition[], range: PortRange): Assigned {
  const taken = new Set<number>();
  const problems: Problem[] = [];
  const assigned = definitions.map((definition) => {
    if (!definition.ports.some((port, index) => lacks(definition, port, index))) return definition;
    const ports = definition.ports.map((port, index) => {
      if (!lacks(definition, port, index)) return port;
      const service = choose({ key: `${definition.id}-${definition.pod ? port.name : String(port.container)}`, range, taken });
      if (service === undefined) problems.push(exhausted({ definition, index, range }));
      else taken.add(service);
      return { ...port, service };
    });
    return { ...definition, ports };
  });
  return { definitions: assigned, problems };
}

function lacks({ network, pod, labels }: Definition, port: Port, index: number): boolean {
  if (pod === true) return port.tcp && isPortWanted(labels, index);
  return network === 'container' && port.service === undefined && port.container !== undefined && port.tcp;
}

/**
 * SHA-1 of '<app id>-<task port>-<i>', for a pod '<pod id>-<endpoint>-<i>': its first 8 hexadecimal digits mod the size of the range (marathon-lb:
 * ServicePortAssigner).
 */
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
        ? `port ${index} has no service port, and the load balancer assigns none`
        : `port ${index} has no service port, and all ports from ${range.first} to ${range.last} are assigned to other apps`,
    hint: `set servicePort in the app or HAPROXY_${index}_PORT in its labels, or widen the range with --min-serv-port-ip-per-task and --max-serv-port-ip-per-task`,
  };
}
