import { randomUUID } from 'node:crypto';
import { link, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A process that is not mistaken for a later one with the same pid. */
export interface Living {
  readonly pid: number;
  /** When it started, in clock ticks since the machine did: field 22 of /proc/<pid>/stat. `exec` leaves it as it is. */
  readonly started: string;
}

/** The process with this pid; undefined when there is none, or one that ended and was not collected yet (a zombie). */
export async function identify(pid: number): Promise<Living | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' '); // behind the name, which may hold spaces; the first one here is field 3
  const started = fields[19];
  return started === undefined || fields[0] === 'Z' || fields[0] === 'X' ? undefined : { pid, started };
}

/** Whether exactly this process still lives. */
export async function lives({ pid, started }: Living): Promise<boolean> {
  return (await identify(pid))?.started === started;
}

/** A process as a file keeps it: `4711 8154711`. */
export function writeLiving({ pid, started }: Living): string {
  return `${pid} ${started}\n`;
}

/** The process that a file names; undefined when there is no such file, or something else is in it. */
export async function readLiving(path: string): Promise<Living | undefined> {
  const [, pid, started] = /^(\d+) (\d+)$/m.exec(await readFile(path, 'utf8').catch(() => '')) ?? [];
  return pid === undefined || started === undefined ? undefined : { pid: Number(pid), started };
}

/** This process is the only writer of the run folder, until it releases it or ends in whatever way. */
export interface Lock {
  readonly release: () => Promise<void>;
}

/**
 * Makes this process the one writer of a run folder, or names the process that is. The file `daemon.lock` appears at once with its content (a link to a
 * written one); one whose holder is dead is taken over. Rejects when the folder can't be written.
 */
export async function takeLock(runDir: string): Promise<Lock | { readonly heldBy: number }> {
  const path = join(runDir, 'daemon.lock');
  const self = await identify(process.pid);
  if (self === undefined) throw new Error(`cannot lock ${runDir}: /proc/${process.pid}/stat can't be read`);
  const own = `${path}.${process.pid}.${randomUUID()}`;
  await writeFile(own, writeLiving(self), { mode: 0o600 });
  try {
    const holder = (await linked(own, path)) ? undefined : await takeOver({ runDir, own, path });
    return holder === undefined ? { release: () => release(path, self) } : { heldBy: holder.pid };
  } finally {
    await rm(own, { force: true });
  }
}

interface TakeOver {
  readonly runDir: string;
  /** The file to link. */
  readonly own: string;
  /** The lock. */
  readonly path: string;
}

/**
 * Undefined when the lock is ours, else who lives and has it. Only who has the guard removes the lock of a dead process, and looks again first:
 * so nobody removes a fresh one.
 */
async function takeOver({ runDir, own, path }: TakeOver): Promise<Living | undefined> {
  for (let tries = 0; tries < 40; tries++) {
    const holder = await livingHolder(path);
    if (holder !== undefined) return holder;
    const guard = await takeGuard(runDir);
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
  throw new Error(`cannot lock ${runDir}: other processes have been taking over its daemon.lock for a second`);
}

async function livingHolder(path: string): Promise<Living | undefined> {
  const holder = await readLiving(path);
  return holder !== undefined && (await lives(holder)) ? holder : undefined;
}

/** A name among the kernel's abstract sockets: one process at a time has it, and it ends with that process. Undefined when another has it. */
async function takeGuard(runDir: string): Promise<Server | undefined> {
  const { dev, ino } = await stat(runDir);
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

async function release(path: string, self: Living): Promise<void> {
  const holder = await readLiving(path);
  if (holder?.pid === self.pid && holder.started === self.started) await rm(path, { force: true });
}
