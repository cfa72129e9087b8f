import path from 'node:path';
import type { Settings } from '../options/options.ts';
import { takeLock, type FolderLock } from './folder-lock.ts';

/** What a process must be the only writer of: the run folder, and the folder that haproxy.cfg and its maps stand in. */
export interface Locks {
  /** Takes again what somebody has taken away with its folder. Rejects with a sentence where another process has it. */
  readonly keep: () => Promise<void>;
  readonly release: () => Promise<void>;
}

/** Both locks; or which process has the run folder. Rejects with a sentence where another process writes the configuration. */
export async function takeLocks(settings: Settings): Promise<Locks | { readonly heldBy: number }> {
  const { runDir } = settings;
  const run = await takeLock(runDir);
  if ('heldBy' in run) return run;
  try {
    return makeLocks(settings, { run, config: await lockConfig(settings) });
  } catch (error) {
    await run.release();
    throw error;
  }
}

interface Held {
  run: FolderLock;
  config: FolderLock;
}

function makeLocks(settings: Settings, held: Held): Locks {
  return {
    keep: async () => {
      if (!(await held.config.isHeld())) held.config = await lockConfig(settings);
      if (await held.run.isHeld()) return;
      const run = await takeLock(settings.runDir);
      if ('heldBy' in run) throw new Error(`another marathon-lb-ts (pid ${run.heldBy}) has taken ${settings.runDir}: end that one`);
      held.run = run;
    },
    release: async () => {
      await held.config.release();
      await held.run.release();
    },
  };
}

async function lockConfig({ haproxyConfig }: Settings): Promise<FolderLock> {
  const folder = path.dirname(path.resolve(haproxyConfig));
  const lock = await takeLock(folder, '.marathon-lb-ts.lock');
  if (!('heldBy' in lock)) return lock;
  const words = 'end that one, or give this one a --haproxy-config in a folder of its own';
  throw new Error(`another marathon-lb-ts (pid ${lock.heldBy}) writes the configuration in ${folder}: ${words}`);
}
