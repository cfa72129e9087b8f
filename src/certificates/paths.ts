import { stat } from 'node:fs/promises';
import path from 'node:path';
import { BESIDE } from './pem-file.ts';
import { namesIn } from './read-bounded.ts';

/** The most files in one of the operator's folders; more can't be read in time. */
export const MOST_FILES = 20_000;

/** What HAProxy reads when the named file itself does not exist. */
export const BUNDLE = ['.rsa', '.dsa', '.ecdsa'] as const;

/** Every path whose change may change the verdict. Rejects when a folder can't be read, or has too many files. */
export async function pathsOf(file: string, mostFiles = MOST_FILES): Promise<readonly string[]> {
  const entry = await stat(file).catch(() => undefined);
  if (entry?.isDirectory() === true) return [file, ...(await namesIn(file, mostFiles)).map((name) => path.join(file, name))];
  const pems = entry === undefined ? [file, ...BUNDLE.map((end) => file + end)] : [file];
  return pems.flatMap(withBeside);
}

/** A PEM file, and the files that HAProxy reads beside it. */
export function withBeside(pem: string): readonly string[] {
  return [pem, ...BESIDE.map((end) => pem + end)];
}

/** The PEM files that HAProxy would read, and whether they are of a folder. */
export interface FoundPems {
  readonly pems: readonly string[];
  readonly isFolder: boolean;
}

/**
 * The PEM files that HAProxy would read. In a folder HAProxy ignores entries that are not files, hidden files, and the files that belong beside
 * others; it does not ignore a link that leads nowhere.
 */
export async function findPems(file: string, mostFiles: number): Promise<FoundPems> {
  const entry = await stat(file).catch(() => undefined);
  if (entry === undefined) {
    const bundle = BUNDLE.map((end) => file + end);
    const there = await Promise.all(bundle.map((one) => stat(one).then(() => true, () => false))); // prettier-ignore
    return { pems: there.includes(true) ? bundle.filter((_, i) => there[i]) : [file], isFolder: false };
  }
  if (!entry.isDirectory()) return { pems: [file], isFolder: false };
  const all = await namesIn(file, mostFiles);
  const names = all.filter((name) => !name.startsWith('.') && !BESIDE.some((end) => name.endsWith(end)));
  const paths = names.map((name) => path.join(file, name));
  const counts = await Promise.all(paths.map((one) => stat(one).then((found) => found.isFile(), () => true))); // prettier-ignore
  return { pems: paths.filter((_, i) => counts[i]), isFolder: true };
}
