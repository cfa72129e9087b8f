import { LATE, within } from '../lib/deadline.ts';

/** How long one question to the file system may take, in milliseconds. */
export const ANSWER_MS = 5_000;

/** An answer that came while this process was busy elsewhere is given this long to be noticed, in milliseconds. */
const NOTICE_MS = 100;

/** Says that a file system did not answer: whatever else is asked of it would block one more thread. */
export class SilentFileSystem extends Error {
  constructor(ms: number) {
    super(`the file system did not answer within ${ms / 1000} s`);
  }
}

/**
 * Resolves as `asking` does; rejects with a SilentFileSystem when that takes too long. It is for one question, as reading one file: the time for
 * everything that is done with a thousand files says nothing about the file system.
 */
export async function answered<Result>(asking: Promise<Result>, ms = ANSWER_MS): Promise<Result> {
  let answer = await within(asking, { ms });
  if (answer === LATE && ms > NOTICE_MS) answer = await within(asking, { ms: NOTICE_MS });
  if (answer === LATE) throw new SilentFileSystem(ms);
  return answer;
}
