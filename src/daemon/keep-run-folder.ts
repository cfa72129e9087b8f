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
  /** Listens on the daemon's sockets until the signal; resolves with what says whether their files are still there. */
  readonly serve: (signal: AbortSignal) => Promise<() => Promise<boolean>>;
  /** The same, of the sockets that are served already. */
  readonly isServed: () => Promise<boolean>;
  readonly signal: AbortSignal;
  readonly log: Logger;
}

/**
 * Makes the run folder, the locks and the daemon's sockets again when somebody has taken them away, as a cleaner of /run does. Ends with the
 * signal. HAProxy makes its own socket again (`process/`).
 */
export async function keepRunFolder({ settings, lock, serve, isServed, log, signal }: Kept): Promise<void> {
  let [isThere, told] = [isServed, ''];
  let last = new AbortController();
  while (await slept(signal)) {
    try {
      await makeFolder(settings.runDir);
      await lock.keep();
      if (!(await isThere())) {
        log.warn({ folder: settings.runDir }, "a socket of the daemon's is gone from the run folder, it is made again");
        last.abort();
        last = new AbortController();
        isThere = await serve(AbortSignal.any([signal, last.signal]));
      }
      told = '';
    } catch (error) {
      const reason = sentence(error);
      if (reason !== told)
        log.error({ folder: settings.runDir, reason }, 'the run folder or a lock is gone and can not be made again, it is tried again');
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
