import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Verdict } from '../../src/model/haproxy.ts';
import { FilesOnDisk, type FilesSettings } from '../../src/drive/files.ts';
import type { Document } from '../../src/model/document.ts';
import { document, section } from '../haproxy/make.ts';
import { recordLog } from '../source/server.ts';
import { makeFolders } from '../lib/folder.ts';

export const makeFolder = makeFolders('files');

/** Files in folders of their own, and what `haproxy -c` was asked about them. */
export interface Rig {
  readonly files: FilesOnDisk;
  readonly config: string;
  readonly stateDir: string;
  /** What `haproxy -c` was asked, in order: the files' text in the folder that it was asked about. */
  readonly asked: { readonly file: string; readonly text: string; readonly beside: readonly string[] }[];
  answer: Verdict;
  /** What was logged. */
  readonly lines: readonly string[];
}

export async function makeRig(given: Partial<FilesSettings> = {}): Promise<Rig> {
  const folder = await makeFolder();
  const [config, stateDir] = [join(folder, 'etc', 'haproxy.cfg'), join(folder, 'state')];
  await mkdir(join(folder, 'etc'));
  let minute = 0;
  const { log, lines } = recordLog();
  const rig: { answer: Verdict; asked: Rig['asked'] } = { answer: { ok: true }, asked: [] };
  const check = async (file: string): Promise<Verdict> => {
    rig.asked.push({ file, text: await readFile(file, 'utf8'), beside: (await readdir(join(file, '..'))).sort() });
    return rig.answer;
  };
  const now = (): number => Date.UTC(2026, 0, 1, 0, minute++);
  const files = new FilesOnDisk({ config, stateDir, archiveVersions: 2, check, now, log, ...given });
  return Object.assign(rig, { files, config, stateDir, lines });
}

/** A configuration with one line, and a map where there are entries. */
export const made = (line: string, map?: Readonly<Record<string, string>>): Document =>
  document({ front: [section('head', `${line}\n`)], maps: map === undefined ? {} : { 'domain2backend.map': map } });

export const textOf = (file: string): Promise<string> => readFile(file, 'utf8');
export const there = async (folder: string): Promise<readonly string[]> => (await readdir(folder).catch(() => [])).sort();
