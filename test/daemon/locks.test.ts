import { expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { takeLocks } from '../../src/daemon/locks.ts';
import { identify, readIdentity, identityText } from '../../src/process/process-identity.ts';
import { defaultSettings } from '../../src/options/options.ts';
import { makeFolders } from '../lib/folder.ts';

const makeFolder = makeFolders('locks');

/** Two run folders of one configuration, and what holds its lock. */
async function stage() {
  const folder = await makeFolder();
  const [runDir, config] = [join(folder, 'run'), join(folder, 'etc')];
  await Promise.all([mkdir(runDir), mkdir(config)]);
  return {
    runDir,
    lockPath: join(config, '.marathon-lb-ts.lock'),
    settings: { ...defaultSettings(), runDir, haproxyConfig: join(config, 'haproxy.cfg') },
  };
}

test('a configuration that another process writes is left to it, whatever its run folder is', async () => {
  const { runDir, lockPath, settings } = await stage();
  const other = spawn('sleep', ['60']);
  try {
    const living = await identify(other.pid ?? 0);
    if (living === undefined) throw new Error('it does not live');
    await writeFile(lockPath, identityText(living));
    await expect(takeLocks(settings)).rejects.toThrow(`another marathon-lb-ts (pid ${living.pid}) writes the configuration in `);
    await expect(readIdentity(join(runDir, 'daemon.lock'))).resolves.toBeUndefined();
  } finally {
    other.kill();
  }
});

test('locks that go away with their folders are taken again', async () => {
  const { runDir, lockPath, settings } = await stage();
  const locks = await takeLocks(settings);
  if (!('keep' in locks)) throw new Error('somebody has it');
  await rm(runDir, { recursive: true });
  await rm(lockPath);
  await mkdir(runDir);
  await locks.keep();
  await expect(readIdentity(join(runDir, 'daemon.lock'))).resolves.toMatchObject({ pid: process.pid });
  await expect(readIdentity(lockPath)).resolves.toMatchObject({ pid: process.pid });
  await locks.release();
  await expect(readIdentity(lockPath)).resolves.toBeUndefined();
});
