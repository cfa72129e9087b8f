/** How long to wait before the next try, after tries that failed. */
export interface Backoff {
  /** Milliseconds: twice as long each time up to a limit, jittered. */
  next(): number;
  /** Begins again with the shortest wait. */
  reset(): void;
}

interface Limits {
  /** The first wait, in milliseconds. */
  readonly first: number;
  /** The longest wait, in milliseconds. */
  readonly most: number;
  /** From 0 up to 1, as Math.random gives. */
  readonly random: () => number;
}

/**
 * Waits that double from `first` up to `most`. Each is between a half and the whole of its step, so that a fleet of load balancers which
 * lost the same server does not come back to it at once, and none comes back in a hot loop.
 */
export function makeBackoff({ first, most, random }: Limits): Backoff {
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
