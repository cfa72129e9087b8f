import type { State } from '../snapshot/state.ts';
import { wakeUpsOf } from '../snapshot/next-wake-up.ts';
import type { Source } from '../source/source.ts';
import type { Surroundings } from './surroundings.ts';

/** What the alarms act on: the source of full reads, and the inbox for ticks. */
interface AlarmParts extends Pick<Surroundings, 'tell' | 'signal' | 'now'> {
  readonly source: Pick<Source, 'resync'>;
}

/** The longest time that a timer of Node accepts, in milliseconds. */
const MOST_MS = 2 ** 31 - 1;

/** A consumer that sets alarms for what a state waits for: ticks, and full reads while losses are held. */
export function makeAlarm({ source, tell, signal, now }: AlarmParts): (view: unknown, state: State) => void {
  const tick = makeTimer({ signal, now }, () => {
    tell({ kind: 'tick', at: now() });
  });
  const read = makeTimer({ signal, now }, () => {
    source.resync('tasks are missing').catch(() => undefined); // the source logs the error
  });
  return (_view, state) => {
    const { tickAt, readAt } = wakeUpsOf(state);
    tick(tickAt);
    read(readAt);
  };
}

/** A timer that does the work once at a given time. A new time replaces the previous one; undefined cancels it. */
function makeTimer({ signal, now }: Pick<AlarmParts, 'signal' | 'now'>, work: () => void): (at: number | undefined) => void {
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
