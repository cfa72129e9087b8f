import type { BackendSection, Document, Fragment, Section } from '../model/document.ts';
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

/**
 * Why a spare backend can't stand for rules in the shared frontends; undefined when it can. The rule of the spare backends comes last, so that all other
 * rules must be those that HAProxy runs, and none of them may match the same requests.
 */
export function whyNotByHost(
  section: BackendSection,
  { before, after, fresh }: { readonly before: Document; readonly after: Document; readonly fresh: readonly BackendSection[] },
): string | undefined {
  const { inSpare } = section;
  if (inSpare === undefined || inSpare.hosts.length === 0) return undefined;
  const rival = after.backends.find((other) => other !== section && mayMatch(other, inSpare));
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

function mayMatch({ inSpare }: BackendSection, { hosts, weight }: NonNullable<BackendSection['inSpare']>): boolean {
  if (inSpare === undefined) return false;
  const isBehind = inSpare.weight < 0 && weight >= 0;
  return (inSpare.isWild && !isBehind) || inSpare.claims.some((host) => hosts.includes(host));
}

function isUnusual({ label, standard }: Fragment): boolean {
  return label !== undefined || standard !== undefined;
}
