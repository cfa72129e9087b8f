/** Groups the elements of a list by a key. Elements of a group stay in the order of the list. */
export function groupBy<Key, Element>(list: Iterable<Element>, keyOf: (element: Element) => Key): ReadonlyMap<Key, readonly Element[]> {
  const groups = new Map<Key, Element[]>();
  addGroups(groups, list, keyOf);
  return groups;
}

/** Adds the elements of a list to groups, so that a long list can be grouped part by part. */
export function addGroups<Key, Element>(groups: Map<Key, Element[]>, list: Iterable<Element>, keyOf: (element: Element) => Key): void {
  for (const element of list) {
    const key = keyOf(element);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [element]);
    else group.push(element);
  }
}
