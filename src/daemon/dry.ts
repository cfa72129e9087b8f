import { textOf } from '../haproxy/file-text.ts';
import { makeProblemLog } from './problem-log.ts';
import { readView } from './read-view.ts';
import type { Run } from './surroundings.ts';

/** Runs `--dry`: returns the configuration for Marathon's current apps as text. Rejects with a sentence when Marathon can't be read. */
export async function dry(run: Run): Promise<Iterable<string>> {
  const view = await readView(run);
  makeProblemLog(run.log)(view);
  return textOf(view.document);
}
