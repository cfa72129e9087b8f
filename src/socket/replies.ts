import { readInfo, type WorkerInfo } from './master.ts';

/**
 * Marks the end of each answer. Many commands are sent in one line, and HAProxy does not separate their answers reliably: most end with a blank line,
 * `Server deleted.` in 2.6 does not, the text about an unknown command contains several, and 3.4 writes notices before an answer. So each command is
 * followed by `show version`. It answers with a line that holds only the version, which `show info` at the start of the batch has told us, and
 * no other command answers with that line. It costs 0.08 ms per command.
 */
const MARK = 'show version';

/** The longest line in bytes: less than half of what the oldest release takes (`tune.bufsize`). 2.6 ignores a longer line without a message. */
const MOST_BYTES = 8_000;

/** What is put before each command: `@1 ` for the worker of a master, nothing for a worker's own socket. */
export type CommandPrefix = '' | '@1 ';

/** A line for HAProxy, as it is written for a prefix, and how many commands it carries. */
export interface Batch {
  readonly line: (prefix: CommandPrefix) => string;
  readonly count: number;
}

/** A line without commands, which only asks which worker answers. */
export const OPENING: Batch = batchOf([]);

const OPENING_BYTES = Buffer.byteLength(OPENING.line('@1 '));

function batchOf(commands: readonly string[]): Batch {
  return {
    line: (prefix) => ['show info', ...commands].map((command) => `${prefix}${command};${prefix}${MARK}`).join(';'),
    count: commands.length,
  };
}

/**
 * Makes the lines that carry these commands, in order, each short enough with the longest prefix. Throws for a text that is not exactly one command.
 */
export function makeBatches(commands: readonly string[]): readonly Batch[] {
  const parts: string[][] = [];
  let size = MOST_BYTES;
  for (const command of commands) {
    const more = Buffer.byteLength(batchOf([checked(command)]).line('@1 ')) - OPENING_BYTES;
    if (size + more >= MOST_BYTES) {
      parts.push([]);
      size = OPENING_BYTES;
    }
    parts.at(-1)?.push(command);
    size += more;
  }
  return parts.map(batchOf);
}

/**
 * Makes the line that carries one command with rows behind it, which HAProxy reads up to an empty line. Nothing can come after them, so the end of the
 * answer is not marked.
 */
export function makePayload(command: string, rows: readonly string[]): Batch {
  for (const row of rows) checked(`row ${row}`);
  const body = rows.map((row) => `${row}\n`).join('');
  checked(command);
  return { line: (prefix) => `${OPENING.line(prefix)};${prefix}${command} <<\n${body}`, count: 1 };
}

/** Reads the answer to a line of `makePayload`. */
export function readPayloadReply(text: string): Replies {
  const { version = '' } = readInfo(text) ?? {};
  return readReplies(`${text}\n${version}\n`, 1);
}

/** How many bytes of rows go with one command. */
const MOST_PAYLOAD = 7_000;

/** Cuts rows into parts that each fit behind one command. */
export function inParts(rows: Iterable<string>): readonly (readonly string[])[] {
  const parts: string[][] = [];
  let size = MOST_PAYLOAD;
  for (const row of rows) {
    const more = Buffer.byteLength(row) + 1;
    if (size + more > MOST_PAYLOAD) {
      parts.push([]);
      size = 0;
    }
    parts.at(-1)?.push(row);
    size += more;
  }
  return parts;
}

const TRESPASS = /;|<<|[\u0000-\u001f\u007f\u0085\u2028\u2029]/;

/** Returns a command, or throws if HAProxy would read it as more than one command. */
function checked(command: string): string {
  const wrong = TRESPASS.test(command)
    ? "contains ';', '<<' or a control character"
    : !/^[a-z]/.test(command)
      ? 'does not begin with a word'
      : Buffer.byteLength(command) > MOST_BYTES - 200
        ? 'is too long'
        : undefined;
  if (wrong !== undefined)
    throw new Error(`a command is not sent to HAProxy because it ${wrong}: ${JSON.stringify(command.slice(0, 200))}`);
  return command;
}

/** HAProxy's answers to a batch of commands. */
export interface Replies {
  /** The worker that answered. */
  readonly worker: WorkerInfo;
  /** One for each command, trimmed. */
  readonly answers: readonly string[];
}

/** Reads the answers to a batch of `count` commands. Throws a sentence when there are more or fewer than `count` answers. */
export function readReplies(text: string, count: number): Replies {
  const worker = readInfo(text);
  if (worker === undefined || worker.version === '') throw new Error(`HAProxy's answer does not name its worker: ${excerpt(text)}`);
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
