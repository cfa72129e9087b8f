import path from 'node:path';
import type { Settings } from '../options/options.ts';
import { takeLock, type FolderLock } from './folder-lock.ts';

/** The locks of a process on everything that it must be the only writer of: the run folder, and the folder of haproxy.cfg and its maps. */
export interface Locks {
  /** Takes the locks again when somebody removed them together with their folder. Rejects with a sentence when another process has taken one. */
  readonly keep: () => Promise<void>;
  readonly release: () => Promise<void>;
}

/** Takes both locks, or says which process holds the run folder. Rejects with a sentence when another process writes the configuration. */
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

interface HeldLocks {
  run: FolderLock;
  config: FolderLock;
}

function makeLocks(settings: Settings, held: HeldLocks): Locks {
  return {
    keep: async () => {
      if (!(await held.config.isHeld())) held.config = await lockConfig(settings);
      if (await held.run.isHeld()) return;
      const run = await takeLock(settings.runDir);
      if ('heldBy' in run) throw new Error(`another marathon-lb-ts (pid ${run.heldBy}) has taken ${settings.runDir}: end that process`);
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
  const words = 'end that process, or give this one a --haproxy-config in its own folder';
  throw new Error(`another marathon-lb-ts (pid ${lock.heldBy}) writes the configuration in ${folder}: ${words}`);
}
