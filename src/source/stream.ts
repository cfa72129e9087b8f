import type { Readable } from 'node:stream';
import { ReadableStream } from 'node:stream/web';
import { EventSource, type FetchLike } from 'eventsource';
import type { Logger } from '../lib/logger.ts';
import { makeEventMeasure } from './event-measure.ts';
import { codeOf, refuseWebPage, type OpenResponse, type Get } from './http-get.ts';

/** One attempt to follow the event stream. */
export interface StreamAttempt {
  readonly get: Get;
  /** The configured URL of one Marathon. */
  readonly url: string;
  /** The event types to ask for; `event_stream_attached` is always added. */
  readonly types: readonly string[];
  /** How long to wait for the head of the answer, in milliseconds; 5 s when left out. */
  readonly headMs?: number;
  /** How long the stream may be silent before it counts as dead, in milliseconds; 30 s when left out. Marathon sends a heartbeat every 10 s. */
  readonly silenceMs?: number;
  /** The largest event, in bytes; 128 MiB when left out, because a deployment plan contained all apps twice before Marathon 1.5.9. */
  readonly maxEventBytes?: number;
  /** How many lines an event may have; 10,000 when left out. Marathon writes one line, or one for each of a few JSON texts. */
  readonly maxEventLines?: number;
  readonly signal: AbortSignal;
  readonly log: Pick<Logger, 'debug'>;
  /** Called at most once, when the first byte of the stream comes: from now on Marathon sends us all events. */
  readonly onAttached: () => void;
  /** Called when bytes come, which may be only a heartbeat. */
  readonly onBytes?: () => void;
  /** Called for each event, in order. `data` is the parsed JSON of the event. */
  readonly onEvent: (type: string, data: unknown) => void;
}

/** The first event of every stream, if it is asked for. */
const ATTACHED = 'event_stream_attached';

/**
 * Follows one connection until it ends. Rejects with a sentence to be written after the URL and a colon, and resolves only when `signal` aborts.
 * EventSource would reconnect by itself, without limit or jitter, so it is used for one connection and closed before it can reconnect.
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
      reject(error); // an error thrown from a listener would end the process
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

/** Like Promise.withResolvers, which Node 20 does not have. */
function makeEnd() {
  let resolve = (): void => undefined;
  let reject: (reason: unknown) => void = () => undefined;
  const promise = new Promise<void>((...both) => {
    [resolve, reject] = both;
  });
  return { promise, resolve, reject };
}

type AttemptSettings = Pick<
  StreamAttempt,
  'get' | 'url' | 'types' | 'headMs' | 'silenceMs' | 'maxEventBytes' | 'maxEventLines' | 'onAttached' | 'onBytes'
>;

/** Makes the `fetch` of EventSource. `fail` is called with each error first, because EventSource passes on only a part of it. */
function makeFetch(
  {
    get,
    url,
    types,
    headMs = 5_000,
    silenceMs = 30_000,
    maxEventBytes = 2 ** 27,
    maxEventLines = 10_000,
    onAttached,
    onBytes,
  }: AttemptSettings,
  fail: (error: unknown) => void,
): FetchLike {
  return async (_, { signal }) => {
    try {
      // Marathon compares the whole Accept header, and answers 405 to a list.
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

/** Passes on the bytes of a stream. Heartbeats are bytes as well, so the request's deadline between two pieces detects a dead stream. */
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
    else if (codeOf(error) === 'UND_ERR_BODY_TIMEOUT')
      fail(new Error(`sent nothing for ${silenceMs} ms, although Marathon sends a heartbeat every 10 s`));
    else fail(new Error('lost the event stream', { cause: error }));
  } finally {
    body.destroy();
  }
}

/**
 * Returns the path of the event stream. `event_type` is given once per type (1.3.7 and later; ignored before). `plan-format=light` leaves the copies of
 * all apps out of deployment plans (1.5.9 and later; ignored before).
 */
function pathFor(types: readonly string[]): string {
  const query = new URLSearchParams({ 'plan-format': 'light' });
  for (const type of new Set([ATTACHED, ...types])) query.append('event_type', type);
  return `/v2/events?${query.toString()}`;
}

function refuseOthers(answer: OpenResponse): void {
  try {
    refuseWebPage(answer, 'an event stream');
    const type = String(answer.headers['content-type'] ?? 'no content type');
    if (!type.startsWith('text/event-stream')) throw new Error(`answered with ${type} (HTTP ${answer.status}) instead of an event stream`);
  } catch (error) {
    answer.body.destroy();
    throw error;
  }
}

/** Parses the data of an event. It is usually one JSON text; Marathon sometimes sends several as one event, each on its own line. */
function readData(data: string, log: Pick<Logger, 'debug'>): readonly unknown[] {
  const whole = parse(data);
  if (whole !== undefined) return [whole];
  return data.split('\n').flatMap((line) => {
    const value = parse(line);
    if (value === undefined && line.trim() !== '')
      log.debug({ data: line.slice(0, 200) }, 'an event was skipped because its data is not JSON');
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

/** Returns the event type in the data, where Marathon repeats it; before 0.11 it is only there. */
function typeOf(data: unknown): string | undefined {
  const type = data !== null && typeof data === 'object' && 'eventType' in data ? data.eventType : undefined;
  return typeof type === 'string' ? type : undefined;
}
