import { open, realpath, rename, stat, unlink } from 'node:fs/promises';
import { gather } from './gather.ts';

/** A file's text in any number of pieces, that can be gone through more than once. */
export type Pieces = Iterable<string>;

/**
 * Replaces a file in one step: whoever reads it sees all of the old text or all of the new, also after a crash. One process at a time writes
 * it. The file keeps its mode; a new one gets `mode`. A target that can't be renamed onto (a file mounted into a container) is written in place.
 */
export async function replaceFile(file: string, pieces: Pieces, mode = 0o644): Promise<void> {
  const target = await realpath(file).catch(() => file); // a link stays a link
  const known = await stat(target).catch(() => undefined);
  const kept = known === undefined ? mode : known.mode & 0o777;
  const temporary = `${target}.new`; // always the same: what a killed process left is not for ever
  try {
    await unlink(temporary).catch(() => undefined); // it may have a mode that keeps us out
    await writeAll(temporary, pieces, kept);
    await rename(temporary, target);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    if ((error as NodeJS.ErrnoException).code !== 'EBUSY') throw error;
    await writeAll(target, pieces, kept);
  }
}

async function writeAll(file: string, pieces: Pieces, mode: number): Promise<void> {
  const handle = await open(file, 'w', mode);
  try {
    await handle.chmod(mode); // whatever the umask
    for (const piece of gather(pieces)) await handle.appendFile(piece);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
