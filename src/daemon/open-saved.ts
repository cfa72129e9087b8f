import { Keeper } from '../saved/keeper.ts';
import { readSaved, writeSaved, type SavedFile, type Saved } from '../saved/state-folder.ts';
import { machineTime, sleep } from '../lib/clock.ts';
import { FILES_MS, inTime } from '../lib/deadline.ts';
import type { Logger } from '../lib/logger.ts';
import { sentence } from '../lib/sentence.ts';
import type { Settings } from '../options/options.ts';
import type { Surroundings } from './surroundings.ts';

/** What the last run left in the state folder. A file that can't be used is set aside, and the log says so. */
export async function readMemory({ stateDir }: Settings, log: Logger): Promise<SavedFile> {
  const reading = inTime(readSaved(stateDir, machineTime), { ms: FILES_MS, what: `reading the last snapshot from ${stateDir}`, log });
  const file: SavedFile = await reading.catch((error: unknown) => ({ trouble: sentence(error) }));
  if (file.trouble !== undefined) log.warn({}, file.trouble);
  return file;
}

/** Opens the keeper of the state folder. */
export function openKeeper({ settings, log, now }: Surroundings): Keeper {
  return new Keeper({
    write: (saved) => writeSaved(settings.stateDir, saved),
    now,
    log,
    later: (work, ms) => {
      setTimeout(work, ms).unref();
    },
    failed: (error) => {
      log.warn({ folder: settings.stateDir, reason: sentence(error) }, 'the last snapshot could not be written; trying again');
    },
  });
}

/** How long the start waits for Marathon before it uses the saved snapshot, in milliseconds. */
const RESTORE_MS = 5_000;

/** Tells the saved snapshot as News after five seconds. It has no effect when Marathon was read before. */
export function restoreLater({ snapshot, savedAt }: Saved, { tell, signal, now }: Surroundings): void {
  const restore = (): void => {
    tell({ kind: 'restored', at: now(), snapshot, savedAt });
  };
  sleep(RESTORE_MS, signal).then(restore, () => undefined); // rejects at the end of the run
}
