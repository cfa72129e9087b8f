import { createHash } from 'node:crypto';
import { copyFile, mkdir, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { ignoreMissing } from '../lib/missing.ts';
import { judgeFile, pathsOf, type FileVerdict } from './judge.ts';

/** A verdict, and what serves in its place. */
export interface Settled extends FileVerdict {
  /** What serves is a copy of what the file once was. */
  readonly isCopy?: true;
}

/**
 * What can be served for a file: itself; or, when it can't be used any more, what was there when it last could. HAProxy forgets that at its next
 * reload, so a copy is kept in a folder that nobody else can read. Of folders, and of files in several kinds, there is none. It never rejects.
 */
export async function settleWithCopy(file: string, verdict: FileVerdict, folder: string): Promise<Settled> {
  const copy = copyOf(file, folder);
  try {
    if (verdict.usable) await keepCopy({ file, verdict, copy });
    else if (verdict.serves.length === 0) {
      const { usable, fingerprint } = await judgeFile(copy);
      if (usable) return { ...verdict, serves: [copy], pems: [copy], fingerprint, isCopy: true };
    }
  } catch {
    // the disk may be full: then there is no copy
  }
  return verdict;
}

/** Removes the copies of all other files. Never rejects. */
export async function forgetCopies(files: readonly string[], folder: string): Promise<void> {
  const kept = files.map((file) => path.basename(copyOf(file, folder)));
  for (const name of await readdir(folder).catch(() => []))
    if (!kept.some((one) => name.startsWith(one))) await rm(path.join(folder, name), { force: true }).catch(() => undefined);
}

function copyOf(file: string, folder: string): string {
  return path.join(folder, `${createHash('sha256').update(file).digest('hex').slice(0, 16)}.pem`);
}

interface Kept {
  readonly file: string;
  readonly verdict: FileVerdict;
  readonly copy: string;
}

/** With all that lies beside it. It counts only when it is what was judged. */
async function keepCopy({ file, verdict: { pems, fingerprint }, copy }: Kept): Promise<void> {
  if (pems.length !== 1 || pems[0] !== file) return;
  if ((await judgeFile(copy)).fingerprint === fingerprint) return;
  await mkdir(path.dirname(copy), { recursive: true, mode: 0o700 });
  for (const from of await pathsOf(file)) {
    const to = copy + from.slice(file.length);
    await rm(to, { force: true });
    await copyFile(from, to).catch(ignoreMissing);
  }
  if ((await judgeFile(copy)).fingerprint !== fingerprint) await rm(copy, { force: true });
}
