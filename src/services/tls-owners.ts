import { sharedOptionsIgnored } from './conflicts.ts';
import { ranked, type Contestant, type Judge } from './contestants.ts';
import { hostWord, NEARNESS } from './holders.ts';
import { authorOf } from '../model/folders.ts';
import { hasOwnRules } from '../model/own-rules.ts';
import type { Problem } from '../model/problem.ts';
import type { Bind, Front } from '../model/service.ts';

/**
 * Under --group-https-by-vhost all ports of a virtual host share an https bind. Its certificates and options come from one app, the owner of the
 * host. That is the app that holds the host; else an app that claims the whole host rather than paths of it; else the order of all other claims
 * decides. Certificates and options of the other apps are not used on this bind, and the app is told so by a Problem if they differ.
 */
export function giveTlsOwners(all: readonly Contestant[], judge: Judge): readonly Problem[] {
  const guests = new Map<Contestant, Map<Contestant, Visit>>();
  for (const [host, claimants] of byHost(all, judge)) {
    const owner = ownerOf(host, claimants, judge);
    const own = claimants.filter((one) => isSameApp(one, owner));
    for (const one of claimants) {
      if (isSameApp(one, owner)) one.held.add(hostWord(host));
      else if (asksForTls(one)) note(guests, { guest: one, owner, own, host });
    }
  }
  const problems: Problem[] = [];
  for (const [guest, owners] of guests) {
    if (guest.got === undefined) continue;
    guest.got = { ...guest.got, guestAt: [...owners.values()].flatMap(({ hosts }) => hosts), claimed: guest.front };
    for (const [owner, { hosts, own }] of owners) {
      const labels = differing(guest, own);
      if (labels.length > 0) problems.push(sharedOptionsIgnored(guest.front, { labels, hosts, owner }));
    }
  }
  return problems;
}

function byHost(all: readonly Contestant[], { register }: Judge): ReadonlyMap<string, readonly Contestant[]> {
  const hosts = new Map<string, Contestant[]>();
  for (const one of all) {
    const routes = one.isAbsent ? one.front.routes : (one.got?.routes ?? []);
    for (const host of new Set(routes.map((route) => route.host))) {
      if (one.isAbsent && register.nearness(one.front, [hostWord(host)]) === NEARNESS.stranger) continue;
      const others = hosts.get(host);
      if (others === undefined) hosts.set(host, [one]);
      else others.push(one);
    }
  }
  return hosts;
}

function ownerOf(host: string, claimants: readonly Contestant[], judge: Judge): Contestant {
  const word = hostWord(host);
  const holders = claimants.filter(({ front }) => judge.register.nearness(front, [word]) < NEARNESS.stranger);
  const wholes = claimants.filter(({ front }) => !hasOwnRules(front.overrides) && front.routes.some((route) => route.path === undefined));
  const candidates = [holders, wholes].find((some) => some.length > 0) ?? claimants;
  return ranked(candidates, () => [word], judge)[0] as Contestant;
}

function isSameApp({ front: a }: Contestant, { front: b }: Contestant): boolean {
  return authorOf(a) === authorOf(b);
}

function asksForTls({ front: { bind } }: Contestant): boolean {
  return bind?.certificate !== undefined || bind?.options !== undefined;
}

/** The hosts on which a port shares the https bind of another app, which owns them. */
interface Visit {
  readonly hosts: string[];
  /** The owner's ports on the first of these hosts. */
  readonly own: readonly Contestant[];
}

interface Guest extends Pick<Visit, 'own'> {
  readonly guest: Contestant;
  readonly owner: Contestant;
  readonly host: string;
}

function note(guests: Map<Contestant, Map<Contestant, Visit>>, { guest, owner, own, host }: Guest): void {
  const owners = guests.get(guest) ?? new Map<Contestant, Visit>();
  guests.set(guest, owners);
  const visit = owners.get(owner);
  if (visit === undefined) owners.set(owner, { hosts: [host], own });
  else visit.hosts.push(host);
}

/** The labels of a port that ask for what no port of the owner asks for. */
function differing({ front }: Contestant, owners: readonly Contestant[]): readonly string[] {
  const lacks = (of: (bind: Bind) => string | undefined): boolean => {
    const wanted = valueOf(front, of);
    return wanted !== undefined && !owners.some((owner) => valueOf(owner.front, of) === wanted);
  };
  return [
    ...(lacks(({ certificate }) => certificate) ? [`HAPROXY_${front.index}_SSL_CERT`] : []),
    ...(lacks(({ options }) => options) ? [`HAPROXY_${front.index}_BIND_OPTIONS`] : []),
  ];
}

function valueOf({ bind }: Front, of: (bind: Bind) => string | undefined): string | undefined {
  return bind === undefined ? undefined : of(bind);
}
