import { readFile, readlink, realpath } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

interface Asked {
  /** The master that answers. */
  readonly pid: number;
  /** Where it answers. */
  readonly socketPath: string;
  /** The configuration that we write. */
  readonly config: string;
}

/**
 * Rejects with a sentence when the command line of a HAProxy does not name our configuration: it would be reloaded with a file that we do not write.
 * A file beside ours is fine, and so is the folder of ours, from which HAProxy reads all files that end with '.cfg'.
 */
export async function requireOurFile({ pid, socketPath, config }: Asked): Promise<void> {
  const who = `the HAProxy that answers on ${socketPath} (pid ${pid})`;
  const words = await wordsOf(pid);
  if (words.length === 0) throw new Error(`the command line of ${who} can't be read, so it is not known whether it reads ${config}`);
  const { files, folder = await readlink(`/proc/${pid}/cwd`).catch(() => '/') } = readCommandLine(words);
  const ours = await real(config);
  for (const file of files) {
    const found = await real(path.resolve(folder, file));
    if (found === ours || (found === path.dirname(ours) && ours.endsWith('.cfg'))) return;
  }
  const named = files.map((file) => `-f ${file}`).join(' ');
  throw new Error(
    `${who} runs with '${named}', and not with ${config}: give its file as --haproxy-config, or have the service name ours with -f`,
  );
}

const TRIES = 20;
const PAUSE_MS = 25;

/** The command line of a process; empty when it can't be read. A master has none for a moment while it loads itself anew. */
async function wordsOf(pid: number): Promise<readonly string[]> {
  for (let left = TRIES; left > 0; left--) {
    const text = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (text !== '') return text.split('\0').slice(0, -1);
    await sleep(PAUSE_MS);
  }
  return [];
}

/** The configuration files and folders that HAProxy's command line names, and the folder that they are relative to if it names one. */
export function readCommandLine(words: readonly string[]): { readonly files: readonly string[]; readonly folder?: string } {
  const end = words.includes('--') ? words.indexOf('--') : words.length;
  const after = (flag: string): readonly string[] =>
    words.slice(0, end).flatMap((word, i) => (word === flag ? words.slice(i + 1, i + 2) : []));
  const folder = after('-C').at(-1);
  return { files: [...after('-f'), ...words.slice(end + 1)], ...(folder !== undefined && { folder }) };
}

/** The path without symbolic links; the same path when there is no such file. */
function real(file: string): Promise<string> {
  return realpath(file).catch(() => file);
}
