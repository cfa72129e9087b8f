import type { Backoff } from '../lib/backoff.ts';
import type { Sleep } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import { sentence } from '../lib/sentence.ts';
import type { EventMeaning, News } from '../model/news.ts';
import { shown } from './auth.ts';
import { GroupChanges } from './group-changes.ts';
import type { ReadScheduler } from './read-scheduler.ts';
import type { StreamAttempt } from './stream.ts';
import { makeLogOnce } from './log-once.ts';

/** The Marathon whose event stream is attached, or why no stream is attached. */
export type Attachment = { readonly attached: true; readonly url: string } | { readonly attached: false; readonly why: string };

/** A period in which an event stream was attached: when its first byte and its last byte came, in ms since 1970. */
export interface Span {
  readonly since: number;
  readonly last: number;
}

/** How many periods with a stream are remembered. */
const MOST_SPANS = 5;

/** Follows Marathon until its signal aborts, whatever Marathon does. */
export interface Source {
  /** Reads everything now. Resolves when a read that started after the call has succeeded, and rejects with the sentence of its failure. */
  resync(reason: string): Promise<void>;
  /** Returns whether the event stream is attached now. */
  stream(): Attachment;
  /** Returns the last periods in which an event stream was attached, in order. The last one may still go on. */
  heard(): readonly Span[];
  /** Resolves when the signal has aborted and all connections are closed. */
  readonly ended: Promise<void>;
}

interface ScheduleDependencies {
  readonly reader: ReadScheduler;
  /** The time between two full reads while the stream is attached, in milliseconds; 300 s when left out. */
  readonly resyncMs?: number;
  /** The time between two full reads while no stream is attached, in milliseconds; 10 s when left out. */
  readonly pollMs?: number;
  /** How long the very first read waits for the stream, in milliseconds; 2 s when left out. */
  readonly attachMs?: number;
  readonly sleep: Sleep;
  readonly signal: AbortSignal;
}

interface FollowDependencies extends ScheduleDependencies {
  /** The URLs of the cluster's members. Each attempt to open the stream goes to the next one. */
  readonly urls: readonly string[];
  readonly open: (attempt: Pick<StreamAttempt, 'url' | 'signal' | 'onAttached' | 'onBytes' | 'onEvent'>) => Promise<void>;
  /** Returns what an event that came at this time means; undefined when it does not matter. */
  readonly readEvent: (type: string, data: unknown, at: number) => EventMeaning | undefined;
  readonly tell: (news: News) => void;
  /** Returns milliseconds since 1970, with a fraction, from the same clock as the client's. */
  readonly now: () => number;
  readonly backoff: Backoff;
  readonly log: Pick<Logger, 'info' | 'warn'>;
}

/**
 * Follows Marathon's event stream. It first attaches and then reads everything, because Marathon does not repeat earlier events. It reads everything
 * again after each new attachment, and every resync interval, because Marathon up to 1.7 silently drops events of slow clients. The news of an event
 * is told at once, and then the apps that it is about are read. While there is no stream, it polls.
 */
export function follow(deps: FollowDependencies): Source {
  const { urls, open, reader, backoff, now, sleep, log, signal } = deps;
  const trouble = makeLogOnce(log, { worse: 'there is no event stream, so Marathon is polled', better: 'event stream attached' });
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
      await sleep(backoff.next(), signal); // only an event resets the backoff, so a stream that ends at once does not
    }
  }

  const ended = Promise.all([untilAborted(stayAttached(), signal), untilAborted(schedule.run(), signal)]);
  return { resync: (reason) => reader.read(reason), stream: () => stream, heard: () => heard, ended: ended.then(() => undefined) };
}

/** Makes the function that tells an event's news and asks for the reads that it needs. */
function makeHear({ readEvent, tell, now, reader, sleep, signal }: FollowDependencies): (type: string, data: unknown) => void {
  const readAll = (reason: string): void => {
    reader.ask('all', reason);
  };
  const changes = new GroupChanges({ readAll, sleep, signal });
  return (type, data) => {
    const heard = readEvent(type, data, now());
    if (heard === undefined) return;
    const { reason, news, dirty } = heard;
    if (news !== undefined) tell(news);
    if (changes.waitsFor(heard)) return;
    for (const what of dirty === 'all' ? [dirty] : dirty) reader.ask(what, reason);
  };
}

interface PollDependencies extends Pick<ScheduleDependencies, 'reader' | 'sleep' | 'signal'> {
  /** The time from the end of one read to the start of the next, in milliseconds. */
  readonly everyMs: number;
}

/** Reads everything now and then at regular intervals, without the event stream. */
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

/**
 * Decides when to read everything, from the time since the last full read and whether a stream is attached. It adds up its own waits, so that a
 * change of the clock has no effect.
 */
function makeSchedule({ reader, resyncMs = 300_000, pollMs = 10_000, attachMs = 2_000, sleep, signal }: ScheduleDependencies) {
  let isAttached = false;
  let age = Number.POSITIVE_INFINITY; // milliseconds waited since the last full read
  let resets = 0; // how many times `age` was set to 0, which can happen during a wait

  function beginAnew(): void {
    age = 0;
    resets++;
  }

  async function readAll(reason: string): Promise<void> {
    beginAnew();
    await reader.read(reason).catch(() => undefined); // `read` has logged the error
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
          const step = Math.min(left, pollMs); // the stream may be lost during the wait
          const before = resets;
          await sleep(step, signal);
          if (resets === before) age += step;
        } else await readAll(isAttached ? 'resync interval' : 'no event stream');
      }
    },
  };
}

/** Waits for a loop. The loop's error is ignored when the signal has aborted. */
async function untilAborted(loop: Promise<void>, signal: AbortSignal): Promise<void> {
  try {
    await loop;
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
