import { flatOf } from '../lib/flat-lists.ts';
import { whole } from '../lib/lists.ts';
import { firstOfHost } from '../model/first-of-host.ts';
import type { Problem } from '../model/problem.ts';
import type { Front, LeftOut, Service } from '../model/service.ts';

/** Services without those whose clients can't be told apart. */
interface Sifted {
  readonly services: readonly Service[];
  readonly leftOut: readonly LeftOut[];
  readonly problems: readonly Problem[];
}

/**
 * Leaves out ports whose CLIENT_CA differs from that of the first port of the same virtual host. A host has one TLS handshake, so such a port would be
 * open to the clients of the first port.
 */
export function makeOneClientCa(): (services: readonly Service[]) => Sifted {
  const losers = whole((fronts: readonly Front[]) => findLosers(fronts));
  const asking = flatOf(({ front }: Service) => (front.clientTls?.ca === undefined ? [] : [front]));
  return (services) => {
    const fronts = asking(services);
    if (fronts.length === 0) return { services, leftOut: [], problems: [] };
    const lost = losers(fronts);
    return {
      services: lost.size === 0 ? services : services.filter(({ front }) => !lost.has(front)),
      leftOut: Array.from(lost.keys(), ({ app, index }) => ({ app, index, why: 'label' as const })),
      problems: Array.from(lost, ([front, other]) => told(front, other)),
    };
  };
}

interface Other {
  readonly front: Front;
  readonly host: string;
}

function findLosers(fronts: readonly Front[]): ReadonlyMap<Front, Other> {
  const byHost = new Map<string, Front[]>();
  for (const front of fronts) for (const { host } of front.routes) byHost.set(host, [...(byHost.get(host) ?? []), front]);
  const lost = new Map<Front, Other>();
  for (const [host, claimants] of byHost) {
    const [first, ...others] = claimants.sort(firstOfHost(host));
    for (const other of others)
      if (first !== undefined && other.clientTls?.ca !== first.clientTls?.ca) lost.set(other, { front: first, host });
  }
  return lost;
}

function told({ app, index }: Front, { front, host }: Other): Problem {
  const label = `HAPROXY_${index}_CLIENT_CA`;
  return {
    code: 'label-conflict',
    owner: { by: 'app', app, index },
    label,
    message: `${label} names other authorities than HAPROXY_${front.index}_CLIENT_CA of ${front.app} for the virtual host ${host}, so the port is left out`,
    hint: 'name the same file in both, or give the ports virtual hosts of their own',
  };
}
