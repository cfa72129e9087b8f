import type { Balancer, Colour, BalancerServer } from './shapes.ts';
import { sortBalancers } from './balancer-counts.ts';

/** What a colour has answered since the run began. */
export interface ColourFigures {
  readonly requests: number;
  readonly errors: number;
  /** The mean answer time that a server had at a look, and how many requests had come to it since the look before. */
  readonly times: readonly { readonly ms: number; readonly weight: number }[];
}

/** So many answer times are kept, the latest ones. */
const MOST_TIMES = 10_000;

/**
 * Returns a function that adds up what the tasks of a colour have answered. HAProxy counts from its last reload on, and a task that was killed takes its
 * counts with it: the sum keeps both. With `countsFirst`, what a server has at its first look counts, as it does for an app that is new; without, only
 * what comes after it.
 */
export function makeTally({
  countsFirst,
}: {
  readonly countsFirst: boolean;
}): (colour: Colour, balancers: readonly Balancer[]) => ColourFigures {
  const last = new Map<string, BalancerServer>();
  let sum: ColourFigures = { requests: 0, errors: 0, times: [] };
  return ({ tasks }, balancers) => {
    for (const { name, servers } of sortBalancers(balancers).answered)
      for (const { id } of tasks) {
        const server = servers.get(id);
        if (server === undefined) continue;
        const key = `${name} ${id}`;
        sum = added(sum, server, last.get(key) ?? (countsFirst ? NOTHING : server));
        last.set(key, server);
      }
    return sum;
  };
}

const NOTHING = { requests: 0, errors: 0 };

function added(sum: ColourFigures, now: BalancerServer, before: Pick<BalancerServer, 'requests' | 'errors'>): ColourFigures {
  const since = now.requests < before.requests ? NOTHING : before; // HAProxy was reloaded, and counts from 0 again
  const requests = now.requests - since.requests;
  if (requests === 0) return sum;
  return {
    requests: sum.requests + requests,
    errors: sum.errors + Math.max(0, now.errors - since.errors),
    times: [...sum.times.slice(1 - MOST_TIMES), { ms: now.answerMs, weight: requests }],
  };
}
