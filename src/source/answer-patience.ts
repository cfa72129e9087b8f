/** Decides how long to wait for an answer to begin. */
export interface Patience {
  /** Returns the current wait in milliseconds. */
  readonly now: () => number;
  /** Reports that an answer began after `tookMs` milliseconds. */
  readonly met: (tookMs: number) => void;
  /** Reports that an answer did not begin in time. */
  readonly failed: () => void;
}

interface PatienceLimits {
  readonly leastMs: number;
  readonly mostMs: number;
}

/** How many times as long as the last answer took to wait. */
const TIMES = 4;

/**
 * Makes a wait that starts with `leastMs`, so that a host that does not answer delays others only briefly. It doubles after each failure, because a
 * large Marathon may need longer. After an answer it is four times as long as that answer took.
 */
export function makePatience({ leastMs, mostMs }: PatienceLimits): Patience {
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
