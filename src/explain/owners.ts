import type { Fragment } from '../model/document.ts';

/** The owner of a fragment as a text that can be compared; empty for the operator. */
export function ownerOf({ owner }: Pick<Fragment, 'owner'>): string {
  return owner.by === 'operator' ? '' : `${owner.index ?? ''} ${owner.app}`;
}
