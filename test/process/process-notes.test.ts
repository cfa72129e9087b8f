import { expect, test } from '@jest/globals';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { identify } from '../../src/process/process-identity.ts';
import { ProcessNotes } from '../../src/process/process-notes.ts';
import { makeFolders } from '../lib/folder.ts';

const makeFolder = makeFolders('noted');

/** This process, which lives. */
async function living() {
  const own = await identify(process.pid);
  if (own === undefined) throw new Error('/proc does not show this process');
  return own;
}

test('what is noted outlives the run folder, also for the next daemon, and not for one of another run folder', async () => {
  const folder = await makeFolder();
  const stateDir = await makeFolder();
  const runDir = join(folder, 'run');
  const self = await living();
  const noted = new ProcessNotes({ runDir, stateDir });
  await noted.noteMaster(self);
  await noted.noteMarker({ fingerprint: 'f', worker: self.pid, started: self.started });
  await rm(runDir, { recursive: true });
  for (const one of [noted, new ProcessNotes({ runDir, stateDir })]) {
    await expect(one.master()).resolves.toEqual(self);
    await expect(one.marker()).resolves.toMatchObject({ fingerprint: 'f', worker: self.pid });
  }
  await expect(new ProcessNotes({ runDir: `${runDir}-other`, stateDir }).master()).resolves.toBeUndefined();
});

test('a master that lives counts more than one that is noted elsewhere and has ended', async () => {
  const [runDir, stateDir] = [await makeFolder(), await makeFolder()];
  const self = await living();
  await new ProcessNotes({ runDir, stateDir }).noteMaster(self);
  await new ProcessNotes({ runDir, stateDir: undefined }).noteMaster({ pid: self.pid, started: '1' });
  await expect(new ProcessNotes({ runDir, stateDir }).master()).resolves.toEqual(self);
});
