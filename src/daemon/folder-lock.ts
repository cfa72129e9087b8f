import { randomUUID } from 'node:crypto';
import { link, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { identify, lives, type ProcessIdentity, readIdentity, identityText } from '../process/process-identity.ts';

/** A lock that makes this process the only writer of a folder, until it is released or the process ends in any way. */
export interface FolderLock {
  readonly release: () => Promise<void>;
  /** Whether the lock file still names this process. */
  readonly isHeld: () => Promise<boolean>;
}

/** The names of lock files: in a run folder, and in the folder of a configuration. */
export type LockName = 'daemon.lock' | '.marathon-lb-ts.lock';

/**
 * Makes this process the only writer of a folder, or names the process that is. The lock file appears together with its content (as a hard link to a
 * written file). The lock of a dead process is taken over. Rejects when the folder can't be written.
 */
export async function takeLock(folder: string, name: LockName = 'daemon.lock'): Promise<FolderLock | { readonly heldBy: number }> {
  const path = join(folder, name);
  const self = await identify(process.pid);
  if (self === undefined) throw new Error(`can't lock ${folder}: /proc/${process.pid}/stat can't be read`);
  const own = `${path}.${process.pid}.${randomUUID()}`;
  await writeFile(own, identityText(self), { mode: 0o600 });
  try {
    const holder = (await linked(own, path)) ? undefined : await takeOver({ folder, own, path });
    return holder === undefined ? { release: () => release(path, self), isHeld: () => isHolder(path, self) } : { heldBy: holder.pid };
  } finally {
    await rm(own, { force: true });
  }
}

interface TakeOver {
  readonly folder: string;
  /** This process's written file, to be linked. */
  readonly own: string;
  /** The path of the lock file. */
  readonly path: string;
}

/**
 * Returns undefined when the lock is now ours, else the living process that holds it. Only the holder of the guard removes the lock of a dead
 * process, and only after reading the lock again, so nobody removes a fresh lock.
 */
async function takeOver({ folder, own, path }: TakeOver): Promise<ProcessIdentity | undefined> {
  for (let tries = 0; tries < 40; tries++) {
    const holder = await livingHolder(path);
    if (holder !== undefined) return holder;
    const guard = await takeGuard(folder);
    try {
      if (guard !== undefined && (await livingHolder(path)) === undefined) {
        await rm(path, { force: true });
        if (await linked(own, path)) return undefined;
      }
    } finally {
      guard?.close();
    }
    await sleep(25);
  }
  throw new Error(`can't lock ${folder}: other processes have been taking over ${path} for a second`);
}

async function livingHolder(path: string): Promise<ProcessIdentity | undefined> {
  const holder = await readIdentity(path);
  return holder !== undefined && (await lives(holder)) ? holder : undefined;
}

/**
 * A name among the kernel's abstract sockets: only one process can hold it at a time, and it is freed when the process ends. Returns undefined when
 * another process holds it.
 */
async function takeGuard(folder: string): Promise<Server | undefined> {
  const { dev, ino } = await stat(folder);
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => {
      resolve(undefined);
    });
    server.listen({ path: `\0marathon-lb-ts.lock.${dev}.${ino}` }, () => {
      resolve(server);
    });
  });
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function release(path: string, self: ProcessIdentity): Promise<void> {
  if (await isHolder(path, self)) await rm(path, { force: true });
}

async function isHolder(path: string, self: ProcessIdentity): Promise<boolean> {
  const holder = await readIdentity(path);
  return holder?.pid === self.pid && holder.started === self.started;
}
