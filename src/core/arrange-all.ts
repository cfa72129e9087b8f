import { bracketed } from '../lib/bracketed.ts';
import { isSameList } from '../lib/lists.ts';
import type { Holder } from '../model/holder.ts';
import type { TakenBind } from '../model/quarantine.ts';
import type { Front } from '../model/service.ts';
import { arrange, type Arrangement, type Claim, type OwnBind } from '../services/arrange.ts';
import { makeHolder } from '../services/holders.ts';
import type { OwnSettings } from './render.ts';

interface Others {
  readonly holders: readonly Holder[];
  readonly taken: readonly TakenBind[];
  readonly absent: readonly Front[];
}

interface How {
  readonly own: readonly OwnBind[];
  readonly takesAll: boolean;
  readonly sharesTls: boolean;
}

/**
 * Arranges all claims, and remembers the last time. Who holds what until now matters only where something is claimed twice, or by a port that is not
 * rendered.
 */
export function makeArrange({ own, ...how }: How): (claims: readonly Claim[], others: Others) => Arrangement {
  const wholes = new WeakMap<Front, Holder>();
  const wholeOf = (front: Front): Holder => {
    const known = wholes.get(front) ?? makeHolder(front);
    wholes.set(front, known);
    return known;
  };
  let last: (Others & { readonly claims: readonly Claim[]; readonly arrangement: Arrangement }) | undefined;
  return (claims, { holders, taken, absent }) => {
    const isSame = last?.taken === taken && isSameList(last.absent, absent) && isSameList(last.claims, claims);
    const isFree = last?.arrangement.problems.length === 0 && absent.length === 0;
    if (last !== undefined && isSame && (last.holders === holders || isFree)) return last.arrangement;
    const arrangement = arrange(claims, { own: [...own, ...taken.map(asOwn)], holders, absent, ...how }, wholeOf);
    last = { claims, holders, taken, absent, arrangement };
    return arrangement;
  };
}

/** An address and port that a different process has is treated like one of the load balancer's own, so that no app gets it. */
function asOwn({ address, port, why }: TakenBind): OwnBind {
  return { address: bracketed(address), port, what: `another process: ${why}`, isForeign: true };
}

/** The addresses and ports of the load balancer's own frontends. */
export function ownBinds({ bindAddress: address, ports, sharedFrontends }: OwnSettings): readonly OwnBind[] {
  const shared = [
    { address, port: ports.http, what: 'the shared http frontend (--http-port)' },
    { address, port: ports.https, what: 'the shared https frontend (--https-port)' },
  ];
  return [
    ...(sharedFrontends ? shared : []),
    { address, port: ports.appId, what: 'the frontend by app id (--app-id-port)' },
    { address, port: ports.stats, what: 'the statistics page (--stats-port)' },
  ];
}
