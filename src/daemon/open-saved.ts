import { makeKeeper } from '../saved/keeper.ts';
import { readSaved, writeSaved, type SavedFile, type Saved } from '../saved/state-folder.ts';
import { now, sleep } from '../lib/clock.ts';
import { FILES_MS, inTime } from '../lib/in-time.ts';
import type { Logger } from '../lib/logger.ts';
import { sentence } from '../lib/sentence.ts';
import type { Settings } from '../options/options.ts';
import type { Surroundings } from './surroundings.ts';

/** What was known before, from the state folder; a file that can't be used is set aside, and told. */
export async function readMemory({ stateDir }: Settings, log: Logger): Promise<Saved | undefined> {
  const reading = inTime(readSaved(stateDir, now), { ms: FILES_MS, what: `reading what was known from ${stateDir}` });
  const { known, trouble }: SavedFile = await reading.catch((error: unknown) => ({ trouble: sentence(error) }));
  if (trouble !== undefined) log.warn({}, trouble);
  return known;
}

/** Keeps what is known in the state folder. */
export function openKeeper({ settings, log }: Surroundings): ReturnType<typeof makeKeeper> {
  return makeKeeper({
    write: (known) => writeSaved(settings.stateDir, known),
    now,
    later: (work, ms) => {
      setTimeout(work, ms).unref();
    },
    failed: (error) => {
      log.warn({ folder: settings.stateDir, reason: sentence(error) }, 'what is known could not be written, it is tried again');
    },
  });
}

/** How long the start waits for Marathon before what was known serves. */
const RESTORE_MS = 5_000;

/** What was known counts where Marathon does not answer soon. */
export function restoreLater(known: Saved, { tell, signal }: Surroundings): void {
  const restore = (): void => {
    tell({ kind: 'restored', at: now(), ...known });
  };
  sleep(RESTORE_MS, signal).then(restore, () => undefined); // the end
}
