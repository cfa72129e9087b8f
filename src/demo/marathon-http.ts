import type { IncomingMessage, ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { messageAnswer, pageAnswer, signInAnswer, unauthorizedAnswer, type MarathonAnswer } from './marathon-answers.ts';
import { answerTo } from './marathon-routes.ts';
import { readBody } from './marathon-body.ts';
import type { Store } from './marathon-store.ts';
import type { Streams } from './marathon-streams.ts';
import type { DemoWrite } from './marathon-writes.ts';

/** What goes wrong on purpose. Setting a field applies to everything that comes afterwards. */
export interface Misbehaviour {
  /**
   * For `/v2/apps` and all paths below: `refuse` resets the connection, `hang` never answers, `html` is a proxy's sign-in page with 200, `error500`
   * is an error message, `broken-json` is a complete answer with half a document, `cut` is half an answer, `unauthorized` is 401, `empty` is an empty
   * list of apps.
   */
  apps: 'ok' | 'refuse' | 'hang' | 'html' | 'error500' | 'broken-json' | 'cut' | 'unauthorized' | 'empty';
  /** For `/v2/pods` and all paths below: `error500` is an error message, `none` is what a Marathon without pods answers. */
  pods: 'ok' | 'error500' | 'none';
  /** For `/v2/events`: `silent` holds back events and heartbeats, also for attached streams; `close-at-once` ends the stream after the head. */
  events: 'ok' | 'silent' | 'close-at-once' | 'html' | 'refuse';
}

/** Credentials for HTTP basic auth. */
export interface Credentials {
  readonly user: string;
  readonly password: string;
}

interface Serving {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly store: Store;
  readonly streams: Streams;
  readonly misbehave: Readonly<Misbehaviour>;
  readonly requests: Map<string, number>;
  readonly credentials: Credentials | undefined;
  /** 'host:port' of this Marathon. */
  readonly leader: string;
  /** What is done for a request that changes something; undefined for a path that takes none. */
  readonly write: (change: DemoWrite) => MarathonAnswer | undefined;
}

/** Counts one request and answers it, or makes it fail on purpose. */
export function serve(serving: Serving): void {
  const { request, requests, credentials } = serving;
  const { path, query } = locate(request);
  requests.set(path, (requests.get(path) ?? 0) + 1);
  if (credentials !== undefined && !isAuthorized(request, credentials)) send(serving, unauthorizedAnswer());
  else if (request.method !== 'GET') void serveChange(serving);
  else if (path === '/v2/events') serveEvents(serving, query);
  else if (path === '/v2/apps' || path.startsWith('/v2/apps/')) serveApps(serving);
  else if (path.startsWith('/v2/pods') && serving.misbehave.pods !== 'ok') send(serving, noPods(serving.misbehave.pods));
  else send(serving, goodAnswer(serving));
}

/** Answers a request that changes something, unless Marathon's answers for apps are switched to a fault. */
async function serveChange(serving: Serving): Promise<void> {
  const { request, write, misbehave } = serving;
  const { path, query } = locate(request);
  const body = await readBody(request);
  if (misbehave.apps === 'error500') {
    send(serving, messageAnswer(500, 'Futures timed out after [2 seconds]'));
    return;
  }
  const answer = write({ method: request.method ?? '', path, query, body });
  send(serving, answer ?? pageAnswer(405, 'HTTP method is not supported by this URL'));
}

function noPods(how: 'error500' | 'none'): MarathonAnswer {
  return how === 'none' ? pageAnswer(405, 'HTTP method GET is not supported by this URL') : messageAnswer(500, 'Futures timed out');
}

function locate({ url = '' }: IncomingMessage): { readonly path: string; readonly query: URLSearchParams } {
  const [path = '', search = ''] = url.split('?', 2);
  return { path: decodePath(path), query: new URLSearchParams(search) };
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path; // the path has a lone `%`
  }
}

function isAuthorized({ headers }: IncomingMessage, { user, password }: Credentials): boolean {
  return headers.authorization === `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

function goodAnswer({ request, store, leader }: Serving): MarathonAnswer {
  return answerTo(store, { ...locate(request), accept: request.headers.accept ?? '', leader });
}

function serveApps(serving: Serving): void {
  const good = goodAnswer(serving);
  switch (serving.misbehave.apps) {
    case 'ok':
      send(serving, good);
      break;
    case 'refuse':
      serving.request.socket.resetAndDestroy();
      break;
    case 'hang':
      break;
    case 'html':
      send(serving, signInAnswer());
      break;
    case 'error500':
      send(serving, messageAnswer(500, 'Futures timed out after [2 seconds]'));
      break;
    case 'broken-json':
      send(serving, { ...good, body: good.body.slice(0, good.body.length / 2) });
      break;
    case 'cut':
      sendHalf(serving, good);
      break;
    case 'unauthorized':
      send(serving, unauthorizedAnswer());
      break;
    case 'empty':
      send(serving, locate(serving.request).path === '/v2/apps' ? { ...good, body: '{"apps":[]}' } : good);
  }
}

function serveEvents(serving: Serving, query: URLSearchParams): void {
  const { request, misbehave } = serving;
  switch (misbehave.events) {
    case 'ok':
    case 'silent':
      attach(serving, query);
      break;
    case 'close-at-once':
      request.socket.end(streamHead(serving));
      break;
    case 'html':
      send(serving, signInAnswer());
      break;
    case 'refuse':
      request.socket.resetAndDestroy();
  }
}

/**
 * Attaches a client to the event stream. Jetty compares each whole Accept line with `text/event-stream`; a list that contains it gets the error page
 * for unsupported methods.
 */
function attach(serving: Serving, query: URLSearchParams): void {
  const { request, store, streams } = serving;
  if (!(request.headersDistinct['accept'] ?? []).includes('text/event-stream')) {
    send(serving, pageAnswer(request.httpVersion === '1.0' ? 400 : 405, 'HTTP method GET is not supported by this URL'));
    return;
  }
  const types = store.dialect.eventFilter ? query.getAll('event_type') : [];
  request.socket.write(streamHead(serving));
  streams.attach({ socket: request.socket, wanted: (eventType) => types.length === 0 || types.includes(eventType) });
}

/** The head of the stream. It is written to the socket itself, because Node would add `Transfer-Encoding: chunked` and `Date`. */
function streamHead(serving: Serving): string {
  const headers = { 'Content-Type': 'text/event-stream;charset=utf-8', Connection: 'close', ...leaderHeaders(serving) };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return ['HTTP/1.1 200 OK', ...lines, '', ''].join('\r\n');
}

/** The headers that a leader's filters add to every answer. */
function leaderHeaders({ leader, store }: Serving): Readonly<Record<string, string>> {
  return {
    'X-Marathon-Leader': `http://${leader}`,
    ...(store.dialect.frameHeaders ? { 'X-Frame-Options': 'DENY', 'X-XSS-Protection': '1; mode=block' } : {}),
    'Cache-Control': 'no-cache, no-store, must-revalidate',
    Pragma: 'no-cache',
    Expires: '0',
  };
}

function send(serving: Serving, answer: MarathonAnswer): void {
  serving.response.end(writeHead(serving, answer));
}

/** Sends a head that promises the whole body, and ends the connection after the first half. */
function sendHalf(serving: Serving, answer: MarathonAnswer): void {
  const { request, response } = serving;
  const body = writeHead(serving, answer);
  response.write(body.subarray(0, body.length / 2), () => request.socket.destroy());
}

/** Writes the head and returns the bytes of the body, compressed with gzip when it is JSON and the client accepts gzip. */
function writeHead(serving: Serving, { status, type, body, headers }: MarathonAnswer): Buffer {
  const { request, response } = serving;
  const zip = type === 'application/json' && /\bgzip\b(?!;q=0)/.test(request.headers['accept-encoding'] ?? '');
  const bytes = zip ? gzipSync(body) : Buffer.from(body);
  response.writeHead(status, {
    ...leaderHeaders(serving),
    'Content-Type': type,
    'Content-Length': bytes.length,
    ...(zip ? { 'Content-Encoding': 'gzip', Vary: 'Accept-Encoding' } : {}),
    ...headers,
  });
  return bytes;
}
