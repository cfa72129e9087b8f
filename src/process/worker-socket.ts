import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { sentence } from '../lib/sentence.ts';
import type { Logger } from '../lib/logger.ts';
import { replaceFile } from '../lib/write-file.ts';

/** Where the worker of our HAProxy listens for commands, and the configuration file that says so. */
export interface WorkerSocket {
  readonly workerPath: string;
  readonly workerConfig: string;
  readonly log: Pick<Logger, 'warn'>;
  /** Whether the worker hands its listening sockets to whoever asks at that socket. */
  readonly exposes: boolean;
}

/**
 * Writes the configuration that gives the worker a command socket of its own. The worker that serves answers there at every moment of a reload, when
 * the master answers nobody [haproxy 2.6 to 3.0, measured]. It is a file of its own, because haproxy.cfg does not depend on who runs it. Both are
 * beside haproxy.cfg and not in the run folder: HAProxy ends when it can't make the socket at a reload, and the run folder may be deleted. Where no
 * socket can be made, the file is empty, and changes wait for the end of a reload. Rejects when the file can't be written.
 */
export async function writeWorkerConfig({ workerPath, workerConfig, log, exposes }: WorkerSocket): Promise<void> {
  const why = await whyNot(workerPath);
  if (why !== undefined) log.warn({ socket: workerPath, reason: why }, 'HAProxy can have no socket for commands during a reload');
  await replaceFile(workerConfig, [
    why === undefined
      ? `global\n  stats socket ${escapedPath(workerPath)} mode 600 level admin${exposes ? ' expose-fd listeners' : ''}\n`
      : '# no socket\n',
  ]);
}

/** HAProxy binds the socket under this longer name first, and then renames it [haproxy: uxst_bind_listener]. */
const TEMPORARY = '.1234567890.tmp';
/** The longest path that fits into an address of the kernel, in bytes [unix(7)]. Node cuts a longer one off. */
const MOST_BYTES = 107;

/** Tries to make a socket there. Returns why it can't be; undefined when it can. */
async function whyNot(path: string): Promise<string | undefined> {
  const trial = `${path}${TEMPORARY}`;
  if (Buffer.byteLength(trial) > MOST_BYTES) return `its path is longer than ${MOST_BYTES - TEMPORARY.length} bytes`;
  const server = createServer();
  try {
    await rm(trial, { force: true });
    await once(server.listen(trial), 'listening');
    return undefined;
  } catch (error) {
    return sentence(error);
  } finally {
    server.close(); // removes the socket
  }
}

/** A path as a word of HAProxy's configuration. */
export function escapedPath(path: string): string {
  return path.replaceAll(/[\s"'\\#$]/g, (character) => `\\${character}`);
}
