import { stat } from 'node:fs/promises';
import path from 'node:path';
import { MOST_FILES } from './paths.ts';
import { namesIn } from './read-bounded.ts';

/** How each path looks: its inode, size and times, or why these can't be known. */
export type Marks = ReadonlyMap<string, string>;

/** A path that is not there. */
const MISSING = 'ENOENT';

/** So many questions to the file system at once: their answers come in small groups, and everything else has its turn between these. */
const AT_ONCE = 32;

/**
 * How the paths look that `pathsOf` gives for these names. Of a path that its folder does not list nothing is asked: most of the files that may lie
 * beside a certificate are not there. A name is left out when `ask` resolves to undefined.
 */
export async function readMarks(
  names: readonly string[],
  pathsOf: (name: string) => Promise<readonly string[]>,
  ask: <Answer>(name: string, asking: Promise<Answer>) => Promise<Answer | undefined>,
): Promise<ReadonlyMap<string, Marks>> {
  const listed = new Map<string, Promise<ReadonlySet<string> | undefined>>();
  const isListed = async (file: string): Promise<boolean> => {
    const folder = path.dirname(file);
    const listing = listed.get(folder) ?? namesListed(folder);
    listed.set(folder, listing);
    return (await listing)?.has(path.basename(file)) ?? true;
  };
  const all = new Map<string, Marks>();
  for (let at = 0; at < names.length; at += AT_ONCE) {
    const some = names.slice(at, at + AT_ONCE);
    const found = await Promise.all(some.map((name) => ask(name, marksOf(name, pathsOf, isListed))));
    for (const [i, name] of some.entries()) if (found[i] !== undefined) all.set(name, found[i]);
  }
  return all;
}

async function marksOf(
  name: string,
  pathsOf: (name: string) => Promise<readonly string[]>,
  isListed: (file: string) => Promise<boolean>,
): Promise<Marks> {
  const paths = await pathsOf(name).catch(() => [name]);
  const marks = new Map<string, string>();
  for (let at = 0; at < paths.length; at += AT_ONCE) {
    const some = paths.slice(at, at + AT_ONCE);
    const found = await Promise.all(some.map(async (one) => ((await isListed(one)) ? markOf(one) : MISSING)));
    for (const [i, one] of some.entries()) marks.set(one, found[i] ?? MISSING);
  }
  return marks;
}

/** Undefined where a folder can't be listed, is no folder or has too many files. */
async function namesListed(folder: string): Promise<ReadonlySet<string> | undefined> {
  return namesIn(folder, MOST_FILES).then((names) => new Set(names), () => undefined); // prettier-ignore
}

/** How a path looks. Includes the time when name, owner or permissions changed (ctime): a file that has become readable looks different. */
export async function markOf(file: string): Promise<string> {
  try {
    const { ino, size, mtimeNs, ctimeNs } = await stat(file, { bigint: true });
    return `${ino} ${size} ${mtimeNs} ${ctimeNs}`;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unknown';
  }
}
