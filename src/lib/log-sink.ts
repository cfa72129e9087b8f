import { constants, fstatSync, openSync, writeSync } from 'node:fs';

/** Takes the lines of a log. */
export interface LogSink {
  /** Writes a line, which includes its line end. Never waits and never throws. */
  readonly write: (line: string) => void;
}

/** How a sink writes, and how much it keeps while nobody reads the log. */
export interface SinkSettings {
  /** Writes some of the bytes and returns how many. Throws EAGAIN when nothing can be written now, as the system call does. */
  readonly write: (bytes: Buffer) => number;
  /** How many bytes may wait while nobody reads; further lines are dropped. */
  readonly mostBytes?: number;
  /** How often to try again while lines wait, in milliseconds. */
  readonly retryMs?: number;
  /** Called with the number of dropped lines, as soon as lines can be written again. */
  readonly dropped: (lines: number) => void;
}

/** Makes a sink that writes each line at once. While nobody reads, lines wait up to a limit; further lines are dropped and counted. */
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

/** Returns how many bytes were written; undefined when nobody reads now. After any other error all bytes count as written, so they are not tried again. */
function tryWrite(write: SinkSettings['write'], bytes: Buffer): number | undefined {
  try {
    return write(bytes);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EAGAIN' ? undefined : bytes.length;
  }
}

/**
 * Returns a function that writes to stdout or stderr and never waits for the reader of a pipe or socket: it throws EAGAIN when the reader is too
 * slow. A pipe is opened a second time for this, because O_NONBLOCK on the inherited pipe would apply to every process that shares it.
 */
export function writerOf(fd: 1 | 2): SinkSettings['write'] {
  const own = isPipe(fd) ? reopened(fd) : undefined;
  const target = own ?? (fd === 1 ? process.stdout : process.stderr).fd; // opening the stream makes a pipe or socket non-blocking
  return (bytes) => writeSync(target, bytes);
}

function isPipe(fd: number): boolean {
  try {
    return fstatSync(fd).isFIFO();
  } catch {
    return false; // it is closed
  }
}

/** Opens the pipe a second time, non-blocking. Returns undefined when that fails because the pipe belongs to a different user. */
function reopened(fd: number): number | undefined {
  try {
    return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
}
