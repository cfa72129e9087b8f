import type { Environment } from '../lib/environment.ts';
import type { Now } from '../lib/clock.ts';
import type { Inbox } from '../lib/inbox.ts';
import type { Logger } from '../lib/logger.ts';
import type { News } from '../model/news.ts';
import type { Settings } from '../options/options.ts';

/** What every run is given from outside: the daemon, one pass, a dry run, DNS only. */
export interface RunInputs {
  readonly settings: Settings;
  readonly env: Environment;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** What the parts of a run share: what the run was given, the inbox of its loop, and its clock. */
export interface Surroundings extends RunInputs, Pick<Inbox<News>, 'tell' | 'drained'> {
  /** Milliseconds since 1970, with a fraction; it never jumps. */
  readonly now: Now;
}
