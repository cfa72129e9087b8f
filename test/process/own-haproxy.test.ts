import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, jest, test } from '@jest/globals';
import { findProcesses, ownHaproxyOf } from '../../src/process/own-haproxy.ts';
import { identify } from '../../src/process/process-identity.ts';

/** Looks for a master without a socket, for a second where it is left alone. Returns the signal that ended it; null when none did. */
async function lookAtMaster(isLoading: boolean): Promise<NodeJS.Signals | null> {
  const folder = await mkdtemp(path.join(tmpdir(), 'own-haproxy-'));
  const log = { warn: () => undefined } as never;
  const own = ownHaproxyOf({
    bin: 'x',
    runDir: folder,
    config: path.join(folder, 'cfg'),
    fingerprint: () => '',
    log,
    now: Date.now,
    pauseMs: 5,
  });
  const master = spawn('sleep', ['60'], { stdio: 'ignore' });
  const exit = once(master, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  const living = await identify(master.pid ?? 0);
  if (living === undefined) throw new Error('sleep does not run');
  await own.noted.noteMaster(living);
  await own.noted.noteMarker({ fingerprint: '', worker: living.pid, started: living.started });
  own.isLoading = isLoading;
  const found = findProcesses(own, Date.now() + (isLoading ? 1_000 : 20_000)).catch(() => 'no answer');
  const asked = await Promise.race([exit, found]);
  await found;
  master.kill('SIGKILL');
  await rm(folder, { recursive: true });
  return Array.isArray(asked) ? asked[1] : null;
}

jest.setTimeout(30_000);

test('a master whose socket somebody removed is told to make it again by a reload', async () => {
  await expect(lookAtMaster(false)).resolves.toBe('SIGUSR2');
});

test('a master that this daemon starts or reloads has no socket until it has loaded its file: it is left alone', async () => {
  await expect(lookAtMaster(true)).resolves.toBeNull();
});
