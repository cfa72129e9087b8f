import { byText } from '../lib/lists.ts';
import { hasOwnRules } from '../model/own-rules.ts';
import type { Problem } from '../model/problem.ts';
import type { Front } from '../model/service.ts';
import { mayClaim, type Domains } from './domains.ts';
import { areRelated, authorOf, folderOf } from '../model/folders.ts';

/** One port on one virtual host. */
interface Claimant {
  readonly front: Front;
  readonly paths: readonly string[];
}

/**
 * The Problems of two ports from different folders that have the same host, when one takes requests before the other: by a path of the host, or by a
 * weight that puts its rule first. The rules keep marathon-lb's order; both ports get a Problem. There is none when the operator gave the host to
 * both folders with --domains.
 */
export function findShadows(fronts: readonly Front[], domains: Domains | undefined): readonly Problem[] {
  const pairs = new Map<Front, Map<Front, Shadow>>();
  const meets = makeMeets();
  for (const [host, claimants] of byHost(fronts)) {
    if (new Set(claimants.map(({ front }) => folderOf(authorOf(front)))).size < 2) continue;
    claimants.sort((a, b) => inOrder(a.front, b.front));
    for (const [i, first] of claimants.entries())
      for (const later of claimants.slice(i + 1))
        if (meets(first, later) && !isGivenToBoth(first, later, { host, domains }))
          note(pairs, { host, first: first.front, later: later.front });
  }
  return [...pairs].flatMap(([front, others]) => [...others.values()].slice(0, MOST_TOLD).map((shadow) => tell(front, shadow)));
}

interface Shadow {
  readonly first: Front;
  readonly later: Front;
  readonly hosts: string[];
}

/** The most other ports that are reported for one port. */
const MOST_TOLD = 10;

function byHost(fronts: readonly Front[]): ReadonlyMap<string, Claimant[]> {
  const hosts = new Map<string, Claimant[]>();
  for (const front of fronts) {
    if (hasOwnRules(front.overrides)) continue; // what custom rules match is not known
    const claimant = { front, paths: pathsOf(front) };
    for (const { host } of front.routes) {
      const known = hosts.get(host);
      if (known === undefined) hosts.set(host, [claimant]);
      else known.push(claimant);
    }
  }
  return hosts;
}

/** The paths of a port, which are the same on all its hosts; empty when it gets every path. */
function pathsOf({ routes: [route] }: Front): readonly string[] {
  return route?.path === undefined ? [] : route.path.split(' ').filter((word) => word.startsWith('/'));
}

/** The order of rules on the shared frontends, as in marathon-lb. */
function inOrder(a: Front, b: Front): number {
  return b.weight - a.weight || byText(a.app, b.app) || a.port - b.port;
}

/**
 * Returns a function that says whether two ports of unrelated apps have a path in common. The paths of a port are the same on all its hosts, so each
 * pair of ports is compared once. Otherwise two apps with 1,000 hosts and 500 paths each would delay everybody.
 */
function makeMeets(): (a: Claimant, b: Claimant) => boolean {
  const known = new Map<Front, Map<Front, boolean>>();
  return (a, b) => {
    const ofFirst = known.get(a.front) ?? new Map<Front, boolean>();
    known.set(a.front, ofFirst);
    const seen = ofFirst.get(b.front);
    if (seen !== undefined) return seen;
    const found = !areRelated(authorOf(a.front), authorOf(b.front)) && havePathInCommon(a.paths, b.paths);
    ofFirst.set(b.front, found);
    return found;
  };
}

function havePathInCommon(a: readonly string[], b: readonly string[]): boolean {
  if (a.length === 0 || b.length === 0) return true;
  return a.some((path) => b.some((other) => other.startsWith(path) || path.startsWith(other)));
}

interface Given {
  readonly host: string;
  readonly domains: Domains | undefined;
}

function isGivenToBoth(a: Claimant, b: Claimant, { host, domains }: Given): boolean {
  if (domains === undefined) return false;
  return [a, b].every(({ front }) => mayClaim(domains, authorOf(front), host));
}

function note(
  pairs: Map<Front, Map<Front, Shadow>>,
  { host, first, later }: { readonly host: string; readonly first: Front; readonly later: Front },
): void {
  for (const [front, other] of [
    [first, later],
    [later, first],
  ] as const) {
    const others = pairs.get(front) ?? new Map<Front, Shadow>();
    pairs.set(front, others);
    const shadow = others.get(other);
    if (shadow === undefined) others.set(other, { first, later, hosts: [host] });
    else shadow.hosts.push(host);
  }
}

function tell(front: Front, { first, later, hosts }: Shadow): Problem {
  const { app, index } = front;
  const more = hosts.length > 3 ? ` and ${hosts.length - 3} more` : '';
  const by = first.weight > later.weight ? `its weight ${first.weight} is above ${later.weight}` : 'its rule comes first';
  const what = first.routes.some(({ path }) => path !== undefined) ? `some of the paths` : 'all requests';
  return {
    code: 'shadowed',
    owner: { by: 'app', app, index },
    label: `HAPROXY_${index}_VHOST`,
    message: `port ${first.index} of ${authorOf(first)} gets ${what} of ${hosts.slice(0, 3).join(', ')}${more} before port ${later.index} of ${authorOf(later)}, an app of a different folder, because ${by}`,
    hint: 'agree on who has the host; the operator can settle it with --domains',
  };
}
