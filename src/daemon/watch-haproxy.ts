import { takenOf } from '../process/taken-binds.ts';
import { socketsOf } from '../process/listeners.ts';
import type { Drive } from '../drive/drive.ts';
import type { OwnProcess } from '../process/process.ts';
import type { Reached } from './open-haproxy.ts';
import { now } from '../lib/clock.ts';
import { sentence } from '../lib/sentence.ts';
import type { View } from '../model/view.ts';
import type { TakenBind } from '../model/quarantine.ts';
import type { Surroundings } from './surroundings.ts';

const WATCH_MS = 2_000;

interface Watched {
  readonly reached: Reached;
  readonly drive: Drive;
  /** The view of now. */
  readonly view: () => View | undefined;
  readonly surroundings: Surroundings;
}

/** The look after our own HAProxy. */
export interface Watch {
  /** Looks until the signal aborts. */
  readonly run: () => Promise<void>;
  /** That it runs and does not answer, in a sentence; undefined when it does, or does not run. */
  readonly silent: () => string | undefined;
}

/**
 * Looks after our own HAProxy: when it is gone, it is started again at once, with the wait between two tries that `quiet` keeps; when somebody has
 * reloaded it, what it has is read back; and what it could not bind may be free again.
 */
export function watch({ reached: { own, capable }, drive, view, surroundings: { log, signal, tell } }: Watched): Watch {
  let silence: string | undefined;
  const waited = (one: OwnProcess): Promise<boolean> =>
    one.stays(WATCH_MS, signal).then(
      () => true,
      () => false,
    );
  const run = async (): Promise<void> => {
    while (own !== undefined && (await waited(own))) {
      const found = await own.adopt().catch(sentence);
      silence = typeof found === 'string' ? found : undefined; // it lives, but does not answer now
      if (typeof found === 'string') continue;
      if (found !== undefined && !own.knows(found.worker)) drive.doubt();
      if (found === undefined && drive.lost()) log.error({}, 'HAProxy is gone, it is started again');
      const binds = await freedOf(view()?.taken ?? [], own, capable);
      if (binds.length > 0) tell({ kind: 'freed', at: now(), binds });
    }
  };
  return { run, silent: () => silence };
}

/** What was taken, and is not any more. */
async function freedOf(taken: readonly TakenBind[], own: OwnProcess, capable: () => Promise<bigint>): Promise<readonly TakenBind[]> {
  if (taken.length === 0) return [];
  const still = await takenOf(taken, (await socketsOf(await own.pids().catch(() => []))) ?? new Set(), capable);
  return taken.filter(({ address, port }) => !still.some((one) => one.address === address && one.port === port));
}
