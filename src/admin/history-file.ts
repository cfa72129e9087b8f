import { readFile } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { makeFolder } from '../lib/folders.ts';
import { inTime } from '../lib/deadline.ts';
import { sentence } from '../lib/sentence.ts';
import { replaceFile } from '../lib/write-file.ts';
import type { HaproxyChange } from './change.ts';
import { changeSchema } from './schemas.ts';

const NAME = 'history.json';
const MS = 10_000;

const file = z.object({ version: z.literal(1), changes: z.array(changeSchema) });

/** What an earlier run has left in the state folder; nothing, with a sentence why, where that can't be read. Never rejects. */
export async function readHistory(folder: string): Promise<{ readonly changes: readonly HaproxyChange[]; readonly trouble?: string }> {
  const where = path.join(folder, NAME);
  try {
    const text = await inTime(readFile(where, 'utf8'), { ms: MS, what: `reading ${where}` });
    return { changes: file.parse(JSON.parse(text)).changes as readonly HaproxyChange[] };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { changes: [] };
    const why = error instanceof z.ZodError || error instanceof SyntaxError ? 'it is not what was written' : sentence(error);
    return { changes: [], trouble: `${where} can't be used, so the history of changes begins anew: ${why}` };
  }
}

/** Writes the file in one step, and makes its folder if somebody has removed it. Rejects when it can't. */
export async function writeHistory(folder: string, changes: readonly HaproxyChange[]): Promise<void> {
  const where = path.join(folder, NAME);
  const writing = makeFolder(folder).then(() => replaceFile(where, [`${JSON.stringify({ version: 1, changes })}\n`], 0o600));
  await inTime(writing, { ms: MS, what: `writing ${where}` });
}
