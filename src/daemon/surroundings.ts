import type { Logger } from '../lib/logger.ts';
import type { News } from '../model/news.ts';
import type { Settings } from '../options/options.ts';

/** What the parts of a run share. */
export interface Surroundings {
  readonly settings: Settings;
  readonly log: Logger;
  readonly tell: (news: News) => void;
  readonly signal: AbortSignal;
}
