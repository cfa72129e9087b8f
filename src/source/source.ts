import type { Backoff } from '../lib/backoff.ts';
import type { Sleep } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import { sentence } from '../lib/sentence.ts';
import type { Heard, News } from '../model/news.ts';
import { shown } from './auth.ts';
import type { ReadScheduler } from './read-scheduler.ts';
import type { StreamAttempt } from './stream.ts';
import { makeLogOnce } from './log-once.ts';

/** Whose event stream is attached; or why none is. */
export type Attachment = { readonly attached: true; readonly url: string } | { readonly attached: false; readonly why: string };

/** A time in which an event stream was attached: when its first byte came, and its last one; in ms since 1970. */
export interface Span {
  readonly since: number;
  readonly last: number;
}

/** So many such times are remembered. */
const MOST_SPANS = 5;

/** A running source. It ends when its signal aborts, never because of Marathon. */
export interface Source {
  /** Reads everything now: resolves when a read that started after the call has succeeded, rejects with the sentence of its failure. */
  resync(reason: string): Promise<void>;
  /** How it hears of changes now. */
  stream(): Attachment;
  /** The last few times in which an event stream was attached, in order; the last one may go on. */
  heard(): readonly Span[];
  /** Resolves when the signal has aborted and nothing is open any more. */
  readonly ended: Promise<void>;
}

interface ScheduleDependencies {
  readonly reader: ReadScheduler;
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
  readonly open: (attempt: Pick<StreamAttempt, 'url' | 'signal' | 'onAttached' | 'onBytes' | 'onEvent'>) => Promise<void>;
  /** What an event of this time means; undefined when it does not matter. */
  readonly readEvent: (type: string, data: unknown, at: number) => Heard | undefined;
  readonly tell: (news: News) => void;
  /** Milliseconds since 1970, with a fraction; the clock of the client. */
  readonly now: () => number;
  readonly backoff: Backoff;
  readonly log: Pick<Logger, 'info' | 'warn'>;
}

/**
 * Follows Marathon's event stream. Attaches first and reads everything then, as Marathon does not tell again what happened before; reads
 * everything again after every re-attach, and every resync interval, because Marathon up to 1.7 silently drops events of slow clients. An event
 * is told at once, then what it is about is read. While there is no stream it polls.
 */
export function follow(deps: FollowDependencies): Source {
  const { urls, open, reader, backoff, now, sleep, log, signal } = deps;
  const trouble = makeLogOnce(log, { worse: 'no event stream, Marathon is polled', better: 'event stream attached' });
  const schedule = makeSchedule(deps);
  const hear = makeHear(deps);
  let stream: Attachment = { attached: false, why: 'no event stream has answered yet' };
  let heard: readonly Span[] = [];

  async function attach(url: string): Promise<void> {
    const onEvent = (type: string, data: unknown): void => {
      backoff.reset();
      trouble.over({ url: shown(new URL(url)) });
      hear(type, data);
    };
    const onAttached = (): void => {
      stream = { attached: true, url: shown(new URL(url)) };
      heard = [...heard.slice(1 - MOST_SPANS), { since: now(), last: now() }];
      schedule.attached();
    };
    const onBytes = (): void => {
      heard = heard.map((span, i) => (i === heard.length - 1 ? { ...span, last: now() } : span));
    };
    try {
      await open({ url, signal, onAttached, onBytes, onEvent });
    } catch (error) {
      stream = { attached: false, why: `${shown(new URL(url))}: ${sentence(error)}` };
      if (!signal.aborted) trouble.tell(stream.why);
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
  return { resync: (reason) => reader.read(reason), stream: () => stream, heard: () => heard, ended: ended.then(() => undefined) };
}

/** Tells what an event means and asks for what is to be read after it. */
function makeHear({ readEvent, tell, now, reader }: FollowDependencies): (type: string, data: unknown) => void {
  return (type, data) => {
    const heard = readEvent(type, data, now());
    if (heard === undefined) return;
    const { reason, news, dirty } = heard;
    if (news !== undefined) tell(news);
    for (const what of dirty === 'all' ? [dirty] : dirty) reader.ask(what, reason);
  };
}

interface PollDependencies extends Pick<ScheduleDependencies, 'reader' | 'sleep' | 'signal'> {
  /** From the end of one read to the next, in milliseconds. */
  readonly everyMs: number;
}

/** Reads everything at once and then again and again, without the event stream. */
export function poll({ reader, everyMs, sleep, signal }: PollDependencies): Source {
  const schedule = makeSchedule({ reader, pollMs: everyMs, attachMs: 0, sleep, signal });
  const stream: Attachment = { attached: false, why: 'Marathon is polled, as --poll says' };
  return {
    resync: (reason) => reader.read(reason),
    stream: () => stream,
    heard: () => [],
    ended: untilAborted(schedule.run(), signal),
  };
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
