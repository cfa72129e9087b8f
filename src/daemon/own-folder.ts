import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { RunInputs } from './surroundings.ts';

/** What a check is given: the flags of a load balancer, but nothing of a daemon that runs. */
export type Checking = Pick<RunInputs, 'settings' | 'env' | 'signal'>;

/** Calls `work` with settings whose files are in a temporary folder, and removes the folder afterwards. Rejects as `work` does. */
export async function inOwnFolder<Result>(run: Checking, work: (own: Checking) => Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(path.join(tmpdir(), 'marathon-lb-ts-check-'));
  const files = { haproxyConfig: path.join(folder, 'haproxy.cfg'), stateDir: path.join(folder, 'state'), runDir: path.join(folder, 'run') };
  try {
    return await work({ ...run, settings: { ...run.settings, ...files, dry: true } });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
