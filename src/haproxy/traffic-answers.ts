import type { Cors, Traffic } from '../model/traffic.ts';
import { quoted } from './line-words.ts';
import { ASKS_FOR_METHOD, originAcl, preflightHeaders } from './preflight.ts';
import { type LinesOfLabel } from './traffic-guards.ts';
import { networkAcl } from './network-acl.ts';

/**
 * The lines by which HAProxy answers itself. They stand before the lines of BACKEND_NETWORK_ALLOWED_ACL, so they ask for its networks themselves: a
 * client that is not allowed gets no redirect.
 */
export function answerLines(traffic: Traffic, allowedNetworks: readonly string[]): readonly LinesOfLabel[] {
  const { cors, redirectTo, canonical } = traffic;
  if (cors === undefined && redirectTo === undefined && canonical === undefined) return [];
  const isRestricted = allowedNetworks.length > 0;
  const allowed = isRestricted ? 'marathon_lb_networks' : '';
  return [
    { label: 'BACKEND_NETWORK_ALLOWED_ACL', lines: isRestricted ? networkAcl(allowed, allowedNetworks) : [] },
    { label: 'CORS_ORIGINS', lines: cors === undefined ? [] : corsLines(cors, allowed) },
    { label: 'REDIRECT_TO', lines: redirectTo === undefined ? [] : [redirectLine(redirectTo, allowed)] },
    { label: 'CANONICAL_HOST', lines: canonical === undefined ? [] : canonicalLines(canonical, allowed) },
  ];
}

const when = (...conditions: readonly string[]): string => {
  const all = conditions.filter((one) => one !== '');
  return all.length === 0 ? '' : ` if ${all.join(' ')}`;
};

const ORIGIN = 'var(txn.marathon_lb_origin)';

/** `http-after-response` also sees HAProxy's own answers, so a page can read that it was refused. */
function corsLines(cors: Cors, allowed: string): readonly string[] {
  const { origins, credentials } = cors;
  const isAny = origins.includes('*');
  const found = `if { ${ORIGIN} -m found }`;
  return [
    ...originAcl('marathon_lb_origin', cors),
    `http-request set-var(txn.marathon_lb_origin) ${isAny ? 'str(*)' : 'req.hdr(origin)'}${when('marathon_lb_origin')}`,
    `http-request return status 204 ${preflightHeaders(cors)}${when('METH_OPTIONS', 'marathon_lb_origin', ASKS_FOR_METHOD, allowed)}`,
    `http-after-response set-header Access-Control-Allow-Origin %[${ORIGIN}] ${found}`,
    ...(credentials ? [`http-after-response set-header Access-Control-Allow-Credentials true ${found}`] : []),
    ...(isAny ? [] : ['http-after-response add-header Vary Origin']),
  ];
}

/** A place without a path behind the host keeps path and query of the request. HAProxy warns of a rule without a condition before other rules. */
function redirectLine(place: string, allowed: string): string {
  const kind = /^https?:\/\/[^/?]+$/i.test(place) ? 'prefix' : 'location';
  return `http-request redirect code 301 ${kind} ${quoted(place.replaceAll('%', '%%'))} if ${allowed === '' ? 'TRUE' : allowed}`;
}

/** Only requests for the other virtual hosts are redirected: a client that uses the service port by its address stays there. */
function canonicalLines({ host, others }: NonNullable<Traffic['canonical']>, allowed: string): readonly string[] {
  const port = 'var(txn.marathon_lb_port)';
  const prefix = `%[ssl_fc,iif(https,http)]://${host}`;
  return [
    ...others.map((other) => `acl marathon_lb_other_host req.hdr(host),host_only,lower -m str ${other}`),
    'http-request set-var(txn.marathon_lb_port) req.hdr(host),port_only',
    `http-request redirect code 301 prefix ${prefix}:%[${port}]${when('marathon_lb_other_host', `{ ${port} -m int gt 0 }`, allowed)}`,
    `http-request redirect code 301 prefix ${prefix}${when('marathon_lb_other_host', allowed)}`,
  ];
}
