import { pipeline, type Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { createGunzip } from 'node:zlib';
import { Agent } from 'undici';
import { makeElementCutter } from '../lib/json-elements.ts';
import { sentence } from '../lib/sentence.ts';
import { shown, type Auth } from './auth.ts';
import { failure, makeGet, refuseWebPage, type Answer, type Get } from './get.ts';

/** How long to wait for what, in milliseconds. */
export interface Deadlines {
  /** Until a connection stands, TLS included. */
  readonly connectMs: number;
  /** From there to the head of the answer: Marathon makes the whole list before it sends a byte. */
  readonly headMs: number;
  /** Between two pieces of the body. */
  readonly silenceMs: number;
  /** For one host's whole answer. */
  readonly wholeMs: number;
}

/** Generous: a big Marathon needs tens of seconds for its apps, and a standby that proxies holds a request for 3 s during an election. */
export const DEADLINES: Deadlines = { connectMs: 5_000, headMs: 60_000, silenceMs: 30_000, wholeMs: 300_000 };

/** What a Marathon cluster is asked. */
export interface Client {
  /** The configured addresses. */
  readonly urls: readonly string[];
  readonly get: Get;
  /**
   * All apps with their tasks, each decoded from its JSON text, in the order they came. Asks the hosts one by one, from the last good one on;
   * what a failing host had sent already is thrown away. `decode` throws when a text is no JSON, which counts as its host's failure. Rejects
   * with a sentence that names every host and what it said, or with the signal's reason.
   */
  readonly readApps: <T>(decode: (json: string) => T, signal: AbortSignal) => Promise<readonly T[]>;
  /** Ends all connections, also those in use. */
  readonly close: () => Promise<void>;
}

interface Settings {
  /** Of the members of one cluster; each may have user info and a path prefix: https://dcos/service/marathon. */
  readonly urls: readonly string[];
  readonly auth: Auth;
  /** PEM texts of the CAs to trust instead of the system's. */
  readonly ca?: string | undefined;
  /** Takes any certificate. */
  readonly insecure?: boolean;
  readonly deadlines?: Deadlines;
  /** Of an unpacked body, 1 GiB when left out. */
  readonly maxBytes?: number;
}

const APPS = '/v2/apps?embed=apps.tasks';
const TURN_MS = 5;

/** A client of one Marathon cluster. Throws when there is no address or one of them is no http(s) URL. */
export function makeClient({ urls, auth, ca, insecure = false, deadlines = DEADLINES, maxBytes = 2 ** 30 }: Settings): Client {
  const bases = urls.map(readUrl);
  if (bases.length === 0) throw new Error("no address of a Marathon is given, at least one is wanted: --marathon 'http://host:8080'");
  const agent = new Agent({
    connect: { timeout: deadlines.connectMs, rejectUnauthorized: !insecure, ...(ca === undefined ? {} : { ca }) },
  });
  const get = makeGet({ agent, auth, connectMs: deadlines.connectMs });
  const readFrom = makeReadFrom({ get, deadlines, maxBytes });
  let good = 0; // the host that answered last

  return {
    urls: bases.map((base) => base.href),
    get,
    async readApps(decode, signal) {
      const failures: string[] = [];
      for (const [i] of bases.entries()) {
        const at = (good + i) % bases.length;
        const base = bases[at] as URL;
        try {
          const apps = await within({ ms: deadlines.wholeMs, signal }, (limited) => readFrom(base, decode, limited));
          good = at;
          return apps;
        } catch (error) {
          signal.throwIfAborted();
          failures.push(`${shown(base)}: ${sentence(error)}`);
        }
      }
      throw new Error(`Marathon's apps could not be read: ${failures.join('; ')}`);
    },
    close: () => agent.destroy(),
  };
}

type ReadFrom = <T>(base: URL, decode: (json: string) => T, signal: AbortSignal) => Promise<readonly T[]>;

/** Reads all apps from one host. */
function makeReadFrom({ get, deadlines, maxBytes }: { readonly get: Get } & Required<Pick<Settings, 'deadlines' | 'maxBytes'>>): ReadFrom {
  return async (base, decode, signal) => {
    const headers = { accept: 'application/json', 'accept-encoding': 'gzip' };
    const answer = await get({ base: base.href, path: APPS, headers, headMs: deadlines.headMs, silenceMs: deadlines.silenceMs, signal });
    try {
      refuseWebPage(answer, 'JSON');
      return await readElements({ body: unpacked(answer), decode, maxBytes, signal });
    } catch (error) {
      throw failure(error, { ...deadlines, signal });
    } finally {
      answer.body.destroy();
    }
  };
}

function readUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url;
  throw new Error(`a Marathon's address is wanted as http://host:8080, found '${text.replace(/^(.*\/\/)?.*@/, '$1')}'`);
}

/** The body without its compression. Whatever ends one of the two streams ends the other. */
function unpacked({ headers, body }: Answer): Readable {
  const coding = String(headers['content-encoding'] ?? 'identity').toLowerCase();
  if (coding === 'identity') return body;
  if (coding !== 'gzip' && coding !== 'x-gzip') throw new Error(`answered in the encoding '${coding}', gzip or none wanted`);
  return pipeline(body, createGunzip({ chunkSize: 256 * 1024 }), () => undefined);
}

interface Elements<T> {
  readonly body: Readable;
  readonly decode: (json: string) => T;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

/** Cuts and decodes while the body comes in, with a turn for everything else at least every 5 ms. */
async function readElements<T>({ body, decode, maxBytes, signal }: Elements<T>): Promise<readonly T[]> {
  const cutter = makeElementCutter('apps');
  const elements: T[] = [];
  let bytes = 0;
  let turn = performance.now();
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new Error(`sent more than ${maxBytes} bytes`);
    for (const json of cutter.push(chunk)) {
      elements.push(decodeElement(json, decode));
      if (performance.now() - turn < TURN_MS) continue;
      await setImmediate();
      signal.throwIfAborted();
      turn = performance.now();
    }
  }
  cutter.end();
  return elements;
}

function decodeElement<T>(json: string, decode: (json: string) => T): T {
  try {
    return decode(json);
  } catch (error) {
    throw new Error('sent an app that is no JSON', { cause: error });
  }
}

/** Runs `work` with a signal that aborts when `signal` does or after `ms`. */
async function within<T>(
  { ms, signal }: { readonly ms: number; readonly signal: AbortSignal },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = new AbortController();
  const pass = (): void => {
    limit.abort(signal.reason);
  };
  signal.addEventListener('abort', pass, { once: true });
  const timer = setTimeout(() => {
    limit.abort(new Error(`no whole answer within ${ms} ms`));
  }, ms);
  try {
    signal.throwIfAborted();
    return await work(limit.signal);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', pass);
  }
}
