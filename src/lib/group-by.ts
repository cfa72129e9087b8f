/** Groups the elements of a list by a key. Elements of a group stay in the order of the list. */
export function groupBy<Key, Element>(list: readonly Element[], keyOf: (element: Element) => Key): ReadonlyMap<Key, readonly Element[]> {
  const groups = new Map<Key, Element[]>();
  for (const element of list) {
    const key = keyOf(element);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [element]);
    else group.push(element);
  }
  return groups;
}
