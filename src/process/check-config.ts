import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Environment } from '../lib/environment.ts';
import { sentence } from '../lib/sentence.ts';
import type { Verdict } from '../model/haproxy.ts';
import { environmentOf } from './haproxy-environment.ts';
import { runBounded, type ProgramEnd } from './run-bounded.ts';

/** How `haproxy -c` is run. */
export interface CheckSettings {
  /** HAProxy's environment; by default PATH, TZ and LANG of this process. */
  readonly env?: Environment;
  /** Kills a running check. */
  readonly signal?: AbortSignal | undefined;
  /** How long it may take, in milliseconds; by default 30,000. Reading 10,000 backends takes a second. */
  readonly deadlineMs?: number | undefined;
}

/** Signals that mean HAProxy crashed. 3.2 and 3.4 crash on a userlist with a user of an unknown group [3.2.26, 3.4.7, tried]. */
const CRASHES: ReadonlySet<string | undefined> = new Set(['SIGSEGV', 'SIGABRT', 'SIGBUS', 'SIGFPE', 'SIGILL', 'SIGTRAP']);

/** Messages about too little memory, which is not the file's fault. Quoted parts are removed first, because they may come from an app. */
const NO_MEMORY = /out of memory|no more memory|failed to allocate|cannot allocate memory/i;

/**
 * Runs `haproxy -c` on a file. The file is refused when the exit code is neither 0 nor 2 (2 means that nothing is bound, which is fine), when HAProxy
 * crashes twice or runs past the deadline, or when it prints an ALERT (3.4.0 exits with 0 for some of them). Rejects with a sentence when HAProxy
 * can't be run, was killed, or has too little memory.
 */
export async function checkConfig(bin: string, file: string, settings: CheckSettings = {}): Promise<Verdict> {
  const first = await askOnce(bin, file, settings);
  if (!('crash' in first)) return first;
  const second = await askOnce(bin, file, settings); // the machine may have caused the first crash
  return 'crash' in second ? { ok: false, lines: [...second.alerts, `'${bin} -c' has crashed (${second.crash})`] } : second;
}

interface Crash {
  readonly crash: string;
  readonly alerts: readonly string[];
}

async function askOnce(bin: string, file: string, { env = environmentOf(process.env), signal, deadlineMs = 30_000 }: CheckSettings) {
  const ended = await runBounded({ words: [bin, '-c', '-f', file], env, signal, deadlineMs });
  if (ended.isMissing) throw new Error(noHaproxy(bin));
  if (ended.isLate) return { ok: false, isLate: true, lines: [`'${bin} -c' did not end within ${deadlineMs / 1000} s`] } as const;
  return judge(bin, ended);
}

function judge(bin: string, { exitCode, signal, output, why }: ProgramEnd): Verdict | Crash {
  const isDone = signal === 'SIGABRT' && /^Configuration file is valid$/m.test(output); // 2.6 ends with a double free for a certificate with an .sctl file, although it has accepted the file
  const hasCrashed = CRASHES.has(signal) && !isDone;
  if (exitCode === undefined && !isDone && !hasCrashed) throw new Error(`'${bin} -c' did not run: ${why}`);
  const lines = output.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('[NOTICE]'));
  const alerts = lines.filter((line) => line.startsWith('[ALERT]'));
  if (hasCrashed) {
    const short = lines.find((line) => NO_MEMORY.test(line.replace(/'[^']*'/g, '')));
    if (short !== undefined) throw new Error(`'${bin} -c' had too little memory: ${short}`);
    return { crash: signal ?? '', alerts };
  }
  if (exitCode === 2 || ((exitCode === 0 || isDone) && alerts.length === 0)) return { ok: true };
  return { ok: false, lines: alerts.length > 0 ? alerts : lines };
}

/** Returns what `haproxy -vv` prints. Rejects with a sentence when there is no HAProxy. */
export async function askVersion(bin: string, env: Environment = environmentOf(process.env)): Promise<string> {
  try {
    return (await promisify(execFile)(bin, ['-vv'], { timeout: 10_000, env })).stdout;
  } catch (error) {
    if ((error as { readonly code?: unknown }).code === 'ENOENT') throw new Error(noHaproxy(bin), { cause: undefined });
    throw new Error(`'${bin} -vv' failed: ${sentence(error)}`, { cause: error });
  }
}

function noHaproxy(bin: string): string {
  return `there is no program '${bin}': install HAProxy 2.6 or later (apt-get install haproxy), or name it with --haproxy-bin`;
}
