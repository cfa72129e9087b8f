import type { Fragment } from '../model/document.ts';
import type { Front } from '../model/service.ts';
import type { Cors } from '../model/traffic.ts';
import { quoted } from './line-words.ts';
import { networkAcl } from './network-acl.ts';

/** What a preflight request has beside its method and an origin that is allowed [fetch.spec.whatwg.org: CORS-preflight request]. */
export const ASKS_FOR_METHOD = '{ req.hdr(access-control-request-method) -m found }';

/** The condition lines by which a request's origin is one that may use the app. */
export function originAcl(name: string, { origins }: Cors): readonly string[] {
  if (origins.includes('*')) return [`acl ${name} req.hdr(origin) -m reg .`];
  return origins.map((origin) => `acl ${name} req.hdr(origin) -m str ${origin}`);
}

/** The headers of the answer to a preflight request, without those that every answer carries. */
export function preflightHeaders({ methods, headers, maxAgeSeconds }: Cors): string {
  return [
    `hdr Access-Control-Allow-Methods ${quoted(methods.join(', '))}`,
    ...(headers.length === 0 ? [] : [`hdr Access-Control-Allow-Headers ${quoted(headers.join(', '))}`]),
    ...(maxAgeSeconds === undefined ? [] : [`hdr Access-Control-Max-Age ${maxAgeSeconds}`]),
  ].join(' ');
}

/**
 * The lines of a shared frontend that answer preflight requests for a port with a password, before the rule that asks for the password: browsers send no
 * password with a preflight. Such a request does not reach the app. All other requests are asked for the password, and so are preflights with methods,
 * origins or networks that the labels do not allow. `host` is the sample that is compared with the virtual hosts. A port of the routing table has these
 * lines in its backend.
 */
export function preflightFragments(front: Front, host: string): readonly Fragment[] {
  const { preflight, routes, name, app, index } = front;
  const [route] = routes;
  if (preflight === undefined || route === undefined || front.table !== undefined || front.auth === undefined) return [];
  const { cors, allow = [], deny = [], networks } = preflight;
  const named = (what: string): string => `preflight_${what}_${name}`;
  const isAny = cors.origins.includes('*');
  const conditions = [
    ...['METH_OPTIONS', named('host')],
    ...(route.path === undefined ? [] : [named('path')]),
    ...[named('origin'), ASKS_FOR_METHOD],
    ...(allow.length === 0 ? [] : [named('allowed')]),
    ...(networks.length === 0 ? [] : [named('network')]),
    ...(deny.length === 0 ? [] : [`!${named('denied')}`]),
  ];
  const own = [
    `hdr Access-Control-Allow-Origin ${isAny ? "'*'" : '%[req.hdr(origin)]'}`,
    ...(cors.credentials ? ['hdr Access-Control-Allow-Credentials true'] : []),
    ...(isAny ? [] : ['hdr Vary Origin']),
  ].join(' ');
  const lines = [
    ...routes.map((one) => `acl ${named('host')} ${host} ${one.host}`),
    ...(route.path === undefined ? [] : [`acl ${named('path')} path_beg ${route.path}`]),
    ...originAcl(named('origin'), cors),
    ...networkAcl(named('allowed'), allow),
    ...networkAcl(named('network'), networks),
    ...networkAcl(named('denied'), deny),
    `http-request return status 204 ${preflightHeaders(cors)} ${own} if ${conditions.join(' ')}`,
  ];
  const text = lines.map((line) => `  ${line}\n`).join('');
  return [{ template: 'HAPROXY_n_CORS_ORIGINS', owner: { by: 'app', app, index }, text }];
}
