import type { Stats } from 'node:fs';
import { chown, open, realpath, rename, stat, unlink } from 'node:fs/promises';
import { gather } from './gather.ts';

/** A file's text in any number of pieces. It must be possible to iterate over them more than once. */
export type Pieces = Iterable<string>;

/**
 * Replaces a file atomically: a reader sees all of the old text or all of the new text, even after a crash. Only one process may write the file at
 * a time. The text may contain password hashes and keys, so only the owner may read a new file, whatever the umask. An existing file
 * keeps its owner, its group and their rights, but others lose theirs. A file that can't be replaced by a rename (EBUSY: one that is
 * mounted into a container) is written in place. Rejects with the error of the file system when the text can't be written.
 */
export async function replaceFile(file: string, pieces: Pieces, mode = 0o600): Promise<void> {
  const target = await realpath(file).catch(() => file); // a symbolic link is kept
  const known = await stat(target).catch(() => undefined);
  const kept = known === undefined ? mode : known.mode & 0o770;
  const temporary = `${target}.new`; // always the same name, so that a file left by a killed process is replaced the next time
  try {
    await unlink(temporary).catch(() => undefined); // its mode may not let us write to it
    await writeAll(temporary, pieces, kept);
    if (known !== undefined) await keepOwner(temporary, known);
    await rename(temporary, target);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    if ((error as NodeJS.ErrnoException).code !== 'EBUSY') throw error;
    await writeAll(target, pieces, kept);
  }
}

/** Gives a new file the owner and group of the file it replaces, because the operator may have chosen the group that HAProxy runs as. */
async function keepOwner(file: string, { uid, gid }: Pick<Stats, 'uid' | 'gid'>): Promise<void> {
  const own = await stat(file);
  if (own.uid !== uid || own.gid !== gid) await chown(file, uid, gid).catch(() => undefined); // only root may give files away
}

async function writeAll(file: string, pieces: Pieces, mode: number): Promise<void> {
  const handle = await open(file, 'w', mode);
  try {
    await handle.chmod(mode); // the umask does not apply to chmod
    for (const piece of gather(pieces)) await handle.appendFile(piece);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
