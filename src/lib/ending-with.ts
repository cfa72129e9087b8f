import { setMaxListeners } from 'node:events';

/** More than the parts of a run; if they are more, something listens that has ended. */
const MOST_LISTENERS = 100;

/** A signal that aborts with the first of these, for all parts of a run: Node warns from the eleventh listener on otherwise. */
export function endingWith(...signals: readonly AbortSignal[]): AbortSignal {
  const signal = AbortSignal.any([...signals]);
  setMaxListeners(MOST_LISTENERS, signal);
  return signal;
}
