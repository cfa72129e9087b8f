import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { withDeadline } from '../lib/deadline.ts';
import { silenceOf, socketPath } from './control.ts';

/** An answer of the admin side, as JSON. */
export interface AdminAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** The longest answer that is read, in characters: an explanation names every task of its app. */
const LONGEST = 2 ** 28;

interface AskOptions {
  readonly runDir: string;
  /** How long to wait for the whole answer, in milliseconds. */
  readonly deadlineMs: number;
}

/** Asks the daemon that runs in a run folder, over the socket of its admin side. Rejects with a sentence when no daemon runs there, or when none answers. */
export async function askAdmin(path: string, { runDir, deadlineMs }: AskOptions): Promise<AdminAnswer> {
  const no = (what: string, cause?: unknown): Error => new Error(`the daemon of ${runDir} gave no answer: ${what}`, { cause });
  const late = (): Error => no(`it did not answer within ${deadlineMs} ms`);
  const socket = socketPath(runDir, 'admin.sock');
  return withDeadline({ ms: deadlineMs, late }, async (signal) => {
    try {
      const asked = request({ socketPath: socket, path, signal, agent: false });
      asked.end();
      const [response] = (await once(asked, 'response', { signal })) as [IncomingMessage];
      return { status: response.statusCode ?? 0, body: JSON.parse(await textOf(response)) as unknown };
    } catch (cause) {
      signal.throwIfAborted();
      throw no(silenceOf(cause, 'admin.sock'), cause);
    }
  });
}

async function textOf(response: IncomingMessage): Promise<string> {
  let text = '';
  for await (const piece of response.setEncoding('utf8')) {
    text += String(piece);
    if (text.length > LONGEST) throw new Error('the answer is too long');
  }
  return text;
}
