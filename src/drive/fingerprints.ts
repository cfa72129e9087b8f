import { createHash, hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import path from 'node:path';
import { ignoreMissing } from '../lib/missing.ts';

/** Returns the same pieces, and calls `tell` with their SHA-256 after the last one. */
export function digesting(pieces: Iterable<string>, tell: (digest: string) => void): Iterable<string> {
  return {
    *[Symbol.iterator]() {
      const digest = createHash('sha256');
      for (const piece of pieces) {
        digest.update(piece);
        yield piece;
      }
      tell(digest.digest('hex'));
    },
  };
}

/** Returns the fingerprint of files, given by name: it is the same for the same texts under the same names. */
export function fingerprintOf(texts: ReadonlyMap<string, string>): string {
  return combine(new Map(Array.from(texts, ([file, text]) => [file, hash('sha256', text)])));
}
/** Makes one fingerprint of the digests of files. */

export function combine(digests: ReadonlyMap<string, string>): string {
  const all = Array.from(digests, ([file, digest]) => `${file} ${digest}\n`).sort();
  return all.length === 0 ? 'none' : hash('sha256', all.join('')).slice(0, 32);
}

/** Returns the fingerprint of those of the files that exist. They are read piece by piece: the text of a large estate is never in memory as a whole. */
export async function fingerprintOfFiles(folder: string, names: readonly string[]): Promise<string> {
  const digests = new Map<string, string>();
  for (const name of names) {
    const digest = await digestOf(path.join(folder, name)).catch(ignoreMissing);
    if (digest !== undefined) digests.set(name, digest);
  }
  return combine(digests);
}

async function digestOf(file: string): Promise<string> {
  const digest = createHash('sha256');
  for await (const piece of createReadStream(file)) digest.update(piece as Buffer);
  return digest.digest('hex');
}
