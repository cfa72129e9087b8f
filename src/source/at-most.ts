import { sleep as sleepForReal, type Sleep } from '../lib/clock.ts';

interface Limit {
  readonly ms: number;
  readonly signal: AbortSignal;
  readonly sleep?: Sleep;
}

/** Resolves when the work has ended, well or not, but no later than after `ms`, and at once when the signal aborts. The work goes on. */
export async function atMost(work: Promise<unknown>, { ms, signal, sleep = sleepForReal }: Limit): Promise<void> {
  const over = new AbortController();
  const end = (): void => {
    over.abort();
  };
  signal.addEventListener('abort', end, { once: true });
  if (signal.aborted) end();
  const ended = work.catch(() => undefined);
  await Promise.race([ended, sleep(ms, over.signal).catch(() => undefined)]);
  signal.removeEventListener('abort', end);
  end();
}
