import { setMaxListeners } from 'node:events';

/** More listeners than the parts of a run ever add. If Node warns all the same, something forgets to remove its listener. */
const MOST_LISTENERS = 100;

/** Returns a signal that aborts as soon as one of these does. Up to 100 parts of a run may listen to it; by default, Node warns at the eleventh. */
export function endingWith(...signals: readonly AbortSignal[]): AbortSignal {
  const signal = AbortSignal.any([...signals]);
  setMaxListeners(MOST_LISTENERS, signal);
  return signal;
}
