import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { Environment } from '../lib/environment.ts';

/** Linux capabilities and their bits [capabilities(7)]. */
export const CAPABILITIES = { netBindService: 10n, netAdmin: 12n, netRaw: 13n, sysResource: 24n } as const;

/** Whether a mask has at least one of these bits. */
export function hasAny(mask: bigint, bits: readonly bigint[]): boolean {
  return bits.some((bit) => ((mask >> bit) & 1n) === 1n);
}

/** Returns the effective capabilities in the text of /proc/<pid>/status as a mask; 0 when the text has none. */
export function capabilitiesIn(status: string): bigint {
  const [, mask = '0'] = /^CapEff:\s*([0-9a-f]+)$/m.exec(status) ?? [];
  return BigInt(`0x${mask}`);
}

/**
 * Returns the capabilities that HAProxy has when this process starts it, as a mask. `setcap` on the program can give it more than this process has.
 * HAProxy is started so that it waits for its configuration on stdin, its status is read from /proc, and it is killed. Returns 0 if it can't be
 * started.
 */
export async function capabilitiesOf(bin: string, env: Environment): Promise<bigint> {
  const child = spawn(bin, ['-c', '-f', '/dev/stdin'], { stdio: ['pipe', 'ignore', 'ignore'], env });
  const ended = once(child, 'close').catch(() => undefined);
  try {
    await once(child, 'spawn');
    return capabilitiesIn(await readFile(`/proc/${child.pid ?? 0}/status`, 'utf8'));
  } catch {
    return 0n;
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
}

/** Returns the capabilities that a process has, by default this one, as a mask; 0 when there is no such process. */
export async function capabilitiesOfProcess(pid?: number): Promise<bigint> {
  return capabilitiesIn(await readFile(`/proc/${pid ?? 'self'}/status`, 'utf8').catch(() => ''));
}
