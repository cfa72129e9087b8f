import { expect, test } from '@jest/globals';
import { readFile, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { writeHolders } from '../../src/saved/holders-file.ts';
import { readSaved, writeSaved } from '../../src/saved/state-folder.ts';
import type { Holder } from '../../src/model/holder.ts';
import type { AppId } from '../../src/model/names.ts';
import { makeFolders } from '../lib/folder.ts';

const makeFolder = makeFolders('holders');
const holderOf = (app: string): Holder => ({ app: app as AppId, index: 0, holds: [`name ${app.slice(1)}_10000`] });
const [OLD, NEW] = [[holderOf('/old')], [{ ...holderOf('/new'), author: '/new-blue' as AppId }]];
const SAVED = { savedAt: 5, snapshot: { apps: [], problems: [] } };
const read = (folder: string) => readSaved(folder, () => 5);

test('holders written after the snapshot are the ones that count; no other user may read them', async () => {
  const folder = await makeFolder();
  await writeSaved(folder, { ...SAVED, holders: OLD });
  await expect(read(folder)).resolves.toMatchObject({ saved: { holders: OLD } });
  await writeHolders(folder, NEW);
  await expect(read(folder)).resolves.toMatchObject({ saved: { holders: OLD }, holders: NEW });
  expect((await stat(path.join(folder, 'holders.json'))).mode & 0o777).toBe(0o600);
});

test('without a snapshot they are there all the same', async () => {
  const folder = await makeFolder();
  await writeHolders(folder, NEW);
  await expect(read(folder)).resolves.toEqual({ holders: NEW });
});

test('those of a snapshot that was written later count, as after an older version of this program', async () => {
  const folder = await makeFolder();
  await writeHolders(folder, NEW);
  await writeSaved(folder, { ...SAVED, holders: OLD });
  const later = Date.now() / 1_000 + 10;
  await utimes(path.join(folder, 'known.json'), later, later);
  await expect(read(folder)).resolves.toEqual({ saved: { ...SAVED, holders: OLD } });
});

test.each(['', '{"version":1,"holders":[', '{"version":2,"holders":[]}', '{"version":1,"holders":[{"app":1}]}'])(
  'a file that holds %j is as none',
  async (text) => {
    const folder = await makeFolder();
    await writeHolders(folder, NEW);
    await writeFile(path.join(folder, 'holders.json'), text);
    await expect(read(folder)).resolves.toEqual({});
    await expect(readFile(path.join(folder, 'holders.json'), 'utf8')).resolves.toBe(text);
  },
);
