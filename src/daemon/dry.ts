import { textOf } from '../haproxy/file-text.ts';
import { makeProblemLog } from './problem-log.ts';
import { makeView, readNews } from './read-view.ts';
import { findKnown } from './known-beginning.ts';
import type { RunInputs } from './surroundings.ts';

/**
 * Runs `--dry`: returns the configuration for Marathon's current apps as text, with each host and port at the app that holds it by what the daemon
 * that runs, or the last run, knows. Rejects with a sentence when Marathon can't be read.
 */
export async function dry(run: RunInputs): Promise<Iterable<string>> {
  const [news, { holders }] = await Promise.all([readNews(run), findKnown(run.settings)]);
  const view = await makeView(run, news, { holders });
  makeProblemLog(run.log)(view);
  return textOf(view.document);
}
