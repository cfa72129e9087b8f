import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { answersOf } from '../socket/socket.ts';

/** What is to be undone after a test, in reverse order. */
export type Ends = (() => unknown)[];

/** What a master of 3.x shows; its pid is this process, as it lives. */
export interface Shown {
  readonly workers: readonly number[];
  readonly old: readonly number[];
  readonly failed: number;
  readonly serves: number | undefined;
}

export interface Watching {
  /** Each line that comes, in order. */
  readonly heard?: (line: string, runDir: string) => Promise<void>;
  /** What the worker says to a command in a batch. */
  readonly says?: (command: string) => string;
}

/** A 3.x master on the run folder's socket: shows the first state, and at each `reload` the next answer and state. */
export async function fakeMaster(
  ends: Ends,
  first: Shown,
  reloads: readonly (readonly [answer: string, next: Shown])[],
  { heard = () => Promise.resolve(), says = () => '' }: Watching = {},
): Promise<string> {
  const runDir = await mkdtemp(join(tmpdir(), 'fake-'));
  ends.push(() => rm(runDir, { recursive: true, force: true }));
  let now = first;
  const left = [...reloads];
  const row = (pid: number): string => `${pid} worker 0 0d00h00m01s 3.2.0\n`;
  const answers: Readonly<Record<string, () => string>> = {
    'show proc': () =>
      `${process.pid} master 1 [failed: ${now.failed}] 0d00h00m01s 3.2.0\n# workers\n${now.workers.map(row).join('')}# old workers\n${now.old.map(row).join('')}`,
    '@1 show info': () => (now.serves === undefined ? '' : `Version: 3.2.0\nPid: ${now.serves}\nStopping: 0\n`),
    reload: () => {
      const [answer, next] = left.shift() ?? ['', now];
      now = next;
      return answer;
    },
  };
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket
      .on('error', () => undefined)
      .once('data', (chunk) => {
        const command = chunk.toString().trim();
        void heard(command, runDir).then(() => {
          socket.end(answerTo(command));
        });
      });
  });
  const answerTo = (command: string): string => {
    if (command.includes(';')) return now.serves === undefined ? '' : answersOf(command, { version: '3.2.0', pid: now.serves }, says);
    const [, pid] = /^@!(\d+) show info$/.exec(command) ?? [];
    const asked = pid === undefined ? command : pid === String(now.serves) ? '@1 show info' : '';
    return answers[asked]?.() ?? 'no such\n';
  };
  ends.push(() => server.close());
  await new Promise<void>((resolve) => server.listen(join(runDir, 'master.sock'), resolve));
  return runDir;
}

export const SERVING: Shown = { workers: [11], old: [], failed: 0, serves: 11 };
export const RELOADED: Shown = { workers: [process.ppid], old: [11], failed: 0, serves: process.ppid };
export const REFUSED: Shown = { workers: [], old: [11], failed: 1, serves: 11 };
