import { Keeper, type KeeperSettings } from '../saved/keeper.ts';
import { writeHolders } from '../saved/holders-file.ts';
import { readSaved, writeSaved, type SavedFile, type Saved } from '../saved/state-folder.ts';
import { machineTime, sleep } from '../lib/clock.ts';
import { FILES_MS, inTime } from '../lib/deadline.ts';
import type { Logger } from '../lib/logger.ts';
import { oneAfterAnother } from '../lib/runs.ts';
import { sentence } from '../lib/sentence.ts';
import type { Holder } from '../model/holder.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { Settings } from '../options/options.ts';
import type { Surroundings } from './surroundings.ts';

/** What the last run left in the state folder. A file that can't be used is set aside, and the log says so. */
export async function readMemory({ stateDir }: Settings, log: Logger): Promise<SavedFile> {
  const reading = inTime(readSaved(stateDir, machineTime), { ms: FILES_MS, what: `reading the last snapshot from ${stateDir}`, log });
  const file: SavedFile = await reading.catch((error: unknown) => ({ trouble: sentence(error) }));
  if (file.trouble !== undefined) log.warn({}, file.trouble);
  return file;
}

/** The shortest time between two writes of the holders, in milliseconds. */
const HOLDERS_MS = 1_000;

/** The snapshot of which nothing is written: the keeper of the holders knows no other. */
const NOTHING: Snapshot = { apps: [], problems: [] };

/**
 * Opens what keeps the state folder. The snapshot may be large, so it is written twice a minute at most, and a large one every two minutes; who holds what is written as soon as HAProxy
 * runs it, because a daemon that is killed must not forget it.
 */
export function openKeeper(surroundings: Surroundings): Pick<Keeper, 'see' | 'end'> {
  const { settings } = surroundings;
  const inTurn = oneAfterAnother();
  let latest: readonly Holder[] = [];
  const writeLatest = (): Promise<void> => inTurn(() => writeHolders(settings.stateDir, latest));
  const ofSnapshot = keeperOf(surroundings, {
    what: 'the last snapshot',
    write: async (saved) => {
      await writeSaved(settings.stateDir, saved);
      await writeLatest(); // of the two files, a start reads the one that was written last
    },
  });
  const ofHolders = keeperOf(surroundings, { what: 'who holds which hosts and ports', everyMs: HOLDERS_MS, write: writeLatest });
  return {
    see: (seen) => {
      if (seen.staleSince === undefined) latest = seen.holders;
      ofSnapshot.see(seen);
      ofHolders.see({ ...seen, snapshot: NOTHING, sentAt: undefined });
    },
    end: () => Promise.all([ofSnapshot.end(), ofHolders.end()]).then(() => undefined),
  };
}

function keeperOf(
  { settings, log, now }: Surroundings,
  { what, ...how }: Pick<KeeperSettings, 'write' | 'everyMs'> & { readonly what: string },
): Keeper {
  return new Keeper({
    ...how,
    now,
    log,
    later: (work, ms) => {
      setTimeout(work, ms).unref();
    },
    failed: (error) => {
      log.warn({ folder: settings.stateDir, reason: sentence(error) }, `${what} could not be written; trying again`);
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
