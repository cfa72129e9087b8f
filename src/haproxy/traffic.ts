import type { Fragment } from '../model/document.ts';
import type { AppOwner } from '../model/problem.ts';
import type { BackendOptions, Front } from '../model/service.ts';
import type { BackendTls, HeaderChange, Traffic } from '../model/traffic.ts';
import { quoted } from './line-words.ts';
import { answerLines } from './traffic-answers.ts';
import { guardLines, type LinesOfLabel } from './traffic-guards.ts';

/** The lines of the labels that stand instead of templates, by where they stand in a backend. Each fragment is one line, with the name of its label. */
export interface TrafficFragments {
  /** After the backend's head: who is served, limits and times. */
  readonly guards: readonly Fragment[];
  /** Before anything of a request is rewritten: what HAProxy answers itself. */
  readonly answers: readonly Fragment[];
  /** After marathon-lb's own rewriting. */
  readonly rewriting: readonly Fragment[];
  /** After the lines of the check. */
  readonly checks: readonly Fragment[];
}

const NONE: TrafficFragments = { guards: [], answers: [], rewriting: [], checks: [] };

/** Renders the labels of one backend. */
export function trafficFragments(front: Front, { traffic, allowedNetworks }: BackendOptions): TrafficFragments {
  if (traffic === undefined) return NONE;
  const owner: AppOwner = { by: 'app', app: front.app, index: front.index };
  const fragmentsOf = (all: readonly LinesOfLabel[]): readonly Fragment[] =>
    all.flatMap(({ label, lines }) => lines.map((line) => ({ template: `HAPROXY_n_${label}`, owner, text: `  ${line}\n` })));
  const isHttp = front.mode === 'http';
  return {
    guards: fragmentsOf([...guardLines(traffic, front.mode), ...timeLines(traffic), ...hashLines(traffic)]),
    answers: isHttp ? fragmentsOf(answerLines(traffic, allowedNetworks)) : [],
    rewriting: isHttp ? fragmentsOf(rewritingLines(traffic)) : [],
    checks: fragmentsOf(checkLines(traffic)),
  };
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

/** What is sent adds to what `option httpchk` says, which keeps method and path. */
function checkLines({ checkHost, checkStatus }: Traffic): readonly LinesOfLabel[] {
  return [
    { label: 'HEALTH_HOST', lines: checkHost === undefined ? [] : [`http-check send ver HTTP/1.1 hdr Host ${checkHost}`] },
    { label: 'HEALTH_STATUS', lines: checkStatus === undefined ? [] : [`http-check expect status ${checkStatus}`] },
  ];
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

/** What the labels add to the line of each server, with a blank before each word. */
export function serverOptions({ maxPerServer, slowStart, proxyProtocol, tls }: Traffic): string {
  return [
    ...(maxPerServer === undefined ? [] : [` maxconn ${maxPerServer}`]),
    ...(slowStart === undefined ? [] : [` slowstart ${slowStart}ms`]),
    ...(proxyProtocol === undefined ? [] : [` send-proxy${proxyProtocol === 2 ? '-v2' : ''} check-send-proxy`]),
    ...(tls === undefined ? [] : [tlsOptions(tls)]),
  ].join('');
}

/** HAProxy verifies the name that `sni` has [haproxy: verifyhost], and a check has its own. */
function tlsOptions({ verifies, ca, name }: BackendTls): string {
  const verified = verifies ? ` ssl verify required ca-file ${ca}` : ' ssl verify none';
  return name === undefined ? verified : `${verified} sni str(${name}) check-sni ${name}`;
}
