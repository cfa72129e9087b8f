import { ask, NoAnswer, type Question, type WorkerInfo } from './master.ts';
import type { Batch, CommandPrefix, Replies } from './replies.ts';
import type { RepliesInParts } from './replies-in-parts.ts';

/** A socket that takes runtime commands. */
export interface CommandSocket {
  /** The path of a master's socket, or of a `stats socket` with `level admin`. */
  readonly socketPath: string;
  /** Written before each command: '@1 ' tells a master to pass it to the worker that serves; empty for a stats socket. */
  readonly prefix: CommandPrefix;
}

/** Where batches of commands are sent. */
export interface ExchangeSettings extends CommandSocket {
  /** A second way to the same HAProxy, for when nothing listens at the first. */
  readonly otherwise?: CommandSocket | undefined;
  /** Asks the socket; by default over a connection of its own. */
  readonly ask?: typeof ask;
}

interface Whole {
  readonly deadlineMs: number;
  readonly read: (text: string) => Replies;
}

/**
 * Sends a batch over a connection of its own, so that one worker answers all of it, and reads the answer. Rejects with a NoAnswer, or with a sentence
 * when the answer can't be read or the worker is about to end.
 */
export async function exchange(settings: ExchangeSettings, batch: Batch, { deadlineMs, read }: Whole): Promise<Replies> {
  const { text, socketPath } = await send(settings, batch, { deadlineMs });
  if (text === '') throw new NoAnswer('cut', { socketPath, cause: undefined });
  const replies = understood(() => read(text), socketPath);
  requireStaying(replies.worker);
  return replies;
}

interface InParts {
  readonly deadlineMs: number;
  readonly parts: RepliesInParts;
}

/** The same for an answer that `parts` takes as it comes. Returns the worker that answered. */
export async function exchangeInParts(settings: ExchangeSettings, batch: Batch, { deadlineMs, parts }: InParts): Promise<WorkerInfo> {
  let length = 0;
  const part = (text: string): void => {
    length += text.length;
    parts.take(text);
  };
  const { text, socketPath } = await send(settings, batch, { deadlineMs, part });
  part(text);
  if (length === 0) throw new NoAnswer('cut', { socketPath, cause: undefined });
  const worker = understood(() => parts.end(), socketPath);
  requireStaying(worker);
  return worker;
}

interface Answered {
  readonly text: string;
  readonly socketPath: string;
}

/** Sends a batch to the first socket at which something listens, and returns the answer. */
async function send(
  { otherwise, ask: question = ask, ...first }: ExchangeSettings,
  batch: Batch,
  how: Pick<Question, 'deadlineMs' | 'part'>,
): Promise<Answered> {
  const sendTo = async ({ socketPath, prefix }: CommandSocket): Promise<Answered> => ({
    text: await question({ ...how, socketPath, command: batch.line(prefix) }),
    socketPath,
  });
  return sendTo(first).catch((error: unknown) => {
    if (otherwise === undefined || !(error instanceof NoAnswer) || error.silence !== 'absent') throw error;
    return sendTo(otherwise);
  });
}

function requireStaying({ pid, stopping }: WorkerInfo): void {
  if (stopping) throw new Error(`the HAProxy worker that answers (pid ${pid}) is about to end`);
}

function understood<Result>(read: () => Result, socketPath: string): Result {
  try {
    return read();
  } catch (cause) {
    throw new Error(`no usable answer from HAProxy's socket ${socketPath}`, { cause });
  }
}
