import { withDeadline } from '../lib/deadline.ts';
import type { Environment } from '../lib/environment.ts';

/** A program to run, and its limits. */
export interface Bounded {
  readonly words: readonly [program: string, ...rest: string[]];
  readonly env: Environment;
  /** Kills the program; the promise then rejects with the signal's reason. */
  readonly signal: AbortSignal | undefined;
  readonly deadlineMs: number;
}

/** How a program ended. */
export interface ProgramEnd {
  /** Undefined when a signal ended the program, or when it could not be run. */
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  /** What it wrote to stdout and stderr. */
  readonly output: string;
  /** There is no such program. */
  readonly isMissing: boolean;
  /** It was killed at its deadline. */
  readonly isLate: boolean;
  /** Why it has no exit code, in words. */
  readonly why: string;
}

/** How many seconds after the deadline the program ends by itself, if this process is no longer there to kill it. */
const GRACE_S = 5;

/**
 * Runs a program, and kills it and everything it has started at the deadline or when the signal aborts. The program also ends when this process was
 * killed before it (kill -9): `timeout` ends it if it waits, and a CPU limit if it computes.
 */
export async function runBounded({ words, env, signal, deadlineMs }: Bounded): Promise<ProgramEnd> {
  const { execa } = await import('execa'); // imported here because loading it takes a tenth of a second and --dry does not need it
  const longestS = Math.ceil(deadlineMs / 1000) + GRACE_S;
  const bounds = ['-s', 'KILL', `${longestS}`, 'sh', '-c', `ulimit -t ${longestS}; exec "$@"`, 'sh'];
  const late = (): Error => new Error(`'${words[0]}' has not ended within ${deadlineMs / 1000} s`);
  return withDeadline({ ms: deadlineMs, signal, late }, async (enough) => {
    const running = execa('timeout', [...bounds, ...words], {
      reject: false,
      all: true,
      stdin: 'ignore',
      maxBuffer: 50_000_000,
      env,
      extendEnv: false,
      detached: true, // a process group of its own, so that all of it can be killed
    });
    enough.addEventListener('abort', () => {
      killGroup(running.pid);
    });
    const ended = await running;
    signal?.throwIfAborted();
    return { ...endOf(ended), isLate: enough.aborted };
  });
}

/** The exit codes of `sh` for a program that is missing, and for a program that can't be run. */
const NOT_FOUND = 127;
const NOT_RUN = 126;

interface RunResult {
  readonly exitCode?: number | undefined;
  readonly all: string;
  readonly signal?: string | undefined;
  readonly originalMessage?: string | undefined;
}

function endOf({ exitCode, all, signal, originalMessage }: RunResult): Omit<ProgramEnd, 'isLate'> {
  const isMissing = exitCode === NOT_FOUND;
  const hasRun = !isMissing && exitCode !== NOT_RUN;
  const why = hasRun ? (originalMessage ?? `ended by ${signal ?? 'nobody knows what'}`) : all.trim();
  return { exitCode: hasRun ? exitCode : undefined, signal, output: all, isMissing, why };
}

function killGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // it has ended in the meantime
  }
}
