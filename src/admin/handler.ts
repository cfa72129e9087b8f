import type { IncomingMessage, ServerResponse } from 'node:http';
import { LATE, within } from '../lib/deadline.ts';
import type { Logger } from '../lib/logger.ts';
import { sentence } from '../lib/sentence.ts';
import { refuseChange, refuseForeign, type Caller } from './callers.ts';
import { refused, type AdminRoute, type RouteAnswer, type RouteRequest, type Refusal } from './route.ts';
import { makeRouter, type FindRoute, type FoundRoute } from './router.ts';
import { send } from './send.ts';

/** What the handler needs to answer requests. */
export interface Handling {
  readonly routes: readonly AdminRoute[];
  /** Names of this machine, beside its addresses and localhost. */
  readonly names: readonly string[];
  /** The token by which other machines may change something, as it is now; rejects when it can't be read. */
  readonly token: () => Promise<string | undefined>;
  readonly log: Pick<Logger, 'debug' | 'warn'>;
}

/** Answers one request. Never rejects. */
export type AdminHandle = (request: IncomingMessage, response: ServerResponse, via: 'socket' | 'tcp') => Promise<void>;

/** The most bytes of a request's body. No route reads a body, but some clients send one. */
const MOST_BODY = 64 * 1024;
/** Until an answer begins, and until all of it is taken, in milliseconds. A stream goes on for longer. */
const BEGIN_MS = 10_000;
const WHOLE_MS = 60_000;

/** Checks who asks, finds the route, and sends what it answers. */
export function makeHandler({ routes, names, token, log }: Handling): AdminHandle {
  const find = makeRouter(routes);
  return async (request, response, via) => {
    const over = new AbortController();
    response.once('close', () => {
      over.abort(new Error('the client has gone'));
    });
    try {
      const sought = look(request, find);
      const caller = callerOf(request, { via, isPage: 'route' in sought && sought.route.isPage === true });
      const found = refuseForeign(caller, names) ?? tooLong(request) ?? sought;
      const refusal = 'route' in found && found.route.isChange === true ? refuseChange(caller, await token()) : undefined;
      const answer = refusal ?? found;
      if ('route' in answer) await answerBy(answer, { request, response, signal: over.signal });
      else await send(response, refused(answer), over.signal);
    } catch (error) {
      if (over.signal.aborted) return;
      log.warn({ path: request.url?.slice(0, 200), reason: sentence(error) }, 'a request to the admin side could not be answered');
      fail(response, sentence(error));
    }
  };
}

/** How a request came in, and whether it is for the page. */
interface RequestWay {
  readonly via: 'socket' | 'tcp';
  readonly isPage: boolean;
}

function callerOf({ headers, socket }: IncomingMessage, { via, isPage }: RequestWay): Caller {
  const site = headers['sec-fetch-site'];
  return {
    from: via === 'socket' ? 'socket' : { address: socket.remoteAddress },
    host: headers.host,
    origin: headers.origin,
    site: typeof site === 'string' ? site : undefined,
    opensPage: isPage && headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document',
    authorization: headers.authorization,
  };
}

/** Lets a small body pass unread; a long one is refused, and its connection closed. */
function tooLong(request: IncomingMessage): Refusal | undefined {
  let bytes = 0;
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > MOST_BODY) request.destroy();
  });
  if (Number(request.headers['content-length'] ?? 0) <= MOST_BODY) return undefined;
  const hint = 'send the request without a body';
  return { status: 413, error: `a body of more than ${MOST_BODY} bytes is not taken`, hint, headers: { connection: 'close' } };
}

function look(
  { method = 'GET', url = '/' }: IncomingMessage,
  find: FindRoute,
): (FoundRoute & { readonly query: URLSearchParams }) | Refusal {
  try {
    const { pathname, searchParams: query } = new URL(url, 'http://admin');
    const found = find(method, pathname);
    return 'route' in found ? { ...found, query } : found;
  } catch {
    return { status: 400, error: 'the address of the request can not be read', hint: "percent-encode it: a '%' is '%25'" };
  }
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly signal: AbortSignal;
}

type RouteAndQuery = FoundRoute & Pick<RouteRequest, 'query'>;

async function answerBy({ route, params, query }: RouteAndQuery, { request, response, signal }: Exchange): Promise<void> {
  const { deadlineMs = BEGIN_MS } = route;
  request.socket.setTimeout(deadlineMs + WHOLE_MS); // the connection is silent while the answer is made
  const late = AbortSignal.timeout(deadlineMs);
  const made = Promise.resolve(route.answer({ params, query, gone: signal, signal: AbortSignal.any([signal, late]) }));
  const inTime = await within(made, { ms: deadlineMs });
  const answer = inTime === LATE ? lateAnswer(deadlineMs) : inTime;
  const isEndless = 'stream' in answer;
  await send(response, answer, isEndless ? signal : AbortSignal.any([signal, AbortSignal.timeout(WHOLE_MS)]));
}

function lateAnswer(ms: number): RouteAnswer {
  const hint = 'ask again; the log of the daemon says what it is doing';
  return refused({ status: 504, error: `there was no answer within ${ms / 1000} s`, hint });
}

function fail(response: ServerResponse, error: string): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const { text } = refused({ status: 500, error, hint: 'the log of the daemon may say more' }) as Extract<RouteAnswer, { text: string }>;
  response.writeHead(500, { 'content-type': 'application/json', connection: 'close' }).end(text);
}
