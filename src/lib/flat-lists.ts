import { common, differing } from './lists.ts';
import { noteEnds, noteOrigin } from './origins.ts';

/**
 * Returns a function that joins the lists of all owners into one, like `flatMap`, and remembers the last result: lists that are the same objects as
 * last time are copied from that result, and only the others are joined again. Lists with the same elements return the previous result.
 */
export function flatOf<Owner, Element>(listOf: (owner: Owner) => readonly Element[]): (owners: readonly Owner[]) => readonly Element[] {
  let last: Flat<Owner, Element> = { owners: [], all: [], starts: [] };
  return (owners) => {
    if (owners === last.owners) return last.all;
    const lists = { owners, listOf };
    const isAsMany = owners.length === last.owners.length;
    const places = isAsMany ? differing(last.owners, owners).filter((at) => !isSameAt(last, lists, at)) : undefined;
    if (places === undefined) last = joined(last, lists);
    else if (places.every((at) => listOf(owners[at] as Owner).length === sizeAt(last, at)))
      last = { ...last, owners, all: patched(last, lists, places) };
    else last = spliced(last, lists, places);
    return last.all;
  };
}

interface Flat<Owner, Element> {
  readonly owners: readonly Owner[];
  readonly all: readonly Element[];
  /** The place of the first element of each owner. */
  readonly starts: readonly number[];
}

interface Lists<Owner, Element> {
  readonly owners: readonly Owner[];
  readonly listOf: (owner: Owner) => readonly Element[];
}

function sizeAt({ all, starts }: Flat<unknown, unknown>, at: number): number {
  return (starts[at + 1] ?? all.length) - (starts[at] ?? 0);
}

function isSameAt<Owner, Element>(
  { owners: before }: Flat<Owner, Element>,
  { owners, listOf }: Lists<Owner, Element>,
  at: number,
): boolean {
  return listOf(before[at] as Owner) === listOf(owners[at] as Owner);
}

/** The elements of lists that are as long as before, and differ only at these places. */
function patched<Owner, Element>(
  { all, starts }: Flat<Owner, Element>,
  { owners, listOf }: Lists<Owner, Element>,
  places: readonly number[],
): readonly Element[] {
  const changed: number[] = [];
  let next: Element[] | undefined;
  for (const place of places) {
    for (const [i, element] of listOf(owners[place] as Owner).entries()) {
      const at = (starts[place] ?? 0) + i;
      if (element === all[at]) continue;
      next ??= all.slice();
      next[at] = element;
      changed.push(at);
    }
  }
  if (next === undefined) return all;
  noteOrigin(next, all, changed);
  return next;
}

/** The same for lists that are longer or shorter at some of these places: what is between the places is copied. */
function spliced<Owner, Element>(
  { all, starts: before }: Flat<Owner, Element>,
  { owners, listOf }: Lists<Owner, Element>,
  places: readonly number[],
): Flat<Owner, Element> {
  const starts = before.slice();
  const parts: (readonly Element[])[] = [];
  let [from, shift] = [0, 0];
  for (const [i, place] of places.entries()) {
    const list = listOf(owners[place] as Owner);
    const until = before[place + 1] ?? all.length;
    parts.push(all.slice(from, before[place]), list);
    from = until;
    shift += list.length - (until - (before[place] ?? 0));
    const next = places[i + 1] ?? starts.length - 1;
    for (let later = place + 1; later <= next; later++) starts[later] = (before[later] ?? 0) + shift;
  }
  parts.push(all.slice(from));
  return { owners, all: parts.flat(), starts };
}

/** The same for lists that came or went. */
function joined<Owner, Element>(last: Flat<Owner, Element>, { owners, listOf }: Lists<Owner, Element>): Flat<Owner, Element> {
  const { head, tail } = common(last.owners, owners);
  const front = last.all.slice(0, last.starts[head] ?? last.all.length);
  const behind = last.all.slice(last.starts[last.owners.length - tail] ?? last.all.length);
  const middle = owners.slice(head, owners.length - tail).map(listOf);
  const starts = last.starts.slice(0, head);
  let start = front.length;
  for (const list of middle) {
    starts.push(start);
    start += list.length;
  }
  const shift = start - (last.all.length - behind.length);
  for (let i = last.owners.length - tail; i < last.owners.length; i++) starts.push((last.starts[i] ?? 0) + shift);
  const all = front.concat(middle.flat(), behind);
  noteEnds(all, last.all, { head: front.length, tail: behind.length });
  return { owners, all, starts };
}
