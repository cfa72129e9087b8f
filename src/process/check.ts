import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { sentence } from '../lib/sentence.ts';
import type { Verdict } from '../model/haproxy.ts';

/** Signals that HAProxy ends itself with: 3.2 and 3.4 fall over a userlist whose user has an unknown group [3.2.26, 3.4.7, tried]. */
const CRASHES: ReadonlySet<string | undefined> = new Set(['SIGSEGV', 'SIGABRT', 'SIGBUS', 'SIGFPE', 'SIGILL', 'SIGTRAP']);

/** Reading 10,000 backends takes a second; a host name that does not resolve may take ten. */
const DEADLINE_MS = 120_000;

/** It had too little memory, which is no fault of the file's; what stands in quotes may be anybody's. */
const NO_MEMORY = /out of memory|no more memory|failed to allocate|cannot allocate memory/i;

/**
 * Asks HAProxy whether it would take a file. Refused is what makes it exit with other than 0 (2 means that nothing is bound, which is fine),
 * crash twice, or print an ALERT: 3.4.0 exits with 0 for some of them. Rejects with a sentence when it can't be asked, somebody has killed it,
 * or it has too little memory.
 */
export async function checkConfig(bin: string, file: string): Promise<Verdict> {
  const first = await askOnce(bin, file);
  if (!('crash' in first)) return first;
  const second = await askOnce(bin, file); // the first may have been the machine's fault
  return 'crash' in second ? { ok: false, lines: [...second.alerts, `'${bin} -c' has crashed (${second.crash})`] } : second;
}

interface Crash {
  readonly crash: string;
  readonly alerts: readonly string[];
}

async function askOnce(bin: string, file: string): Promise<Verdict | Crash> {
  const { execa } = await import('execa'); // it takes a tenth of a second to load, and --dry does without
  const { exitCode, all, failed, code, timedOut, signal, originalMessage } = await execa(bin, ['-c', '-f', file], {
    reject: false,
    all: true,
    stdin: 'ignore',
    timeout: DEADLINE_MS,
    maxBuffer: 50_000_000,
  });
  if (code === 'ENOENT') throw new Error(noHaproxy(bin));
  if (timedOut) throw new Error(`'${bin} -c' took longer than ${DEADLINE_MS / 1000} s: a host name in the configuration may not resolve`);
  const isDone = signal === 'SIGABRT' && /^Configuration file is valid$/m.test(all); // 2.6 frees a file .sctl of a certificate twice
  const hasCrashed = CRASHES.has(signal) && !isDone;
  if (exitCode === undefined && !isDone && !hasCrashed)
    throw new Error(`'${bin} -c' did not run${failed ? `: ${originalMessage ?? 'killed'}` : ''}`);
  const lines = all.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('[NOTICE]'));
  const alerts = lines.filter((line) => line.startsWith('[ALERT]'));
  if (hasCrashed) {
    const short = lines.find((line) => NO_MEMORY.test(line.replace(/'[^']*'/g, '')));
    if (short !== undefined) throw new Error(`'${bin} -c' had too little memory: ${short}`);
    return { crash: signal ?? '', alerts };
  }
  if (exitCode === 2 || ((exitCode === 0 || isDone) && alerts.length === 0)) return { ok: true };
  return { ok: false, lines: alerts.length > 0 ? alerts : lines };
}

/** What `haproxy -v` prints; rejects with a sentence when there is no HAProxy. */
export async function askVersion(bin: string): Promise<string> {
  try {
    return (await promisify(execFile)(bin, ['-v'], { timeout: 10_000 })).stdout;
  } catch (error) {
    if ((error as { readonly code?: unknown }).code === 'ENOENT') throw new Error(noHaproxy(bin), { cause: undefined });
    throw new Error(`'${bin} -v' failed: ${sentence(error)}`, { cause: error });
  }
}

function noHaproxy(bin: string): string {
  return `there is no program '${bin}': install HAProxy 2.6 or later (apt-get install haproxy), or name it with --haproxy-bin`;
}
