import { each } from '../lib/lists.ts';
import { makeSharing } from '../lib/sharing.ts';
import { hasOwnRules } from '../model/own-rules.ts';
import type { Front } from '../model/service.ts';
import { cleaned } from './routes.ts';

/** A front with the names of the ACLs of its rules. */
export interface NamedFront {
  readonly front: Front;
  /** The part after `host_` and `auth_`: the placeholder cleanedUpHostname. */
  readonly hostAcl: string;
  /** The part after `app_`: the placeholder cleanedUpAppId. */
  readonly appAcl: string;
}

/**
 * Gives every front the names of its ACLs: marathon-lb 1.15's names wherever nothing collides, because users' templates depend on them. HAProxy
 * combines ACLs of the same name by OR, and two fronts can be made to share a name: `/shop` with the host `shop.acme.org_prod`, and `/prod/shop` with
 * `shop.acme.org`. When two fronts would mean different things by the same name, the later one in order of app id and service port gets the name of
 * its backend appended, which no other front has. `hasHostRules` says whether a front has rules in the file; a front that only the map file leads to
 * needs no ACL. Fronts that did not change get the same objects.
 */
export function makeAclNames(hasHostRules: (front: Front) => boolean): (fronts: readonly Front[]) => readonly NamedFront[] {
  const asInMarathonLb = each((front: Front): NamedFront => ({ front, hostAcl: hostAclOf(front), appAcl: cleaned(front.app) }));
  const sharing = makeSharing(({ front, hostAcl, appAcl }: NamedFront) => [
    ...(hasHostRules(front) ? [`host_${hostAcl}`] : []),
    ...(front.mode === 'http' ? [`app_${appAcl}`] : []),
  ]);
  let renamed: ReadonlyMap<Front, NamedFront> = new Map();
  return (fronts) => {
    const named = asInMarathonLb(fronts);
    const few = sharing(named);
    const hosts = losersOf(
      few.filter(({ front }) => hasHostRules(front)).map((one) => [one.hostAcl, one.front]),
      isSameHostAcl,
    );
    const apps = losersOf(
      few.filter(({ front }) => front.mode === 'http').map((one) => [one.appAcl, one.front]),
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

/** marathon-lb 1.15's name: the first host and the app id, with `_` for characters that an ACL's name can't have. */
function hostAclOf({ app, routes: [route] }: Front): string {
  return `${cleaned(route?.host ?? '')}_${app.slice(1).replaceAll('/', '_')}`;
}

/** The fronts whose name an earlier front already uses with a different meaning. */
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
 * Whether two fronts mean the same by `host_…` and `auth_…`: they have the same hosts, and at most one has a user list. A front with its own rule
 * templates shares a name with no other front, because the meaning of its rules is not known here.
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
