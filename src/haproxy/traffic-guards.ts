import type { ErrorPage, Front } from '../model/service.ts';
import type { Traffic } from '../model/traffic.ts';
import { aboveLimit, type LimitSource } from './limits.ts';
import { quoted } from './line-words.ts';
import { networkAcl } from './network-acl.ts';
import { PEERS } from './peers.ts';

/** Which lines a label makes; `label` is its name behind HAPROXY_n_. */
export interface LinesOfLabel {
  readonly label: string;
  readonly lines: readonly string[];
}

/** The lines that refuse clients, requests or connections, in the order in which they are asked. */
export function guardLines(traffic: Traffic, front: Pick<Front, 'mode' | 'pages'>, limits: LimitSource): readonly LinesOfLabel[] {
  return front.mode === 'http' ? httpGuards(traffic, front, limits) : tcpGuards(traffic, limits);
}

/** The words of a reply of HAProxy's that has a page as its body. */
export function contentOf({ file, type }: ErrorPage): string {
  return `content-type ${quoted(type)} file ${quoted(file)}`;
}

interface RefusalLines {
  readonly unless: (acl: string) => string;
  readonly when: (acl: string) => string;
}

function networkLines({ allow, deny }: Traffic, { unless, when }: RefusalLines): readonly LinesOfLabel[] {
  return [
    { label: 'DENY', lines: deny === undefined ? [] : [...networkAcl('marathon_lb_denied', deny), when('marathon_lb_denied')] },
    { label: 'ALLOW', lines: allow === undefined ? [] : [...networkAcl('marathon_lb_allowed', allow), unless('marathon_lb_allowed')] },
  ];
}

function httpGuards(traffic: Traffic, { pages = [] }: Pick<Front, 'pages'>, limits: LimitSource): readonly LinesOfLabel[] {
  const { maxTotal, maxBody } = traffic;
  return [
    ...networkLines(traffic, { when: (acl) => `http-request deny if ${acl}`, unless: (acl) => `http-request deny unless ${acl}` }),
    { label: 'RATE_LIMIT', lines: rateLines(traffic, pages, limits) },
    { label: 'MAXCONN_TOTAL', lines: maxTotal === undefined ? [] : connectionLines('http-request deny deny_status 503', limits) },
    { label: 'MAX_BODY', lines: maxBody === undefined ? [] : bodyLines(limits) },
  ];
}

function tcpGuards(traffic: Traffic, limits: LimitSource): readonly LinesOfLabel[] {
  const { maxTotal } = traffic;
  return [
    ...networkLines(traffic, {
      when: (acl) => `tcp-request content reject if ${acl}`,
      unless: (acl) => `tcp-request content reject unless ${acl}`,
    }),
    { label: 'MAXCONN_TOTAL', lines: maxTotal === undefined ? [] : connectionLines('tcp-request content reject', limits) },
  ];
}

function connectionLines(act: string, limits: LimitSource): readonly string[] {
  return aboveLimit(limits, 'connections', { value: 'be_conn', act });
}

/**
 * The table has the backend's own name, and grows with the clients that it counts. The third counter is one that no template of ours uses. The
 * rule names the page itself: HAProxy uses no `http-error` where a header is added [haproxy 2.6].
 */
function rateLines({ rateLimit }: Traffic, pages: readonly ErrorPage[], limits: LimitSource): readonly string[] {
  if (rateLimit === undefined) return [];
  const { milliseconds } = rateLimit;
  const page = pages.find(({ status }) => status === 429);
  const answer = `${page === undefined ? '' : `${contentOf(page)} `}hdr Retry-After ${Math.ceil(milliseconds / 1000)}`;
  return [
    `stick-table type ipv6 size 100k expire ${milliseconds}ms store http_req_rate(${milliseconds}ms)${limits.outlives ? ` peers ${PEERS}` : ''}`,
    'http-request track-sc2 src',
    ...aboveLimit(limits, 'rate', { value: 'sc_http_req_rate(2)', act: `http-request deny deny_status 429 ${answer}` }),
  ];
}

/**
 * A body whose length is not told in advance would pass the limit: HAProxy counts only what has arrived. Over HTTP/2 such a body has no header that
 * says so [haproxy 2.6]. Of the methods that usually have none, a body is seen only when it comes with the headers: to wait for it takes as long with
 * every request that has none.
 */
function bodyLines(limits: LimitSource): readonly string[] {
  const unknown = '{ req.ver 2.0 } !{ req.hdr(content-length) -m found }';
  return [
    'http-request return status 411 if { req.hdr(transfer-encoding) -m found }',
    `http-request return status 411 if ${unknown} !{ method GET HEAD OPTIONS DELETE }`,
    `http-request return status 411 if ${unknown} { req.body_size gt 0 }`,
    ...aboveLimit(limits, 'body', { value: 'req.body_size', act: 'http-request deny deny_status 413' }),
  ];
}
