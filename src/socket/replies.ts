import { readInfo, type WorkerInfo } from './master.ts';

/**
 * Commands travel together in one line, and HAProxy puts nothing reliable between its answers: a blank line behind most of them, none behind
 * `Server deleted.` in 2.6, several inside what it says of an unknown command, in 3.4 notices before the answer. So each command is followed by
 * one whose answer is known by then: `show version` answers with the version that `show info` has named at the beginning of the batch, on a
 * line of its own, and no other command ever answers with that line. It costs 0.08 ms a command.
 */
const MARK = 'show version';

/** Bytes of a line: under half of what the oldest release takes (`tune.bufsize`); 2.6 ignores a longer one without a word. */
const MOST_BYTES = 8_000;

/** A line for HAProxy, and how many of the commands are in it. */
export interface Batch {
  readonly line: string;
  readonly count: number;
}

/** The line that only asks who is there. */
export function makeOpening(prefix: string): Batch {
  return { line: `${prefix}show info;${prefix}${MARK}`, count: 0 };
}

/** The lines that carry these commands, in order. `prefix` stands before every command: `@1 ` for the worker behind a master. Throws for what must not be sent. */
export function makeBatches(commands: readonly string[], prefix: string): readonly Batch[] {
  const opening = makeOpening(prefix).line;
  const batches: Batch[] = [];
  let [line, count] = [opening, 0];
  for (const command of commands) {
    const piece = `;${prefix}${checked(command)};${prefix}${MARK}`;
    if (count > 0 && Buffer.byteLength(line) + Buffer.byteLength(piece) >= MOST_BYTES) {
      batches.push({ line, count });
      [line, count] = [opening, 0];
    }
    line += piece;
    count++;
  }
  return count === 0 ? batches : [...batches, { line, count }];
}

const TRESPASS = /;|<<|[\u0000-\u001f\u007f\u0085\u2028\u2029]/;

/** A command that is one command, and nothing else. */
function checked(command: string): string {
  const wrong = TRESPASS.test(command)
    ? "holds ';', '<<' or a control character"
    : !/^[a-z]/.test(command)
      ? 'does not begin with a word'
      : Buffer.byteLength(command) > MOST_BYTES - 200
        ? 'is too long'
        : undefined;
  if (wrong !== undefined) throw new Error(`this command ${wrong}, so it is not sent to HAProxy: ${JSON.stringify(command.slice(0, 200))}`);
  return command;
}

/** What HAProxy says to a batch of commands. */
export interface Replies {
  /** Who answered. */
  readonly worker: WorkerInfo;
  /** One for each command, trimmed. */
  readonly answers: readonly string[];
}

/** The answers to a batch of `count` commands: exactly as many, or it throws a sentence. */
export function readReplies(text: string, count: number): Replies {
  const worker = readInfo(text);
  if (worker === undefined || worker.version === '') throw new Error(`HAProxy does not say who it is: ${excerpt(text)}`);
  const answers: string[] = [];
  let lines: string[] = [];
  for (const line of text.split('\n')) {
    if (line.trim() === worker.version) {
      answers.push(lines.join('\n').trim());
      lines = [];
    } else lines.push(line);
  }
  const rest = lines.join('\n').trim();
  if (answers.length !== count + 1 || rest !== '') {
    const last = rest === '' ? '' : `, then ${excerpt(rest)}`;
    throw new Error(`HAProxy gave ${Math.max(0, answers.length - 1)} answers to ${count} commands${last}`);
  }
  return { worker, answers: answers.slice(1) };
}

function excerpt(text: string): string {
  return text.trim() === '' ? 'it wrote nothing' : JSON.stringify(text.trim().slice(0, 200));
}
