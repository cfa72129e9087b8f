import { now } from '../lib/clock.ts';
import type { State } from '../snapshot/state.ts';
import { wakeUpsOf } from '../snapshot/next-wake-up.ts';
import type { Source } from '../source/source.ts';
import type { Surroundings } from './surroundings.ts';

/** Who does full reads, and who is told of ticks. */
interface AlarmParts extends Pick<Surroundings, 'tell' | 'signal'> {
  readonly source: Pick<Source, 'resync'>;
}

/** The longest that a timer takes. */
const MOST_MS = 2 ** 31 - 1;

/** A consumer that sets alarms for what a state waits for: ticks, and full reads while tasks are missing. */
export function makeAlarm({ source, tell, signal }: AlarmParts): (view: unknown, state: State) => void {
  const tick = makeTimer(signal, () => {
    tell({ kind: 'tick', at: now() });
  });
  const read = makeTimer(signal, () => {
    source.resync('tasks are missing').catch(() => undefined); // it is logged
  });
  return (_view, state) => {
    const { tickAt, readAt } = wakeUpsOf(state);
    tick(tickAt);
    read(readAt);
  };
}

/** A timer with one time: does the work then, once. A new time replaces the one before, undefined takes it away. */
function makeTimer(signal: AbortSignal, work: () => void): (at: number | undefined) => void {
  let timer: NodeJS.Timeout | undefined;
  let setFor: number | undefined;
  signal.addEventListener('abort', () => {
    clearTimeout(timer);
  });
  return (at) => {
    if (at === setFor || signal.aborted) return;
    setFor = at;
    clearTimeout(timer);
    if (at !== undefined) timer = setTimeout(work, Math.min(Math.max(0, at - now()), MOST_MS));
  };
}
