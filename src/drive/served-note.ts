import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { replaceFile } from '../lib/write-file.ts';

/** The file in the state folder with the fingerprint of the files that HAProxy served last. */
const NAME = 'served';

/** How long the files count that HAProxy served last, in milliseconds: a week, as long as the saved snapshot. After that, addresses may be other tasks'. */
const OLDEST_MS = 7 * 24 * 3_600_000;

/** Notes that HAProxy serves the files with this fingerprint. Never rejects: without the note the next start only takes longer. */
export async function noteServed(stateDir: string, fingerprint: string): Promise<void> {
  await replaceFile(path.join(stateDir, NAME), [`${fingerprint}\n`]).catch(() => undefined);
}

/** Whether the files with this fingerprint are those that HAProxy served last, less than a week ago. */
export async function areServedLast(
  stateDir: string,
  { fingerprint, now }: { readonly fingerprint: string; readonly now: number },
): Promise<boolean> {
  const file = path.join(stateDir, NAME);
  try {
    const [text, { mtimeMs }] = await Promise.all([readFile(file, 'utf8'), stat(file)]);
    return text.trim() === fingerprint && now - mtimeMs <= OLDEST_MS;
  } catch {
    return false;
  }
}
