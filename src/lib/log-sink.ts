import { closeSync, constants, fstatSync, openSync, writeSync } from 'node:fs';

/** Where lines of a log go. */
export interface LogSink {
  /** Takes a line, with its line end. Never waits and never throws. */
  readonly write: (line: string) => void;
}

/** How a sink writes, and how much it keeps while nobody reads. */
export interface SinkSettings {
  /** Writes some of the bytes and says how many; throws EAGAIN where nothing can be written now, as a system call does. */
  readonly write: (bytes: Buffer) => number;
  /** So many bytes wait at most while nobody reads; lines beyond them are dropped. */
  readonly mostBytes?: number;
  /** From one try to the next while lines wait, in milliseconds. */
  readonly retryMs?: number;
  /** Told how many lines were dropped, as soon as lines can be written again. */
  readonly dropped: (lines: number) => void;
}

/** Writes each line at once where that is possible. Where nobody reads, lines wait up to a limit, and are dropped and counted beyond it. */
export function makeLogSink({
  write,
  mostBytes = 256 * 1024,
  retryMs = 50,
  dropped,
}: SinkSettings): LogSink & { readonly flush: () => void } {
  let waiting = Buffer.alloc(0);
  let lost = 0;
  let timer: NodeJS.Timeout | undefined;
  const flush = (): void => {
    timer = undefined;
    while (waiting.length > 0) {
      const count = tryWrite(write, waiting);
      if (count === undefined) {
        timer = setTimeout(flush, retryMs).unref();
        return;
      }
      waiting = waiting.subarray(count);
    }
    if (lost === 0) return;
    const lines = lost;
    lost = 0;
    dropped(lines);
  };
  return {
    flush,
    write: (line) => {
      const bytes = Buffer.from(line);
      if (waiting.length > 0 && waiting.length + bytes.length > mostBytes) {
        lost++;
        return;
      }
      waiting = waiting.length === 0 ? bytes : Buffer.concat([waiting, bytes]);
      if (timer === undefined) flush();
    },
  };
}

/** How many bytes were written; undefined where nobody reads now. What can never be written counts as written: the log is not worth more. */
function tryWrite(write: SinkSettings['write'], bytes: Buffer): number | undefined {
  try {
    return write(bytes);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EAGAIN' ? undefined : bytes.length;
  }
}

/**
 * Writes to an open file, pipe or socket, and never waits for the reader of a pipe or socket: EAGAIN says that it reads too slowly. A pipe is
 * opened once more for that, because O_NONBLOCK on the one that was handed to us would hold for everybody who shares it.
 */
export function writerOf(fd: 1 | 2): SinkSettings['write'] {
  const own = isPipe(fd) ? reopened(fd) : undefined;
  const target = own ?? (fd === 1 ? process.stdout : process.stderr).fd; // Node makes a pipe or socket non-blocking when it opens the stream
  return (bytes) => writeSync(target, bytes);
}

function isPipe(fd: number): boolean {
  try {
    return fstatSync(fd).isFIFO();
  } catch {
    return false; // it is closed
  }
}

/** Undefined where the pipe belongs to another user. */
function reopened(fd: number): number | undefined {
  try {
    const own = openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK);
    process.once('exit', () => {
      closeSync(own);
    });
    return own;
  } catch {
    return undefined;
  }
}
