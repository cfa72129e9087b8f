import { groupBy } from '../lib/group-by.ts';

/** After so many different keys, grouping the whole list once costs less than looking through it for each key. */
const FEW = 8;

/**
 * Returns a function that gives the elements of a list that have a key. The first few keys are looked for in the list as it is, so that one question
 * about a large View costs one pass and not a table of everything; only then is the list grouped.
 */
export function byKey<Key, Element>(
  list: Iterable<Element>,
  keyOf: (element: Element) => Key | undefined,
): (key: Key) => readonly Element[] {
  const found = new Map<Key, readonly Element[]>();
  let groups: ReadonlyMap<Key | undefined, readonly Element[]> | undefined;
  return (key) => {
    if (groups === undefined && found.size < FEW) {
      const elements = found.get(key) ?? elementsWith(list, key, keyOf);
      found.set(key, elements);
      return elements;
    }
    groups ??= groupBy(list, keyOf);
    return groups.get(key) ?? [];
  };
}

function elementsWith<Key, Element>(list: Iterable<Element>, key: Key, keyOf: (element: Element) => Key | undefined): readonly Element[] {
  const elements: Element[] = [];
  for (const element of list) if (keyOf(element) === key) elements.push(element);
  return elements;
}
