import { connect, type Socket } from 'node:net';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { withDeadline } from '../lib/deadline.ts';

/** One call of the socket of a HAProxy master, or of a `stats socket`. */
export interface Call {
  /** The path given to `haproxy -S` or `stats socket`. */
  readonly socketPath: string;
  /** How long the whole answer may take, in milliseconds. */
  readonly deadlineMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** What is sent in a call, and who reads the answer. */
export interface Question extends Call {
  readonly command: string;
  /** Takes the answer piece by piece as it comes, with turns for the event loop between: that of a large estate has 5 MB. */
  readonly part?: ((text: string) => void) | undefined;
}

/**
 * Why there was no answer. `absent`: nothing listens, because HAProxy does not run or because it reloads (its master refuses connections then).
 * `cut`: the connection was accepted and then closed early, as a master does when it reloads. `hang`: the answer was not complete at the deadline.
 */
export type Silence = 'absent' | 'cut' | 'hang';

/** HAProxy gave no answer. `silence` says in which way; `cause` is the system's error. */
export class NoAnswer extends Error {
  readonly code = 'no-answer';
  readonly silence: Silence;

  constructor(silence: Silence, { socketPath, cause }: { readonly socketPath: string; readonly cause: unknown }) {
    super(`no answer from HAProxy's socket ${socketPath} (${silence})`, { cause });
    this.silence = silence;
  }
}

const SILENCES: Readonly<Record<string, Silence>> = { ENOENT: 'absent', ECONNREFUSED: 'absent', ECONNRESET: 'cut', EPIPE: 'cut' };

const FULL_PAUSE_MS = 10;

/**
 * Sends one line to HAProxy and resolves with its answer. Each call opens a connection, closes it for writing after the command as `socat` does, and
 * reads to its end. With `part`, the answer is given to it, and the result is empty. If the socket's queue is full, because others ask the same master,
 * it waits. Rejects with `NoAnswer`, with the reason of `signal`, or with a system error such as EACCES.
 */
export async function ask({ socketPath, command, deadlineMs, signal, part }: Question): Promise<string> {
  const late = (): Error => new NoAnswer('hang', { socketPath, cause: `not within ${deadlineMs} ms` });
  return withDeadline({ ms: deadlineMs, signal, late }, async (enough) => {
    for (;;) {
      try {
        return await exchange(connect({ path: socketPath }), { command, part }, enough);
      } catch (cause) {
        enough.throwIfAborted();
        const { code = '' } = cause as NodeJS.ErrnoException;
        const silence = SILENCES[code];
        if (silence !== undefined) throw new NoAnswer(silence, { socketPath, cause });
        if (code !== 'EAGAIN') throw cause;
      }
      await sleep(FULL_PAUSE_MS);
    }
  });
}

/** Writes the command, and reads all that comes until the other end closes. Rejects with the socket's error, or when the signal aborts. */
async function exchange(socket: Socket, { command, part }: Pick<Question, 'command' | 'part'>, enough: AbortSignal): Promise<string> {
  const stop = (): void => void socket.destroy(enough.reason as Error);
  enough.addEventListener('abort', stop);
  try {
    socket.setEncoding('utf8').end(`${command}\n`);
    return await (part === undefined ? whole(socket) : inParts(socket, part));
  } finally {
    enough.removeEventListener('abort', stop);
    socket.destroy();
  }
}

function whole(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    socket.on('data', (chunk: string) => (answer += chunk));
    socket.once('end', () => {
      resolve(answer);
    });
    socket.once('error', reject);
  });
}

/** Nothing more is read from the socket before a piece was taken. */
async function inParts(socket: Socket, part: (text: string) => void): Promise<string> {
  for await (const chunk of socket) {
    part(chunk as string);
    await setImmediate();
  }
  return '';
}

/** Returns the result, or the `NoAnswer` error as a value. Rejects with any other error. */
export async function orSilence<T>(asked: Promise<T>): Promise<T | NoAnswer> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof NoAnswer) return error;
    throw error;
  }
}

/** A worker as its master lists it. */
export interface Worker {
  readonly pid: number;
  /** How many reloads there were in its lifetime, failed ones included. */
  readonly reloads: number;
  /** How long it has run, as HAProxy writes it: `0d00h10m25s`. */
  readonly uptime: string;
  readonly version: string | undefined;
}

/**
 * The processes of a master. After a failed reload, the worker that serves is in `workers` in 2.6 and in `oldWorkers` in 3.x, so ask `workerInfo`
 * which worker serves.
 */
export interface Processes {
  readonly master: number;
  readonly workers: readonly Worker[];
  readonly oldWorkers: readonly Worker[];
  /** How many reloads have failed since the last that succeeded. */
  readonly failed: number;
}

/** Asks a master for its processes with `show proc`. Rejects as `ask` does, and when the answer contains no master. */
export async function showProc(call: Call): Promise<Processes> {
  const text = await ask({ ...call, command: 'show proc' });
  if (text.trim() === '') throw new NoAnswer('cut', { socketPath: call.socketPath, cause: undefined }); // as a master does when it reloads
  return readProcesses(text);
}

const ROW = /^(\d+)\s+(\S+)\s+(\d+)(?:\s+\[failed:\s*(\d+)\])?\s+(\S+)(?:\s+(\S+))?/;

/**
 * Reads the answer to `show proc`: a row per process, under `# workers` and `# old workers` [management.txt, 2.6 to 3.4]. Throws when it contains no
 * master.
 */
export function readProcesses(text: string): Processes {
  const workers: Worker[] = [];
  const oldWorkers: Worker[] = [];
  let found: Pick<Processes, 'master' | 'failed'> | undefined;
  let list: Worker[] | undefined;
  for (const line of text.split('\n')) {
    if (line.startsWith('# ')) list = line.startsWith('# workers') ? workers : line.startsWith('# old workers') ? oldWorkers : undefined;
    const [, pid, type, reloads, failed, uptime, version] = ROW.exec(line) ?? [];
    if (pid === undefined || uptime === undefined) continue;
    if (type === 'master') found = { master: Number(pid), failed: Number(failed ?? 0) };
    if (type === 'worker') list?.push({ pid: Number(pid), reloads: Number(reloads), uptime, version });
  }
  if (found === undefined)
    throw new Error(`what answers is not a HAProxy master (haproxy -W -S …): 'show proc' gave ${JSON.stringify(text.slice(0, 200))}`);
  return { ...found, workers, oldWorkers };
}

/** What a worker says about itself. */
export interface WorkerInfo {
  readonly pid: number;
  readonly version: string;
  /** When it was started, in seconds since 1970; 0 when HAProxy does not say. */
  readonly started: number;
  /** Whether it only finishes its connections and takes no new ones. */
  readonly stopping: boolean;
}

/**
 * Asks one worker for `show info` through its master: the worker with this `pid`, or else the worker that serves (`@1`, which is right in every
 * version, even after a failed reload). An answer shows that the worker's event loop runs, so it has bound its ports and changed root and user.
 * Rejects as `ask` does, and when there is no such worker.
 */
export async function workerInfo({ pid, ...call }: Call & { readonly pid?: number | undefined }): Promise<WorkerInfo> {
  const text = await ask({ ...call, command: `${pid === undefined ? '@1' : `@!${pid}`} show info` });
  const found = readInfo(text);
  if (found === undefined) throw new Error(`HAProxy's master has no worker ${pid ?? 'that serves'}: ${text.trim().slice(0, 200)}`);
  return found;
}

/** Reads the answer to `show info`, one field per line. Returns undefined when the text is something else. */
export function readInfo(text: string): WorkerInfo | undefined {
  const fields = new Map(
    text.split('\n').flatMap((line) => {
      const [, name, value] = /^([^:]+): ?(.*)$/.exec(line) ?? [];
      return name === undefined ? [] : [[name, value] as const];
    }),
  );
  const pid = Number(fields.get('Pid'));
  if (!(pid > 0)) return undefined;
  const started = Number(fields.get('Start_time_sec') ?? 0);
  return { pid, version: fields.get('Version') ?? '', stopping: fields.get('Stopping') !== '0', started };
}
