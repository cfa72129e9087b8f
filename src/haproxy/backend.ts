import { hash } from 'node:crypto';
import { isIPv6 } from 'node:net';
import type { BackendSection, Fragment } from '../model/document.ts';
import type { ServerName } from '../model/names.ts';
import type { Backend, Check, Front, Server, Service } from '../model/service.ts';
import type { Context } from './catalogue.ts';
import type { LimitSource } from './limits.ts';
import { section } from './section.ts';
import { tableFragments } from './table-backend.ts';
import type { Author, Templates } from './templates.ts';
import { serverOptions, trafficFragments, type CheckedAt, type TrafficFragments } from './traffic.ts';
import { writtenOnce } from './written-once.ts';
import { withoutEnd } from '../lib/without-end.ts';

/** What a backend is rendered with, beside its service. */
export interface BackendSettings extends Omit<LimitSource, 'backend'> {
  readonly templates: Templates;
}

/** Renders the backend of one service: its fragments in marathon-lb's order, then one line for each server. */
export function makeBackendSection({ front, backend }: Service, { templates, ...limits }: BackendSettings): BackendSection {
  const author: Author = { owner: { by: 'app', app: front.app, index: front.index }, overrides: front.overrides };
  const { name, mode } = front;
  if (front.isShut === true)
    return shutSection(front, templates.render('HAPROXY_BACKEND_HEAD', { backend: name, balance: 'roundrobin', mode }, author));
  const { balance, sticky, check } = backend.options;
  const traffic = trafficFragments(front, backend.options, { ...limits, backend: front.name });
  const parts = { front, backend, templates, author, traffic };
  const fragments = [
    templates.render('HAPROXY_BACKEND_HEAD', { backend: name, balance, mode }, author),
    ...traffic.guards,
    ...(backend.isBackedUp === true ? [{ template: 'HAPROXY_n_BACKUP', owner: author.owner, text: '  option allbackups\n' }] : []),
    ...tableFragments(front, sticky, traffic.preflight),
    ...(mode === 'http' ? httpFragments(parts) : []),
    ...networkFragments(parts),
    ...(sticky ? [templates.render('HAPROXY_BACKEND_STICKY_OPTIONS', {}, author)] : []),
    ...(check === undefined ? [] : [checkFragment(check, parts), ...traffic.checks]),
  ];
  const { name: sectionName } = section(fragments);
  return { name: sectionName, fragments, backend: name, servers: serverLines(parts), leaving: new Set(backend.leaving) };
}

/**
 * The backend of a port that is left out for a fault: it answers 503, and does so by a rule, as servers may come by commands before the reload that
 * brings the port's own lines back.
 */
function shutSection({ app, index, name, mode }: Front, head: Fragment): BackendSection {
  const text = mode === 'http' ? '  http-request deny deny_status 503\n' : '  tcp-request content reject\n';
  const fragments = [head, { template: 'a port that is left out', owner: { by: 'app', app, index } as const, text }];
  return { name: section(fragments).name, fragments, backend: name, servers: new Map(), leaving: new Set() };
}

interface BackendSources {
  readonly front: Front;
  readonly backend: Backend;
  readonly templates: Templates;
  readonly author: Author;
  readonly traffic: TrafficFragments;
}

/**
 * Restores the Host header. The rules of the shared http frontend see the host without its port (HAPROXY_HTTP_FRONTEND_HEAD); the app sees it as the
 * client sent it, even when the app has its own backend template.
 */
const HOST_AS_SENT = '  http-request set-header Host %[var(txn.host)] if { var(txn.host) -m found }\n';

function httpFragments({ front, backend: { options }, templates, author, traffic }: BackendSources): readonly Fragment[] {
  const hosts = front.routes.map(({ host }) => host);
  const hostname = hosts.join(',');
  const { hsts, proxyPassPath: proxypath, reverseProxyPath: rootpath, rootRedirect: redirpath } = options;
  const proxy = proxypath !== undefined && {
    hostname,
    proxypath,
    singleHost: hosts.length === 1 && !hostname.startsWith('*') ? hostname : '',
    proxypathRegex: escapeRegex(withoutEnd(proxypath, '/')),
  };
  return [
    ...(hsts ? [templates.render('HAPROXY_BACKEND_HSTS_OPTIONS', {}, author)] : []),
    ...(hosts.length > 0 ? [{ template: 'the Host header as it was sent', owner: author.owner, text: HOST_AS_SENT }] : []),
    ...traffic.answers,
    templates.render('HAPROXY_BACKEND_HTTP_OPTIONS', {}, author),
    ...(proxy ? [templates.render('HAPROXY_HTTP_BACKEND_PROXYPASS_GLUE', proxy, author)] : []),
    ...(rootpath === undefined
      ? []
      : [
          templates.render(
            'HAPROXY_HTTP_BACKEND_REVPROXY_GLUE',
            { hostname, rootpath, hostnameRegex: hosts.map(hostRegex).join('|'), location: escapeFormat(rootpath) },
            author,
          ),
        ]),
    ...(redirpath === undefined
      ? []
      : [templates.render('HAPROXY_HTTP_BACKEND_REDIR', { hostname, redirpath, location: escapeFormat(redirpath), hosts }, author)]),
    ...traffic.rewriting,
  ];
}

/** A virtual host as a regular expression; `*` stands for what is before a domain, or for every host. */
function hostRegex(host: string): string {
  return host.startsWith('*') ? `[^/:]+${escapeRegex(host.slice(1))}` : escapeRegex(host);
}

function networkFragments({ front, backend, templates, author }: BackendSources): readonly Fragment[] {
  const { allowedNetworks } = backend.options;
  if (allowedNetworks.length === 0) return [];
  const mode = front.mode === 'http' ? 'HTTP' : 'TCP';
  return [
    ...allowedNetworks.map((network) =>
      templates.render(`HAPROXY_${mode}_BACKEND_NETWORK_ALLOWED_ACL`, { network_allowed: network }, author),
    ),
    templates.render(`HAPROXY_${mode}_BACKEND_ACL_ALLOW_DENY`, {}, author),
  ];
}

type CheckContext = Context<'HAPROXY_BACKEND_HTTP_HEALTHCHECK_OPTIONS'>;

function checkFragment(check: Check, { backend, templates, author }: BackendSources): Fragment {
  const name = check.protocol === 'http' ? 'HAPROXY_BACKEND_HTTP_HEALTHCHECK_OPTIONS' : 'HAPROXY_BACKEND_TCP_HEALTHCHECK_OPTIONS';
  return templates.render(name, checkContext(check, backend.servers[0]?.checkPort), author);
}

function checkContext(check: Check, port: number | undefined): CheckContext {
  return {
    healthCheckPath: check.path,
    healthCheckProtocol: check.marathonProtocol,
    healthCheckPort: port === undefined ? '' : String(port),
    healthCheckPortIndex: check.at !== undefined && 'index' in check.at ? String(check.at.index) : '',
    healthCheckPortOptions: port === undefined ? '' : ` port ${port}`,
    healthCheckIntervalSeconds: String(check.intervalSeconds),
    healthCheckTimeoutSeconds: String(check.timeoutSeconds),
    healthCheckGracePeriodSeconds: String(check.gracePeriodSeconds),
    healthCheckMaxConsecutiveFailures: String(check.falls - 1),
    healthCheckFalls: String(check.falls),
  };
}

function serverLines(parts: BackendSources): ReadonlyMap<ServerName, Fragment> {
  const checkOf = serverCheck(parts);
  const lines = parts.backend.servers.map((server): [Server, Fragment] => [
    server,
    server.checked ? checkedLine(parts, server, checkOf) : serverLine(parts, server, ''),
  ]);
  return writtenOnce(lines.filter(standsIn).map(([{ name }, line]) => [name, line]));
}

/** False for a server that is lent, where a template of the operator's leaves out that it is a backup: it would serve beside the others. */
function standsIn([{ lent }, { text }]: readonly [Server, Fragment]): boolean {
  return lent === undefined || /\sbackup(?:\s|$)/.test(text);
}

function serverLine({ backend, templates, author }: BackendSources, server: Server, healthCheckOptions: string): Fragment {
  return templates.render(
    'HAPROXY_BACKEND_SERVER_OPTIONS',
    {
      serverName: server.name,
      serverId: String(server.id),
      host: server.host,
      host_ipv4: isIPv6(server.address) ? `[${server.address}]` : server.address,
      port: String(server.port),
      cookieOptions: backend.options.sticky && server.lent === undefined ? cookieOf(server) : '',
      healthCheckOptions,
      otherOptions: otherOptions(backend, server),
    },
    server.lent === undefined ? author : { ...author, owner: server.lent.by }, // whoever lends it has to mend it
  );
}

/** A server that is lent is reached as its own app says; without a cookie no client stays with it. */
function otherOptions(backend: Backend, server: Server): string {
  const { lent, draining } = server;
  const { traffic } = lent ?? backend.options;
  const connected = traffic === undefined ? '' : serverOptions(traffic, checkedAt(backend, server));
  return `${connected}${lent === undefined ? '' : ' backup'}${draining ? ' disabled' : ''}`;
}

function checkedAt({ options: { check } }: Backend, { checked, checkPort }: Server): CheckedAt {
  if (!checked || check?.protocol !== 'http') return undefined;
  return checkPort === undefined ? 'own port' : 'other port';
}

/**
 * A server line with its check. The check's template makes a part of the line, so the line takes over its label or its default text when it has none
 * itself.
 */
function checkedLine(parts: BackendSources, server: Server, checkOf: ReturnType<typeof serverCheck>): Fragment {
  const { options, label, standard } = checkOf(server.checkPort);
  const line = serverLine(parts, server, options);
  if (line.label !== undefined || (label === undefined && standard === undefined)) return line;
  if (standard === undefined) return { ...line, ...(label !== undefined && { label }) };
  const standardLine = (): string => {
    const other = serverLine(parts, server, standard());
    return other.standard?.() ?? other.text;
  };
  return { ...line, standard: standardLine };
}

/** The cookie by which clients find their server again, as in marathon-lb. */
function cookieOf({ name, checked }: Server): string {
  return `${checked ? ' check' : ''} cookie ${hash('sha1', name).slice(0, 10)}`;
}

/** What a check adds to a server's line. */
interface CheckOptions extends Pick<Fragment, 'label' | 'standard'> {
  readonly options: string;
}

/**
 * The check options on a server's line, without the line end of their template. They are remembered, because most servers of a backend have the same.
 */
function serverCheck({ backend, templates, author }: BackendSources): (checkPort: number | undefined) => CheckOptions {
  const { check } = backend.options;
  if (check === undefined) return () => ({ options: '' });
  const name =
    check.protocol === 'http' ? 'HAPROXY_BACKEND_SERVER_HTTP_HEALTHCHECK_OPTIONS' : 'HAPROXY_BACKEND_SERVER_TCP_HEALTHCHECK_OPTIONS';
  const known = new Map<number | undefined, CheckOptions>();
  return (checkPort) => {
    const found = known.get(checkPort);
    if (found !== undefined) return found;
    const { text, label, standard } = templates.render(name, checkContext(check, checkPort), author);
    const made = { options: inLine(text), ...(label && { label }), ...(standard && { standard: () => inLine(standard()) }) };
    known.set(checkPort, made);
    return made;
  };
}

function inLine(text: string): string {
  const bare = text.trim();
  return bare === '' ? '' : ` ${bare}`;
}

/** Escapes a text for a regular expression of HAProxy's. */
function escapeRegex(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/** Escapes a text for places where HAProxy expands `%`, such as locations and headers (HAProxy: log-format). */
function escapeFormat(text: string): string {
  return text.replaceAll('%', '%%');
}
