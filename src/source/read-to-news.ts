import type { Logger } from '../lib/logger.ts';
import { sentence } from '../lib/sentence.ts';
import type { AppId } from '../model/names.ts';
import type { News } from '../model/news.ts';
import type { Problem } from '../model/problem.ts';
import type { App } from '../model/snapshot.ts';
import type { Client } from './client.ts';
import { makeLogOnce } from './log-once.ts';
import type { UnreadAlarm } from './unread-alarm.ts';

/** One app's JSON text as an app, or as what is wrong with it. Throws only when the text is no JSON: then its Marathon is at fault. */
export type Decode = (json: string) => { readonly app: App } | { readonly problem: Problem };

/**
 * What is still to be found out about apps before they are told, such as the addresses of agents that Marathon knows by name. `whole`: these
 * are all apps there are, so that what is remembered of others can be forgotten. Never rejects.
 */
export type Complete = (apps: readonly App[], reading: Reading) => Promise<readonly App[]>;

export interface Reading {
  readonly whole: boolean;
  readonly signal: AbortSignal;
}

interface Dependencies {
  readonly decode: Decode;
  readonly complete?: Complete;
  readonly tell: (news: News) => void;
  /** Milliseconds since 1970, with a fraction; the clock of the client. */
  readonly now: () => number;
  readonly log: Pick<Logger, 'info' | 'warn'>;
}

const asTheyAre: Complete = (apps) => Promise.resolve(apps);

/**
 * One full read, told as News, apps in the order they came. Rejects with the sentence of its failure, which is also logged: each sentence
 * once, until a read succeeds.
 */
export function makeFullRead({
  readApps,
  decode,
  complete = asTheyAre,
  tell,
  now,
  log,
  unread,
}: Dependencies & Pick<Client, 'readApps'> & { readonly unread?: UnreadAlarm }): (signal: AbortSignal) => Promise<void> {
  const trouble = makeLogOnce(log, { worse: 'Marathon could not be read, the last state is kept', better: 'Marathon is read' });
  return async (signal) => {
    unread?.begun(signal);
    try {
      const { sentAt, answer } = await readApps(decode, signal);
      const apps = answer.flatMap((one) => ('app' in one ? [one.app] : []));
      const problems = answer.flatMap((one) => ('problem' in one ? [one.problem] : []));
      trouble.over({ apps: apps.length });
      const completed = await complete(apps, { whole: true, signal });
      signal.throwIfAborted();
      unread?.succeeded();
      tell({ kind: 'apps', at: now(), sentAt, apps: completed, problems });
    } catch (error) {
      if (!signal.aborted) trouble.tell(sentence(error));
      throw error;
    }
  };
}

/**
 * One app read again, told as News: as it is, as gone, or with the Problem why it can't be decoded. Rejects with the sentence of its failure,
 * which is also logged: each sentence once, until a read succeeds, whatever app it was of.
 */
export function makeAppRead({
  readApp,
  decode,
  complete = asTheyAre,
  tell,
  now,
  log,
}: Dependencies & Pick<Client, 'readApp'>): (id: AppId, signal: AbortSignal) => Promise<void> {
  const trouble = makeLogOnce(log, {
    worse: 'an app could not be read again, its last state is kept',
    better: 'apps can be read again',
    well: true,
  });
  return async (id, signal) => {
    try {
      const { sentAt, answer } = await readApp({ id, decode, signal });
      trouble.over({ app: id });
      const read = answer !== undefined && 'app' in answer ? [answer.app] : [];
      const [app] = await complete(read, { whole: false, signal });
      const problems = answer !== undefined && 'problem' in answer ? [answer.problem] : [];
      signal.throwIfAborted();
      tell({ kind: 'app', at: now(), sentAt, id, app, problems });
    } catch (error) {
      if (!signal.aborted) trouble.tell(sentence(error), { app: id });
      throw error;
    }
  };
}
