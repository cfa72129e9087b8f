import type { News } from './model/news.ts';
import type { State } from './snapshot/state.ts';
import { wants } from './snapshot/wants.ts';

export interface AlarmSettings {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly tell: (news: News) => void;
  /** Asks for a full read. */
  readonly read: () => void;
  readonly signal: AbortSignal;
}

/** The longest that a timer takes. */
const MOST_MS = 2 ** 31 - 1;

/** A consumer that lets come what a state waits for: ticks, and full reads while something is held. */
export function makeAlarm({ now, tell, read, signal }: AlarmSettings): (state: State) => void {
  const tick = makeTimer({ now, signal }, () => {
    tell({ kind: 'tick', at: now() });
  });
  const again = makeTimer({ now, signal }, read);
  return (state) => {
    const { tickAt, readAt } = wants(state);
    tick(tickAt);
    again(readAt);
  };
}

/** Does the work at the time that was last asked for, once; nothing at undefined. */
function makeTimer({ now, signal }: Pick<AlarmSettings, 'now' | 'signal'>, work: () => void): (at: number | undefined) => void {
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
