import { once } from 'node:events';
import { chmod, rename, rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { sentence } from '../lib/sentence.ts';

/** What became of a resync, in words for who asked. */
export interface Reply {
  readonly ok: boolean;
  readonly text: string;
}

/** What answers for a daemon. */
export interface Control {
  /** Whose lock this process holds (`takeLock`). */
  readonly runDir: string;
  /** Reads everything again and brings HAProxy there; may reject, which is told to who asked. */
  readonly resync: () => Promise<Reply>;
  /** Ends it; connections in work are cut. */
  readonly signal: AbortSignal;
}

const REQUEST_MS = 5_000; // until the request must be there; its answer takes what it takes
const LONGEST_PATH = 107; // bytes of a sockaddr_un, unix(7)
const LONGEST_LINE = 2 ** 20;

/**
 * Answers `askResync` on `<runDir>/daemon.sock` (mode 600) until the signal; resolves when it listens. A socket file left over is replaced. Rejects
 * when the folder can't be written, or its path is too long for a socket.
 */
export async function serveControl({ runDir, resync, signal }: Control): Promise<void> {
  const path = socketPath(runDir);
  const fresh = `${path}.new`;
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket.once('close', () => open.delete(socket)));
    void answer(socket, resync);
  });
  await rm(fresh, { force: true });
  await once(server.listen(fresh), 'listening');
  server.on('error', () => undefined); // of a connection that could not be taken
  await chmod(fresh, 0o600);
  await rename(fresh, path);
  const close = (): void => {
    server.close();
    for (const socket of open) socket.destroy();
    void rm(path, { force: true });
  };
  if (signal.aborted) close();
  else signal.addEventListener('abort', close, { once: true });
}

async function answer(socket: Socket, resync: Control['resync']): Promise<void> {
  socket.on('error', () => undefined); // whoever asked is gone
  const request = await firstLine(socket, AbortSignal.timeout(REQUEST_MS)).catch(() => '');
  const known = /^\{"ask":"resync"\}$/.test(request);
  const result = known
    ? await resync().catch((error: unknown) => ({ ok: false, text: sentence(error) }))
    : { ok: false, text: 'unknown request; known is {"ask":"resync"}' };
  socket.end(`${JSON.stringify(result)}\n`);
}

/** Asks the daemon of a run folder for a resync. Rejects with a sentence when none answers, or none by the deadline (milliseconds). */
export async function askResync(runDir: string, deadlineMs: number): Promise<Reply> {
  const late = AbortSignal.timeout(deadlineMs);
  const socket = connect({ path: socketPath(runDir), signal: late });
  try {
    const line = firstLine(socket, late);
    socket.write('{"ask":"resync"}\n');
    const { ok, text } = JSON.parse(await line) as Partial<Reply>;
    return { ok: ok === true, text: text ?? '' };
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const what = late.aborted
      ? `it did not answer within ${deadlineMs} ms`
      : code === 'ENOENT' || code === 'ECONNREFUSED'
        ? 'none runs'
        : 'it ended before it answered';
    throw new Error(`no resync by the daemon of ${runDir}: ${what}`, { cause });
  } finally {
    socket.destroy();
  }
}

function firstLine(socket: Socket, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const fail = (): void => {
      reject(new Error('no line', { cause: signal.reason }));
    };
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      const end = text.indexOf('\n');
      if (end >= 0) resolve(text.slice(0, end));
      else if (text.length > LONGEST_LINE) fail();
    });
    socket.once('error', reject).once('close', fail);
    signal.addEventListener('abort', fail, { once: true });
  });
}

function socketPath(runDir: string): string {
  const path = join(runDir, 'daemon.sock');
  if (Buffer.byteLength(path) + '.new'.length <= LONGEST_PATH) return path;
  throw new Error(`the run folder's path is too long for a socket: ${path}; give a shorter --run-dir`);
}
