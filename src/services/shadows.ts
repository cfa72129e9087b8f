import { byText } from '../lib/lists.ts';
import { hasOwnRules } from '../model/own-rules.ts';
import type { Problem } from '../model/problem.ts';
import type { Front } from '../model/service.ts';
import { mayClaim, type Domains } from './domains.ts';
import { areRelated, folderOf } from './folders.ts';

/** One port on one virtual host. */
interface Claimant {
  readonly front: Front;
  readonly paths: readonly string[];
}

/**
 * A Problem on both when a port of one folder takes requests of a host that a port of another folder has: by a path of that host, or by a weight
 * that puts its rule before the other one. That is marathon-lb's order and stays. Where the operator has given the host to both folders with
 * --domains, nothing is told.
 */
export function findShadows(fronts: readonly Front[], domains: Domains | undefined): readonly Problem[] {
  const pairs = new Map<Front, Map<Front, Shadow>>();
  for (const [host, claimants] of byHost(fronts)) {
    if (new Set(claimants.map(({ front }) => folderOf(front.author ?? front.app))).size < 2) continue;
    claimants.sort((a, b) => inOrder(a.front, b.front));
    for (const [i, first] of claimants.entries())
      for (const later of claimants.slice(i + 1))
        if (isShadow(first, later, host, domains)) note(pairs, { host, first: first.front, later: later.front });
  }
  return [...pairs].flatMap(([front, others]) => [...others.values()].slice(0, MOST_TOLD).map((shadow) => tell(front, shadow)));
}

interface Shadow {
  readonly first: Front;
  readonly later: Front;
  readonly hosts: string[];
}

/** So many other ports are told of one port. */
const MOST_TOLD = 10;

function byHost(fronts: readonly Front[]): ReadonlyMap<string, Claimant[]> {
  const hosts = new Map<string, Claimant[]>();
  for (const front of fronts) {
    if (hasOwnRules(front.overrides)) continue; // what such rules match is not known
    for (const { host, path } of front.routes) {
      const claimant = { front, paths: path === undefined ? [] : path.split(' ').filter((word) => word.startsWith('/')) };
      const known = hosts.get(host);
      if (known === undefined) hosts.set(host, [claimant]);
      else known.push(claimant);
    }
  }
  return hosts;
}

/** The order of rules on the shared frontends [marathon-lb]. */
function inOrder(a: Front, b: Front): number {
  return b.weight - a.weight || byText(a.app, b.app) || a.port - b.port;
}

function isShadow(first: Claimant, later: Claimant, host: string, domains: Domains | undefined): boolean {
  const [one, other] = [first, later].map(({ front }) => front.author ?? front.app);
  if (one === undefined || other === undefined || areRelated(one, other)) return false;
  if (domains !== undefined && mayClaim(domains, one, host) && mayClaim(domains, other, host)) return false;
  if (first.paths.length === 0 || later.paths.length === 0) return true;
  return first.paths.some((path) => later.paths.some((own) => own.startsWith(path) || path.startsWith(own)));
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
  const by = first.weight > later.weight ? `its weight ${first.weight} is above ${later.weight}` : 'its rule stands first';
  const what = first.routes.some(({ path }) => path !== undefined) ? `some of the paths` : 'all requests';
  return {
    code: 'shadowed',
    owner: { by: 'app', app, index },
    label: `HAPROXY_${index}_VHOST`,
    message: `port ${first.index} of ${first.author ?? first.app} takes ${what} of ${hosts.slice(0, 3).join(', ')}${more} before port ${later.index} of ${later.author ?? later.app}, an app of another folder, as ${by}`,
    hint: 'agree on who has the host; the operator can say it with --domains',
  };
}
