import { once } from 'node:events';
import { chmod, rename, rm, stat } from 'node:fs/promises';
import type { Server } from 'node:net';

/** The file of a socket that somebody listens on. */
export interface SocketFile {
  /** Whether the file is still there, and still that socket. */
  readonly isThere: () => Promise<boolean>;
  /** Takes the file away, unless somebody else has put another one in its place. */
  readonly remove: () => Promise<void>;
}

/**
 * Lets a server listen on a Unix socket, in place of a socket file that is left over. The file appears with its mode already set, so nobody whom
 * the mode keeps out gets in before. Rejects when the folder can't be written.
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
