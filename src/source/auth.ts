import { Buffer } from 'node:buffer';
import { withoutEnd } from '../lib/without-end.ts';

/** Request headers by name. */
export type Headers = Readonly<Record<string, string>>;

/** Returns the headers with the credentials. Called before every request, because a login may be needed. Rejects with a sentence when it fails. */
export interface Auth {
  (signal: AbortSignal): Promise<Headers>;
  /** The flag or variable that gave the credentials, for messages; --auth-credentials when left out. */
  readonly from?: string;
  /** Reports that Marathon refused these headers (401), so that the next call logs in again. Undefined when there is no login. */
  readonly forget?: (refused: Headers) => void;
}

/** No credentials, for a Marathon that everybody may read. */
export const noAuth: Auth = () => Promise.resolve({});

/**
 * HTTP basic auth. `credentials` are `user:password`, split at the first colon, because only the password may contain one (RFC 7617). `from` is the
 * flag or variable that gave them. Throws an Error when there is no colon or no user; the message does not contain the credentials.
 */
export function basicAuth(credentials: string, from = '--auth-credentials'): Auth {
  const colon = credentials.indexOf(':');
  if (colon < 0) throw new Error('the credentials have no colon; user:password is wanted');
  if (colon === 0) throw new Error('the credentials have no user; user:password is wanted');
  const headers = basic(credentials.slice(0, colon), credentials.slice(colon + 1));
  return Object.assign(() => Promise.resolve(headers), { from });
}

/** Returns the headers for `http://user:password@host`, decoded as marathon-lb's HTTP library does; empty when the URL has no user. */
export function userInfo({ username, password }: URL): Headers {
  return username === '' ? {} : basic(decoded(username), decoded(password));
}

/** Returns a URL for messages: without user info, query and slashes at its end. */
export function shown(url: URL): string {
  return url.origin + withoutEnd(url.pathname, '/');
}

function basic(user: string, password: string): Headers {
  return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a percent sign that is not an escape is kept
  }
}
