import { createHash } from 'node:crypto';
import { chmod, copyFile, mkdir, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { LATE, within } from '../lib/deadline.ts';
import { ignoreMissing } from '../lib/missing.ts';
import { fileName, fileUse } from '../model/certificates.ts';
import type { FileVerdict } from './judge.ts';
import { NO_REFUSALS, withRefusals, type PemRefusals } from './refusals.ts';
import { markOf } from './marks.ts';
import { readPemFile } from './pem-file.ts';
import { judgeNamed, pathsOfNamed } from './judge-named.ts';

/** A verdict on a file, and what serves in its place. */
export interface Settled extends FileVerdict {
  /** The copy of an earlier, good version of the file is served. */
  readonly isCopy?: true;
}

/**
 * What can be served for a file: itself; or, when it can't be used any more, what was there when it last could. HAProxy forgets that at its next
 * reload, so a copy is kept in a folder that nobody else can read. Of folders, of files in several kinds, of lists and of pages there is none. `name` is as
 * `fileName` writes it. It never rejects.
 */
export async function settleWithCopy(
  name: string,
  given: FileVerdict,
  { folder, refusals = NO_REFUSALS, known }: Keeping,
): Promise<Settled> {
  const verdict = withRefusals(given, refusals);
  const settling = settle({ name, verdict, copy: copyOf(name, folder), refusals, known }).catch(() => verdict); // the disk may be full: then there is no copy
  const settled = await within(settling, { ms: DEADLINE_MS });
  return settled === LATE ? verdict : settled;
}

/** How long the folder of the copies is waited for, in milliseconds: then there is no copy this time. */
const DEADLINE_MS = 5_000;

async function settle(kept: Kept): Promise<Settled> {
  const { name, verdict, copy, refusals } = kept;
  if (verdict.usable) await keepCopy(kept);
  else if (verdict.serves.length === 0) {
    for (const one of [copy, copy + OLDER]) {
      const { usable, fingerprint = '', loads = [] } = await judgeNamed(named(one, name));
      if (usable && !refusals.has(fingerprint)) return { ...verdict, serves: [one], pems: [one], loads, fingerprint, isCopy: true };
    }
  }
  return verdict;
}

/** Copies that are as they should be, by path, so that they are not read again for every change of something else. */
export type KnownCopies = Map<string, { readonly fingerprint: string | undefined; readonly mark: string }>;

/** Where copies are kept, and what is not to be served. */
export interface Keeping {
  readonly folder: string;
  readonly refusals?: PemRefusals;
  readonly known?: KnownCopies;
}

/** Ends the name of the previous copy, which is used when HAProxy refuses a file that our own look has accepted. */
const OLDER = '.old';

/** Removes the copies of all files other than these. Never rejects, and waits five seconds for the file system at most. */
export async function forgetCopies(files: readonly string[], folder: string): Promise<void> {
  await within(forget(files, folder), { ms: DEADLINE_MS });
}

async function forget(files: readonly string[], folder: string): Promise<void> {
  const kept = new Set(files.map((file) => path.basename(copyOf(file, folder), '.pem')));
  for (const name of await readdir(folder).catch(() => []))
    if (!kept.has(name.split('.')[0] ?? '')) await rm(path.join(folder, name), { force: true }).catch(() => undefined);
}

function copyOf(name: string, folder: string): string {
  return path.join(folder, `${createHash('sha256').update(name).digest('hex').slice(0, 16)}.pem`);
}

/** The copy's path, written behind the same keyword as the file. */
function named(copy: string, name: string): string {
  return fileName({ ...fileUse(name), path: copy });
}

interface Kept {
  readonly name: string;
  readonly verdict: FileVerdict;
  readonly copy: string;
  readonly refusals: PemRefusals;
  readonly known: KnownCopies | undefined;
}

/** Copies a file and the files that lie beside it. The copy is kept only if it equals the version that was judged. */
async function keepCopy({ name, verdict: { pems, fingerprint }, copy, refusals, known }: Kept): Promise<void> {
  const { keyword, path: file } = fileUse(name);
  if (pems.length !== 1 || pems[0] !== file || ['crt-list', 'file', 'page'].includes(keyword) || file.startsWith('@')) return;
  const seen = known?.get(copy);
  if (seen !== undefined && seen.fingerprint === fingerprint && seen.mark === (await markOf(copy))) return;
  const hash = await hashOf(named(copy, name));
  if (hash !== fingerprint) {
    const before = await judgeNamed(named(copy, name));
    if (before.usable && !refusals.has(before.fingerprint ?? '')) await copyAll(named(copy, name), copy + OLDER);
    await mkdir(path.dirname(copy), { recursive: true, mode: 0o700 });
    await copyAll(name, copy);
    if ((await hashOf(named(copy, name))) !== fingerprint) return rm(copy, { force: true });
  }
  known?.set(copy, { fingerprint, mark: await markOf(copy) });
}

/** The fingerprint that a copy has, without a look into what it holds; undefined where it can't be read. */
async function hashOf(name: string): Promise<string | undefined> {
  const { keyword, path: file } = fileUse(name);
  if (keyword !== 'crt') return (await judgeNamed(name)).fingerprint;
  const read = await readPemFile(file);
  return 'hash' in read ? read.hash : undefined;
}

/** Copies a file and the files that lie beside it. */
async function copyAll(name: string, target: string): Promise<void> {
  const { path: file } = fileUse(name);
  for (const from of await pathsOfNamed(name)) {
    const to = target + from.slice(file.length);
    await rm(to, { force: true });
    await copyFile(from, to).then(() => chmod(to, 0o600), ignoreMissing);
  }
}
