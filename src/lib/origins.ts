/** An earlier list, and the places at which the elements may be others than in it. The token stands for the list, so that it can be let go of. */
interface Earlier {
  readonly token: object;
  readonly places: readonly number[];
}

interface Origin {
  readonly token: object;
  /** The nearest first. */
  readonly earlier: readonly Earlier[];
}

/** How many earlier lists are remembered of a list, and how many places of each. A list that is further away is compared element by element. */
const MOST_EARLIER = 12;
const MOST_PLACES = 64;

/** Only a shortcut: without an entry, lists are compared element by element, with the same result. */
const origins = new WeakMap<readonly unknown[], Origin>();

/**
 * Notes that `list` is `before` with other elements at these places, and of the same length. Comparing the two then costs only these places: 10,000
 * comparisons would read 10,000 objects. Neither list may be changed afterwards.
 */
export function noteOrigin(list: readonly unknown[], before: readonly unknown[], places: readonly number[]): void {
  if (places.length > MOST_PLACES) return;
  const of = originOf(before);
  const further = of.earlier.slice(0, MOST_EARLIER - 1).map((one) => ({ token: one.token, places: united(one.places, places) }));
  const near = further.filter((one) => one.places.length <= MOST_PLACES);
  origins.set(list, { token: {}, earlier: [{ token: of.token, places }, ...near] });
}

/** Returns the places at which two lists of the same length may differ, in order; undefined when it is not known how they are related. */
export function placesBetween(a: readonly unknown[], b: readonly unknown[]): readonly number[] | undefined {
  if (a === b) return NONE;
  const [ofA, ofB] = [origins.get(a), origins.get(b)];
  if (ofA === undefined || ofB === undefined) return undefined;
  for (const one of [{ token: ofA.token, places: NONE }, ...ofA.earlier])
    for (const other of [{ token: ofB.token, places: NONE }, ...ofB.earlier])
      if (one.token === other.token) return united(one.places, other.places);
  return undefined;
}

const NONE: readonly number[] = [];

/** How many elements a list has in common with an earlier one at both ends. */
export interface Ends {
  readonly head: number;
  readonly tail: number;
}

/** Of lists of other lengths than the list before: that list's token, and the ends that both have. Only a shortcut, as `origins` is. */
const spliced = new WeakMap<readonly unknown[], Ends & { readonly token: object }>();

/** Notes that `list` has its first and last elements from `before`, a list of a different length. Neither list may be changed afterwards. */
export function noteEnds(list: readonly unknown[], before: readonly unknown[], { head, tail }: Ends): void {
  if (list.length !== before.length) spliced.set(list, { token: originOf(before).token, head, tail });
}

/** The ends that two lists of different lengths have in common; undefined when it is not known that one was made of the other. */
export function endsOf(a: readonly unknown[], b: readonly unknown[]): Ends | undefined {
  if (a.length === b.length) return undefined;
  const [ofA, ofB] = [spliced.get(a), spliced.get(b)];
  if (ofB !== undefined && ofB.token === origins.get(a)?.token) return ofB;
  return ofA !== undefined && ofA.token === origins.get(b)?.token ? ofA : undefined;
}

function originOf(list: readonly unknown[]): Origin {
  const known = origins.get(list);
  if (known !== undefined) return known;
  const made: Origin = { token: {}, earlier: [] };
  origins.set(list, made);
  return made;
}

function united(a: readonly number[], b: readonly number[]): readonly number[] {
  if (a.length === 0) return b;
  return b.length === 0 ? a : [...new Set([...a, ...b])].sort((one, other) => one - other);
}
