/** How long an answer may take to begin. */
export interface Patience {
  /** In milliseconds. */
  readonly now: () => number;
  /** An answer began after so many milliseconds. */
  readonly met: (tookMs: number) => void;
  /** An answer did not begin in time. */
  readonly failed: () => void;
}

interface Limits {
  readonly leastMs: number;
  readonly mostMs: number;
}

/** The wait is this many times what the last answer took. */
const TIMES = 4;

/**
 * Starts with `leastMs`, so that a host that does not answer holds nothing up for long. Doubles after each failure, as a big Marathon may need it.
 * After an answer it is four times what that answer took.
 */
export function makePatience({ leastMs, mostMs }: Limits): Patience {
  const within = (ms: number): number => Math.min(Math.max(ms, leastMs), mostMs);
  let ms = within(leastMs);
  return {
    now: () => ms,
    met: (tookMs) => {
      ms = within(TIMES * tookMs);
    },
    failed: () => {
      ms = within(2 * ms);
    },
  };
}
