import { mkdir, open, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Result } from 'execa';
import type { Environment } from '../lib/environment.ts';
import type { Logger } from '../lib/logger.ts';
import { oneAfterAnother } from '../lib/runs.ts';
import type { Reason } from '../model/document.ts';
import type { Haproxy } from '../model/haproxy.ts';
import { environmentOf } from './haproxy-environment.ts';
import { readMarker, writeMarker } from './applied-marker.ts';
import type { WorkerInfo } from '../socket/master.ts';
import { makeRuntime, makeTurns, type Runtime, type RuntimePart } from '../socket/worker.ts';

/** What a HAProxy that somebody else runs is made of. */
export interface CommandSettings {
  /** `systemctl reload haproxy`: words separated by spaces (`\ ` for one inside a word); no shell. */
  readonly command: string;
  /** Holds applied.json and command.log; made when missing. */
  readonly runDir: string;
  /** Names what is in the files on the disk; asked before each reload. */
  readonly fingerprint: () => string | Promise<string>;
  readonly log: Logger;
  /** What the command is given; PATH, TZ and LANG of this process when not given. */
  readonly env?: Environment;
  /** The folder of the map files, as the configuration names it. */
  readonly mapFolder: string;
  /** A `stats socket` of it with `level admin`, where commands go while it runs; none when not given. */
  readonly socket?: string | undefined;
  /** Milliseconds that the command may take; 60,000 when not given. */
  readonly deadlineMs?: number;
  /** Milliseconds until another worker must answer at the socket when the command has ended; 20,000 when not given. */
  readonly confirmMs?: number;
}

/** A HAProxy that another service runs: reloaded by its command, reached over its socket or not at all. */
export interface CommandHaproxy extends Haproxy {
  /**
   * The fingerprint of the last reload that went well; where none was tried yet that of the files on the disk, as the service has started from
   * them; undefined when the last one failed, as nobody knows what is loaded then.
   */
  applied(): Promise<string | undefined>;
}

/**
 * `--command` as a HAProxy. Its reload rejects with the exit code or signal and what the command wrote, and where there is a socket when no other
 * worker answers there afterwards; without one no runtime command is taken.
 */
export function makeCommand(settings: CommandSettings): CommandHaproxy {
  const markerPath = resolve(settings.runDir, 'applied.json');
  const runtime =
    settings.socket === undefined
      ? undefined
      : makeRuntime({ socketPath: resolve(settings.socket), prefix: '', mapFolder: settings.mapFolder });
  const inTurn = oneAfterAnother();
  return {
    reload: (reasons) => inTurn(() => reload({ ...settings, markerPath, runtime }, reasons)),
    applied: async () => {
      const { fingerprint } = await readMarker(markerPath);
      return fingerprint === undefined ? settings.fingerprint() : fingerprint === UNKNOWN ? undefined : fingerprint;
    },
    agrees: (fingerprint) => inTurn(() => writeMarker(markerPath, { fingerprint })),
    ...(runtime === undefined ? UNREACHED : makeTurns(runtime, inTurn)),
  };
}

const UNREACHED: RuntimePart = {
  release: () => Promise.resolve(undefined),
  send: (commands) =>
    Promise.resolve(commands.map(() => ({ taken: false, answer: 'HAProxy takes no commands here, as --haproxy-socket is not given' }))),
  holds: (document) => Promise.resolve({ document, exceptions: new Map(), lost: new Map() }),
  passed: () => Promise.resolve(new Set()),
};

const UNKNOWN = ''; // while a command runs, and after one that failed

interface Reload extends CommandSettings {
  readonly markerPath: string;
  readonly runtime: Runtime | undefined;
}

async function reload(settings: Reload, reasons: readonly Reason[]): Promise<void> {
  const { command, runDir, log, markerPath, runtime } = settings;
  const fingerprint = await settings.fingerprint();
  await mkdir(runDir, { recursive: true, mode: 0o700 });
  await writeMarker(markerPath, { fingerprint: UNKNOWN });
  const before = await runtime?.worker().catch(() => undefined); // it need not run now
  log.debug({ command, reasons: reasons.length }, 'HAProxy is reloaded by command');
  await run(settings);
  if (runtime !== undefined) await confirm(settings, { runtime, before, again: () => run(settings) });
  runtime?.forget();
  await writeMarker(markerPath, { fingerprint });
}

interface Confirmed {
  readonly runtime: Runtime;
  readonly before: WorkerInfo | undefined;
  readonly again: () => Promise<void>;
}

/**
 * Waits until another worker answers: a command may end before HAProxy has read its file, and whatever goes to the worker before is lost. Where
 * that one still answers after a quarter of the time, the command is run once more: HAProxy 2.6 loses a SIGUSR2 that comes just after a reload.
 */
async function confirm(settings: CommandSettings, { runtime, before, again }: Confirmed): Promise<void> {
  const { confirmMs = 20_000 } = settings;
  const start = performance.now();
  let isAgain = false;
  for (;;) {
    const now = await runtime.worker().catch((error: unknown) => error);
    const answers = now instanceof Object && 'pid' in now ? (now as WorkerInfo) : undefined;
    if (answers !== undefined && (answers.pid !== before?.pid || answers.started !== before.started)) return;
    const waitedMs = performance.now() - start;
    if (waitedMs >= confirmMs) throw unconfirmed(settings, answers, now);
    if (!isAgain && answers !== undefined && waitedMs >= confirmMs / 4) {
      isAgain = true;
      settings.log.debug({ command: settings.command }, 'HAProxy still runs the worker before, so the command is run once more');
      await again();
    }
    await sleep(50);
  }
}

function unconfirmed({ command, socket }: CommandSettings, answers: WorkerInfo | undefined, cause: unknown): Error {
  const seen = answers === undefined ? 'nothing answers' : `the worker before (pid ${answers.pid}) still answers`;
  return new Error(
    `the command '${command}' ended well, but ${seen} at HAProxy's socket ${socket ?? ''}`,
    answers === undefined ? { cause } : {},
  );
}

/** Into a file, not a pipe: a HAProxy that the command starts keeps the other end, and this would wait for it for ever. */
async function run({ command, runDir, deadlineMs = 60_000, env = environmentOf(process.env) }: CommandSettings): Promise<void> {
  const { execa, parseCommandString } = await import('execa'); // it takes a tenth of a second to load, and most runs do without
  const [file, ...words] = parseCommandString(command);
  if (file === undefined) throw new Error('--command is empty; give the words that reload HAProxy: "systemctl reload haproxy"');
  const logPath = join(runDir, 'command.log');
  const output = await open(logPath, 'w', 0o600);
  try {
    const fd = output.fd as 1; // execa hands any descriptor on; its types know 1 and 2
    const options = { timeout: deadlineMs, forceKillAfterDelay: 1_000, reject: false, env, extendEnv: false } as const;
    const result = await execa(file, words, { ...options, stdio: ['ignore', fd, fd] });
    if (result.failed)
      throw new Error(`the command '${command}' ${ending(result, deadlineMs)}: ${await lastLines(logPath)}`, { cause: result.cause });
  } finally {
    await output.close();
  }
}

type Ending = Pick<Result, 'timedOut' | 'signal' | 'exitCode'>;

function ending({ timedOut, signal, exitCode }: Ending, deadlineMs: number): string {
  if (timedOut) return `did not end within ${deadlineMs} ms`;
  if (signal !== undefined) return `was ended by ${signal}`;
  return exitCode === undefined ? 'could not be started' : `ended with exit code ${exitCode}`;
}

async function lastLines(path: string): Promise<string> {
  const lines = (await readFile(path, 'utf8')).split('\n').filter((line) => line.trim() !== '');
  return lines.length === 0 ? 'it wrote nothing' : lines.slice(-5).join(' | ').slice(-2_000);
}
