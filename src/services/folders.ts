import { withoutEnd } from '../lib/without-end.ts';

/** The words that the lists of a file may hold. */
interface WordsOfLists {
  readonly is: (word: string) => boolean;
  /** One word of a list, for messages: '*.a.acme.org'. */
  readonly example: string;
}

/**
 * Reads an operator's file that gives a list of words for each key: `{"/team-a": ["a.acme.org", "*.a.acme.org"]}`. Keys are paths, returned without a
 * slash at the end. Throws an Error with a sentence when the text has a different form.
 */
export function readLists(text: string, words: WordsOfLists): ReadonlyMap<string, readonly string[]> {
  const form = `a JSON object with lists is wanted, like {"/team-a": ["${words.example}"]}`;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new Error(form, { cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(form);
  return new Map(Object.entries(value).map(([key, list]) => [pathOf(key), wordsOf(key, list, words)]));
}

function pathOf(key: string): string {
  if (!/^\/[\w./-]*$/.test(key)) throw new Error(`the key ${JSON.stringify(key)} is not a path like '/team-a'`);
  return key === '/' ? key : withoutEnd(key, '/');
}

function wordsOf(key: string, list: unknown, { is, example }: WordsOfLists): readonly string[] {
  const of = JSON.stringify(key);
  if (!Array.isArray(list)) throw new Error(`the value of ${of} is ${JSON.stringify(list)}, and a list is wanted, like ["${example}"]`);
  return list.map((word: unknown) => {
    if (typeof word === 'string' && is(word)) return word;
    throw new Error(`the list of ${of} holds ${JSON.stringify(word)}, and texts like "${example}" are wanted`);
  });
}
