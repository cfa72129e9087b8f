/** Says how long to wait before the next try, after tries that failed. */
export interface Backoff {
  /** Returns the next wait in milliseconds. The wait doubles with each call up to a limit, and is jittered. */
  next(): number;
  /** Starts again with the shortest wait, after a try that succeeded. */
  reset(): void;
}

interface BackoffLimits {
  /** The first wait, in milliseconds. */
  readonly first: number;
  /** The longest wait, in milliseconds. */
  readonly most: number;
  /** Returns a number from 0 up to 1, as Math.random does. */
  readonly random: () => number;
}

/**
 * Makes a backoff whose step doubles from `first` up to `most`. Each wait is a random time between half of the step and the whole step, so that
 * many load balancers that lost the same server do not all reconnect at the same moment.
 */
export function makeBackoff({ first, most, random }: BackoffLimits): Backoff {
  let step = Math.min(first, most);
  return {
    next() {
      const wait = step * (0.5 + random() / 2);
      step = Math.min(step * 2, most);
      return wait;
    },
    reset() {
      step = Math.min(first, most);
    },
  };
}
