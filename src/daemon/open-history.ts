import { makeHistory, type History } from '../admin/history.ts';
import { readHistory, writeHistory } from '../admin/history-file.ts';
import { sentence } from '../lib/sentence.ts';
import { oneAtATime } from '../lib/runs.ts';
import type { RunInputs } from './surroundings.ts';

/** A history that outlives the daemon. */
export interface KeptHistory extends History {
  /** Writes what is not on the disk yet. Never rejects. */
  readonly end: () => Promise<void>;
}

/** From a change to the file that has it, in milliseconds: changes that follow soon are written with it. */
const WRITE_MS = 2_000;

/** Goes on with the history that the last run has left in the state folder. */
export async function openHistory({ settings, log }: Pick<RunInputs, 'settings' | 'log'>): Promise<KeptHistory> {
  const { changes, trouble } = await readHistory(settings.stateDir);
  if (trouble !== undefined) log.warn({}, trouble);
  const history = makeHistory(changes);
  let written = history.all();
  let timer: NodeJS.Timeout | undefined;
  const write = oneAtATime(async () => {
    const all = history.all();
    if (all === written) return;
    await writeHistory(settings.stateDir, all).catch((error: unknown) => {
      log.warn(
        { folder: settings.stateDir, reason: sentence(error) },
        'the history of changes could not be written, the next change tries again',
      );
    });
    written = all;
  });
  return {
    all: history.all,
    add: (change) => {
      const added = history.add(change);
      timer ??= setTimeout(() => {
        timer = undefined;
        void write();
      }, WRITE_MS).unref();
      return added;
    },
    end: async () => {
      clearTimeout(timer);
      await write();
    },
  };
}
