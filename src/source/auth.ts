import { Buffer } from 'node:buffer';

/** Request headers by name. */
export type Headers = Readonly<Record<string, string>>;

/** The headers that say who asks. Asked before every request, as a login may have to be made or renewed; a failure is an Error sentence. */
export interface Auth {
  (signal: AbortSignal): Promise<Headers>;
  /** Where the credentials were given, for people; --auth-credentials when left out. */
  readonly from?: string;
  /** Says that Marathon did not take these headers (401): the next ones come from a fresh login. There where one can be made. */
  readonly forget?: (refused: Headers) => void;
}

/** For a Marathon that lets everybody read. */
export const noAuth: Auth = () => Promise.resolve({});

/**
 * HTTP basic. `credentials` are `user:password`, split at the first colon: a user name has none, a password may have (RFC 7617). Throws an
 * Error when there is no colon or no user; it does not tell what was given. `from` is the flag or variable that gave them.
 */
export function basicAuth(credentials: string, from = '--auth-credentials'): Auth {
  const colon = credentials.indexOf(':');
  if (colon < 0) throw new Error('credentials are wanted as user:password, and these have no colon');
  if (colon === 0) throw new Error('credentials are wanted as user:password, and these have no user');
  const headers = basic(credentials.slice(0, colon), credentials.slice(colon + 1));
  return Object.assign(() => Promise.resolve(headers), { from });
}

/** The headers for the user info of `http://user:password@host`, as marathon-lb's HTTP library understands it; none without. */
export function userInfo({ username, password }: URL): Headers {
  return username === '' ? {} : basic(decoded(username), decoded(password));
}

/** A URL for people: without user info, query and trailing slash. */
export function shown(url: URL): string {
  return url.origin + url.pathname.replace(/\/+$/, '');
}

function basic(user: string, password: string): Headers {
  return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a lone percent sign stands for itself
  }
}
