import { withDeadline } from '../lib/deadline.ts';
import { sentence } from '../lib/sentence.ts';
import { shown } from './auth.ts';
import { readJson } from './body.ts';
import type { Client } from './client.ts';

/** Something that Marathon is to change. */
export interface WriteRequest {
  readonly method: 'POST' | 'PUT' | 'DELETE';
  /** Begins with /v2. */
  readonly path: string;
  readonly body?: unknown;
  readonly signal: AbortSignal;
}

/** What Marathon answered, whatever its status. `json` is undefined when the body is something else. */
export interface WriteResponse {
  readonly status: number;
  readonly json: unknown;
}

/**
 * Has Marathon change something. Hosts are asked one after the other until one answers with a status below 500. Rejects with a sentence that names
 * every host; the change may have been made all the same, so the caller reads again before it sends anything else.
 */
export type Write = (change: WriteRequest) => Promise<WriteResponse>;

/** The waits for a change, in milliseconds: Marathon answers when it has stored the change. */
const WAITS = { headMs: 30_000, silenceMs: 10_000 };
const WHOLE_MS = 40_000;
const MOST_BYTES = 64 * 2 ** 20;

/** Makes a function that sends changes with a client's credentials, to its hosts. */
export function makeWrite({ get, urls }: Pick<Client, 'get' | 'urls'>): Write {
  const send = async (base: string, { method, path, body, signal }: WriteRequest): Promise<WriteResponse> => {
    const headers = { accept: 'application/json', 'content-type': 'application/json' };
    const text = body === undefined ? undefined : JSON.stringify(body);
    const answer = await get({ base, path, method, headers, body: text, also: 'all', ...WAITS, signal });
    const json = await readJson(answer, MOST_BYTES).catch(() => undefined);
    return { status: answer.status, json };
  };
  return async (change) => {
    const failures: string[] = [];
    for (const base of urls) {
      try {
        const late = (): Error => new Error(`no whole answer within ${WHOLE_MS} ms`);
        const written = await withDeadline({ ms: WHOLE_MS, signal: change.signal, late }, (signal) => send(base, { ...change, signal }));
        if (written.status < 500) return written;
        failures.push(`${shown(new URL(base))}: answered HTTP ${written.status}`);
      } catch (error) {
        change.signal.throwIfAborted();
        failures.push(`${shown(new URL(base))}: ${sentence(error)}`);
      }
    }
    throw new Error(`Marathon could not be changed (${change.method} ${change.path}): ${failures.join('; ')}`);
  };
}
