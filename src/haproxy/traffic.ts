import type { Fragment } from '../model/document.ts';
import type { AppOwner } from '../model/problem.ts';
import type { BackendOptions, ErrorPage, Front } from '../model/service.ts';
import type { BackendTls, HeaderChange, Traffic } from '../model/traffic.ts';
import type { LimitSource } from './limits.ts';
import { quoted } from './line-words.ts';
import { answerLines } from './traffic-answers.ts';
import { clientTlsLines } from './client-tls.ts';
import { contentOf, guardLines, type LinesOfLabel } from './traffic-guards.ts';

/** The lines of the labels that stand instead of templates, by where they stand in a backend. Each fragment is one line, with the name of its label. */
export interface TrafficFragments {
  /** After the backend's head: who is served, limits and times. */
  readonly guards: readonly Fragment[];
  /** Before a password is asked for in the backend: the answers to preflight requests, which bring none. */
  readonly preflight: readonly Fragment[];
  /** Before anything of a request is rewritten: what HAProxy answers itself. */
  readonly answers: readonly Fragment[];
  /** After marathon-lb's own rewriting. */
  readonly rewriting: readonly Fragment[];
  /** After the lines of the check. */
  readonly checks: readonly Fragment[];
}

const NONE: TrafficFragments = { guards: [], preflight: [], answers: [], rewriting: [], checks: [] };

/** Renders the labels of one backend. */
export function trafficFragments(front: Front, options: BackendOptions, limits: LimitSource): TrafficFragments {
  const { traffic = {}, allowedNetworks, check } = options;
  const { pages = [] } = front;
  if (Object.keys(traffic).length === 0 && pages.length === 0 && front.clientTls === undefined) return NONE;
  const owner: AppOwner = { by: 'app', app: front.app, index: front.index };
  const fragmentsOf = (all: readonly LinesOfLabel[]): readonly Fragment[] =>
    all.flatMap(({ label, lines }) => lines.map((line) => ({ template: `HAPROXY_n_${label}`, owner, text: `  ${line}\n` })));
  const isHttp = front.mode === 'http';
  const answers = isHttp ? answerLines(traffic, allowedNetworks) : [];
  const isAsked = front.table !== undefined && front.preflight !== undefined;
  const isEarly = (label: string): boolean => isAsked && PREFLIGHT.includes(label);
  return {
    guards: fragmentsOf([
      ...pages.map(pageLine),
      ...clientTlsLines(front),
      ...guardLines(traffic, front, limits),
      ...timeLines(traffic),
      ...hashLines(traffic),
    ]),
    preflight: fragmentsOf(answers.filter(({ label }) => isEarly(label))),
    answers: fragmentsOf(answers.filter(({ label }) => !isEarly(label))),
    rewriting: isHttp ? fragmentsOf(rewritingLines(traffic)) : [],
    checks: fragmentsOf(checkLines(traffic, check?.protocol === 'http' ? front : undefined)),
  };
}

/** The labels of the lines that answer preflight requests. */
const PREFLIGHT: readonly string[] = ['BACKEND_NETWORK_ALLOWED_ACL', 'CORS_ORIGINS'];

function pageLine(page: ErrorPage): LinesOfLabel {
  return { label: `ERROR_PAGE_${page.status}`, lines: [`http-error status ${page.status} ${contentOf(page)}`] };
}

/** The client's timeout is in the port's own frontend: HAProxy takes it in no backend, not even as a rule [haproxy 3.4]. */
function timeLines({ timeouts = {}, retries }: Traffic): readonly LinesOfLabel[] {
  const ofBackend = Object.entries(timeouts).filter(([kind]) => kind !== 'client');
  return [
    ...ofBackend.map(([kind, time]) => ({ label: `TIMEOUT_${kind.toUpperCase()}`, lines: [`timeout ${kind} ${time}ms`] })),
    ...(retries === undefined ? [] : [{ label: 'RETRIES', lines: [`retries ${retries}`] }]),
  ];
}

function hashLines({ consistent }: Traffic): readonly LinesOfLabel[] {
  return consistent === true ? [{ label: 'HASH_BY', lines: ['hash-type consistent'] }] : [];
}

/**
 * What is sent adds to what `option httpchk` says, which keeps method and path. Over HTTP/2 a request without a host is none, so a server refuses the
 * check [haproxy 2.6 to 3.4]: `asked` is the port whose servers are asked by http.
 */
function checkLines(traffic: Traffic, asked: Front | undefined): readonly LinesOfLabel[] {
  const { checkHost, checkStatus } = traffic;
  const needsHost = checkHost === undefined && asked !== undefined && speaksH2(traffic);
  return [
    { label: 'BACKEND_PROTO', lines: needsHost ? [`http-check send hdr Host ${hostOf(traffic, asked)}`] : [] },
    { label: 'HEALTH_HOST', lines: checkHost === undefined ? [] : [`http-check send ver HTTP/1.1 hdr Host ${checkHost}`] },
    { label: 'HEALTH_STATUS', lines: checkStatus === undefined ? [] : [`http-check expect status ${checkStatus}`] },
  ];
}

function speaksH2({ protocol }: Traffic): boolean {
  return protocol === 'h2' || protocol === 'h2c';
}

/** The host under which the app knows itself. */
function hostOf({ rewriteHost }: Traffic, { routes }: Front): string {
  return rewriteHost ?? routes.find(({ host }) => !/^[*[]/.test(host))?.host ?? 'localhost';
}

function rewritingLines({ stripPrefix, rewriteHost, requestHeaders, responseHeaders, compress }: Traffic): readonly LinesOfLabel[] {
  return [
    { label: 'STRIP_PREFIX', lines: stripPrefix === undefined ? [] : stripLines(stripPrefix) },
    { label: 'REQUEST_HEADERS', lines: (requestHeaders ?? []).map((header) => `http-request ${headerLine(header)}`) },
    { label: 'REWRITE_HOST', lines: rewriteHost === undefined ? [] : [`http-request set-header Host ${rewriteHost}`] },
    { label: 'RESPONSE_HEADERS', lines: (responseHeaders ?? []).map((header) => `http-response ${headerLine(header)}`) },
    { label: 'COMPRESS', lines: compress === undefined ? [] : ['compression algo gzip', `compression type ${compress.join(' ')}`] },
  ];
}

function headerLine({ name, value }: HeaderChange): string {
  return value === undefined ? `del-header ${name}` : `set-header ${name} ${quoted(value.replaceAll('%', '%%'))}`;
}

/** Takes a prefix off where it ends with a segment: /shop of /shop and /shop/x, not of /shopping. */
function stripLines(prefix: string): readonly string[] {
  const regex = prefix.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const isBelow = `if { path '${prefix}' } || { path_beg '${prefix}/' }`;
  return [
    `http-request set-header X-Forwarded-Prefix '${prefix.replaceAll('%', '%%')}' ${isBelow}`,
    `http-request replace-path '^${regex}/?(.*)$' '/\\1' ${isBelow}`,
  ];
}

/** Where the http check of a server goes: to the server's own port, or to another one. Undefined for a server that has none. */
export type CheckedAt = 'own port' | 'other port' | undefined;

/** What the labels add to the line of each server, with a blank before each word. */
export function serverOptions(traffic: Traffic, checkedAt: CheckedAt): string {
  const { maxPerServer, slowStart, proxyProtocol, tls } = traffic;
  return [
    ...(maxPerServer === undefined ? [] : [` maxconn ${maxPerServer}`]),
    ...(slowStart === undefined ? [] : [` slowstart ${slowStart}ms`]),
    ...(proxyProtocol === undefined ? [] : [` send-proxy${proxyProtocol === 2 ? '-v2' : ''} check-send-proxy`]),
    ...(tls === undefined ? [] : [tlsOptions(tls)]),
    protocolOptions(traffic, checkedAt),
  ].join('');
}

/**
 * A check has the protocol of `proto`, but not that of `alpn`, which it has to be told. On another port it speaks HTTP/1 without TLS, as Marathon's own
 * check does [haproxy 2.6 to 3.4].
 */
function protocolOptions({ protocol, tls }: Traffic, checkedAt: CheckedAt): string {
  if (protocol === 'h2c') return ` proto h2${checkedAt === 'other port' ? ' check-proto h1' : ''}`;
  if (protocol === 'h2') return ` alpn h2${checkedAt === 'own port' ? ' check-alpn h2' : ''}`;
  return protocol === 'http1' && tls !== undefined ? ' alpn http/1.1' : '';
}

/** HAProxy verifies the name that `sni` has [haproxy: verifyhost], and a check has its own. */
function tlsOptions({ verifies, ca, name }: BackendTls): string {
  const verified = verifies ? ` ssl verify required ca-file ${ca}` : ' ssl verify none';
  return name === undefined ? verified : `${verified} sni str(${name}) check-sni ${name}`;
}
