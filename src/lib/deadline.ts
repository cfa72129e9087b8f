import { sleep as realSleep, type Sleep } from './clock.ts';
import type { Logger } from './logger.ts';

/** How long a start waits for files to be read, in milliseconds. */
export const FILES_MS = 30_000;

/** A wait that takes longer than this is logged while it goes on, in milliseconds. */
const SILENT_MS = 10_000;

/** Returned in place of a result that did not come in time. */
export const LATE = Symbol('late');

/** Ends a wait whose work has ended. One for all of them, because Node would make an error with its stack for each. */
const OVER = new Error('the work has ended');

interface Wait {
  readonly ms: number;
  /** Ends the wait at once. */
  readonly signal?: AbortSignal | undefined;
  readonly sleep?: Sleep | undefined;
}

/**
 * Resolves with the result of `work`; with LATE after `ms` milliseconds, or as soon as the signal aborts. The work itself is not stopped, because
 * nothing can stop a call to a network mount that does not answer.
 */
export async function within<Result>(work: Promise<Result>, { ms, signal, sleep = realSleep }: Wait): Promise<Result | typeof LATE> {
  const over = new AbortController();
  const end = (): void => {
    over.abort(OVER);
  };
  const late = (): typeof LATE => LATE;
  if (signal?.aborted === true) end();
  else signal?.addEventListener('abort', end, { once: true });
  try {
    return await Promise.race([work, sleep(ms, over.signal).then(late, late)]);
  } finally {
    signal?.removeEventListener('abort', end);
    end();
  }
}

interface Limit {
  readonly ms: number;
  /** Names the work in the error message and in the log: 'reading /etc/ca.pem'. */
  readonly what: string;
  /** Gets a line when the wait takes longer than ten seconds. */
  readonly log?: Pick<Logger, 'warn'> | undefined;
  readonly sleep?: Sleep | undefined;
}

/** Resolves with the result of `work`, or rejects with a sentence when `work` takes longer than `ms` milliseconds. The work itself is not stopped. */
export async function inTime<Result>(work: Promise<Result>, { ms, what, log, sleep = realSleep }: Limit): Promise<Result> {
  const text = `${what} has not ended yet; ${WHO_HANGS}`;
  const result = await sayLong(within(work, { ms, sleep }), { text, facts: { atMostS: ms / 1000 }, log, sleep });
  if (result === LATE) throw new Error(`${what} has not ended within ${ms / 1000} s; ${WHO_HANGS}`);
  return result;
}

interface LongWait extends Pick<Limit, 'log' | 'sleep'> {
  /** What the log says. */
  readonly text: string;
  readonly facts?: Readonly<Record<string, unknown>>;
}

/** Ends as `work` does. While that takes more than ten seconds, the log says so, once. */
export async function sayLong<Result>(work: Promise<Result>, { text, facts, log, sleep = realSleep }: LongWait): Promise<Result> {
  const over = new AbortController();
  const say = (): void => log?.warn({ ...facts, afterS: SILENT_MS / 1000 }, text);
  void sleep(SILENT_MS, over.signal).then(say, () => undefined);
  try {
    return await work;
  } finally {
    over.abort(OVER);
  }
}

const WHO_HANGS = 'does the disk or network mount answer?';

interface Deadline extends Wait {
  /** Makes the reason with which the signal aborts at the deadline. */
  readonly late: () => Error;
}

/** Runs `work` with a signal that aborts after `ms` milliseconds or when `signal` aborts. The work itself must end when its signal aborts. */
export async function withDeadline<Result>(
  { ms, signal, late, sleep = realSleep }: Deadline,
  work: (enough: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const limit = new AbortController();
  const over = new AbortController();
  const pass = (): void => {
    limit.abort(signal?.reason);
  };
  if (signal?.aborted === true) pass();
  else signal?.addEventListener('abort', pass, { once: true });
  void sleep(ms, over.signal).then(
    () => {
      limit.abort(late());
    },
    () => undefined, // the work has ended
  );
  try {
    limit.signal.throwIfAborted();
    return await work(limit.signal);
  } finally {
    signal?.removeEventListener('abort', pass);
    over.abort(OVER);
  }
}
