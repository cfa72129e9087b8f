import type { Backoff } from '../lib/backoff.ts';
import type { Sleep } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import type { AppId } from '../model/names.ts';
import { isReadable } from './app-endpoint.ts';
import { AppLane } from './app-lane.ts';
import { FullLane } from './full-lane.ts';

/** Reads when asked, in two lanes beside each other: one app at a time, and everything. */
export interface ReadScheduler {
  /** Asks for a read whose outcome is not the caller's. `reason` is for the log: `status_update_event TASK_KILLED /nginx`. */
  ask(what: AppId | 'all', reason: string): void;
  /** Asks for everything, soon: resolves when a read that started after this call has succeeded, rejects as that one does. */
  read(reason: string): Promise<void>;
}

interface Settings {
  /** One full read. */
  readonly readAll: (signal: AbortSignal) => Promise<void>;
  /** One app. */
  readonly readApp: (id: AppId, signal: AbortSignal) => Promise<void>;
  /** How long to gather a burst before a read, in milliseconds, counted from its first event: 5 when left out. */
  readonly quietMs?: number;
  /** More apps than this that are to be read again become one full read; 20 when left out. */
  readonly manyApps?: number;
  /** Makes the waits before what failed is tried again without being asked, a sequence for each lane; none: it is not. */
  readonly newBackoff?: () => Backoff;
  /** Milliseconds of any clock that does not jump. */
  readonly now?: () => number;
  readonly sleep: Sleep;
  readonly log: Pick<Logger, 'debug'>;
  readonly signal: AbortSignal;
}

/**
 * Decides what to read when. A full read that starts also covers the apps that wait, when they are many; when it fails, those apps are tried again
 * one by one. Every read fails once `signal` has aborted.
 */
export function makeReadScheduler(settings: Settings): ReadScheduler {
  const { readAll, readApp, quietMs = 5, manyApps = 20, newBackoff, now = () => performance.now(), sleep, log, signal } = settings;
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
