import { createPrivateKey, type KeyObject } from 'node:crypto';
import { decodeJwt, SignJWT } from 'jose';
import { Agent, request, type Dispatcher } from 'undici';
import { withDeadline } from '../lib/deadline.ts';
import { sentence } from '../lib/sentence.ts';
import { shown, type Auth, type Headers } from './auth.ts';
import { failure, refuseWebPage } from './http-get.ts';

/** How to log in to DC/OS. */
export interface DcosSettings {
  /** The service account as JSON: {"scheme":"RS256","uid","login_endpoint","private_key"}. */
  readonly credentials: string;
  /** PEM texts of the CAs to trust instead of the system's. */
  readonly ca?: string | undefined;
  /** Accepts any certificate. */
  readonly insecure?: boolean;
  /** Returns milliseconds since 1970. */
  readonly now: () => number;
  /** How long one login may take, in milliseconds. */
  readonly deadlineMs?: number;
}

/** A DC/OS service account. */
interface Account {
  readonly uid: string;
  readonly endpoint: URL;
  readonly key: KeyObject;
}

/** The result of a login, with the times when it should be renewed and when it ends, in milliseconds since 1970. */
interface Token {
  readonly headers: Headers;
  readonly renewAt: number;
  readonly endsAt: number;
}

const LOGIN_S = 60; // lifetime of the token that we sign for the login
const WISH_S = 3600; // lifetime of the token that we ask for, as marathon-lb does; the token says what DC/OS grants
const EARLY_MS = 60_000;
const MOST_BYTES = 2 ** 20;

/**
 * Auth with a DC/OS service account. It logs in with the account's private key, and again a minute before the token ends or when Marathon refuses
 * the token. Calls during a login wait for that login. If a login fails, the old token is used while it is valid. Throws an Error that names the
 * field when the credentials are not what DC/OS issues. No message contains a key or a token.
 */
export function dcosAuth({ credentials, ca, insecure = false, now, deadlineMs = 10_000 }: DcosSettings): Auth {
  const account = readAccount(credentials);
  const connect = { timeout: deadlineMs, rejectUnauthorized: !insecure, ...(ca === undefined ? {} : { ca }) };
  let kept: Token | undefined;
  const login = shared(deadlineMs, async (signal) => (kept = await logIn(account, { connect, now, signal })));
  const renewed = async (signal: AbortSignal): Promise<Token> => {
    try {
      return await login(signal);
    } catch (error) {
      if (kept === undefined || now() >= kept.endsAt) throw error;
      return kept;
    }
  };
  const headers = async (signal: AbortSignal): Promise<Headers> => {
    const token = kept !== undefined && now() < kept.renewAt ? kept : await renewed(signal);
    return token.headers;
  };
  const forget = (refused: Headers): void => {
    if (kept?.headers['authorization'] === refused['authorization']) kept = undefined; // a login that ran in the meantime may have brought a newer token
  };
  return Object.assign(headers, { from: '--dcos-auth-credentials', forget });
}

function readAccount(credentials: string): Account {
  const fields = readFields(credentials);
  if (textOf(fields, 'scheme') !== 'RS256') throw new Error(`the "scheme" of the DC/OS credentials must be "RS256"`);
  const uid = textOf(fields, 'uid');
  const endpoint = textOf(fields, 'login_endpoint');
  if (!/^https?:/i.test(endpoint) || !URL.canParse(endpoint))
    throw new Error('the "login_endpoint" of the DC/OS credentials must look like https://host/acs/api/v1/auth/login');
  return { uid, endpoint: new URL(endpoint), key: readKey(textOf(fields, 'private_key')) };
}

function readFields(credentials: string): Readonly<Record<string, unknown>> {
  const value = parse(credentials);
  if (value !== null && typeof value === 'object' && !Array.isArray(value)) return value as Readonly<Record<string, unknown>>;
  throw new Error('the DC/OS credentials must be a JSON object with "scheme", "uid", "login_endpoint" and "private_key"');
}

function textOf(fields: Readonly<Record<string, unknown>>, name: string): string {
  const value = fields[name] ?? undefined;
  if (value === undefined) throw new Error(`the DC/OS credentials have no "${name}"`);
  if (typeof value !== 'string' || value.trim() === '')
    throw new Error(`the "${name}" of the DC/OS credentials must be a text that is not empty`);
  return value;
}

/** Reads a private key, PKCS#8 or PKCS#1. Line ends may be written as `\n`, as variables and web forms often have them. */
function readKey(pem: string): KeyObject {
  const wanted = 'the "private_key" of the DC/OS credentials must be the PEM text of an RSA key of at least 2048 bits';
  const key = parsePem(pem.replaceAll('\\r', '').replaceAll('\\n', '\n'));
  if (key === undefined) throw new Error(`${wanted}, without a passphrase`);
  if (key.asymmetricKeyType !== 'rsa') throw new Error(`${wanted}, but is a different kind of key`);
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  if (bits < 2048) throw new Error(`${wanted}, but has ${bits}`);
  return key;
}

interface LoginAttempt {
  readonly connect: { readonly timeout: number; readonly rejectUnauthorized: boolean; readonly ca?: string };
  readonly now: () => number;
  readonly signal: AbortSignal;
}

async function logIn({ uid, endpoint, key }: Account, attempt: LoginAttempt): Promise<Token> {
  try {
    const nowS = Math.floor(attempt.now() / 1000);
    const signed = await new SignJWT({ uid, exp: nowS + LOGIN_S }).setProtectedHeader({ alg: 'RS256', typ: 'JWT' }).sign(key);
    return readToken(await post(endpoint, { uid, token: signed, exp: nowS + WISH_S }, attempt), attempt.now());
  } catch (error) {
    throw new Error(`no DC/OS login as '${uid}' at ${shown(endpoint)}: ${sentence(error)}`, { cause: error });
  }
}

/** POSTs JSON and returns the text of the answer. The connection is not kept, because the next login is an hour away. */
async function post(url: URL, body: object, { connect, signal }: LoginAttempt): Promise<string> {
  const agent = new Agent({ connect, maxResponseSize: MOST_BYTES });
  const headers = { 'content-type': 'application/json', accept: 'application/json' };
  const options = { dispatcher: agent, method: 'POST', headers, body: JSON.stringify(body), signal } as const;
  try {
    return await textIn(await request(url.origin + url.pathname + url.search, options));
  } catch (error) {
    const ms = connect.timeout;
    throw failure(error, { connectMs: ms, headMs: ms, silenceMs: ms, signal });
  } finally {
    await agent.destroy();
  }
}

/** Returns the body of a 2xx answer. Throws a sentence for all others. */
function textIn({ statusCode: status, headers, body }: Dispatcher.ResponseData): Promise<string> {
  body.on('error', () => undefined); // a body that is not read is destroyed with its agent
  if (status === 401)
    throw new Error("answered HTTP 401: it does not accept this account's key, or one of the two clocks is wrong by a minute");
  refuseWebPage({ status, headers }, 'JSON');
  if (status >= 300 && status < 400) throw new Error(`answered HTTP ${status}, a redirect, which is not followed`);
  if (status < 200 || status >= 300) throw new Error(`answered HTTP ${status}`);
  return body.text();
}

function readToken(answer: string, now: number): Token {
  const value = parse(answer);
  const token = value !== null && typeof value === 'object' && 'token' in value ? value.token : undefined;
  if (typeof token !== 'string' || !/^[\x21-\x7e]+$/.test(token)) throw new Error('answered with no token');
  const endsAt = endOf(token) ?? now + WISH_S * 1000;
  return { headers: { authorization: `token=${token}` }, endsAt, renewAt: endsAt - Math.min(EARLY_MS, (endsAt - now) / 2) };
}

/** Returns when a token ends, if the token says so. */
function endOf(token: string): number | undefined {
  try {
    const { exp } = decodeJwt(token);
    return Number.isFinite(exp) ? Number(exp) * 1000 : undefined;
  } catch {
    return undefined; // a token does not have to be a JWT
  }
}

/** Parses JSON. Returns undefined on failure, because the parser's error message would quote a part of the text. */
function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function parsePem(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    return undefined;
  }
}

interface SharedRun<T> {
  readonly result: Promise<T>;
  readonly stop: AbortController;
  waiting: number;
}

/** Makes a function whose calls share one run of `work`. Each call stops waiting at its own signal. A run is stopped after `ms`, or when none waits. */
function shared<T>(ms: number, work: (signal: AbortSignal) => Promise<T>): (signal: AbortSignal) => Promise<T> {
  let current: SharedRun<T> | undefined;
  return async (signal) => {
    signal.throwIfAborted();
    const run = (current ??= start(ms, work));
    run.waiting++;
    try {
      return await unless(signal, run.result);
    } finally {
      run.waiting--;
      if (run.waiting === 0) run.stop.abort();
      if (run.waiting === 0 && current === run) current = undefined;
    }
  };
}

function start<T>(ms: number, work: (signal: AbortSignal) => Promise<T>): SharedRun<T> {
  const stop = new AbortController();
  const late = (): Error => new Error(`no answer within ${ms} ms`);
  const result = withDeadline({ ms, signal: stop.signal, late }, work);
  return { result, stop, waiting: 0 };
}

/** Resolves with `result`, or rejects when the signal aborts first. */
function unless<T>(signal: AbortSignal, result: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const leave = (): void => {
      reject(signal.reason as Error);
    };
    signal.addEventListener('abort', leave, { once: true });
    void result.then(resolve, reject).finally(() => {
      signal.removeEventListener('abort', leave);
    });
  });
}
