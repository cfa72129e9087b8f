import { createHash, timingSafeEqual } from 'node:crypto';
import { isAddressOrLocal, nameInHost } from '../lib/host-header.ts';
import type { Refusal } from './route.ts';

/** Who sends a request, and how it came in. */
export interface Caller {
  /** Over the socket in the run folder, whose mode says who may open it, or over TCP from this address. */
  readonly from: 'socket' | { readonly address: string | undefined };
  readonly host: string | undefined;
  readonly origin: string | undefined;
  /** The header Sec-Fetch-Site, by which a browser says whose page asks. */
  readonly site: string | undefined;
  /** Whether a browser opens the page itself, in a window of its own, as it does when somebody follows a link. */
  readonly opensPage: boolean;
  /** The header Authorization. */
  readonly authorization: string | undefined;
}

/**
 * Why a request is not answered, whatever it asks for; undefined when it is answered. No page of a foreign site may have a browser ask here: neither
 * directly, which Origin and Sec-Fetch-Site show, nor over a name of the foreign site that resolves to this machine, which Host shows. `names` are the
 * names by which this machine may be called, beside addresses and localhost. A link on a foreign site may lead to the status page, because the site
 * does not see what the page shows.
 */
export function refuseForeign({ from, host, origin, site, opensPage }: Caller, names: readonly string[]): Refusal | undefined {
  if (from !== 'socket' && host !== undefined && !isOwnName(host, names))
    return {
      status: 421,
      error: `the header Host names '${host}', which is not known as a name of this load balancer`,
      hint: `ask by an address, or give the daemon --admin-host ${nameInHost(host)}`,
    };
  const isForeign = origin !== undefined && !isSameOrigin(origin, host);
  if (!isForeign && opensPage) return undefined;
  if (!isForeign && (site === undefined || site === 'same-origin' || site === 'none')) return undefined;
  return {
    status: 403,
    error: `a page of another site${origin === undefined ? '' : ` (${origin})`} asks, and no page of another site is answered`,
    hint: 'open the address itself, or ask by a program that sends no header Origin',
  };
}

/** True for an IP address. Only a name can belong to somebody else and still lead to this machine. */
function isOwnName(host: string, names: readonly string[]): boolean {
  return isAddressOrLocal(host) || names.includes(nameInHost(host));
}

function isSameOrigin(origin: string, host: string | undefined): boolean {
  return URL.canParse(origin) && new URL(origin).host === host?.toLowerCase();
}

/** Returns why this caller may not change anything; undefined when it may. `token` is that of --admin-token-file, if it was given. */
export function refuseChange({ from, authorization }: Caller, token: string | undefined): Refusal | undefined {
  if (from === 'socket' || isLoopback(from.address)) return undefined;
  if (token === undefined)
    return {
      status: 403,
      error: `changes are not taken from ${from.address ?? 'an unknown address'}, only from this machine`,
      hint: 'ask on the machine itself, or give the daemon --admin-token-file',
    };
  const [, given] = /^bearer +(\S+) *$/i.exec(authorization ?? '') ?? [];
  if (given !== undefined && isEqual(given, token)) return undefined;
  return {
    status: 401,
    error: given === undefined ? 'changes from other machines need a token' : 'this is not the token of --admin-token-file',
    hint: "send 'Authorization: Bearer <token>' with the token of --admin-token-file",
    headers: { 'www-authenticate': 'Bearer' },
  };
}

function isLoopback(address = ''): boolean {
  return /^(?:::ffff:)?127\./.test(address) || address === '::1';
}

/** Compares in constant time, so that timing does not reveal the token. */
function isEqual(a: string, b: string): boolean {
  const [one, other] = [a, b].map((text) => createHash('sha256').update(text).digest());
  return timingSafeEqual(one as Buffer, other as Buffer);
}
