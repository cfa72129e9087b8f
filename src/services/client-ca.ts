import { flatOf } from '../lib/flat-lists.ts';
import { each, eachPair, whole } from '../lib/lists.ts';
import { firstOfHost } from '../model/first-of-host.ts';
import { areRelated, authorOf } from '../model/folders.ts';
import type { Problem } from '../model/problem.ts';
import type { Front, Service } from '../model/service.ts';
import type { LeftOut } from '../model/left-out.ts';

/** The services that remain, and what was left out. */
interface Sifted {
  readonly services: readonly Service[];
  /** The ports that are left out. */
  readonly out: readonly Front[];
  readonly leftOut: readonly LeftOut[];
  readonly problems: readonly Problem[];
}

/**
 * Decides whose CLIENT_CA counts for a virtual host, which has one TLS handshake. It is that of the host's first port (`firstOfHost`) or of a port of
 * the same folder: a port of a different folder, which has a path of the host, does not change the handshake of somebody else's host, and is closed there.
 * Ports whose CLIENT_CA differs from that of the host are left out, because they would be open to the clients of the first port. A wildcard's port keeps its
 * other hosts, and is closed for a host that has such a handshake of its own: paths of that host that nobody has lead to the wildcard. `shut`: ports that
 * are left out, and have hosts all the same.
 */
export function makeOneClientCa(): (services: readonly Service[], shut: readonly Front[]) => Sifted {
  const frontOf = each(({ front }: Service) => front);
  const judge = whole((fronts: readonly Front[]) => judgeAll(fronts));
  const withFront = eachPair((service: Service, front: Front): Service => (service.front === front ? service : { ...service, front }));
  const asking = flatOf(({ front }: Service) => (asksForClients(front) ? [front] : []));
  return (services, shut) => {
    if (asking(services).length === 0) return { services, ...NOTHING };
    const fronts = frontOf(services);
    const { lost, closed, problems } = judge(concerned(shut.length === 0 ? fronts : [...fronts, ...shut]));
    const kept = lost.size === 0 ? services : services.filter(({ front }) => !lost.has(front));
    const given = closed.size === 0 ? kept.map(({ front }) => front) : kept.map(({ front }) => closed.get(front) ?? front);
    return {
      services: closed.size === 0 ? kept : withFront(kept, given),
      out: [...lost.keys()],
      leftOut: Array.from(lost.keys(), ({ app, index }) => ({ app, index, why: 'label' as const })),
      problems,
    };
  };
}

const NOTHING: Omit<Sifted, 'services'> = { out: [], leftOut: [], problems: [] };

function asksForClients({ clientTls }: Front): boolean {
  return clientTls?.ca !== undefined;
}

function judgeAll(all: readonly Front[]) {
  const { lost, visits } = findLosers(hostsOf(all));
  const fronts = all.filter((front) => asksForClients(front) && !lost.has(front));
  return {
    lost,
    closed: findClosed(fronts, visits),
    problems: [
      ...Array.from(lost, ([front, other]) => told(front, other)),
      ...[...visits].flatMap(([front, hosts]) => (lost.has(front) ? [] : [closedFor(front, hosts)])),
    ],
  };
}

/** The ports that share a host with a port that has CLIENT_CA. */
function concerned(all: readonly Front[]): readonly Front[] {
  const hosts = new Set(all.flatMap((front) => (asksForClients(front) ? front.routes.map(({ host }) => host) : [])));
  return all.filter(({ routes }) => routes.some(({ host }) => hosts.has(host)));
}

/** The ports of each host that a port with CLIENT_CA has; the first port of the host first. */
function hostsOf(all: readonly Front[]): ReadonlyMap<string, readonly Front[]> {
  const byHost = new Map<string, Front[]>();
  for (const front of all) if (asksForClients(front)) for (const { host } of front.routes) byHost.set(host, []);
  for (const front of all) {
    if (front.passthrough === true || front.mode !== 'http') continue;
    for (const host of new Set(front.routes.map((route) => route.host))) byHost.get(host)?.push(front);
  }
  for (const [host, fronts] of byHost) fronts.sort(firstOfHost(host));
  return byHost;
}

interface Other {
  readonly front: Front;
  readonly host: string;
}

/** The ports of different folders, each with the hosts of others that it has paths of, and the first port of each of these. */
type Visits = ReadonlyMap<Front, readonly Other[]>;

function findLosers(byHost: ReadonlyMap<string, readonly Front[]>): { readonly lost: ReadonlyMap<Front, Other>; readonly visits: Visits } {
  const lost = new Map<Front, Other>();
  const visits = new Map<Front, Other[]>();
  for (const [host, all] of byHost) {
    const [owner] = all;
    const isOwn = (front: Front): boolean => owner !== undefined && areRelated(authorOf(front), authorOf(owner));
    const asking = all.filter(asksForClients);
    const [first, ...others] = asking.filter(isOwn);
    for (const other of others)
      if (first !== undefined && other.clientTls?.ca !== first.clientTls?.ca) lost.set(other, { front: first, host });
    for (const front of asking)
      if (owner !== undefined && !isOwn(front)) visits.set(front, [...(visits.get(front) ?? []), { front: owner, host }]);
  }
  return { lost, visits };
}

/**
 * The ports that are closed for some hosts, as they are served: ports of wildcards for a host below that has a port with other authorities, and ports
 * with paths of hosts of a different folder. A wildcard below is no such host: its requests never lead to a wildcard above.
 */
function findClosed(fronts: readonly Front[], visits: Visits): ReadonlyMap<Front, Front> {
  const byDomain = new Map<string, Front[]>();
  for (const front of fronts)
    for (const { host } of front.routes)
      if (host.startsWith('*.')) byDomain.set(host.slice(2), [...(byDomain.get(host.slice(2)) ?? []), front]);
  const hosts = new Map<Front, Set<string>>();
  const close = (front: Front, host: string): void => void hosts.set(front, (hosts.get(front) ?? new Set()).add(host));
  for (const visitor of fronts) for (const { host } of visits.get(visitor) ?? []) close(visitor, host);
  for (const front of byDomain.size === 0 ? [] : fronts)
    for (const { host } of front.routes.filter((route) => !route.host.startsWith('*.') && hosts.get(front)?.has(route.host) !== true))
      for (const wide of domainsAbove(host).flatMap((domain) => byDomain.get(domain) ?? []))
        if (wide.clientTls?.ca !== front.clientTls?.ca) close(wide, host);
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

/** The Problem of a port that has paths of hosts of a different folder. */
function closedFor({ app, index }: Front, others: readonly Other[]): Problem {
  const label = `HAPROXY_${index}_CLIENT_CA`;
  const hosts = others.map(({ host }) => host);
  const owner = others[0]?.front;
  const more = hosts.length > 3 ? ` and ${hosts.length - 3} more` : '';
  return {
    code: 'label-conflict',
    owner: { by: 'app', app, index },
    label,
    message: `${label} can't have clients of ${hosts.slice(0, 3).join(', ')}${more} asked for certificates, because ${hosts.length === 1 ? 'that host is' : 'these hosts are'} of a different folder (${owner === undefined ? '' : authorOf(owner)}), so the port answers 403 there`,
    hint: 'give the port a virtual host of its own, or have the owner of the host ask for certificates',
  };
}
