import { byText } from '../lib/lists.ts';
import { hash } from 'node:crypto';
import type { Fragment, Section } from '../model/document.ts';
import type { AppOwner } from '../model/problem.ts';
import type { Front } from '../model/service.ts';
import { cleaned, type RouteRules } from './routes.ts';
import { guardedSubject } from './client-tls.ts';
import { hostCertificates, looksAtClients } from './host-certificates.ts';
import { bindOptionsOf, certificatesOf, crt, sharedCrt } from './crt-list.ts';
import { section } from './section.ts';
import type { DocumentSettings } from './settings.ts';
import { spareLines, type SpareLines } from './in-spare.ts';
import { passingRule } from './passthrough.ts';
import type { TableLines } from './table-lines.ts';
import type { Author, Templates } from './templates.ts';

/** A front with its rules. Lists of these are ordered by weight. */
interface Ruled {
  readonly front: Front;
  readonly rules: RouteRules;
}

/** What https frontends are rendered from beside their rules. */
interface HttpsParts {
  readonly templates: Templates;
  readonly settings: DocumentSettings;
  readonly table: TableLines | undefined;
}

/** Renders one https frontend for all hosts. */
export function sharedHttps(
  byWeight: readonly Ruled[],
  { templates, settings, table, isMapped }: HttpsParts & { readonly isMapped: boolean },
): Section {
  const { bindAddress: bindAddr, ports, configFolder, httpsRouting } = settings;
  const fronts = byWeight.map(({ front }) => front);
  const tickets = looksAtClients(fronts) ? ' no-tls-tickets' : '';
  const sslCerts = `${sharedCrt(settings, hostCertificates(fronts, settings).length > 0)}${tickets}`;
  const where = { bindAddr, port: String(ports.https), sslCerts, alpn: alpnOf(settings) };
  const head = templates.render('HAPROXY_HTTPS_FRONTEND_HEAD', where);
  const map = templates.render('HAPROXY_MAP_HTTPS_FRONTEND_ACL', { haproxy_dir: configFolder, httpsHost: SAMPLES[httpsRouting] });
  const rules = byWeight.map(({ front, rules: { https } }) => ({
    weight: front.weight,
    fragments: [...https.before, ...https.hosts.flatMap(({ fragments }) => fragments)],
  }));
  const spare = spareLines(SPARE_SAMPLES[httpsRouting], settings);
  const all = withMap({ rules, map: isMapped ? [map] : [], table, spare });
  const before = httpsRouting === 'host' ? [...misdirected(all, settings), HOST_WITHOUT_PORT] : [];
  return section([head, templates.render('HAPROXY_FRONTEND_HTTP_OPTIONS', {}), ...guardedSubject(fronts), ...before, ...all]);
}

/** What the map of hosts is asked for over https. */
const SAMPLES = { host: 'req.hdr(host),lower,regsub(:.*$,,)', sni: 'ssl_fc_sni,lower' } as const;

/** What the map of spare backends is asked for over https. */
const SPARE_SAMPLES = { host: 'req.hdr(host),host_only,lower', sni: 'ssl_fc_sni,lower' } as const;

/** Over HTTP/2 a browser asks for several hosts on one connection, which only routing by the Host header can tell apart. */
function alpnOf({ httpsRouting }: DocumentSettings): string {
  return httpsRouting === 'host' ? 'h2,http/1.1' : 'http/1.1';
}

function ofOperator(text: string): Fragment {
  return { template: 'https by Host', owner: { by: 'operator' }, text };
}

/** As on the shared http frontend: the rules see the host without its port, and the app as it was sent. */
const HOST_WITHOUT_PORT = ofOperator(
  '  http-request set-header Host %[req.hdr(host),set-var(txn.host),field(1,:)] if { req.hdr(host) -m sub : }\n',
);

const HOST_OF_REQUEST = '  http-request set-var(txn.mlb_name) req.fhdr(host),host_only,lower,regsub(\\\\.$,)\n';
const UNLESS_SAME = '{ ssl_fc_has_sni } !{ ssl_fc_sni,lower,strcmp(txn.mlb_name) eq 0 }';

/**
 * Rules that look at the name in the TLS hello would take the requests of other hosts on the connection of an HTTP/2 client. Such a request is
 * answered by 421, on which the client opens a connection for the host.
 */
const MISDIRECTED_H2 = ofOperator(`${HOST_OF_REQUEST}  http-request return status 421 if { fc_http_major 2 } ${UNLESS_SAME}\n`);

/** As MISDIRECTED_H2, for every version of HTTP, where a host has its own TLS policy: no client avoids the policy by a handshake for a different host. */
const MISDIRECTED = ofOperator(`${HOST_OF_REQUEST}  http-request return status 421 if ${UNLESS_SAME}\n`);

/** As MISDIRECTED_H2, for HTTP/3 too. */
const MISDIRECTED_H3 = ofOperator(`${HOST_OF_REQUEST}  http-request return status 421 if { fc_http_major ge 2 } ${UNLESS_SAME}\n`);

function misdirected(rules: readonly Fragment[], { http3 }: DocumentSettings): readonly Fragment[] {
  if (!rules.some(({ text }) => /\b(?:ssl_fc_sni|req[._]ssl_sni)\b/.test(text))) return [];
  return [http3 ? MISDIRECTED_H3 : MISDIRECTED_H2];
}

/**
 * Puts the rule that reads the map after the rules with weight 0 and above, and before those with negative weight. Negative weights are for rules
 * that take what is left: wildcards and catch-alls. Of the routing table, paths of a host come before all rules, hosts beside the map, and wildcards
 * and defaults last.
 */
export function withMap({
  rules,
  map,
  table,
  spare,
}: {
  readonly rules: readonly { readonly weight: number; readonly fragments: readonly Fragment[] }[];
  readonly map: readonly Fragment[];
  readonly table?: TableLines | undefined;
  readonly spare: SpareLines;
}): readonly Fragment[] {
  const [before, behind] = [rules.filter(({ weight }) => weight >= 0), rules.filter(({ weight }) => weight < 0)];
  return [
    ...spare.first,
    ...(table?.first ?? []),
    ...before.flatMap(({ fragments }) => fragments),
    ...spare.paths,
    ...(table?.besideMap ?? []),
    ...map,
    ...spare.hosts,
    ...behind.flatMap(({ fragments }) => fragments),
    ...(table?.last ?? []),
  ];
}

/**
 * For --group-https-by-vhost: renders one frontend that reads the name in the TLS hello, and for each host an https frontend, reached through a
 * socket in memory, with the certificates and bind options of the host's apps.
 */
export function groupedHttps(byWeight: readonly Ruled[], { templates, settings, table }: HttpsParts): readonly Section[] {
  const { bindAddress: bindAddr, ports } = settings;
  const hosts = [...new Set(byWeight.flatMap(({ front }) => (front.passthrough ? [] : front.routes.map(({ host }) => host))))]
    .filter(isInHello)
    .sort(nearestFirst);
  const names = hosts.map(nameOfHost);
  const options = [templates.render('HAPROXY_FRONTEND_HTTP_OPTIONS', {}), ...guardedSubject(byWeight.map(({ front }) => front))];
  const head = templates.render('HAPROXY_HTTPS_GROUPED_FRONTEND_HEAD', { bindAddr, port: String(ports.https) });
  const ways = hosts.map((host, i) =>
    templates.render('HAPROXY_HTTPS_GROUPED_VHOST_FRONTEND_ACL', { backend: names[i] ?? '', host: inHello(host) }),
  );
  const own = hosts.flatMap((host, i) => {
    const name = names[i] ?? '';
    const mine = byWeight.filter(
      ({ front }) => front.passthrough !== true && front.routes.some((route) => route.host === host) && !isWithheldAt(front, host),
    );
    const owners = mine.map(({ front }) => front).filter((front) => !isGuest(front, host) && asksForTls(front));
    const own = distinct(owners.flatMap(certificatesOf));
    const bindOpts = distinct(owners.map((front) => bindOptionsOf(front, true))).map((one) => ` ${one}`);
    const sslCerts = own.length > 0 ? crt(own) : sharedCrt(settings);
    const context = { name, sslCerts, bindOpts: bindOpts.join(' '), alpn: alpnOf(settings) };
    const isInTable = mine.some(({ front }) => front.table !== undefined);
    return [
      section([templates.render('HAPROXY_HTTPS_GROUPED_VHOST_BACKEND_HEAD', { name })]),
      section([
        headOf(owners, (author) => templates.render('HAPROXY_HTTPS_GROUPED_VHOST_FRONTEND_HEAD', context, author)),
        ...options,
        ...(isInTable ? [MISDIRECTED] : settings.httpsRouting === 'host' ? [MISDIRECTED_H2] : []),
        ...(isInTable ? (table?.first ?? []) : []),
        ...mine.flatMap(({ rules }) => rulesOf(host, rules)),
        ...(isInTable ? [...(table?.besideMap ?? []), ...(table?.last ?? [])] : []),
      ]),
    ];
  });
  const isPassing = byWeight.some(({ front }) => front.passthrough === true && front.routes.length > 0);
  return [section([head, ...(isPassing ? [passingRule(settings)] : []), ...ways]), ...own];
}

/** Whether a host stands for names in the TLS hello, by which --group-https-by-vhost finds its frontend: an address and `*` do not. */
function isInHello(host: string): boolean {
  return host !== '*' && !host.startsWith('[');
}

/** Hosts in order; then wildcards, the longest domain first. */
function nearestFirst(a: string, b: string): number {
  const [wide, other] = [a, b].map((host) => (host.startsWith('*') ? host.length : 0)) as [number, number];
  if (wide === 0 || other === 0) return wide - other || byText(a, b);
  return other - wide || byText(a, b);
}

/** What is compared with the name in the TLS hello, behind the flag -i: the host, or the end that all hosts below a domain have. */
function inHello(host: string): string {
  return host.startsWith('*.') ? `-m end ${host.slice(1)}` : host;
}

function rulesOf(host: string, { https }: RouteRules): readonly Fragment[] {
  return [...https.before, ...(https.hosts.find((rules) => rules.host === host)?.fragments ?? [])];
}

/** Whether the https bind of a virtual host belongs to a different app. */
function isGuest({ guestAt }: Front, host: string): boolean {
  return guestAt?.includes(host) === true;
}

/** Whether a file in the port's bind options can't be used. Its hosts are not served without that file. */
function isWithheldAt(front: Front, host: string): boolean {
  return front.isWithheld === true && !isGuest(front, host);
}

function asksForTls(front: Front): boolean {
  return certificatesOf(front).length > 0 || bindOptionsOf(front, true) !== undefined;
}

/** The head with a bind, in which the ports have a part whose certificates and options it has; the operator's where none has any. */
function headOf([first, ...others]: readonly Front[], render: (author?: Author) => Fragment): Fragment {
  if (first === undefined) return render();
  const fragment = render({ owner: ownerOf(first), overrides: {} });
  return others.length === 0 ? fragment : { ...fragment, beside: others.map(ownerOf) };
}

function ownerOf({ app, index }: Front): AppOwner {
  return { by: 'app', app, index };
}

/** As much of a name as the kernel takes for a socket, with room for what an operator's template has around it [unix(7): 107 bytes]. */
const LONGEST_NAME = 90;

/**
 * The name of a host's own frontend, backend and socket, whatever other hosts there are: marathon-lb's, with `_` for each dot, where that is short
 * enough and no other host has it. Else a hash of the host makes it one, behind a dot, which no name of marathon-lb's has.
 */
function nameOfHost(host: string): string {
  const name = cleaned(host);
  if (name.length <= LONGEST_NAME && /^(?:\*|(?:\*\.)?[a-z0-9.-]+)$/.test(host)) return name;
  return `${name.slice(0, 50)}.${hash('sha1', host).slice(0, 16)}`;
}

function distinct(texts: readonly (string | undefined)[]): readonly string[] {
  return [...new Set(texts.filter((text) => text !== undefined))].sort(byText);
}
