/** How long an answer may take to begin. */
export interface Patience {
  /** In milliseconds. */
  readonly now: () => number;
  /** One began after so many milliseconds. */
  readonly met: (tookMs: number) => void;
  /** One did not begin in time. */
  readonly failed: () => void;
}

interface Limits {
  readonly leastMs: number;
  readonly mostMs: number;
}

/** As much longer than the last answer took. */
const TIMES = 4;

/**
 * Little at first, so that a host that does not answer holds nothing up for long; twice as much after each failure, as a big Marathon may need it;
 * and so much as the answers of this one suggest.
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
