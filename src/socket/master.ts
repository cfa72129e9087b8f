import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** One call of a master CLI, or of a `stats socket`. */
export interface Call {
  /** The path behind `haproxy -S`, or behind `stats socket`. */
  readonly socketPath: string;
  /** Milliseconds until the whole answer must be there. */
  readonly deadlineMs: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Why there was no answer. `absent`: nobody listens; HAProxy does not run, or it reloads (its master refuses connections while it does).
 * `cut`: taken, then closed in the middle, as by a master that reloads. `hang`: no end of the answer by the deadline.
 */
export type Silence = 'absent' | 'cut' | 'hang';

/** HAProxy gave no answer, and in which way; the system's error is the cause. */
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
 * The answer of HAProxy to one line, read to the end of the connection: one connection per call, closed for writing behind the
 * command, as `socat` does it. A queue that is full (others ask the same master) is waited for. Rejects with `NoAnswer`, with the reason of
 * `signal`, or with what else keeps it from the socket (EACCES).
 */
export async function ask({ socketPath, command, deadlineMs, signal }: Call & { readonly command: string }): Promise<string> {
  signal?.throwIfAborted();
  const late = AbortSignal.timeout(deadlineMs);
  const enough = signal === undefined ? late : AbortSignal.any([late, signal]);
  for (;;) {
    try {
      return await exchange(connect({ path: socketPath, signal: enough }), command);
    } catch (cause) {
      signal?.throwIfAborted();
      const { code = '' } = cause as NodeJS.ErrnoException;
      const silence = late.aborted ? 'hang' : SILENCES[code];
      if (silence !== undefined) throw new NoAnswer(silence, { socketPath, cause });
      if (code !== 'EAGAIN') throw cause;
    }
    await sleep(FULL_PAUSE_MS);
  }
}

async function exchange(socket: Socket, command: string): Promise<string> {
  try {
    let answer = '';
    socket.setEncoding('utf8').end(`${command}\n`);
    for await (const chunk of socket) answer += String(chunk);
    return answer;
  } finally {
    socket.destroy();
  }
}

/** What was asked for, or in which way there was no answer. */
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
  /** How many reloads, also failed ones, it has lived through. */
  readonly reloads: number;
  /** `0d00h10m25s` */
  readonly uptime: string;
  readonly version: string | undefined;
}

/**
 * What a master has under it. After a failed reload the worker that serves is among `workers` in 2.6 and among `oldWorkers` in 3.x; who
 * serves is what `workerInfo` says.
 */
export interface Processes {
  readonly master: number;
  readonly workers: readonly Worker[];
  readonly oldWorkers: readonly Worker[];
  /** Failed reloads since the last good one. */
  readonly failed: number;
}

/** `show proc`, understood. Rejects as `ask` does, and when the answer has no master in it. */
export async function showProc(call: Call): Promise<Processes> {
  const text = await ask({ ...call, command: 'show proc' });
  if (text.trim() === '') throw new NoAnswer('cut', { socketPath: call.socketPath, cause: undefined }); // by a master that reloads
  return readProcesses(text);
}

const ROW = /^(\d+)\s+(\S+)\s+(\d+)(?:\s+\[failed:\s*(\d+)\])?\s+(\S+)(?:\s+(\S+))?/;

/** The table of `show proc` (management.txt, 2.6 to 3.4): a row per process, under `# workers` and `# old workers`. Throws without a master. */
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
  if (found === undefined) throw new Error(`not an answer to 'show proc' of a HAProxy master: ${JSON.stringify(text.slice(0, 200))}`);
  return { ...found, workers, oldWorkers };
}

/** What a worker says of itself. */
export interface WorkerInfo {
  readonly pid: number;
  readonly version: string;
  /** Seconds since 1970; 0 when it does not say. */
  readonly started: number;
  /** It only finishes what it has; it takes no new connection. */
  readonly stopping: boolean;
}

/**
 * `show info` of one worker, asked through its master: of `pid`, or of the one that serves (`@1`, in every version, also after a failed
 * reload). An answer comes from its event loop: it has bound, changed root and user. Rejects as `ask` does, and when there is no such worker.
 */
export async function workerInfo({ pid, ...call }: Call & { readonly pid?: number | undefined }): Promise<WorkerInfo> {
  const text = await ask({ ...call, command: `${pid === undefined ? '@1' : `@!${pid}`} show info` });
  const found = readInfo(text);
  if (found === undefined) throw new Error(`HAProxy's master has no worker ${pid ?? 'that serves'}: ${text.trim().slice(0, 200)}`);
  return found;
}

/** The fields of `show info`, one a line; undefined when that is something else. */
export function readInfo(text: string): WorkerInfo | undefined {
  const fields = new Map(Array.from(text.matchAll(/^([^:\n]+): ?(.*)$/gm), ([, name, value]) => [name, value]));
  const pid = Number(fields.get('Pid'));
  if (!(pid > 0)) return undefined;
  const started = Number(fields.get('Start_time_sec') ?? 0);
  return { pid, version: fields.get('Version') ?? '', stopping: fields.get('Stopping') !== '0', started };
}
