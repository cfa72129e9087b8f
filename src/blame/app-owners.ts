import type { Document } from '../model/document.ts';
import type { AppOwner } from '../model/problem.ts';

/** A text that identifies a port of an app, as a key in Sets and Maps. */
export function ownerKey({ app, index }: AppOwner): string {
  return `${app} ${index ?? 0}`;
}

/** The `ownerKey`s of the services that have a part in a document, in the order of the file. */
export function ownersIn({ front, backends }: Document): readonly string[] {
  const owners = new Set<string>();
  for (const { fragments } of [...front, ...backends])
    for (const { owner } of fragments) if (owner.by === 'app') owners.add(ownerKey(owner));
  return [...owners];
}
