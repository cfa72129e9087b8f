import type { Readable } from 'node:stream';
import { request, type Dispatcher } from 'undici';
import { sentence } from '../lib/sentence.ts';
import { userInfo, type Auth, type Headers } from './auth.ts';
import { leaderOf, type MayTrust } from './leader.ts';
import { withoutEnd } from '../lib/without-end.ts';

/** One GET request. `base` is a configured URL; `path` begins with /v2 and may have a query. */
export interface GetRequest {
  readonly base: string;
  readonly path: string;
  readonly headers: Headers;
  readonly headMs: number;
  readonly silenceMs: number;
  readonly signal: AbortSignal;
  /** A status beside 2xx that is not an error: 404 when the thing asked for may not exist; `all` for every status but 401. */
  readonly also?: readonly number[] | 'all';
  /** GET when left out. */
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** JSON to be sent. */
  readonly body?: string | undefined;
}

/** An answer with a 2xx status, or a status of `also`. Its body must be read to the end or destroyed. */
export interface OpenResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Readable;
}

/** Asks one Marathon, and if it redirects to its leader, asks the leader. Rejects with a sentence to be written after the URL and a colon. */
export type Get = (question: GetRequest) => Promise<OpenResponse>;

/** Throws when an answer is HTML, which is a proxy's error page or a login page. */
export function refuseWebPage({ status, headers }: Pick<OpenResponse, 'status' | 'headers'>, wanted: string): void {
  if (/html/i.test(String(headers['content-type']))) throw new Error(`answered with a web page (HTTP ${status}) instead of ${wanted}`);
}

/** The deadlines of a request, for its error messages, and its signal. */
export interface Waits {
  readonly connectMs: number;
  readonly headMs: number;
  readonly silenceMs: number;
  readonly signal: AbortSignal;
}

/** Turns an error of undici, Node or zlib into an Error with a sentence. If the signal has aborted, returns its reason instead. */
export function failure(error: unknown, waits: Waits): unknown {
  if (waits.signal.aborted) return waits.signal.reason;
  const code = codeOf(error);
  if (code === 'UND_ERR_CONNECT_TIMEOUT') return new Error(`no connection within ${waits.connectMs} ms`);
  if (code === 'UND_ERR_HEADERS_TIMEOUT') return new Error(`no answer within ${waits.headMs} ms`);
  if (code === 'UND_ERR_BODY_TIMEOUT') return new Error(`nothing came for ${waits.silenceMs} ms in the middle of the answer`);
  if (code === 'UND_ERR_SOCKET' || code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH' || code === 'Z_BUF_ERROR')
    return new Error('closed the connection in the middle of the answer');
  if (code.startsWith('Z_')) return new Error('sent a broken gzip');
  if (/CERT|SELF_SIGNED|LEAF_SIGNATURE|ERR_SSL|ERR_TLS|EPROTO/.test(code))
    return new Error(`no TLS connection, ${sentence(error)} (${code}); --marathon-ca-cert names the file of the CA to trust`);
  return error;
}

/** Returns an error's code: ECONNREFUSED, UND_ERR_BODY_TIMEOUT; empty when it has none. */
export function codeOf(error: unknown): string {
  return error !== null && typeof error === 'object' && 'code' in error ? String(error.code) : '';
}

interface GetParts {
  readonly agent: Dispatcher;
  readonly auth: Auth;
  readonly connectMs: number;
  readonly mayTrust: MayTrust;
}

/** Makes a `Get` that sends credentials. If Marathon answers 401 and a login is possible, it logs in again and asks a second time. */
export function makeGet({ agent, auth, connectMs, mayTrust }: GetParts): Get {
  const way = { send: makeSend(agent, connectMs), mayTrust };
  return async (question) => {
    const given = await auth(question.signal);
    const heard = await ask(question, given, way);
    if (heard.response.statusCode !== 401 || auth.forget === undefined) return accept({ ...heard, also: question.also }, auth);
    heard.response.body.destroy();
    auth.forget(given);
    return accept({ ...(await ask(question, await auth(question.signal), way)), also: question.also }, auth);
  };
}

type Send = (url: URL, question: Omit<GetRequest, 'base' | 'path'>) => Promise<Dispatcher.ResponseData>;

function makeSend(agent: Dispatcher, connectMs: number): Send {
  return async (url, { headers, headMs, silenceMs, signal, method = 'GET', body }) => {
    try {
      const sent = body === undefined ? {} : { body };
      const options = { dispatcher: agent, method, ...sent, headers, headersTimeout: headMs, bodyTimeout: silenceMs, signal };
      const response = await request(url.origin + url.pathname + url.search, options);
      response.body.on('error', () => undefined); // the reader gets the error; without this listener, destroying an unread body would end the process
      return response;
    } catch (error) {
      throw failure(error, { connectMs, headMs, silenceMs, signal });
    }
  };
}

interface SendAndTrust {
  readonly send: Send;
  readonly mayTrust: MayTrust;
}

/** An answer. `by` names the leader for the error message and is empty for the host itself; `secret` says whether credentials were sent. */
interface HostResponse {
  readonly response: Dispatcher.ResponseData;
  readonly by: string;
  readonly secret: boolean;
}

/** Asks one host, and its leader if it redirects there. */
async function ask({ base, path, headers, ...rest }: GetRequest, given: Headers, { send, mayTrust }: SendAndTrust): Promise<HostResponse> {
  const configured = new URL(base);
  const credentials = { ...userInfo(configured), ...given };
  const secret = Object.keys(credentials).length > 0;
  const all = { ...rest, headers: { ...headers, ...credentials } };
  const first = await send(below(configured, path), all);
  if (!isRedirect(first)) return { response: first, by: '', secret };
  first.body.destroy();
  const location = [first.headers['location']].flat()[0];
  const leader = leaderOf({ from: configured, path: path.replace(/\?.*/, ''), location, secret, mayTrust });
  const by = `its leader ${leader.origin}: `;
  try {
    return { response: await send(leader, all), by, secret };
  } catch (error) {
    if (rest.signal.aborted) throw error;
    throw new Error(by + sentence(error), { cause: error });
  }
}

/** Returns the answer if its status is 2xx or one of `also`; throws a sentence for all others. A redirect here is a second one, so it is an error. */
function accept(
  { response, by, secret, also }: HostResponse & { readonly also: GetRequest['also'] },
  { from = '--auth-credentials' }: Auth,
): OpenResponse {
  const { statusCode: status, headers, body } = response;
  if (
    (status >= 200 && status < 300) ||
    (also !== 'all' && also?.includes(status) === true) ||
    (also === 'all' && status >= 400 && status !== 401)
  )
    return { status, headers, body };
  body.destroy();
  const said = `${by}answered HTTP ${status}`;
  if (status === 401 && secret) throw new Error(`${said}: it does not accept the credentials of ${from}`);
  if (status === 401) throw new Error(`${said}: it wants credentials, which --auth-credentials user:password gives`);
  if (status >= 300 && status < 400) throw new Error(`${said}, a second redirect, which is not followed`);
  throw new Error(said);
}

function isRedirect({ statusCode }: Dispatcher.ResponseData): boolean {
  return statusCode >= 300 && statusCode < 400;
}

/** Returns the URL of `path` below the path of `base`. */
function below(base: URL, path: string): URL {
  return new URL(base.origin + withoutEnd(base.pathname, '/') + path);
}
