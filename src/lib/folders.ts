import { access, constants, mkdir, stat } from 'node:fs/promises';
import path from 'node:path';

/** Only the owner and the group may look into a folder of ours, whatever the umask. */
const MODE = 0o750;

/**
 * Makes a folder and its missing parents, with this mode. Rejects when it can't be made or written to. It does not use `recursive` of `mkdir`, which hangs in
 * folders such as /proc, where no folder can be made.
 */
export async function makeFolder(folder: string, mode = MODE): Promise<void> {
  await makeAbove(path.resolve(folder), mode);
  if (!(await stat(folder)).isDirectory()) throw new Error(`${folder} is not a folder`);
  await access(folder, constants.W_OK | constants.X_OK);
}

async function makeAbove(folder: string, mode: number): Promise<void> {
  try {
    await mkdir(folder, mode);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' || code === 'EISDIR') return;
    const above = path.dirname(folder);
    if (code !== 'ENOENT' || above === folder) throw error;
    await makeAbove(above, mode);
    await mkdir(folder, mode).catch(ignoreThere); // somebody else may have made it in the meantime
  }
}

function ignoreThere(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
}
