/** How long files are waited for at a start, in milliseconds. */
export const FILES_MS = 30_000;

interface Limit {
  readonly ms: number;
  /** What has not ended, for the sentence: 'reading /etc/ca.pem'. */
  readonly what: string;
}

/**
 * What `work` gives; rejects with a sentence when it has not ended after so many milliseconds. The work itself goes on: nothing ends a call to a
 * network mount that does not answer, but nobody waits for it any more.
 */
export async function inTime<Result>(work: Promise<Result>, { ms, what }: Limit): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`${what} has not ended within ${ms / 1000} s; does the disk answer, or the mount?`));
    }, ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
