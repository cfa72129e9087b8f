import { readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { CERTIFICATES_FILE, MAP_FILES, SPARE_MAPS, TABLE_MAPS } from '../haproxy/settings.ts';
import { makeFolder } from '../lib/folders.ts';
import { ignoreMissing } from '../lib/missing.ts';
import { replaceFile } from '../lib/write-file.ts';

/** Texts by file name: first the configuration, then the maps. */
export type Texts = ReadonlyMap<string, string>;

/** The folder of a configuration with its maps, and the configuration's name in it. */
export interface Place {
  readonly folder: string;
  readonly name: string;
}

/** Reads those of the files that exist. */
export async function readAll(folder: string, names: readonly string[]): Promise<Texts> {
  const texts = new Map<string, string>();
  for (const name of names) {
    const text = await readFile(path.join(folder, name), 'utf8').catch(ignoreMissing);
    if (text !== undefined) texts.set(name, text);
  }
  return texts;
}

/** Writes files in this order. */
export async function writeAll(folder: string, texts: Iterable<readonly [string, string]>): Promise<void> {
  for (const [name, text] of texts) await replaceFile(path.join(folder, name), [text]);
}

/** The files with names of maps in a folder. */
export async function mapsIn(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch(ignoreMissing);
  return (names ?? []).filter((file) => MAP_FILES.includes(file) || file === CERTIFICATES_FILE);
}

/**
 * Puts texts in place of a configuration and its maps. The maps come first, because the new configuration may need them, and those that only the
 * configuration before has are removed last: with them the files would not be the ones that were written.
 */
export async function replaceAll(place: Place, texts: Texts): Promise<void> {
  const left = await mapsLeft(place, texts);
  await writeAll(place.folder, [...texts].reverse());
  for (const file of left) await rm(path.join(place.folder, file), { force: true });
}

/** Maps that are written together, also while no line of the configuration reads some of them. */
const TOGETHER: readonly (readonly string[])[] = [Object.values(TABLE_MAPS), SPARE_MAPS];

/** The maps that the configuration in place reads, and that are not among these texts. A map that it does not read is not ours. */
export async function mapsLeft({ folder, name }: Place, texts: Pick<Texts, 'has'>): Promise<readonly string[]> {
  const others = (await mapsIn(folder)).filter((file) => !texts.has(file));
  if (others.length === 0) return [];
  const config = (await readFile(path.join(folder, name), 'utf8').catch(ignoreMissing)) ?? '';
  const isRead = (file: string): boolean => config.includes(path.join(folder, file));
  return others.filter((file) => (TOGETHER.find((files) => files.includes(file)) ?? [file]).some(isRead));
}

/** Copies a configuration and its maps to a folder that has nothing else. */
export async function copyTo(to: string, { folder, name }: Place): Promise<void> {
  const texts = await readAll(folder, [name, ...(await mapsIn(folder))]);
  if (!texts.has(name)) return;
  await makeFolder(to);
  await writeAll(to, [...texts].reverse());
  for (const file of await mapsIn(to)) if (!texts.has(file)) await rm(path.join(to, file), { force: true });
}

/** Puts copies of a configuration and its maps in place. Returns false when there are none. */
export async function copyBack(from: string, place: Place): Promise<boolean> {
  const texts = await readAll(from, [place.name, ...(await mapsIn(from))]);
  if (!texts.has(place.name)) return false;
  await replaceAll(place, texts);
  return true;
}
