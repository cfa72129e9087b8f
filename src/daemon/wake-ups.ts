import { now } from '../lib/clock.ts';
import type { State } from '../snapshot/state.ts';
import { wants } from '../snapshot/wants.ts';
import type { Source } from '../source/source.ts';
import type { Surroundings } from './surroundings.ts';

/** Who is asked for full reads, and who hears of ticks. */
interface AlarmParts extends Pick<Surroundings, 'tell' | 'signal'> {
  readonly source: Pick<Source, 'resync'>;
}

/** The longest that a timer takes. */
const MOST_MS = 2 ** 31 - 1;

/** A consumer that lets come what a state waits for: ticks, and full reads while tasks are missing. */
export function makeAlarm({ source, tell, signal }: AlarmParts): (state: State) => void {
  const tick = makeTimer(signal, () => {
    tell({ kind: 'tick', at: now() });
  });
  const read = makeTimer(signal, () => {
    source.resync('tasks are missing').catch(() => undefined); // it is logged
  });
  return (state) => {
    const { tickAt, readAt } = wants(state);
    tick(tickAt);
    read(readAt);
  };
}

/** Does the work at the time that was last asked for, once; nothing at undefined. */
function makeTimer(signal: AbortSignal, work: () => void): (at: number | undefined) => void {
  let timer: NodeJS.Timeout | undefined;
  let asked: number | undefined;
  signal.addEventListener('abort', () => {
    clearTimeout(timer);
  });
  return (at) => {
    if (at === asked || signal.aborted) return;
    asked = at;
    clearTimeout(timer);
    if (at !== undefined) timer = setTimeout(work, Math.min(Math.max(0, at - now()), MOST_MS));
  };
}
