import { Buffer } from 'node:buffer';
import { pipeline, type Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { createGunzip } from 'node:zlib';
import { makeElementCutter } from '../lib/json-elements.ts';
import type { Answer } from './http-get.ts';

const TURN_MS = 5;

/** Returns the body, unpacked if it is gzip. When one of the two streams ends or fails, so does the other. Throws for other encodings. */
export function unpacked({ headers, body }: Answer): Readable {
  const coding = String(headers['content-encoding'] ?? 'identity').toLowerCase();
  if (coding === 'identity') return body;
  if (coding !== 'gzip' && coding !== 'x-gzip') throw new Error(`answered in the encoding '${coding}', but only gzip or none is supported`);
  return pipeline(body, createGunzip({ chunkSize: 256 * 1024 }), () => undefined);
}

/** The largest answer that is read, unpacked. A larger answer does not come from Marathon and would use up all memory. */
export interface Limits {
  readonly bytes: number;
  /** For one app with its tasks. */
  readonly appBytes: number;
  readonly apps: number;
}

/** Ten times what 10,000 apps of 5 tasks need; for one app, room for 100,000 tasks. */
export const LIMITS: Limits = { bytes: 2 ** 29, appBytes: 2 ** 26, apps: 100_000 };

interface Elements<T> {
  readonly body: Readable;
  /** The member that is the list: 'apps'; when left out, the whole body is the list. */
  readonly key?: string;
  readonly decode: (json: string) => T;
  readonly limits: Limits;
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

/** Reads the whole body as JSON. Rejects with a sentence when it is too large or not JSON. */
export async function readJson(body: Readable, maxBytes: number): Promise<unknown> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of limited(body, maxBytes)) chunks.push(chunk);
  try {
    return JSON.parse(Buffer.concat(chunks).toString());
  } catch (error) {
    throw new Error('sent something that is not JSON', { cause: error });
  }
}

async function* limited(body: Readable, maxBytes: number): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new Error(`sent more than ${maxBytes} bytes`);
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
