import { sleep } from '../lib/clock.ts';
import { makeFolder } from '../lib/folders.ts';
import type { Logger } from '../lib/logger.ts';
import { sentence } from '../lib/sentence.ts';
import type { Settings } from '../options/options.ts';
import { serveControl, type Control } from './control.ts';
import type { Locks } from './locks.ts';

const LOOK_MS = 2_000;

interface Kept {
  readonly settings: Settings;
  readonly lock: Locks;
  readonly control: Control;
  /** Whether the daemon's socket is still there. */
  readonly isServed: () => Promise<boolean>;
  readonly log: Logger;
}

/**
 * Makes the run folder, the locks and the daemon's socket again when somebody has taken them away, as a cleaner of /run does. Ends with the
 * signal of `control`. HAProxy makes its own socket again (`process/`).
 */
export async function keepRunFolder({ settings, lock, control, isServed, log }: Kept): Promise<void> {
  let [isThere, told] = [isServed, ''];
  let last = new AbortController();
  while (await slept(control.signal)) {
    try {
      await makeFolder(settings.runDir);
      await lock.keep();
      if (!(await isThere())) {
        log.warn({ folder: settings.runDir }, "the daemon's socket is gone from the run folder, it is made again");
        last.abort();
        last = new AbortController();
        isThere = await serveControl({ ...control, signal: AbortSignal.any([control.signal, last.signal]) });
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
