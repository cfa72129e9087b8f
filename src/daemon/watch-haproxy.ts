import { makeAffordable } from '../process/affordable.ts';
import { takenOf } from '../process/taken-binds.ts';
import { socketsOf } from '../process/listeners.ts';
import type { Drive } from '../drive/drive.ts';
import type { MasterWorker } from '../process/process.ts';
import type { Reached } from './reach-haproxy.ts';
import { sentence } from '../lib/sentence.ts';
import type { View } from '../model/view.ts';
import type { TakenBind } from '../model/quarantine.ts';
import type { Surroundings } from './surroundings.ts';

const WATCH_MS = 2_000;

/** A reload of a large configuration takes seconds; a HAProxy that has been silent for longer counts as silent. */
const SILENT_MS = 10_000;

const GONE = 'HAProxy is gone: its service has to start it again';

interface WatchedHaproxy {
  readonly reached: Reached;
  readonly drive: Drive;
  /** The current view. */
  readonly view: () => View | undefined;
  readonly surroundings: Surroundings;
}

/** The watch over our own HAProxy, or the one that a service runs. */
export interface Watch {
  /** Watches until the signal aborts. */
  readonly run: () => Promise<void>;
  /** A sentence when HAProxy runs but does not answer; undefined when it answers, or does not run. */
  readonly silent: () => string | undefined;
}

/**
 * Watches HAProxy. When ours is gone, it is started again at once, with the pause between two tries that `quiet` keeps; a service's is waited for. When somebody else
 * reloaded it, its state is read back. Binds that it could not get are tried again when they are free, and apps for which
 * the file descriptors did not suffice when they do.
 */
export function watch({
  reached: { master, own, capable, most },
  drive,
  view,
  surroundings: { log, signal, tell, now },
}: WatchedHaproxy): Watch {
  let silence: string | undefined;
  const waited = (one: MasterWorker): Promise<boolean> =>
    one.stays(WATCH_MS, signal).then(
      () => true,
      () => false,
    );
  const affordable = makeAffordable(most);
  const run = async (): Promise<void> => {
    while (master !== undefined && (await waited(master))) {
      const late = setTimeout(() => {
        silence = `HAProxy runs, but does not answer; it has been silent for ${SILENT_MS / 1000} s`;
      }, SILENT_MS);
      const found = await master.adopt().catch(sentence);
      clearTimeout(late);
      silence = typeof found === 'string' ? found : undefined; // it lives, but does not answer now
      if (typeof found === 'string') continue;
      if (found !== undefined && !master.knows(found.worker)) drive.doubt();
      if (found === undefined && drive.lost()) log.error({}, own === undefined ? GONE : 'HAProxy is gone and is started again');
      const binds = await freedOf(view()?.taken ?? [], master, capable);
      if (binds.length > 0) tell({ kind: 'freed', at: now(), binds });
      const seen = view();
      const apps = seen === undefined ? [] : await affordable(seen);
      if (apps.length > 0) tell({ kind: 'affordable', at: now(), apps });
    }
  };
  return { run, silent: () => silence };
}

/** The binds that were taken by another process and are free now. */
async function freedOf(taken: readonly TakenBind[], master: MasterWorker, capable: () => Promise<bigint>): Promise<readonly TakenBind[]> {
  if (taken.length === 0) return [];
  const still = await takenOf(
    taken,
    (await socketsOf([...(await master.pids().catch(() => [])), ...master.holders()])) ?? new Set(),
    capable,
  );
  return taken.filter(({ address, port }) => !still.some((one) => one.address === address && one.port === port));
}
