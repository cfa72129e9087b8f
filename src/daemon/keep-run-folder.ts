import { sleep } from '../lib/clock.ts';
import { makeFolder } from '../lib/folders.ts';
import type { Logger } from '../lib/logger.ts';
import { sentence } from '../lib/sentence.ts';
import type { Settings } from '../options/options.ts';
import type { Locks } from './locks.ts';

const LOOK_MS = 2_000;

interface Kept {
  readonly settings: Settings;
  readonly lock: Locks;
  /** Listens on the daemon's sockets until the signal aborts; resolves with a function that says whether the socket files are still there. */
  readonly serve: (signal: AbortSignal) => Promise<() => Promise<boolean>>;
  /** Whether the files of the sockets that are already open are still there. */
  readonly isServed: () => Promise<boolean>;
  readonly signal: AbortSignal;
  readonly log: Logger;
}

/**
 * Makes the run folder, the locks and the daemon's sockets again when they were removed, as a cleaner of /run does. Ends when the signal aborts.
 * HAProxy's own socket is made again in `process/`.
 */
export async function keepRunFolder({ settings, lock, serve, isServed, log, signal }: Kept): Promise<void> {
  let [isThere, told] = [isServed, ''];
  let last = new AbortController();
  while (await slept(signal)) {
    try {
      await makeFolder(settings.runDir);
      await lock.keep();
      if (!(await isThere())) {
        log.warn({ folder: settings.runDir }, 'a socket of the daemon was removed from the run folder and is made again');
        last.abort();
        last = new AbortController();
        isThere = await serve(AbortSignal.any([signal, last.signal]));
      }
      told = '';
    } catch (error) {
      const reason = sentence(error);
      if (reason !== told)
        log.error({ folder: settings.runDir, reason }, 'the run folder or a lock is gone and could not be made again; trying again');
      told = reason;
    }
  }
}

function slept(signal: AbortSignal): Promise<boolean> {
  return sleep(LOOK_MS, signal).then(
    () => true,
    () => false,
  );
}
