import { Buffer } from 'node:buffer';
import { pipeline, type Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { promisify } from 'node:util';
import { createGunzip, gunzip, gunzipSync, type ZlibOptions } from 'node:zlib';
import { makeElementCutter } from '../lib/json-elements.ts';
import { codeOf, type OpenResponse } from './http-get.ts';

const TURN_MS = 5;

/**
 * Returns the body, unpacked if it is gzip. When the body fails or is destroyed, so is the unpacked stream, and the other way round. Throws for
 * encodings other than gzip.
 */
export function unpacked(answer: OpenResponse): Readable {
  return isPacked(answer) ? pipeline(answer.body, createGunzip({ chunkSize: 256 * 1024 }), () => undefined) : answer.body;
}

/** Whether a body is gzip. Throws for other encodings. */
function isPacked({ headers }: OpenResponse): boolean {
  const coding = String(headers['content-encoding'] ?? 'identity').toLowerCase();
  if (coding === 'identity') return false;
  if (coding === 'gzip' || coding === 'x-gzip') return true;
  throw new Error(`answered in the encoding '${coding}', but only gzip or none is supported`);
}

/** The largest answer that is read, unpacked. A larger answer does not come from Marathon and would use up all memory. */
export interface BodyLimits {
  readonly bytes: number;
  /** For one app with its tasks. */
  readonly appBytes: number;
  readonly apps: number;
}

/** Ten times what 10,000 apps of 5 tasks need; for one app, room for 100,000 tasks. */
export const LIMITS: BodyLimits = { bytes: 2 ** 29, appBytes: 2 ** 26, apps: 100_000 };

interface Elements<T> {
  readonly body: Readable;
  /** The member that is the list: 'apps'; when left out, the whole body is the list. */
  readonly key?: string;
  readonly decode: (json: string) => T;
  readonly limits: BodyLimits;
  /** Milliseconds. */
  readonly now: () => number;
  readonly signal: AbortSignal;
}

/** Decodes the elements of a list while the body arrives. Yields to the event loop at least every 5 ms. Rejects with a sentence. */
export async function readElements<T>({ body, key, decode, limits, now, signal }: Elements<T>): Promise<readonly T[]> {
  const cutter = makeElementCutter(key);
  const elements: T[] = [];
  let open = 0; // bytes since the end of the last element
  let turn = now();
  for await (const chunk of limited(body, limits.bytes)) {
    const texts = cutter.push(chunk);
    open = texts.length > 0 ? 0 : open + chunk.length;
    if (open > limits.appBytes) throw new Error(`sent more than ${limits.appBytes} bytes without the end of an app`);
    if (elements.length + texts.length > limits.apps) throw new Error(`sent more than ${limits.apps} apps`);
    for (const json of texts) {
      elements.push(decodeElement(json, decode));
      if (now() - turn < TURN_MS) continue;
      await setImmediate();
      signal.throwIfAborted();
      turn = now();
    }
  }
  cutter.end();
  return elements;
}

/** Reads the whole body as JSON, unpacked if it is gzip. Rejects with a sentence when it is too large, not JSON, or in another encoding. */
export async function readJson(answer: OpenResponse, maxBytes: number): Promise<unknown> {
  const packed = isPacked(answer);
  const chunks: Uint8Array[] = [];
  for await (const chunk of limited(answer.body, maxBytes)) chunks.push(chunk);
  const whole = Buffer.concat(chunks);
  const text = (packed ? await unpack(whole, maxBytes) : whole).toString();
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error('sent something that is not JSON', { cause: error });
  }
}

/** What is packed in fewer bytes than this is unpacked at once: the answer about one app, for which a stream or a thread takes ten times as long. */
const AT_ONCE_BYTES = 64 * 1024;

const gunzipInThread = promisify<Uint8Array, ZlibOptions, Buffer>(gunzip);

async function unpack(packed: Uint8Array, maxBytes: number): Promise<Buffer> {
  const options = { maxOutputLength: maxBytes };
  try {
    return packed.length < AT_ONCE_BYTES ? gunzipSync(packed, options) : await gunzipInThread(packed, options);
  } catch (error) {
    throw codeOf(error) === 'ERR_BUFFER_TOO_LARGE' ? moreThan(maxBytes) : error;
  }
}

function moreThan(bytes: number): Error {
  return new Error(`sent more than ${bytes} bytes`);
}

async function* limited(body: Readable, maxBytes: number): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw moreThan(maxBytes);
    yield chunk;
  }
}

function decodeElement<T>(json: string, decode: (json: string) => T): T {
  try {
    return decode(json);
  } catch (error) {
    throw new Error('sent an app that is not JSON', { cause: error });
  }
}
