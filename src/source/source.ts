import type { Backoff } from '../lib/backoff.ts';
import type { Logger } from '../lib/logger.ts';
import { sentence } from '../lib/sentence.ts';
import type { News } from '../model/news.ts';
import type { Problem } from '../model/problem.ts';
import type { App } from '../model/snapshot.ts';
import { shown } from './auth.ts';
import type { Client } from './client.ts';
import type { Reader, Sleep } from './reader.ts';
import type { StreamAttempt } from './stream.ts';

/** One app's JSON text as an app, or as what is wrong with it. Throws only when the text is no JSON: then its Marathon is at fault. */
export type Decode = (json: string) => { readonly app: App } | { readonly problem: Problem };

/** A running source. It ends when its signal aborts, never because of Marathon. */
export interface Source {
  /** Reads everything now: resolves when a read that started after the call has succeeded, rejects with the sentence of its failure. */
  resync(reason: string): Promise<void>;
  /** Resolves when the signal has aborted and nothing is open any more. */
  readonly ended: Promise<void>;
}

interface ReadDependencies {
  readonly readApps: Client['readApps'];
  readonly decode: Decode;
  /** What is still to be found out about the apps before they are told, such as the addresses of agents that Marathon knows by name. */
  readonly complete?: (apps: readonly App[], signal: AbortSignal) => Promise<readonly App[]>;
  readonly tell: (news: News) => void;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly log: Pick<Logger, 'info' | 'warn'>;
}

/**
 * One full read, told as News, apps in the order they came. Rejects with the sentence of its failure, which is also logged: each sentence
 * once, until a read succeeds.
 */
export function makeFullRead({
  readApps,
  decode,
  complete = (apps) => Promise.resolve(apps),
  tell,
  now,
  log,
}: ReadDependencies): (signal: AbortSignal) => Promise<void> {
  const trouble = makeTrouble(log, { worse: 'Marathon could not be read, the last state is kept', better: 'Marathon is read' });
  return async (signal) => {
    try {
      const decoded = await readApps(decode, signal);
      const apps = decoded.flatMap((one) => ('app' in one ? [one.app] : []));
      const problems = decoded.flatMap((one) => ('problem' in one ? [one.problem] : []));
      trouble.over({ apps: apps.length });
      tell({ kind: 'apps', at: now(), apps: await complete(apps, signal), problems });
    } catch (error) {
      if (!signal.aborted) trouble.tell(sentence(error));
      throw error;
    }
  };
}

interface ScheduleDependencies {
  readonly reader: Reader;
  /** Between two full reads while the stream is attached, in milliseconds: 300 s when left out. */
  readonly resyncMs?: number;
  /** Between two full reads while it is not, in milliseconds: 10 s when left out. */
  readonly pollMs?: number;
  /** How long the very first read waits for the stream, in milliseconds: 2 s when left out. */
  readonly attachMs?: number;
  readonly sleep: Sleep;
  readonly signal: AbortSignal;
}

interface FollowDependencies extends ScheduleDependencies {
  /** Addresses of the cluster's members: each attempt at the stream goes to the next. */
  readonly urls: readonly string[];
  readonly open: (attempt: Pick<StreamAttempt, 'url' | 'signal' | 'onAttached' | 'onEvent'>) => Promise<void>;
  /** Why an event matters, in words for the log; undefined when it does not. */
  readonly describe: (type: string, data: unknown) => string | undefined;
  readonly backoff: Backoff;
  readonly log: Pick<Logger, 'info' | 'warn'>;
}

/**
 * Follows Marathon's event stream. Attaches first and reads everything then, as Marathon does not tell again what happened before; reads
 * again after every re-attach, for every event that matters, and every resync interval, because Marathon up to 1.7 silently drops events of
 * slow clients. While there is no stream it polls.
 */
export function follow(deps: FollowDependencies): Source {
  const { urls, open, describe, reader, backoff, sleep, log, signal } = deps;
  const trouble = makeTrouble(log, { worse: 'no event stream, Marathon is polled', better: 'event stream attached' });
  const schedule = makeSchedule(deps);

  async function attach(url: string): Promise<void> {
    const onEvent = (type: string, data: unknown): void => {
      backoff.reset();
      trouble.over({ url: shown(new URL(url)) });
      const reason = describe(type, data);
      if (reason !== undefined) reader.ask(reason);
    };
    try {
      await open({ url, signal, onAttached: schedule.attached, onEvent });
    } catch (error) {
      if (!signal.aborted) trouble.tell(`${shown(new URL(url))}: ${sentence(error)}`);
    }
    schedule.lost();
  }

  async function stayAttached(): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      const url = urls[attempt % urls.length];
      if (url !== undefined) await attach(url);
      await sleep(backoff.next(), signal); // a stream that ends at once has not reset it
    }
  }

  const ended = Promise.all([untilAborted(stayAttached(), signal), untilAborted(schedule.run(), signal)]);
  return { resync: (reason) => reader.read(reason), ended: ended.then(() => undefined) };
}

interface PollDependencies extends Pick<ScheduleDependencies, 'reader' | 'sleep' | 'signal'> {
  /** From the end of one read to the next, in milliseconds. */
  readonly everyMs: number;
}

/** Reads everything at once and then again and again, without the event stream. */
export function poll({ reader, everyMs, sleep, signal }: PollDependencies): Source {
  const schedule = makeSchedule({ reader, pollMs: everyMs, attachMs: 0, sleep, signal });
  return { resync: (reason) => reader.read(reason), ended: untilAborted(schedule.run(), signal) };
}

/** When to read everything: how long ago that was, and whether there is a stream. It counts what it slept, so that no clock misleads it. */
function makeSchedule({ reader, resyncMs = 300_000, pollMs = 10_000, attachMs = 2_000, sleep, signal }: ScheduleDependencies) {
  let isAttached = false;
  let age = Number.POSITIVE_INFINITY; // milliseconds slept since the last full read
  let resets = 0; // how often a read set it to 0, also in the middle of a sleep

  function beginAnew(): void {
    age = 0;
    resets++;
  }

  async function readAll(reason: string): Promise<void> {
    beginAnew();
    await reader.read(reason).catch(() => undefined); // whoever reads has logged it
    beginAnew();
  }

  return {
    attached: (): void => {
      isAttached = true;
      void readAll('event stream attached');
    },
    lost: (): void => {
      isAttached = false;
      if (age >= pollMs) void readAll('no event stream');
    },
    run: async (): Promise<void> => {
      await sleep(attachMs, signal);
      for (;;) {
        const left = (isAttached ? resyncMs : pollMs) - age;
        if (left > 0) {
          const step = Math.min(left, pollMs); // the stream may be lost meanwhile
          const before = resets;
          await sleep(step, signal);
          if (resets === before) age += step;
        } else await readAll(isAttached ? 'resync interval' : 'no event stream');
      }
    },
  };
}

/** A loop that ends by the signal alone has ended well. */
async function untilAborted(loop: Promise<void>, signal: AbortSignal): Promise<void> {
  try {
    await loop;
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** Logs what goes wrong, each sentence once, and when it is over. It is told over and over, and nobody reads the same line every 10 s. */
function makeTrouble(log: Pick<Logger, 'info' | 'warn'>, words: { readonly worse: string; readonly better: string }) {
  const told = new Set<string>();
  let well = false;
  return {
    tell(reason: string): void {
      well = false;
      if (!told.has(reason)) log.warn({ reason }, words.worse);
      told.add(reason);
    },
    over(facts: Readonly<Record<string, unknown>>): void {
      if (!well) log.info(facts, words.better);
      well = true;
      told.clear();
    },
  };
}
