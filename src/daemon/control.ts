import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { withDeadline } from '../lib/deadline.ts';
import { sentence } from '../lib/sentence.ts';
import { listenOnSocket } from '../lib/unix-socket.ts';

/** An answer in words for whoever asked. The answer to `status` has facts in addition. */
export interface ControlReply {
  readonly ok: boolean;
  readonly text: string;
}

/** What can be asked over the control socket. A rejection is sent to whoever asked, as text. */
export interface ControlAnswers {
  /** Reads everything again and updates HAProxy. */
  readonly resync: () => Promise<ControlReply>;
  /** Whether the daemon is in step, with the facts behind the answer. */
  readonly status: () => Promise<ControlReply>;
}

/** What the control socket of a daemon needs. */
export interface Control extends ControlAnswers {
  /** The run folder, whose lock this process holds (`takeLock`). */
  readonly runDir: string;
  /** Stops the server; open connections are closed. */
  readonly signal: AbortSignal;
}

const REQUEST_MS = 5_000; // until the request must have arrived; the answer has no deadline
const LONGEST_PATH = 107; // in bytes: the size of sockaddr_un, see unix(7)
const LONGEST_LINE = 2 ** 20; // in characters

/**
 * Answers `askDaemon` on `<runDir>/daemon.sock` (mode 600) until the signal aborts. A socket file left over is replaced. Resolves when it listens,
 * with a function that says whether the file there is still this socket. Rejects when the folder can't be written, or when the path is too long for a
 * socket.
 */
export async function serveControl({ runDir, signal, ...answers }: Control): Promise<() => Promise<boolean>> {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket.once('close', () => open.delete(socket)));
    void answer(socket, answers);
  });
  const { isThere, remove } = await listenOnSocket(server, socketPath(runDir, 'daemon.sock'), 0o600);
  server.on('error', () => undefined); // a connection could not be accepted
  const close = (): void => {
    server.close();
    for (const socket of open) socket.destroy();
    void remove();
  };
  if (signal.aborted) close();
  else signal.addEventListener('abort', close, { once: true });
  return isThere;
}

async function answer(socket: Socket, answers: ControlAnswers): Promise<void> {
  socket.on('error', () => undefined); // whoever asked is gone
  const late = (): Error => new Error(`no request came within ${REQUEST_MS} ms`);
  const request = await withDeadline({ ms: REQUEST_MS, late }, (enough) => firstLine(socket, enough)).catch(() => '');
  const result = await replyTo(request, answers).catch((error: unknown) => ({ ok: false, text: sentence(error) }));
  socket.end(`${JSON.stringify(result)}\n`);
}

async function replyTo(request: string, answers: ControlAnswers): Promise<ControlReply> {
  const asked = QUESTIONS.find((question) => request === lineOf(question));
  if (asked !== undefined) return answers[asked]();
  const known = QUESTIONS.map((question) => lineOf(question));
  return { ok: false, text: `unknown request; the known requests are ${known.join(' and ')}` };
}

const QUESTIONS = ['resync', 'status'] as const satisfies readonly (keyof ControlAnswers)[];

function lineOf(ask: keyof ControlAnswers): string {
  return JSON.stringify({ ask });
}

/** A question for the daemon that runs in a run folder. */
export interface ControlQuestion {
  readonly runDir: string;
  readonly ask: keyof ControlAnswers;
  /** How long to wait for the answer, in milliseconds. */
  readonly deadlineMs: number;
}

/** Why nobody answers at a socket of the daemon, by the error of whoever asked there. */
export function silenceOf(error: unknown, socket: 'daemon.sock' | 'admin.sock'): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ECONNREFUSED') return 'no daemon runs there (--run-dir says where it runs)';
  return code === 'EACCES' ? `this user may not open ${socket} there; ask as the daemon's user` : 'it ended before it answered';
}

/** Asks the daemon that runs in a run folder. Rejects with a sentence when no daemon runs there, or when it does not answer by the deadline. */
export async function askDaemon({ runDir, ask, deadlineMs }: ControlQuestion): Promise<ControlReply & Readonly<Record<string, unknown>>> {
  const path = socketPath(runDir, 'daemon.sock');
  const no = (what: string, cause?: unknown): Error => new Error(`the daemon of ${runDir} gave no answer to '${ask}': ${what}`, { cause });
  const late = (): Error => no(`it did not answer within ${deadlineMs} ms`);
  return withDeadline({ ms: deadlineMs, late }, async (enough) => {
    const socket = connect({ path, signal: enough });
    try {
      const line = firstLine(socket, enough);
      socket.write(`${lineOf(ask)}\n`);
      const { ok, text, ...facts } = JSON.parse(await line) as Partial<ControlReply>;
      return { ok: ok === true, text: text ?? '', ...facts };
    } catch (cause) {
      enough.throwIfAborted();
      throw no(silenceOf(cause, 'daemon.sock'), cause);
    } finally {
      socket.destroy();
    }
  });
}

function firstLine(socket: Socket, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const fail = (): void => {
      reject(new Error('the connection ended before a whole line came, or the line is too long', { cause: signal.reason }));
    };
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      if (chunk.includes('\n')) resolve(text.slice(0, text.indexOf('\n')));
      else if (text.length > LONGEST_LINE) fail();
    });
    socket.once('error', reject).once('close', fail);
    signal.addEventListener('abort', fail, { once: true });
  });
}

/** Where a socket of the daemon's stands. Throws when the path is too long for a socket. */
export function socketPath(runDir: string, name: 'daemon.sock' | 'admin.sock'): string {
  const path = join(runDir, name);
  if (Buffer.byteLength(path) + '.new'.length <= LONGEST_PATH) return path;
  throw new Error(`the run folder's path is too long for a socket: ${path}; give a shorter --run-dir`);
}
