import { flatOf } from '../lib/flat-lists.ts';
import { eachPair, whole } from '../lib/lists.ts';
import { firstOfHost } from '../model/first-of-host.ts';
import type { Problem } from '../model/problem.ts';
import type { Front, Service } from '../model/service.ts';
import type { LeftOut } from '../model/left-out.ts';

/** The services that remain, and what was left out. */
interface Sifted {
  readonly services: readonly Service[];
  readonly leftOut: readonly LeftOut[];
  readonly problems: readonly Problem[];
}

/**
 * Leaves out ports whose CLIENT_CA differs from that of the first port of the same virtual host. A host has one TLS handshake, so such a port would be
 * open to the clients of the first port. A wildcard's port keeps its other hosts, and is closed for a host that has such a handshake of its own:
 * paths of that host that nobody has lead to the wildcard.
 */
export function makeOneClientCa(): (services: readonly Service[]) => Sifted {
  const judge = whole((fronts: readonly Front[]) => {
    const lost = findLosers(fronts);
    return { lost, closed: findClosed(fronts.filter((front) => !lost.has(front))) };
  });
  const withFront = eachPair((service: Service, front: Front): Service => (service.front === front ? service : { ...service, front }));
  const asking = flatOf(({ front }: Service) => (front.clientTls?.ca === undefined ? [] : [front]));
  return (services) => {
    const fronts = asking(services);
    if (fronts.length === 0) return { services, leftOut: [], problems: [] };
    const { lost, closed } = judge(fronts);
    const kept = lost.size === 0 ? services : services.filter(({ front }) => !lost.has(front));
    return {
      services:
        closed.size === 0
          ? kept
          : withFront(
              kept,
              kept.map(({ front }) => closed.get(front) ?? front),
            ),
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

/**
 * The ports of wildcards that are closed for a host below, as they are served; the host has a port with other authorities. A wildcard below is no
 * such host: its requests never lead to a wildcard above.
 */
function findClosed(fronts: readonly Front[]): ReadonlyMap<Front, Front> {
  const byDomain = new Map<string, Front[]>();
  for (const front of fronts)
    for (const { host } of front.routes)
      if (host.startsWith('*.')) byDomain.set(host.slice(2), [...(byDomain.get(host.slice(2)) ?? []), front]);
  const hosts = new Map<Front, Set<string>>();
  for (const { clientTls, routes } of byDomain.size === 0 ? [] : fronts)
    for (const { host } of routes.filter((route) => !route.host.startsWith('*.')))
      for (const front of domainsAbove(host).flatMap((domain) => byDomain.get(domain) ?? []))
        if (front.clientTls?.ca !== clientTls?.ca) hosts.set(front, (hosts.get(front) ?? new Set()).add(host));
  return new Map(Array.from(hosts, ([front, notAt]) => [front, { ...front, clientTls: { ...front.clientTls, notAt: [...notAt].sort() } }]));
}

/** 'c.acme.org', 'acme.org' and 'org' for 'b.c.acme.org'. */
function domainsAbove(host: string): readonly string[] {
  const names = host.split('.');
  return names.slice(1).map((_, i) => names.slice(i + 1).join('.'));
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
