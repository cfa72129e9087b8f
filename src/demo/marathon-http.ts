import type { IncomingMessage, ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { messageAnswer, pageAnswer, signInAnswer, unauthorizedAnswer, type Answer } from './marathon-answers.ts';
import { answerTo } from './marathon-routes.ts';
import type { Store } from './marathon-store.ts';
import type { Streams } from './marathon-streams.ts';

/** What goes wrong on purpose. Set a field, and it holds for what comes afterwards. */
export interface Misbehaviour {
  /**
   * For `/v2/apps` and all below: `refuse` resets the connection, `hang` never answers, `html` is a proxy's sign-in page with 200, `error500` a
   * message, `broken-json` a whole answer with half a document, `cut` half an answer, `unauthorized` 401, `empty` a list of
   * apps without one.
   */
  apps: 'ok' | 'refuse' | 'hang' | 'html' | 'error500' | 'broken-json' | 'cut' | 'unauthorized' | 'empty';
  /** For `/v2/events`: `silent` holds events and heart-beats back, of streams that are attached too; `close-at-once` ends behind the head. */
  events: 'ok' | 'silent' | 'close-at-once' | 'html' | 'refuse';
}

/** HTTP basic. */
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
}

/** Counts one request and answers it, or lets it go wrong. */
export function serve(serving: Serving): void {
  const { request, requests, credentials } = serving;
  const { path, query } = locate(request);
  requests.set(path, (requests.get(path) ?? 0) + 1);
  if (credentials !== undefined && !isAuthorized(request, credentials)) send(serving, unauthorizedAnswer());
  else if (request.method !== 'GET') send(serving, pageAnswer(405, 'HTTP method is not supported by this URL'));
  else if (path === '/v2/events') serveEvents(serving, query);
  else if (path === '/v2/apps' || path.startsWith('/v2/apps/')) serveApps(serving);
  else send(serving, goodAnswer(serving));
}

function locate({ url = '' }: IncomingMessage): { readonly path: string; readonly query: URLSearchParams } {
  const [path = '', search = ''] = url.split('?', 2);
  return { path: decodePath(path), query: new URLSearchParams(search) };
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path; // a lone `%`
  }
}

function isAuthorized({ headers }: IncomingMessage, { user, password }: Credentials): boolean {
  return headers.authorization === `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

function goodAnswer({ request, store, leader }: Serving): Answer {
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

/** Jetty compares each Accept line as a whole with `text/event-stream`; a list that contains it is answered by the page for other methods. */
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

/** Written on the socket itself, as Node would add `Transfer-Encoding: chunked` and `Date`. */
function streamHead(serving: Serving): string {
  const headers = { 'Content-Type': 'text/event-stream;charset=utf-8', Connection: 'close', ...leaderHeaders(serving) };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return ['HTTP/1.1 200 OK', ...lines, '', ''].join('\r\n');
}

/** What a leader's filters add to every answer. */
function leaderHeaders({ leader, store }: Serving): Readonly<Record<string, string>> {
  return {
    'X-Marathon-Leader': `http://${leader}`,
    ...(store.dialect.frameHeaders ? { 'X-Frame-Options': 'DENY', 'X-XSS-Protection': '1; mode=block' } : {}),
    'Cache-Control': 'no-cache, no-store, must-revalidate',
    Pragma: 'no-cache',
    Expires: '0',
  };
}

function send(serving: Serving, answer: Answer): void {
  serving.response.end(writeHead(serving, answer));
}

/** The head promises the whole body; the connection ends behind its first half. */
function sendHalf(serving: Serving, answer: Answer): void {
  const { request, response } = serving;
  const body = writeHead(serving, answer);
  response.write(body.subarray(0, body.length / 2), () => request.socket.destroy());
}

/** Returns the bytes of the body, in gzip where JSON is asked for like that. */
function writeHead(serving: Serving, { status, type, body, headers }: Answer): Buffer {
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
