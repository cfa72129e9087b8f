import type { Fragment } from '../model/document.ts';

/** Whose fragment it is, as one word to compare. */
export function ownerOf({ owner }: Pick<Fragment, 'owner'>): string {
  return owner.by === 'operator' ? '' : `${owner.index ?? ''} ${owner.app}`;
}
