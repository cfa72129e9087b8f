import { once } from 'node:events';
import { chmod, rename, rm, stat } from 'node:fs/promises';
import type { Server } from 'node:net';

/** The file of a Unix socket that a server listens on. */
export interface SocketFile {
  /** Whether the file is still there, and still that socket. */
  readonly isThere: () => Promise<boolean>;
  /** Deletes the file, unless somebody else has replaced it. */
  readonly remove: () => Promise<void>;
}

/**
 * Makes a server listen on a Unix socket, and replaces a socket file that is left over. The file gets its mode before it appears under its name, so that
 * nobody can connect whom the mode keeps out. Rejects when the folder can't be written.
 */
export async function listenOnSocket(server: Server, path: string, mode: number): Promise<SocketFile> {
  const fresh = `${path}.new`;
  await rm(fresh, { force: true });
  await once(server.listen(fresh), 'listening');
  await chmod(fresh, mode);
  await rename(fresh, path);
  const { ino } = await stat(path);
  const isThere = async (): Promise<boolean> => (await stat(path).catch(() => undefined))?.ino === ino;
  return {
    isThere,
    remove: async () => {
      if (await isThere()) await rm(path, { force: true });
    },
  };
}
