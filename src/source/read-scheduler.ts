import type { Backoff } from '../lib/backoff.ts';
import type { Sleep } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import type { AppId } from '../model/names.ts';
import { isReadable } from './app-endpoint.ts';
import { AppLane } from './app-lane.ts';
import { FullLane } from './full-lane.ts';

/** Reads from Marathon on request, in two lanes that run at the same time: one reads single apps, one reads everything. */
export interface ReadScheduler {
  /** Asks for a read without waiting for it. `reason` is for the log: `status_update_event TASK_KILLED /nginx`. */
  ask(what: AppId | 'all', reason: string): void;
  /** Reads everything soon. Resolves when a read that started after this call has succeeded, and rejects with the error of that read. */
  read(reason: string): Promise<void>;
}

interface Settings {
  /** Makes one full read. */
  readonly readAll: (signal: AbortSignal) => Promise<void>;
  /** Reads one app. */
  readonly readApp: (id: AppId, signal: AbortSignal) => Promise<void>;
  /** How long to collect events before a read, in milliseconds from the first event; 5 when left out. */
  readonly quietMs?: number;
  /** If more apps than this wait to be read, everything is read instead; 20 when left out. */
  readonly manyApps?: number;
  /** Makes the waits after which a failed read is tried again, one sequence for each lane. When left out, failed reads are not tried again. */
  readonly newBackoff?: () => Backoff;
  /** Returns milliseconds of a clock that does not jump. */
  readonly now: () => number;
  readonly sleep: Sleep;
  readonly log: Pick<Logger, 'debug'>;
  readonly signal: AbortSignal;
}

/**
 * Makes the scheduler. A full read also covers the waiting apps if they are many. If it fails, these apps are tried again one by one. Every read fails
 * once `signal` has aborted.
 */
export function makeReadScheduler(settings: Settings): ReadScheduler {
  const { readAll, readApp, quietMs = 5, manyApps = 20, newBackoff, now, sleep, log, signal } = settings;
  const lane = { quietMs, backoff: newBackoff?.(), now, sleep, log, signal };
  const all = new FullLane({
    ...lane,
    async read(until) {
      const covered = apps.take();
      try {
        await readAll(until);
      } catch (error) {
        apps.putAside(covered);
        throw error;
      }
    },
  });
  const apps = new AppLane({
    ...lane,
    backoff: newBackoff?.(),
    read: readApp,
    many: {
      from: manyApps + 1,
      tell: (reason, since) => {
        if (!all.isAsked()) all.ask(reason, since);
        return all.startedOrDelayed();
      },
    },
  });
  return {
    ask(what, reason) {
      if (what === 'all' || !isReadable(what)) all.ask(reason);
      else apps.ask(what, reason);
    },
    read: (reason) => all.read(reason),
  };
}
