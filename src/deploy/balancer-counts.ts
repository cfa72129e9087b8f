import type { Balancer, Colour, BalancerServer } from './shapes.ts';

/** The load balancers that answered. */
export type Answered = Extract<Balancer, { readonly servers: unknown }>;

/** The load balancers that answered, and why the others did not. */
export function sortBalancers(balancers: readonly Balancer[]): {
  readonly answered: readonly Answered[];
  readonly silent: readonly string[];
} {
  const answered = balancers.filter((one): one is Answered => 'servers' in one);
  const silent = balancers.flatMap((one) => ('why' in one ? [`${one.name}: ${one.why}`] : []));
  return { answered, silent };
}

/** How many tasks of a colour serve on every load balancer; those that Marathon has no more do not count. */
export function countServing(colour: Colour, balancers: readonly Answered[]): number {
  return colour.tasks.filter(({ id }) => balancers.every(({ servers }) => servers.get(id)?.serving === true)).length;
}

/** How many tasks of a colour run and are in every load balancer, also those that drain and could get requests again. */
export function countReady(colour: Colour, balancers: readonly Answered[]): number {
  const isIn = (server: BalancerServer | undefined): boolean => server !== undefined && (server.serving || server.draining);
  return colour.tasks.filter(({ id, alive }) => alive && balancers.every(({ servers }) => isIn(servers.get(id)))).length;
}

/** The tasks of a colour in three parts: no load balancer uses them any more; they finish their sessions; some load balancer gives them requests. */
export interface Emptying {
  readonly drained: readonly string[];
  readonly busy: readonly string[];
  readonly serving: readonly string[];
  /** Sessions on `busy` tasks. */
  readonly sessions: number;
}

/** Sorts the tasks of a colour that is to go. A task that no load balancer has is not drained while Marathon calls it alive: a load balancer may be behind. */
export function sortLeaving(colour: Colour, balancers: readonly Answered[]): Emptying {
  const drained: string[] = [];
  const busy: string[] = [];
  const serving: string[] = [];
  let sessions = 0;
  for (const { id, alive } of colour.tasks) {
    const found = balancers.map(({ servers }) => servers.get(id));
    const open = found.reduce((sum, server) => sum + (server?.sessions ?? 0), 0);
    if (found.length === 0 || found.some((server) => isUsed(server, alive))) serving.push(id);
    else if (open > 0) {
      busy.push(id);
      sessions += open;
    } else drained.push(id);
  }
  return { drained, busy, serving, sessions };
}

function isUsed(server: BalancerServer | undefined, alive: boolean): boolean {
  return server === undefined ? alive : server.serving || (!server.draining && alive);
}
