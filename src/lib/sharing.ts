import { isSameList } from './lists.ts';
import { unlike } from './unlike.ts';

/** Who has which words. */
interface Index<Element> {
  readonly list: readonly Element[];
  /** The only element with a word, or all of several. */
  readonly byWord: Map<string, Element | Set<Element>>;
  /** The words that several elements have. */
  readonly shared: Set<string>;
}

/**
 * Returns a function that finds the elements of a list that have a word together with another element, or that have one of the words in `also`; in
 * the order of the list. It remembers who has which words, so that only elements that came or went are looked into. A list has no element twice, and
 * `wordsOf` gives the same words for the same element, each once.
 */
export function makeSharing<Element extends object>(
  wordsOf: (element: Element) => readonly string[],
): (list: readonly Element[], also?: readonly string[]) => readonly Element[] {
  let index: Index<Element> = { list: [], byWord: new Map(), shared: new Set() };
  let last: { readonly also: readonly string[]; readonly result: readonly Element[] } = { also: [], result: NOBODY };
  return (list, also = []) => {
    if (list === index.list && isSameList(also, last.also)) return last.result;
    if (list !== index.list) index = followed(index, list, wordsOf);
    const { byWord, shared } = index;
    const found = new Set<Element>();
    for (const word of [...shared, ...also]) for (const element of allOf(byWord.get(word))) found.add(element);
    last = { also, result: found.size === 0 ? NOBODY : list.filter((element) => found.has(element)) };
    return last.result;
  };
}

const NOBODY: readonly never[] = [];

function allOf<Element extends object>(those: Element | Set<Element> | undefined): Iterable<Element> {
  if (those === undefined) return NOBODY;
  return those instanceof Set ? those : [those];
}

/** The index of the next list, made of the index before, which is changed. */
function followed<Element extends object>(
  before: Index<Element>,
  list: readonly Element[],
  wordsOf: (element: Element) => readonly string[],
): Index<Element> {
  const places = unlike(before.list, list);
  const index = { ...before, list };
  for (const place of places.before) {
    const element = before.list[place] as Element;
    for (const word of wordsOf(element)) remove(index, word, element);
  }
  for (const place of places.after) {
    const element = list[place] as Element;
    for (const word of wordsOf(element)) add(index, word, element);
  }
  return index;
}

function add<Element extends object>({ byWord, shared }: Index<Element>, word: string, element: Element): void {
  const those = byWord.get(word);
  if (those === undefined) byWord.set(word, element);
  else if (those instanceof Set) those.add(element);
  else byWord.set(word, new Set([those, element]));
  if (those !== undefined) shared.add(word);
}

function remove<Element extends object>({ byWord, shared }: Index<Element>, word: string, element: Element): void {
  const rest = Array.from(allOf(byWord.get(word))).filter((one) => one !== element);
  const [only, ...others] = rest;
  if (others.length === 0) shared.delete(word);
  if (only === undefined) byWord.delete(word);
  else byWord.set(word, others.length === 0 ? only : new Set(rest));
}
