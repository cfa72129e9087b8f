import { mkdir, open, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Result } from 'execa';
import type { Logger } from '../lib/logger.ts';
import type { Reason } from '../model/document.ts';
import type { Haproxy } from './drive.ts';
import { readMarker, writeMarker } from './marker.ts';

/** What a HAProxy that somebody else runs is made of. */
export interface CommandSettings {
  /** `systemctl reload haproxy`: words separated by spaces (`\ ` for one inside a word); no shell. */
  readonly command: string;
  /** Holds applied.json and command.log; made when missing. */
  readonly runDir: string;
  /** Names what is in the files on the disk; asked before each reload. */
  readonly fingerprint: () => string | Promise<string>;
  readonly log: Logger;
  /** Milliseconds that the command may take; 60,000 when not given. */
  readonly deadlineMs?: number;
}

/** A HAProxy that another service runs: reloaded by its command, not reached otherwise. */
export interface CommandHaproxy extends Haproxy {
  /**
   * The fingerprint of the last reload that went well; where none was tried yet that of the files on the disk, as the service has started from
   * them; undefined when the last one failed, as nobody knows what is loaded then.
   */
  applied(): Promise<string | undefined>;
}

/** `--command` as a HAProxy. Its reload rejects with the exit code or signal and what the command wrote; all runtime commands are refused. */
export function makeCommand(settings: CommandSettings): CommandHaproxy {
  const markerPath = resolve(settings.runDir, 'applied.json');
  return {
    reload: (reasons) => reload({ ...settings, markerPath }, reasons),
    applied: async () => {
      const { fingerprint } = await readMarker(markerPath);
      return fingerprint === undefined ? settings.fingerprint() : fingerprint === UNKNOWN ? undefined : fingerprint;
    },
    send: ({ commands }) => Promise.resolve({ refused: commands.map(({ reason }) => reason) }),
    holds: (document) => Promise.resolve(document),
  };
}

const UNKNOWN = ''; // while a command runs, and after one that failed

async function reload(settings: CommandSettings & { readonly markerPath: string }, reasons: readonly Reason[]): Promise<void> {
  const { command, runDir, log, markerPath } = settings;
  const fingerprint = await settings.fingerprint();
  await mkdir(runDir, { recursive: true, mode: 0o700 });
  await writeMarker(markerPath, { fingerprint: UNKNOWN });
  log.debug({ command, reasons: reasons.length }, 'HAProxy is reloaded by command');
  await run(settings);
  await writeMarker(markerPath, { fingerprint });
}

/** Into a file, not a pipe: a HAProxy that the command starts keeps the other end, and this would wait for it for ever. */
async function run({ command, runDir, deadlineMs = 60_000 }: CommandSettings): Promise<void> {
  const { execa, parseCommandString } = await import('execa'); // it takes a tenth of a second to load, and most runs do without
  const [file, ...words] = parseCommandString(command);
  if (file === undefined) throw new Error('--command is empty; give the words that reload HAProxy: "systemctl reload haproxy"');
  const logPath = join(runDir, 'command.log');
  const output = await open(logPath, 'w', 0o600);
  try {
    const fd = output.fd as 1; // execa hands any descriptor on; its types know 1 and 2
    const options = { timeout: deadlineMs, forceKillAfterDelay: 1_000, reject: false } as const;
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
