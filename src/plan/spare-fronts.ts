import type { BackendSection, Document, Fragment, InSpare, Section } from '../model/document.ts';
import { lazily } from '../lib/lazily.ts';
import { isByRules } from '../haproxy/in-spare.ts';
import { isSameSection } from '../haproxy/same-sections.ts';

/** The ports of backends, as keys to compare with the owners of fragments. */
export function ownersOf(sections: readonly BackendSection[]): ReadonlySet<string> {
  return new Set(sections.flatMap(({ fragments }) => fragments.flatMap((fragment) => keyOf(fragment) ?? [])));
}

function keyOf({ owner }: Fragment): string | undefined {
  return owner.by === 'app' ? `${owner.app} ${owner.index ?? ''}` : undefined;
}

function isOf(fragment: Fragment, owners: ReadonlySet<string>): boolean {
  const key = keyOf(fragment);
  return key !== undefined && owners.has(key);
}

/** The shared sections without the rules of these ports. Sections of their own, such as the frontend of a service port, stay. */
export function withoutRules(front: readonly Section[], owners: ReadonlySet<string>): readonly Section[] {
  return front.map((section) =>
    isShared(section, owners) ? { ...section, fragments: section.fragments.filter((one) => !isOf(one, owners)) } : section,
  );
}

/** Whether ports have rules in a section that is not their own. */
function isShared({ fragments: [head, ...rest] }: Section, owners: ReadonlySet<string>): boolean {
  return head !== undefined && !isOf(head, owners) && rest.some((one) => isOf(one, owners));
}

/** What HAProxy runs and is to run, and the backends that have no rules of their own yet. */
interface SpareRules {
  readonly before: Document;
  readonly after: Document;
  readonly fresh: readonly BackendSection[];
}

/** Says why a spare backend can't stand for the rules of a backend in the shared frontends; undefined when it can. */
export type WhyNotByRules = (section: BackendSection) => string | undefined;

/**
 * Returns a function that says why a spare backend can't stand for rules in the shared frontends. The rules of spare backends have a place of their
 * own, so that all other rules must be those that HAProxy runs, and each request must find the same backend as it will after the reload. All backends
 * and all shared rules are looked through once, when it is first asked, and not again for each new backend: hundreds may come at once.
 */
export function makeWhyNotByRules(rules: SpareRules): WhyNotByRules {
  const findRival = lazily(() => makeFindRival(rules));
  const unusual = lazily(() => unusualRules(rules.after.front));
  const areApart = lazily(() => areOtherRulesApart(rules));
  return (section) => {
    if (section.inSpare === undefined || !isByRules(section)) return undefined;
    const rival = findRival()(section, section.inSpare);
    if (rival !== undefined) return `rules that lead to ${rival.backend} may match its requests`;
    const own = ownersOf([section]);
    const isTheirs = [...own].some((key) =>
      unusual()
        .get(key)
        ?.some((head) => !own.has(head)),
    );
    if (isTheirs) return 'its rules come from a template of the operator or of a label';
    return areApart() ? 'other rules of the shared frontends change at the same time' : undefined;
  };
}

/** The owners of rules in sections of somebody else that are not as the standard templates make them, each with the owners of these sections. */
function unusualRules(front: readonly Section[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const {
    fragments: [first, ...rest],
  } of front) {
    if (first === undefined) continue;
    for (const rule of rest) {
      const key = isUnusual(rule) ? keyOf(rule) : undefined;
      if (key !== undefined) found.set(key, [...(found.get(key) ?? []), keyOf(first) ?? '']);
    }
  }
  return found;
}

/** Whether the shared frontends differ from those that HAProxy runs by more than the rules of new backends. */
function areOtherRulesApart({ before, after, fresh }: SpareRules): boolean {
  const owners = ownersOf(fresh);
  const was = new Map(before.front.map((one) => [one.name, one]));
  return after.front.some((one) => {
    if (!isShared(one, owners)) return false;
    const known = was.get(one.name);
    return known === undefined || !isSameSection(known, { ...one, fragments: one.fragments.filter((rule) => !isOf(rule, owners)) });
  });
}

/** A backend whose rules may match requests, and its place in the document. */
interface Claimant {
  readonly section: BackendSection;
  readonly place: number;
}

/** Returns a function that finds the first backend whose rules may match the requests of a new one. It looks only at those that claim its hosts. */
function makeFindRival({
  after: { backends },
  fresh: list,
}: SpareRules): (section: BackendSection, own: InSpare) => BackendSection | undefined {
  const fresh = new Set(list);
  const [wild, byHost, places] = [[] as Claimant[], new Map<string, Claimant[]>(), new Map<BackendSection, number>()];
  for (const [place, section] of backends.entries()) {
    places.set(section, place);
    const { isWild = false, claims = [] } = section.inSpare ?? {};
    if (isWild) wild.push({ section, place });
    else for (const host of new Set(claims.map(hostOf))) addTo(byHost, host, { section, place });
  }
  return (section, own) => {
    const its: Claimant = { section, place: places.get(section) ?? -1 };
    const others = [...wild, ...[...new Set(own.claims.map(hostOf))].flatMap((host) => byHost.get(host) ?? [])];
    const rivals = others.filter((other) => other.section !== section && mayMatch(other.section, own) && !isInTurn(other, its, fresh));
    return rivals.reduce<Claimant | undefined>((first, one) => (first === undefined || one.place < first.place ? one : first), undefined)
      ?.section;
  };
}

function addTo(lists: Map<string, Claimant[]>, key: string, one: Claimant): void {
  const known = lists.get(key);
  if (known === undefined) lists.set(key, [one]);
  else known.push(one);
}

/** The host of a claim. A claim is a host with the beginning of a path behind it: of two that match the same requests, both have the same host. */
function hostOf(claim: string): string {
  return claim.split('/', 1)[0] ?? '';
}

/** Whether the rules of this backend may match requests that the claims match. */
function mayMatch({ inSpare }: BackendSection, { claims }: InSpare): boolean {
  if (inSpare === undefined) return false;
  return inSpare.isWild || inSpare.claims.some((one) => claims.some((own) => one.startsWith(own) || own.startsWith(one)));
}

/**
 * Whether a request that matches the rules of both backends goes to the same one while a spare backend serves as it does after the reload. Until the
 * reload, the paths of a new port come behind all rules with weight 0 and above, so its order is right where the file will have those rules before its
 * own as well. Redirects come before all other rules.
 */
function isInTurn(other: Claimant, { section, place }: Claimant, fresh: ReadonlySet<BackendSection>): boolean {
  const [theirs, own] = [other.section.inSpare, section.inSpare];
  if (theirs === undefined || own === undefined) return false;
  const isBehind = theirs.weight < 0 && own.weight >= 0;
  if (own.hosts.length > 0) return isBehind && theirs.isWild;
  if (fresh.has(other.section) || (own.redirects.length > 0 && (theirs.why !== undefined || theirs.isWild))) return false;
  const isFirst = theirs.weight > own.weight || (theirs.weight === own.weight && other.place < place);
  return isBehind || isFirst;
}

function isUnusual({ label, standard }: Fragment): boolean {
  return label !== undefined || standard !== undefined;
}
