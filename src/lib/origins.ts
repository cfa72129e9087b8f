import { makeLineage } from './lineage.ts';

const NONE: readonly number[] = [];

/** Of lists that are further apart than this, all elements are compared. */
const lists = makeLineage<readonly unknown[], readonly number[]>({
  none: NONE,
  united,
  sizeOf: ({ length }) => length,
  mostSize: 64,
  mostEarlier: 12,
});

/**
 * Notes that `list` is `before` with other elements at these places, and of the same length. Comparing the two then costs only these places: 10,000
 * comparisons would read 10,000 objects. Neither list may be changed afterwards.
 */
export function noteOrigin(list: readonly unknown[], before: readonly unknown[], places: readonly number[]): void {
  lists.note(list, before, places);
}

/** Returns the places at which two lists of the same length may differ, in order; undefined when it is not known how they are related. */
export function placesBetween(a: readonly unknown[], b: readonly unknown[]): readonly number[] | undefined {
  return a === b ? NONE : lists.between(a, b);
}

/** How many elements a list has in common with an earlier one at both ends. */
export interface Ends {
  readonly head: number;
  readonly tail: number;
}

/** Of a list that was made of one of a different length: the token of that list, and the ends that both have. Only a shortcut, as a lineage is. */
const spliced = new WeakMap<readonly unknown[], Ends & { readonly token: object }>();

/** Notes that `list` has its first and last elements from `before`, a list of a different length. Neither list may be changed afterwards. */
export function noteEnds(list: readonly unknown[], before: readonly unknown[], { head, tail }: Ends): void {
  if (list.length !== before.length) spliced.set(list, { token: lists.tokenOf(before), head, tail });
}

/** The ends that two lists of different lengths have in common; undefined when it is not known that one was made of the other. */
export function endsOf(a: readonly unknown[], b: readonly unknown[]): Ends | undefined {
  if (a.length === b.length) return undefined;
  const [ofA, ofB] = [spliced.get(a), spliced.get(b)];
  if (ofB !== undefined && ofB.token === lists.known(a)) return ofB;
  return ofA !== undefined && ofA.token === lists.known(b) ? ofA : undefined;
}

function united(a: readonly number[], b: readonly number[]): readonly number[] {
  if (a.length === 0) return b;
  return b.length === 0 ? a : [...new Set([...a, ...b])].sort((one, other) => one - other);
}
