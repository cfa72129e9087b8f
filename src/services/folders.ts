import type { AppId } from '../model/names.ts';

/** The folder of an app: '/prod' for '/prod/shop', '/' for '/shop'. */
export function folderOf(app: AppId): string {
  const end = app.lastIndexOf('/');
  return end <= 0 ? '/' : app.slice(0, end);
}

/** Whether an app is in a folder or in one below it. */
export function isWithin(app: AppId, folder: string): boolean {
  return folder === '/' || app.startsWith(`${folder}/`);
}

/** Whether two apps belong to the same people: they are in one folder, or one of them has the name of the other one's folder. */
export function areRelated(a: AppId, b: AppId): boolean {
  const [ofA, ofB] = [folderOf(a), folderOf(b)];
  return ofA === ofB || ofA === b || ofB === a;
}

/**
 * A file of an operator's that gives each key a list of words: `{"/team-a": ["a.acme.org", "*.a.acme.org"]}`. Keys are paths, without a slash
 * at the end. Throws an Error with a sentence for a text that is none.
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
  if (!/^\/[\w./-]*$/.test(key)) throw new Error(`${JSON.stringify(key)} is no path such as '/team-a'`);
  return key === '/' ? key : key.replace(/\/+$/, '');
}

function wordsOf(key: string, words: unknown, isWord: (word: string) => boolean): readonly string[] {
  if (!Array.isArray(words)) throw new Error(`what stands behind ${JSON.stringify(key)} is not a list`);
  return words.map((word: unknown) => {
    if (typeof word === 'string' && isWord(word)) return word;
    throw new Error(`${JSON.stringify(word)} in the list of ${JSON.stringify(key)} can't be read`);
  });
}
