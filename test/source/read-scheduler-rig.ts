import { afterEach } from '@jest/globals';
import { makeBackoff } from '../../src/lib/backoff.ts';
import type { AppId } from '../../src/model/names.ts';
import { makeReadScheduler } from '../../src/source/read-scheduler.ts';
import { makeClock } from './clock.ts';
import { recordLog } from './server.ts';

const stops: AbortController[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop.abort();
});

/** A reader on a clock that the test turns; reads end by hand, unless `auto` gives them a length. */
export function start(auto?: number) {
  const stop = new AbortController();
  stops.push(stop);
  const clock = makeClock();
  const { log, lines } = recordLog();
  const begun: string[] = [];
  const open = new Map<string, (error?: Error) => void>();
  const read = async (what: string): Promise<void> => {
    begun.push(`${clock.now()} ${what}`);
    if (auto !== undefined) return clock.sleep(auto, stop.signal);
    await new Promise<void>((resolve, reject) => {
      open.set(what, (error) => {
        open.delete(what);
        if (error === undefined) resolve();
        else reject(error);
      });
    });
  };
  const reader = makeReadScheduler({
    readAll: () => read('all'),
    readApp: (id) => read(id),
    newBackoff: () => makeBackoff({ first: 1_000, most: 10_000, random: () => 1 }),
    now: clock.now,
    sleep: clock.sleep,
    log,
    signal: stop.signal,
  });
  const ask = (...ids: readonly string[]): void => {
    for (const id of ids) reader.ask(id as AppId, 'event');
  };
  const end = async (what: string, error?: string): Promise<void> => {
    open.get(what)?.(error === undefined ? undefined : new Error(error));
    await clock.pass(0);
  };
  return { reader, ask, end, begun, open, lines, clock, stop };
}
