import type { Fragment } from '../model/document.ts';
import type { Front } from '../model/service.ts';

/** Whether a request came by the routing table, and not by the port's own frontend or the one by app id. */
const BY_TABLE = '{ var(txn.mlb_b) -m found }';

/**
 * The lines in the backend of a port in the routing table that are rules of the shared frontends for other ports: redirect to https, basic auth, and
 * the cookie of a split. In the backend they concern exactly the requests that the table leads there.
 */
export function tableFragments(front: Front, isSticky: boolean, preflight: readonly Fragment[]): readonly Fragment[] {
  if (front.table === undefined || front.routes.length === 0) return preflight;
  const redirect = front.redirectToHttps ? [`http-request redirect scheme https code 301 if ${BY_TABLE} !{ ssl_fc }`] : [];
  const lines = [
    ...(front.auth === undefined
      ? []
      : [`http-request auth realm "${front.auth.realm}" if ${BY_TABLE} !{ http_auth(user_${front.name}) }`]),
    ...(isSticky ? cookieLines(front) : []),
  ];
  return preflight.length === 0
    ? fragmentOf(front, [...redirect, ...lines])
    : [...fragmentOf(front, redirect), ...preflight, ...fragmentOf(front, lines)];
}

function fragmentOf({ app, index }: Front, lines: readonly string[]): readonly Fragment[] {
  if (lines.length === 0) return [];
  const text = lines.map((line) => `  ${line}\n`).join('');
  return [{ template: 'the routing table', owner: { by: 'app', app, index }, text }];
}

/** The cookie that brings a client back to its app. An id that can't be the value of a cookie gets none. */
function cookieLines({ app, split, routes, table }: Front): readonly string[] {
  const id = app.toLowerCase();
  if (split === undefined || !/^[\w./-]+$/.test(id)) return [];
  const path = routes[0]?.path;
  const at = path !== undefined && table !== 'regex' && /^[\w./~-]+$/.test(path) ? path : '/';
  return [
    `http-response add-header Set-Cookie "marathon_split=${id}; Path=${at}; HttpOnly" if { var(txn.mlb_slot) -m found } !{ var(txn.mlb_had) -m str ${id} }`,
  ];
}
