import type { AppId } from '../model/names.ts';
import { withoutEnd } from '../lib/without-end.ts';

/** The folder of an app: '/prod' for '/prod/shop', '/' for '/shop'. */
export function folderOf(app: AppId): string {
  const end = app.lastIndexOf('/');
  return end <= 0 ? '/' : app.slice(0, end);
}

/** Whether an app is in a folder, directly or further below. */
export function isWithin(app: AppId, folder: string): boolean {
  return folder === '/' || app.startsWith(`${folder}/`);
}

/** Whether two apps belong to the same people: they are in the same folder, or one app's id is the other app's folder. */
export function areRelated(a: AppId, b: AppId): boolean {
  const [ofA, ofB] = [folderOf(a), folderOf(b)];
  return ofA === ofB || ofA === b || ofB === a;
}

/**
 * Reads an operator's file that gives a list of words for each key: `{"/team-a": ["a.acme.org", "*.a.acme.org"]}`. Keys are paths, returned without a
 * slash at the end. Throws an Error with a sentence when the text has a different form.
 */
export function readLists(text: string, isWord: (word: string) => boolean): ReadonlyMap<string, readonly string[]> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error('it is not JSON', { cause: error });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('it is not a JSON object');
  return new Map(Object.entries(value).map(([key, words]) => [pathOf(key), wordsOf(key, words, isWord)]));
}

function pathOf(key: string): string {
  if (!/^\/[\w./-]*$/.test(key)) throw new Error(`${JSON.stringify(key)} is not a path like '/team-a'`);
  return key === '/' ? key : withoutEnd(key, '/');
}

function wordsOf(key: string, words: unknown, isWord: (word: string) => boolean): readonly string[] {
  if (!Array.isArray(words)) throw new Error(`the value of ${JSON.stringify(key)} is not a list`);
  return words.map((word: unknown) => {
    if (typeof word === 'string' && isWord(word)) return word;
    throw new Error(`${JSON.stringify(word)} in the list of ${JSON.stringify(key)} can't be read`);
  });
}
