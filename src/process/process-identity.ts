/** A process that is not mistaken for a later one with the same pid. */
import { readFile } from 'node:fs/promises';

export interface ProcessIdentity {
  readonly pid: number;
  /** When it started, in clock ticks since the machine did: field 22 of /proc/<pid>/stat. `exec` leaves it as it is. */
  readonly started: string;
}

/** The process with this pid; undefined when there is none, or one that ended and was not collected yet (a zombie). */
export async function identify(pid: number): Promise<ProcessIdentity | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' '); // behind the name, which may hold spaces; the first one here is field 3
  const started = fields[19];
  return started === undefined || fields[0] === 'Z' || fields[0] === 'X' ? undefined : { pid, started };
}

/** Whether exactly this process still lives. */
export async function lives({ pid, started }: ProcessIdentity): Promise<boolean> {
  return (await identify(pid))?.started === started;
}

/** A process as a file keeps it: `4711 8154711`. */
export function identityText({ pid, started }: ProcessIdentity): string {
  return `${pid} ${started}\n`;
}

/** The process that a file names; undefined when there is no such file, or something else is in it. */
export async function readIdentity(path: string): Promise<ProcessIdentity | undefined> {
  const [, pid, started] = /^(\d+) (\d+)$/m.exec(await readFile(path, 'utf8').catch(() => '')) ?? [];
  return pid === undefined || started === undefined ? undefined : { pid: Number(pid), started };
}
