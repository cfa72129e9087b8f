import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { Environment } from '../lib/environment.ts';

/** Linux capabilities, by their bit [capabilities(7)]. */
export const CAPABILITIES = { netBindService: 10n, netAdmin: 12n, netRaw: 13n, sysResource: 24n } as const;

/** Whether a mask has one of these. */
export function hasAny(mask: bigint, bits: readonly bigint[]): boolean {
  return bits.some((bit) => ((mask >> bit) & 1n) === 1n);
}

/** The effective capabilities that /proc/<pid>/status shows; none where it shows nothing. */
export function capabilitiesIn(status: string): bigint {
  const [, mask = '0'] = /^CapEff:\s*([0-9a-f]+)$/m.exec(status) ?? [];
  return BigInt(`0x${mask}`);
}

/**
 * What HAProxy may do when this process starts it: `setcap` on the program gives it more than we have. It is started with a configuration that
 * never comes, looked at, and killed. None where it can't be started.
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
