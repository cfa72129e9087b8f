import type { Readable } from 'node:stream';
import { ReadableStream } from 'node:stream/web';
import { EventSource, type FetchLike } from 'eventsource';
import type { Logger } from '../lib/logger.ts';
import { makeEventMeasure } from './event-measure.ts';
import { codeOf, refuseWebPage, type Answer, type Get } from './http-get.ts';

/** One attempt at the event stream. */
export interface StreamAttempt {
  readonly get: Get;
  /** The address of one Marathon, as configured. */
  readonly url: string;
  /** Event types to ask for; `event_stream_attached` is asked for in any case. */
  readonly types: readonly string[];
  /** Until the head of the answer has come, in milliseconds; 10 s when left out. */
  readonly headMs?: number;
  /** Silence after which the connection counts as dead, in milliseconds; 30 s when left out, as Marathon beats every 10 s. */
  readonly silenceMs?: number;
  /** The longest event, in bytes; 128 MiB when left out, as a deployment's plan held all apps twice before Marathon 1.5.9. */
  readonly maxEventBytes?: number;
  /** How many lines an event may have; 10,000 when left out. Marathon writes one, or one for each of a few JSON texts. */
  readonly maxEventLines?: number;
  readonly signal: AbortSignal;
  readonly log: Pick<Logger, 'debug'>;
  /** The first byte of a good stream has come: Marathon has subscribed us, and tells what happens from now on. Called once at most. */
  readonly onAttached: () => void;
  /** Bytes have come, a beat at least. */
  readonly onBytes?: () => void;
  /** `data` is what the event's JSON says. Events come in the order of the wire. */
  readonly onEvent: (type: string, data: unknown) => void;
}

/** The first event of every stream, unless it is filtered out. */
const ATTACHED = 'event_stream_attached';

/**
 * Follows one connection until it is over: rejects with a sentence that fits behind the address and a colon, and resolves only when `signal`
 * aborts. EventSource would connect again by itself, without limit or jitter; it serves for one connection here and is closed before it can.
 */
export async function openStream(attempt: StreamAttempt): Promise<void> {
  const { url, types, signal, log, onEvent } = attempt;
  if (signal.aborted) return;
  const { promise, resolve, reject } = makeEnd();
  const source = new EventSource(url, { fetch: makeFetch(attempt, reject) });
  const receive = (event: MessageEvent): void => {
    try {
      for (const data of readData(String(event.data), log)) onEvent(typeOf(data) ?? event.type, data);
    } catch (error) {
      reject(error); // thrown on, it would end the process
    }
  };
  for (const type of new Set([ATTACHED, 'message', ...types])) source.addEventListener(type, receive);
  source.addEventListener('error', () => {
    reject(new Error('closed the event stream'));
  });
  signal.addEventListener('abort', resolve, { once: true });
  try {
    await promise;
  } finally {
    signal.removeEventListener('abort', resolve);
    source.close();
  }
}

/** Promise.withResolvers, which Node 20 has not yet. */
function makeEnd() {
  let resolve = (): void => undefined;
  let reject: (reason: unknown) => void = () => undefined;
  const promise = new Promise<void>((...both) => {
    [resolve, reject] = both;
  });
  return { promise, resolve, reject };
}

type Attempt = Pick<
  StreamAttempt,
  'get' | 'url' | 'types' | 'headMs' | 'silenceMs' | 'maxEventBytes' | 'maxEventLines' | 'onAttached' | 'onBytes'
>;

/** The attempt's request as EventSource asks for it. `fail` hears of an error first, as EventSource keeps only a part of it. */
function makeFetch(
  { get, url, types, headMs = 5_000, silenceMs = 30_000, maxEventBytes = 2 ** 27, maxEventLines = 10_000, onAttached, onBytes }: Attempt,
  fail: (error: unknown) => void,
): FetchLike {
  return async (_, { signal }) => {
    try {
      // Marathon compares Accept as a whole: in a list it answers 405.
      const headers = { accept: 'text/event-stream', 'accept-encoding': 'identity', 'cache-control': 'no-cache' };
      const answer = await get({ base: url, path: pathFor(types), headers, headMs, silenceMs, signal: signal as AbortSignal });
      refuseOthers(answer);
      const body = ReadableStream.from(watched({ body: answer.body, silenceMs, maxEventBytes, maxEventLines, onAttached, onBytes, fail }));
      return { body, url, status: 200, redirected: false, headers: { get: () => 'text/event-stream' } };
    } catch (error) {
      fail(error);
      throw error;
    }
  };
}

class TooLong extends Error {}

interface Watched extends Pick<StreamAttempt, 'onAttached'> {
  readonly onBytes: (() => void) | undefined;
  readonly body: Readable;
  readonly silenceMs: number;
  readonly maxEventBytes: number;
  readonly maxEventLines: number;
  readonly fail: (error: unknown) => void;
}

/** The bytes of a stream. Heart-beats are bytes too, so that the request's own deadline between two pieces is the watchdog. */
async function* watched({ body, silenceMs, maxEventBytes, maxEventLines, onAttached, onBytes, fail }: Watched): AsyncGenerator<Uint8Array> {
  let attached = false;
  const measure = makeEventMeasure();
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      const { bytes, lines } = measure(chunk);
      if (bytes > maxEventBytes) throw new TooLong(`sent more than ${maxEventBytes} bytes without the end of an event`);
      if (lines > maxEventLines) throw new TooLong(`sent more than ${maxEventLines} lines without the end of an event`);
      if (!attached) onAttached();
      attached = true;
      onBytes?.();
      yield chunk;
    }
  } catch (error) {
    if (error instanceof TooLong) fail(error);
    else if (codeOf(error) === 'UND_ERR_BODY_TIMEOUT') fail(new Error(`sent no byte for ${silenceMs} ms, a beat every 10 s was wanted`));
    else fail(new Error('lost the event stream', { cause: error }));
  } finally {
    body.destroy();
  }
}

/** `event_type` is repeated (1.3.7 and later; ignored before); light plans leave out copies of all apps (1.5.9 and later; ignored before). */
function pathFor(types: readonly string[]): string {
  const query = new URLSearchParams({ 'plan-format': 'light' });
  for (const type of new Set([ATTACHED, ...types])) query.append('event_type', type);
  return `/v2/events?${query.toString()}`;
}

function refuseOthers(answer: Answer): void {
  try {
    refuseWebPage(answer, 'an event stream');
    const type = String(answer.headers['content-type'] ?? 'no content type');
    if (!type.startsWith('text/event-stream')) throw new Error(`answered with ${type} (HTTP ${answer.status}), an event stream was wanted`);
  } catch (error) {
    answer.body.destroy();
    throw error;
  }
}

/** What an event's data say: one JSON text, rarely several on lines of their own, which Marathon sends as one event. */
function readData(data: string, log: Pick<Logger, 'debug'>): readonly unknown[] {
  const whole = parse(data);
  if (whole !== undefined) return [whole];
  return data.split('\n').flatMap((line) => {
    const value = parse(line);
    if (value === undefined && line.trim() !== '') log.debug({ data: line.slice(0, 200) }, 'event skipped, its data is no JSON');
    return value === undefined ? [] : [value];
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Marathon repeats the type in the data; before 0.11 it is only there. */
function typeOf(data: unknown): string | undefined {
  const type = data !== null && typeof data === 'object' && 'eventType' in data ? data.eventType : undefined;
  return typeof type === 'string' ? type : undefined;
}
