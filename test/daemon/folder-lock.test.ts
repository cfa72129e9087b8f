import { afterEach, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { takeLock } from '../../src/daemon/folder-lock.ts';
import { identify, lives } from '../../src/process/process-identity.ts';

const children: { kill(signal: 'SIGKILL'): unknown }[] = [];
const folders: string[] = [];

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'lock-'));
  folders.push(folder);
  return folder;
}

function sleeper(): ReturnType<typeof spawn> {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => 0, 1e6)'], { stdio: 'ignore' });
  children.push(child);
  return child;
}

const RELEASED = { release: expect.any(Function), isHeld: expect.any(Function) };

test('one has it until it releases it', async () => {
  const runDir = await makeFolder();
  const lock = await takeLock(runDir);
  expect(lock).toEqual(RELEASED);
  await expect(takeLock(runDir)).resolves.toEqual({ heldBy: process.pid });
  if ('release' in lock) await lock.release();
  await expect(takeLock(runDir)).resolves.toEqual(RELEASED);
  await expect(readdir(runDir)).resolves.toEqual(['daemon.lock']);
});

test('one whose holder was killed is taken over', async () => {
  const runDir = await makeFolder();
  const child = sleeper();
  const living = await identify(child.pid ?? 0);
  await writeFile(join(runDir, 'daemon.lock'), `${living?.pid ?? 0} ${living?.started ?? 0}\n`);
  await expect(takeLock(runDir)).resolves.toEqual({ heldBy: child.pid });
  child.kill('SIGKILL');
  await once(child, 'exit');
  await expect(takeLock(runDir)).resolves.toEqual(RELEASED);
});

test('another process with the same pid is no holder', async () => {
  const runDir = await makeFolder();
  await writeFile(join(runDir, 'daemon.lock'), `${process.pid} 1\n`);
  await expect(takeLock(runDir)).resolves.toEqual(RELEASED);
});

test('a file that says nothing is stale', async () => {
  const runDir = await makeFolder();
  await writeFile(join(runDir, 'daemon.lock'), '');
  await expect(takeLock(runDir)).resolves.toEqual(RELEASED);
});

test('of many that take over at once, one wins', async () => {
  const runDir = await makeFolder();
  for (let round = 0; round < 20; round++) {
    await writeFile(join(runDir, 'daemon.lock'), '1 1\n');
    const locks = await Promise.all(Array.from({ length: 8 }, () => takeLock(runDir)));
    expect(locks.filter((lock) => 'release' in lock)).toHaveLength(1);
  }
});

test('a release leaves the lock of another', async () => {
  const runDir = await makeFolder();
  const lock = await takeLock(runDir);
  await writeFile(join(runDir, 'daemon.lock'), '1 1\n');
  if ('release' in lock) await lock.release();
  await expect(readFile(join(runDir, 'daemon.lock'), 'utf8')).resolves.toBe('1 1\n');
});

test('a process is known by its pid and start', async () => {
  const self = await identify(process.pid);
  expect(self?.pid).toBe(process.pid);
  await expect(lives({ pid: process.pid, started: self?.started ?? '' })).resolves.toBe(true);
  await expect(lives({ pid: process.pid, started: '1' })).resolves.toBe(false);
  await expect(identify(0)).resolves.toBeUndefined();
});
