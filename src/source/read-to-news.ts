import type { Sleep } from '../lib/clock.ts';
import { sayLong } from '../lib/deadline.ts';
import type { Logger } from '../lib/logger.ts';
import { sentence } from '../lib/sentence.ts';
import type { AppId } from '../model/names.ts';
import type { News } from '../model/news.ts';
import type { Problem } from '../model/problem.ts';
import type { App } from '../model/snapshot.ts';
import type { Client } from './client.ts';
import type { HostRead } from './hosts-in-turn.ts';
import { makeLogOnce } from './log-once.ts';
import type { UnreadAlarm } from './unread-alarm.ts';

/** Decodes the JSON text of one app into an app, or into a Problem. Throws only when the text is not JSON, which is Marathon's fault. */
export type Decode = (json: string) => { readonly app: App } | { readonly problem: Problem };

/**
 * Adds to apps what Marathon's answer does not contain, such as the addresses of agents that it knows only by name. Never rejects.
 */
export type Complete = (apps: readonly App[], reading: ReadScope) => Promise<readonly App[]>;

/** How apps were read. */
export interface ReadScope {
  /** True when these are all apps, so that anything remembered about other apps can be forgotten. */
  readonly whole: boolean;
  readonly signal: AbortSignal;
}

interface Dependencies {
  readonly decode: Decode;
  readonly complete?: Complete;
  readonly tell: (news: News) => void;
  /** Returns milliseconds since 1970, with a fraction, from the same clock as the client's. */
  readonly now: () => number;
  readonly log: Pick<Logger, 'info' | 'warn'>;
  readonly sleep?: Sleep | undefined;
}

const asTheyAre: Complete = (apps) => Promise.resolve(apps);

/**
 * Makes the function that reads everything and tells it as News, with the apps in the order they arrived. Rejects with a sentence when it fails. The
 * sentence is also logged, each sentence only once until a read succeeds.
 */
export function makeFullRead({
  readApps,
  decode,
  complete = asTheyAre,
  tell,
  now,
  log,
  sleep,
  unread,
  pods,
}: Dependencies & FullReads): (signal: AbortSignal) => Promise<void> {
  const trouble = makeLogOnce(log, { worse: 'Marathon could not be read, so the last known state is kept', better: 'Marathon was read' });
  return async (signal) => {
    unread?.begun(signal);
    try {
      const { sentAt, answer } = await sayLong(readApps(decode, signal), { text: 'Marathon has not sent all apps yet', log, sleep });
      const ofPods = await pods?.readAll(signal);
      const { apps, problems } = sorted([...answer, ...(ofPods ?? [])]);
      trouble.over({ apps: apps.length });
      const completed = await complete(apps, { whole: true, signal });
      signal.throwIfAborted();
      unread?.succeeded();
      const podsUnread = pods !== undefined && ofPods === undefined;
      tell({ kind: 'apps', at: now(), sentAt, apps: completed, problems, ...(podsUnread && { podsUnread }) });
    } catch (error) {
      if (!signal.aborted) trouble.tell(sentence(error));
      throw error;
    }
  };
}

interface FullReads extends Pick<Client, 'readApps'> {
  readonly unread?: UnreadAlarm;
  /** Reads the pods after the apps; only apps are read when left out. */
  readonly pods?: { readonly readAll: (signal: AbortSignal) => Promise<readonly ReturnType<Decode>[] | undefined> };
}

/** The apps, and the Problems of those that can't be decoded. Of an app and a pod with one id, which both were there at some time, the app counts. */
function sorted(decoded: readonly ReturnType<Decode>[]) {
  const apps = new Map<AppId, App>();
  for (const one of decoded) if ('app' in one && !apps.has(one.app.id)) apps.set(one.app.id, one.app);
  return { apps: [...apps.values()], problems: decoded.flatMap((one) => ('problem' in one ? [one.problem] : [])) };
}

type ReadOne = (question: {
  readonly id: AppId;
  readonly decode: Decode;
  readonly signal: AbortSignal;
}) => Promise<HostRead<ReturnType<Decode> | undefined>>;

/**
 * Makes the function that reads one app again and tells it as News: the app, that it does not exist any more, or a Problem why it can't be decoded.
 * Rejects with a sentence when it fails. The sentence is also logged, each sentence only once until the read of any app succeeds.
 */
export function makeAppRead({
  readApp,
  decode,
  complete = asTheyAre,
  tell,
  now,
  log,
  sleep,
}: Dependencies & { readonly readApp: ReadOne }): (id: AppId, signal: AbortSignal) => Promise<void> {
  const trouble = makeLogOnce(log, {
    worse: 'an app could not be read again, so its last known state is kept',
    better: 'apps can be read again',
    well: true,
  });
  return async (id, signal) => {
    try {
      const reading = readApp({ id, decode, signal });
      const { sentAt, answer } = await sayLong(reading, { text: 'Marathon has not sent an app yet', facts: { app: id }, log, sleep });
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
