import type { ClientTls, Front } from '../model/service.ts';
import type { Fragment } from '../model/document.ts';
import { looksAtClients } from './host-certificates.ts';
import type { LinesOfLabel } from './traffic-guards.ts';

/** The header that has the subject of a client's certificate. */
const SUBJECT = 'X-SSL-Client-Subject';

/** Takes the header off what a client sends, with `_` for `-` too: what runs behind CGI or WSGI can't tell them apart. */
const WITHOUT_SUBJECT = 'http-request del-header ^x[-_]ssl[-_]client[-_]subject$ -m reg';

/** While any app looks at the certificates of clients, the shared frontends take the header off all requests, whichever app they are for. */
export function guardedSubject(fronts: readonly Front[]): readonly Fragment[] {
  return looksAtClients(fronts) ? [{ template: 'HAPROXY_n_CLIENT_CA', owner: { by: 'operator' }, text: `  ${WITHOUT_SUBJECT}\n` }] : [];
}

const VERSIONS = ['1.0', '1.1', '1.2', '1.3'] as const;

/**
 * The rules that keep a backend closed whatever way a request comes: over the name of another host, over plain http, or by an app id. 421 has a browser open a
 * connection of its own for the host. The port's own frontend has one policy for all names.
 */
export function clientTlsLines({ clientTls, mode, name }: Pick<Front, 'clientTls' | 'mode' | 'name'>): readonly LinesOfLabel[] {
  if (clientTls === undefined || mode !== 'http') return [];
  return [
    { label: 'TLS_MIN', lines: versionLines(clientTls) },
    { label: 'CLIENT_CA', lines: clientTls.ca === undefined ? [] : clientLines(clientTls, name) },
  ];
}

function versionLines({ min }: ClientTls): readonly string[] {
  const taken = VERSIONS.slice(VERSIONS.indexOf(min ?? '1.0')).map((version) => `TLSv${version}`);
  return taken.length === VERSIONS.length
    ? []
    : [`http-request return status 421 if { ssl_fc } !{ ssl_fc_protocol -m str ${taken.join(' ')} }`];
}

/** So many names stand in one line: HAProxy reads 64 words of a line at most. */
const MOST_NAMES = 32;

/** The rules for hosts whose certificates other authorities have signed. */
function closedLines(hosts: readonly string[] | undefined, elsewhere: string): readonly string[] {
  if (hosts === undefined) return [];
  const lines = Array.from({ length: Math.ceil(hosts.length / MOST_NAMES) }, (_, i) => hosts.slice(i * MOST_NAMES, (i + 1) * MOST_NAMES));
  return lines.map((names) => `http-request deny deny_status 403 if ${elsewhere} { var(txn.mlb_name) -m str ${names.join(' ')} }`);
}

function clientLines({ verify, notAt }: ClientTls, frontend: string): readonly string[] {
  const isProven = '{ ssl_c_used } { ssl_c_verify 0 }';
  const byShared = `{ ssl_fc } !{ fe_name ${frontend} ${frontend}-in }`;
  return [
    WITHOUT_SUBJECT,
    'http-request set-var(txn.mlb_name) req.hdr(host),host_only,lower,regsub(\\\\.$,)',
    `http-request return status 421 if ${byShared} !{ ssl_fc_sni,lower,strcmp(txn.mlb_name) eq 0 }`,
    ...closedLines(notAt, byShared),
    ...(verify === 'optional' ? [] : [`http-request deny deny_status 403 unless ${isProven}`]),
    `http-request set-header ${SUBJECT} %[ssl_c_s_dn(,0,rfc2253)] if ${isProven}`,
  ];
}
