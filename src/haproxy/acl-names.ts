import { each } from '../lib/lists.ts';
import { hasOwnRules } from '../model/own-rules.ts';
import type { Front } from '../model/service.ts';
import { cleaned } from './routes.ts';

/** A front, and how the ACLs of its rules are called. */
export interface NamedFront {
  readonly front: Front;
  /** Stands behind `host_` and `auth_`: the placeholder cleanedUpHostname. */
  readonly hostAcl: string;
  /** Stands behind `app_`: the placeholder cleanedUpAppId. */
  readonly appAcl: string;
}

/**
 * Gives every front the names of its ACLs. They are those of marathon-lb 1.15 wherever nothing collides, because the templates of an estate
 * depend on them. HAProxy takes the ACLs of one name together by OR, and two fronts can be made to share a name: `/shop` with the host
 * `shop.acme.org_prod`, and `/prod/shop` with `shop.acme.org`. Where two would mean different things by one name, the later in order of app id
 * and service port has the name of its backend added, which no other front has. `hasHostRules`: whether a front has rules in the file; one that only the map file leads to needs no
 * ACL. The same objects come back for fronts that did not change.
 */
export function makeAclNames(hasHostRules: (front: Front) => boolean): (fronts: readonly Front[]) => readonly NamedFront[] {
  const asInMarathonLb = each((front: Front): NamedFront => ({ front, hostAcl: hostAclOf(front), appAcl: cleaned(front.app) }));
  let renamed: ReadonlyMap<Front, NamedFront> = new Map();
  return (fronts) => {
    const named = asInMarathonLb(fronts);
    const hosts = losersOf(
      named.filter(({ front }) => hasHostRules(front)).map((one) => [one.hostAcl, one.front]),
      isSameHostAcl,
    );
    const apps = losersOf(
      named.filter(({ front }) => front.mode === 'http').map((one) => [one.appAcl, one.front]),
      isSameApp,
    );
    if (hosts.size === 0 && apps.size === 0) return named;
    const taken = new Set(named.flatMap(({ hostAcl, appAcl }) => [hostAcl, appAcl]));
    const before = renamed;
    const next = new Map<Front, NamedFront>();
    const all = named.map((one) => {
      const { front } = one;
      if (!hosts.has(front) && !apps.has(front)) return one;
      const hostAcl = hosts.has(front) ? unused(`${one.hostAcl}_${cleaned(front.name)}`, taken) : one.hostAcl;
      const appAcl = apps.has(front) ? unused(`${one.appAcl}_${cleaned(front.name)}`, taken) : one.appAcl;
      const last = before.get(front);
      const kept = last?.hostAcl === hostAcl && last.appAcl === appAcl ? last : { front, hostAcl, appAcl };
      next.set(front, kept);
      return kept;
    });
    renamed = next;
    return all;
  };
}

/** The name of marathon-lb 1.15: the first host and the app id, with `_` for what an ACL's name can't have. */
function hostAclOf({ app, routes: [route] }: Front): string {
  return `${cleaned(route?.host ?? '')}_${app.slice(1).replaceAll('/', '_')}`;
}

/** The fronts whose name an earlier one has with another meaning. */
function losersOf(wanted: readonly (readonly [string, Front])[], isSame: (a: Front, b: Front) => boolean): ReadonlySet<Front> {
  const holders = new Map<string, Front[]>();
  const losers = new Set<Front>();
  for (const [name, front] of wanted) {
    const others = holders.get(name);
    if (others === undefined) holders.set(name, [front]);
    else if (others.every((other) => isSame(other, front))) others.push(front);
    else losers.add(front);
  }
  return losers;
}

/**
 * Whether two fronts mean the same by `host_…` and `auth_…`: the same hosts, and not two user lists. What the rules of an app's own template
 * say is not known here, so they share a name with nobody.
 */
function isSameHostAcl(a: Front, b: Front): boolean {
  const hasTwoLists = a.auth !== undefined && b.auth !== undefined;
  return !hasTwoLists && !hasOwnRules(a.overrides) && !hasOwnRules(b.overrides) && hostsOf(a) === hostsOf(b);
}

function hostsOf({ routes }: Front): string {
  return [...new Set(routes.map(({ host }) => host))].sort().join(' ');
}

function isSameApp(a: Front, b: Front): boolean {
  return a.app === b.app;
}

function unused(name: string, taken: Set<string>): string {
  let free = name;
  while (taken.has(free)) free = `${free}_`;
  taken.add(free);
  return free;
}
