import type { Document } from '../model/document.ts';
import type { Owner } from '../model/problem.ts';

/** An app's port, as the owner of a part of a document. */
export type AppOwner = Extract<Owner, { readonly by: 'app' }>;

/** The word for an app's port in sets of them. */
export function ownerKey({ app, index }: AppOwner): string {
  return `${app} ${index ?? 0}`;
}

/** The services that have a part in a document, as `ownerKey`s, in the order of the file. */
export function ownersIn({ front, backends }: Document): readonly string[] {
  const owners = new Set<string>();
  for (const { fragments } of [...front, ...backends])
    for (const { owner } of fragments) if (owner.by === 'app') owners.add(ownerKey(owner));
  return [...owners];
}
