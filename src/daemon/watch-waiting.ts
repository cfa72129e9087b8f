import type { Drive, Waiting } from '../drive/drive.ts';
import { sleep } from '../lib/clock.ts';
import type { Settings } from '../options/options.ts';
import { describeWaiting } from './status.ts';
import type { Surroundings } from './surroundings.ts';

/** How long a change may wait, in addition to the operator's own waits, before it is reported; in milliseconds. */
const LONG_MS = 10_000;
const LOOK_MS = 2_000;

/** The change that has been waiting too long; undefined when none has. */
export function stuckOf(drive: Pick<Drive, 'waits'>, { reloadMaxWait, reloadMinInterval }: Settings): Waiting | undefined {
  const waiting = drive.waits();
  return waiting !== undefined && waiting.forMs > LONG_MS + reloadMaxWait + reloadMinInterval ? waiting : undefined;
}

/** Logs what a change that has been waiting too long waits for, once for each cause, and logs when the wait is over. */
export async function watchWaiting(drive: Pick<Drive, 'waits'>, { settings, log, signal }: Surroundings): Promise<void> {
  const told = new Set<string>();
  while (
    await sleep(LOOK_MS, signal).then(
      () => true,
      () => false,
    )
  ) {
    const stuck = stuckOf(drive, settings);
    if (stuck === undefined && told.size > 0) {
      told.clear();
      log.info({}, 'no change is waiting any longer');
    }
    if (stuck === undefined || told.has(stuck.what)) continue;
    told.add(stuck.what);
    log.warn({ what: stuck.what, seconds: Math.round(stuck.forMs / 1000) }, describeWaiting(stuck));
  }
}
