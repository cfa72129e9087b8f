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

/** A line for HAProxy, and how many commands it carries. */
export interface Batch {
  readonly line: string;
  readonly count: number;
}

/** Makes a line without commands, which only asks which worker answers. */
export function makeOpening(prefix: string): Batch {
  return { line: `${prefix}show info;${prefix}${MARK}`, count: 0 };
}

/**
 * Makes the lines that carry these commands, in order. `prefix` is put before each command: `@1 ` for the worker of a master. Throws for a text that
 * is not exactly one command.
 */
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

/**
 * Makes the line that carries one command with rows behind it, which HAProxy reads up to an empty line. Nothing can come after them, so the end of the
 * answer is not marked.
 */
export function makePayload(command: string, rows: readonly string[], prefix: string): string {
  for (const row of rows) checked(`row ${row}`);
  return `${makeOpening(prefix).line};${prefix}${checked(command)} <<\n${rows.map((row) => `${row}\n`).join('')}`;
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
