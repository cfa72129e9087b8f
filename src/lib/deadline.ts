/** How long a start waits for files to be read, in milliseconds. */
export const FILES_MS = 30_000;

interface Limit {
  readonly ms: number;
  /** Names the work in the error message: 'reading /etc/ca.pem'. */
  readonly what: string;
}

/**
 * Resolves with the result of `work`, or rejects with a sentence when `work` takes longer than `ms` milliseconds. The work itself is not stopped,
 * because nothing can stop a call to a network mount that does not answer.
 */
export async function inTime<Result>(work: Promise<Result>, { ms, what }: Limit): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`${what} has not ended within ${ms / 1000} s; does the disk or network mount answer?`));
    }, ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
