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
import { makeMeanwhile } from '../socket/meanwhile.ts';
import { makeRuntime, makeTurns, type Runtime, type RuntimePart, type RuntimeSettings } from '../socket/worker.ts';

/** Settings for a HAProxy that is reloaded by --command. */
export interface CommandSettings {
  /** Words separated by spaces (`\ ` for a space inside a word), run without a shell: `systemctl reload haproxy`. */
  readonly command: string;
  /** The folder of applied.json and command.log, created when missing. */
  readonly runDir: string;
  /** Returns the fingerprint of the files in place; called before each reload. */
  readonly fingerprint: () => string | Promise<string>;
  readonly log: Logger;
  /** Milliseconds. */
  readonly now: () => number;
  /** The command's environment; by default PATH, TZ and LANG of this process. */
  readonly env?: Environment;
  /** The folder of the map files, as the configuration writes it. */
  readonly mapFolder: string;
  /** The path of a `stats socket` with `level admin`; without it HAProxy takes no runtime commands. */
  readonly socket?: string | undefined;
  /** Returns the text of a certificate that a runtime command loads. */
  readonly readPem?: RuntimeSettings['readPem'];
  /** How long the command may take, in milliseconds; by default 60,000. */
  readonly deadlineMs?: number;
  /** How long after the command a new worker must answer on the socket, in milliseconds; by default 20,000. */
  readonly confirmMs?: number;
}

/** A HAProxy that is run by a service: it is reloaded by --command, and takes runtime commands only if --haproxy-socket is given. */
export interface CommandHaproxy extends Haproxy {
  /**
   * Returns the fingerprint of the files that HAProxy has loaded: those of the last reload, or the files in place when no reload was tried yet, because
   * the service has started with them. Undefined when the last reload failed, because then it is not known what is loaded.
   */
  applied(): Promise<string | undefined>;
}

/**
 * Makes a Haproxy that reloads by --command. `reload` rejects with the exit code or signal and the output of the command. With a socket it also
 * rejects when no new worker answers there afterwards. Without a socket no runtime command is accepted.
 */
export function makeCommand(settings: CommandSettings): CommandHaproxy {
  const markerPath = resolve(settings.runDir, 'applied.json');
  const { socket, mapFolder, readPem } = settings;
  const reached = socket === undefined ? undefined : ({ socketPath: resolve(socket), prefix: '', mapFolder, readPem } as const);
  const [runtime, direct] = reached === undefined ? [] : [makeRuntime(reached), makeRuntime(reached)];
  const inTurn = oneAfterAnother();
  return {
    reload: (reasons) => inTurn(() => reload({ ...settings, markerPath, runtime }, reasons)),
    applied: async () => {
      const { fingerprint } = await readMarker(markerPath);
      return fingerprint === undefined ? settings.fingerprint() : fingerprint === UNKNOWN ? undefined : fingerprint;
    },
    agrees: (fingerprint) => inTurn(() => agrees(markerPath, fingerprint)),
    ...(runtime === undefined ? UNREACHED : makeTurns(runtime, inTurn)),
    meanwhile: () => makeMeanwhile(direct, runtime?.pid()),
  };
}

/** Records what HAProxy runs. After a command that failed nothing is recorded until one succeeds: HAProxy may have loaded that file all the same. */
async function agrees(markerPath: string, fingerprint: string): Promise<void> {
  if ((await readMarker(markerPath)).fingerprint !== UNKNOWN) await writeMarker(markerPath, { fingerprint });
}

const UNREACHED: RuntimePart = {
  release: () => Promise.resolve(undefined),
  send: (commands) =>
    Promise.resolve(commands.map(() => ({ taken: false, answer: 'HAProxy takes no commands because --haproxy-socket is not given' }))),
  holds: (document) => Promise.resolve({ document, exceptions: new Map(), lost: new Map() }),
  passed: () => Promise.resolve(new Set()),
};

const UNKNOWN = ''; // while a command runs, and after a command that failed

interface Reload extends CommandSettings {
  readonly markerPath: string;
  readonly runtime: Runtime | undefined;
}

async function reload(settings: Reload, reasons: readonly Reason[]): Promise<void> {
  const { command, runDir, log, markerPath, runtime } = settings;
  const fingerprint = await settings.fingerprint();
  await mkdir(runDir, { recursive: true, mode: 0o700 });
  await writeMarker(markerPath, { fingerprint: UNKNOWN });
  const before = await runtime?.worker().catch(() => undefined); // HAProxy may not run yet
  log.debug({ command, reasons: reasons.length }, 'reloading HAProxy by --command');
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
 * Waits until a new worker answers. The command may end before HAProxy has read its file, and commands sent to the previous worker would be lost. If
 * the previous worker still answers after a quarter of the time, the command is run a second time, because HAProxy 2.6 loses a SIGUSR2 that comes
 * right after a reload.
 */
async function confirm(settings: CommandSettings, { runtime, before, again }: Confirmed): Promise<void> {
  const { confirmMs = 20_000, now } = settings;
  const start = now();
  let isAgain = false;
  for (;;) {
    const found = await runtime.worker().catch((error: unknown) => error);
    const answers = found instanceof Object && 'pid' in found ? (found as WorkerInfo) : undefined;
    if (answers !== undefined && (answers.pid !== before?.pid || answers.started !== before.started)) return;
    const waitedMs = now() - start;
    if (waitedMs >= confirmMs) throw unconfirmed(settings, answers, found);
    if (!isAgain && answers !== undefined && waitedMs >= confirmMs / 4) {
      isAgain = true;
      settings.log.debug({ command: settings.command }, 'the previous HAProxy worker still answers, so the command is run once more');
      await again();
    }
    await sleep(50);
  }
}

function unconfirmed({ command, socket }: CommandSettings, answers: WorkerInfo | undefined, cause: unknown): Error {
  const seen = answers === undefined ? 'nothing answers' : `the previous worker (pid ${answers.pid}) still answers`;
  return new Error(
    `the command '${command}' succeeded, but ${seen} on HAProxy's socket ${socket ?? ''}`,
    answers === undefined ? { cause } : {},
  );
}

/** Runs the command with its output in a file. With a pipe, a HAProxy started by the command would keep it open and this would wait for ever. */
async function run({ command, runDir, deadlineMs = 60_000, env = environmentOf(process.env) }: CommandSettings): Promise<void> {
  const { execa, parseCommandString } = await import('execa'); // imported here because loading it takes a tenth of a second and most runs do not need it
  const [file, ...words] = parseCommandString(command);
  if (file === undefined) throw new Error('--command is empty; give a command that reloads HAProxy, such as "systemctl reload haproxy"');
  const logPath = join(runDir, 'command.log');
  const output = await open(logPath, 'w', 0o600);
  try {
    const fd = output.fd as 1; // execa accepts any descriptor, but its types allow only 1 and 2
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
