import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

/** A process, identified so that it can't be confused with a later process that has the same pid. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it started, in clock ticks since the machine booted: field 22 of /proc/<pid>/stat. `exec` does not change it. */
  readonly started: string;
}

/**
 * Returns the process with this pid; undefined when there is none, or only a zombie. It is read at once, not by Node's threads: the kernel writes the
 * file when it is read, which takes 20 µs, and threads take a quarter of a millisecond of processor time, 25 times a second.
 */
export function identify(pid: number): Promise<ProcessIdentity | undefined> {
  return Promise.resolve(identifyNow(pid));
}

function identifyNow(pid: number): ProcessIdentity | undefined {
  const fields = fieldsOf(pid);
  const [state, started] = [fields[0], fields[19]];
  return started === undefined || state === 'Z' || state === 'X' ? undefined : { pid, started };
}

/** Returns the pid of the process whose child this one is; undefined when there is none with this pid. */
export function parentOf(pid: number): number | undefined {
  const [, parent] = fieldsOf(pid);
  return parent === undefined ? undefined : Number(parent);
}

/** The fields of /proc/<pid>/stat from the third on, its state: the second is the name, which may contain spaces. */
function fieldsOf(pid: number): readonly string[] {
  const text = statOf(pid);
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}

function statOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return '';
  }
}

/** Whether exactly this process still runs. */
export async function lives({ pid, started }: ProcessIdentity): Promise<boolean> {
  return (await identify(pid))?.started === started;
}

/** Returns a process as it is written into a file: `4711 8154711`. */
export function identityText({ pid, started }: ProcessIdentity): string {
  return `${pid} ${started}\n`;
}

/** Reads a process from a file; undefined when the file is missing or contains something else. */
export async function readIdentity(path: string): Promise<ProcessIdentity | undefined> {
  const [, pid, started] = /^(\d+) (\d+)$/m.exec(await readFile(path, 'utf8').catch(() => '')) ?? [];
  return pid === undefined || started === undefined ? undefined : { pid: Number(pid), started };
}
