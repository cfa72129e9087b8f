import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { ignoreMissing } from '../lib/missing.ts';
import { replaceFile } from '../lib/write-file.ts';
import type { Holder } from '../model/holder.ts';
import { asHolders, manyHolders } from './saved-app.ts';

/** The file in the state folder that has only the holders: it is small, so it is written as soon as they change. */
const NAME = 'holders.json';

const VERSION = 1;

const whole = z.object({ version: z.literal(VERSION), holders: manyHolders });

/** The largest file that is read, in bytes: ten times what 10,000 apps need. */
const MOST_BYTES = 50_000_000;

/** Replaces the file atomically, each holder on a line of its own. Rejects when it can't be written; the old file stays then. */
export async function writeHolders(folder: string, holders: readonly Holder[]): Promise<void> {
  await replaceFile(path.join(folder, NAME), textOf(holders), 0o600);
}

function textOf(holders: readonly Holder[]): Iterable<string> {
  return {
    *[Symbol.iterator]() {
      yield `{"version":${VERSION},"holders":[`;
      let separator = '\n';
      for (const holder of holders) {
        yield separator + JSON.stringify(holder);
        separator = ',\n';
      }
      yield '\n]}\n';
    },
  };
}

/**
 * The holders that were written last, unless the file `other`, which has holders too, was written later, as by an older version of this program.
 * Undefined when there is no file that can be used.
 */
export async function readHolders(folder: string, other: string): Promise<readonly Holder[] | undefined> {
  const file = path.join(folder, NAME);
  const [own, others] = await Promise.all([file, other].map((one) => stat(one).catch(ignoreMissing)));
  if (own === undefined || own.size > MOST_BYTES || own.mtimeMs < (others?.mtimeMs ?? 0)) return undefined;
  const read = whole.safeParse(
    await readFile(file, 'utf8')
      .then((text): unknown => JSON.parse(text))
      .catch(() => undefined),
  );
  return read.success ? asHolders(read.data.holders) : undefined;
}
