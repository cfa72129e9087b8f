import type { BackendSection, Document, Fragment, InSpare, Section } from '../model/document.ts';
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

/**
 * Why a spare backend can't stand for rules in the shared frontends; undefined when it can. The rules of spare backends have a place of their own,
 * so that all other rules must be those that HAProxy runs, and each request must find the same backend as it will after the reload.
 */
export function whyNotByRules(section: BackendSection, rules: SpareRules): string | undefined {
  const { inSpare } = section;
  if (inSpare === undefined || !isByRules(section)) return undefined;
  const { before, after, fresh } = rules;
  const rival = after.backends.find((other) => other !== section && mayMatch(other, inSpare) && !isInTurn(other, section, rules));
  if (rival !== undefined) return `rules that lead to ${rival.backend} may match its requests`;
  const own = ownersOf([section]);
  const isTheirs = after.front.some((one) => isShared(one, own) && one.fragments.some((rule) => isOf(rule, own) && isUnusual(rule)));
  if (isTheirs) return 'its rules come from a template of the operator or of a label';
  const owners = ownersOf(fresh);
  const was = new Map(before.front.map((one) => [one.name, one]));
  const isApart = after.front.some((one) => {
    if (!isShared(one, owners)) return false;
    const known = was.get(one.name);
    return known === undefined || !isSameSection(known, { ...one, fragments: one.fragments.filter((rule) => !isOf(rule, owners)) });
  });
  return isApart ? 'other rules of the shared frontends change at the same time' : undefined;
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
function isInTurn(other: BackendSection, section: BackendSection, { after: { backends }, fresh }: SpareRules): boolean {
  const [theirs, own] = [other.inSpare, section.inSpare];
  if (theirs === undefined || own === undefined) return false;
  const isBehind = theirs.weight < 0 && own.weight >= 0;
  if (own.hosts.length > 0) return isBehind && theirs.isWild;
  if (fresh.includes(other) || (own.redirects.length > 0 && (theirs.why !== undefined || theirs.isWild))) return false;
  const isFirst = theirs.weight > own.weight || (theirs.weight === own.weight && backends.indexOf(other) < backends.indexOf(section));
  return isBehind || isFirst;
}

function isUnusual({ label, standard }: Fragment): boolean {
  return label !== undefined || standard !== undefined;
}
