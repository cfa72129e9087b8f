import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Ends } from './fixtures/stage.ts';

/** Ends what a test has started: last first, all of it, whatever one of them throws. */
export async function endAll(ends: Ends): Promise<void> {
  const errors: unknown[] = [];
  for (const end of ends.splice(0).reverse()) {
    try {
      await end();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw new AggregateError(errors, `not all could be ended: ${errors.map(String).join('; ')}`);
}

/** A folder that is gone after the test. */
export async function makeFolder(ends: Ends): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'e2e-'));
  ends.push(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
