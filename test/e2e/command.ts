import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Ends } from './fixtures/stage.ts';
import { PATIENCE_MS, until } from './until.ts';

/** The command, as it was built. */
export const COMMAND = path.resolve('bin/marathon-lb-ts.js');

/** Throws a sentence where the command was not built. */
export function needBuild(): void {
  if (!existsSync('dist/main.js')) throw new Error('dist/main.js is missing: these tests run the built command, `npm run build` makes it');
}

/** A line of the log, as JSON. */
export type LogLine = Readonly<Record<string, unknown>> & { readonly level: string; readonly msg: string };

/** What a command has written, and how it ended. */
export interface Ended {
  /** Undefined when a signal ended it. */
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
  readonly log: readonly LogLine[];
}

/** How often HAProxy has loaded a configuration: it was started, or reloaded. */
export function reloadsIn(log: readonly LogLine[]): number {
  return log.filter(({ msg }) => msg.includes('has loaded the configuration')).length;
}

/** The command, running. */
export interface Running {
  readonly pid: number;
  /** What it has written to stdout so far. */
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly log: () => readonly LogLine[];
  /** The first line of the log that matches, waited for. */
  readonly logged: (words: RegExp) => Promise<LogLine>;
  readonly signal: (name: NodeJS.Signals) => void;
  readonly ended: Promise<Ended>;
}

export interface Start {
  readonly words: readonly string[];
  readonly ends: Ends;
  readonly folder: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Words in front of `node`: a shell that lowers a limit. */
  readonly before?: readonly string[];
}

/** Starts `marathon-lb-ts` with these words, in a folder and with an environment of its own. It ends with the test at the latest. */
export function start({ words, ends, folder, env = {}, before = [] }: Start): Running {
  const [program = '', ...rest] = [...before, process.execPath, COMMAND, ...words];
  const PATH = process.env['PATH'] ?? '';
  const child = spawn(program, rest, { cwd: folder, env: { PATH, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const [stdout, stderr] = [gather(child.stdout), gather(child.stderr)];
  const log = logReader(stdout);
  const ended = once(child, 'close').then(([code]) => {
    return { code: (code as number | null) ?? undefined, stdout: stdout(), stderr: stderr(), log: log() };
  });
  const signal = (name: NodeJS.Signals): void => void child.kill(name);
  ends.push(() => end({ ended, signal }));
  const logged: Running['logged'] = (words) => {
    const what = (): string => `${String(words)} in the log\nstdout:\n${stdout()}\nstderr:\n${stderr()}`;
    return until(what, () => log().find((line) => words.test(JSON.stringify(line))));
  };
  return { pid: child.pid ?? 0, stdout, stderr, log, logged, signal, ended };
}

/** The same, to its end. */
export function run(how: Start): Promise<Ended> {
  return start(how).ended;
}

function gather(stream: NodeJS.ReadableStream): () => string {
  let text = '';
  stream.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  return () => text;
}

/** Gives the whole lines so far that are JSON objects. Each line is parsed once: tests look every 25 ms, and a log can be long. */
function logReader(text: () => string): () => readonly LogLine[] {
  const lines: LogLine[] = [];
  let read = 0;
  return () => {
    const end = text().lastIndexOf('\n') + 1;
    const added = text().slice(read, end).split('\n');
    read = end;
    lines.push(...added.filter((line) => line.startsWith('{"')).map((line) => JSON.parse(line) as LogLine));
    return [...lines];
  };
}

async function end({ ended, signal }: Pick<Running, 'ended' | 'signal'>): Promise<void> {
  const over = new AbortController();
  const patience = sleep(PATIENCE_MS, undefined, { signal: over.signal }).then(
    () => {
      signal('SIGKILL');
    },
    () => undefined,
  );
  signal('SIGTERM');
  await ended;
  over.abort();
  await patience;
}
