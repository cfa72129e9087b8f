import { DEPLOYMENT_GROUP_LABEL } from '../model/deployment-group.ts';
import { label, type Label } from './define-label.ts';
import { ERROR_PAGE_LABELS } from './error-page-labels.ts';
import { TRAFFIC_LABELS } from './traffic-labels.ts';
import * as grammars from './value-grammars.ts';
import * as routing from './routing-grammars.ts';
import * as traffic from './traffic-grammars.ts';

export type { Label } from './define-label.ts';

/** Labels of a whole app: HAPROXY_<name>. */
export const APP_LABELS = {
  groups: label('GROUP', grammars.groups, {
    guards: true,
    doc: "The load balancers that take the app: those started with one of these names as --group. One with --group '*' takes every app.",
    example: 'external',
  }),
  deploymentGroup: label(DEPLOYMENT_GROUP_LABEL.slice('HAPROXY_'.length), grammars.groupName, {
    doc: 'Apps of one group (blue and green) are one app in the load balancer, named after the group; the older one gives labels and ports.',
    example: 'shop',
  }),
  startedAt: label('DEPLOYMENT_STARTED_AT', grammars.date, {
    doc: 'When the deployment of this colour began: the later one is the newer app. None: the oldest.',
    example: '2026-01-01T12:00:00Z',
  }),
  targetInstances: label('DEPLOYMENT_TARGET_INSTANCES', grammars.integer, {
    doc: 'Of the newer app: how many instances both together are to have in the end.',
    example: '20',
  }),
  newInstances: label('DEPLOYMENT_NEW_INSTANCES', grammars.anything, {
    doc: 'On the newer app: with a number above 0 a hybrid of both is wanted, and the app that was scaled earlier counts as the older. With 0 none is, and DEPLOYMENT_STARTED_AT alone says which app is older. In both cases DEPLOYMENT_TARGET_INSTANCES counts.',
    example: '5',
  }),
  colour: label('DEPLOYMENT_COLOUR', grammars.anything, { doc: 'For the tool that deploys; no meaning here.', example: 'blue' }),
  appId: label('APP_ID', grammars.anything, {
    doc: 'Written by zdd: the id of the app without a colour; no meaning here.',
    example: '/shop',
  }),
  altPort: label('DEPLOYMENT_ALT_PORT', grammars.anything, { doc: 'For the tool that deploys; no meaning here.', example: '10001' }),
} satisfies Record<string, Label<unknown>>;

/** Labels of one port: HAPROXY_<n>_<name>, where n is the port index from 0. The parser, the reference and a table test all use this table. */
export const PORT_LABELS = {
  groups: label('GROUP', grammars.groups, {
    guards: true,
    doc: 'Stands instead of HAPROXY_GROUP for this port.',
    example: 'internal',
    elsewhere: 'Traefik constraints; ingressClassName',
  }),
  enabled: label('ENABLED', grammars.bool, {
    doc: 'Whether the port is served. Default true, false under --strict-mode.',
    example: 'true',
    elsewhere: 'Traefik enable',
  }),
  hosts: label('VHOST', grammars.hosts, {
    doc: 'Virtual hosts, under which the port is reached on the shared http and https frontends. Lower-cased; a trailing port or dot is cut off. `*.acme.org` stands for every host below acme.org that has no route of its own, the longest first; an IPv6 address stands in brackets. A host that the map file leads to comes and goes without a reload. Without MODE the port becomes http.',
    example: 'shop.acme.org,www.shop.acme.org',
    elsewhere: 'Traefik rule Host(); ingress rules.host',
    live: true,
  }),
  path: label('PATH', grammars.paths, {
    doc: "Only these paths of the virtual hosts, as arguments of HAProxy's path_beg. The port's weight is 1 unless BACKEND_WEIGHT says otherwise.",
    example: '-i /api /v2',
    elsewhere: 'Traefik rule PathPrefix(); ingress paths.path',
  }),
  weight: label('BACKEND_WEIGHT', grammars.integer, {
    doc: 'Order of the rules on the shared frontends: largest first, equal ones by app id and service port. 0 is the same as no weight. Not a share of traffic.',
    example: '10',
    elsewhere: 'Traefik router priority',
  }),
  pathType: label('PATH_TYPE', routing.pathType, {
    live: true,
    guards: true,
    mayBeEmpty: true,
    doc: 'How PATH is compared, by the routing table: `prefix` by bytes (`/app` takes `/apple`), `segment` (`/app` and `/app/x`), `exact`, or `regex`, which begins at the start of the path. The longest prefix or segment wins, whatever the order of apps; exact comes before regex, and regex before both. Without VHOST the paths of all hosts that have no route. Changed without a reload, but for `regex`.',
    example: 'segment',
    elsewhere: 'haproxy-ingress path-type; ingress paths.pathType',
  }),
  isDefault: label('DEFAULT', grammars.bool, {
    live: true,
    doc: 'The port gets the requests that no other route takes: of hosts that nobody has, and of paths that nobody has. Changed without a reload.',
    example: 'true',
    elsewhere: 'ingress spec.defaultBackend',
  }),
  split: label('SPLIT', routing.splitName, {
    live: true,
    doc: 'Apps of one folder with the same name here and the same virtual host and path share its requests by SPLIT_WEIGHT. STICKY keeps a client at its app. A request with the header `X-Marathon-Split: <app id>`, or a cookie marathon_split with the app id, goes to that app while its weight is above 0. Changed without a reload.',
    example: 'shop',
    elsewhere: 'Traefik weighted; haproxy-ingress blue-green-balance; nginx canary',
  }),
  splitWeight: label('SPLIT_WEIGHT', routing.splitWeight, {
    live: true,
    doc: 'The share in SPLIT, 0 to 100, in relation to the sum. Apps without get equal parts of what the others leave of 100. An app without tasks gets none. Changed without a reload.',
    misread: 'the weight is 0',
    example: '10',
    elsewhere: 'Traefik weighted.services.weight; nginx canary-weight',
  }),
  tls: label('TLS', routing.tls, {
    question: 'secure',
    elsewhere: 'Traefik TCP router tls.passthrough; haproxy-ingress ssl-passthrough; nginx ssl-passthrough',
    guards: true,
    mayBeEmpty: true,
    doc: 'With `passthrough`, TLS connections for the virtual hosts go to the app as they are, by the name in the TLS hello, so the app has the certificate. The port is then tcp; PATH, AUTH and wildcards are not possible. The first such port of an estate needs a reload, further hosts do not.',
    example: 'passthrough',
  }),
  tlsMin: label('TLS_MIN', traffic.tlsVersion, {
    guards: true,
    mayBeEmpty: true,
    question: 'secure',
    doc: 'The lowest version of TLS for the virtual hosts, and on the own service port. Requests that come to the host over a lower one, by the name of another host, are answered with 421. Plain http is not refused: REDIRECT_TO_HTTPS does that.',
    example: '1.3',
    elsewhere: 'Traefik tls.options minVersion; haproxy-ingress ssl-options-host',
  }),
  clientCa: label('CLIENT_CA', traffic.clientAuthorities, {
    guards: true,
    mayBeEmpty: true,
    question: 'secure',
    doc: 'Clients must have a certificate that these authorities have signed; with `optional` they may have one. The app finds its subject in X-SSL-Client-Subject, which no client can set itself. Everybody else gets 403, over plain http too. The port is left out while the file can’t be used. While an app has it, TLS tickets are off on the shared https bind.',
    example: '/etc/ssl/clients.pem optional',
    elsewhere: 'Traefik tls.options clientAuth; haproxy-ingress auth-tls-secret; nginx auth-tls-secret',
  }),
  auth: label('AUTH', grammars.auth, {
    guards: true,
    doc: "Basic auth on the shared frontends; the app's own service port stays open. Hashes: `$1$`, `$5$` and `$6$` up to 100,000 rounds, bcrypt up to cost 10, as HAProxy computes one for each request.",
    example: 'Staff:alice:$6$salt$hash',
    question: 'secure',
    elsewhere: 'Traefik basicAuth; haproxy-ingress auth-secret; nginx auth-secret',
  }),
  sticky: label('STICKY', grammars.bool, {
    doc: 'A cookie keeps a client at its server.',
    example: 'true',
    question: 'spread',
    elsewhere: 'Traefik sticky.cookie; haproxy-ingress affinity; nginx affinity',
  }),
  redirectToHttps: label('REDIRECT_TO_HTTPS', grammars.bool, {
    doc: 'The http frontend answers with a redirect (301) to https.',
    example: 'true',
    question: 'secure',
    elsewhere: 'Traefik redirectScheme; haproxy-ingress ssl-redirect; nginx ssl-redirect',
  }),
  hsts: label('USE_HSTS', grammars.bool, {
    doc: 'Responses carry Strict-Transport-Security.',
    example: 'true',
    question: 'secure',
    elsewhere: 'Traefik headers.stsSeconds; haproxy-ingress hsts; nginx hsts (ConfigMap)',
  }),
  certificate: label('SSL_CERT', grammars.file, {
    guards: true,
    mayBeEmpty: true,
    doc: "Certificate of the port's own bind, which then speaks TLS, and of its virtual hosts on the shared https frontend (not with --https-routing sni).",
    example: '/etc/ssl/shop.pem',
    question: 'secure',
    elsewhere: 'Traefik tls.certificates; ingress spec.tls',
  }),
  bindOptions: label('BIND_OPTIONS', grammars.bindOptions, {
    guards: true,
    mayBeEmpty: true,
    doc: "Further options of the port's own bind.",
    example: 'accept-proxy',
  }),
  bindAddress: label('BIND_ADDR', grammars.address, {
    guards: true,
    mayBeEmpty: true,
    doc: "Address of the port's own bind, all by default.",
    example: '10.0.0.42',
  }),
  port: label('PORT', grammars.port, {
    doc: 'Replaces the service port, in names and order too.',
    example: '8088',
    elsewhere: 'Traefik entryPoints.address',
  }),
  mode: label('MODE', grammars.mode, {
    doc: 'Default: http with a virtual host or with an HTTP health check on the port, else tcp.',
    example: 'http',
  }),
  balance: label('BALANCE', grammars.balance, {
    doc: 'How requests are spread over the servers. Default roundrobin.',
    example: 'leastconn',
    question: 'spread',
    elsewhere: 'Traefik loadBalancer.strategy; haproxy-ingress balance-algorithm; nginx load-balance',
  }),
  proxyPassPath: label('HTTP_BACKEND_PROXYPASS_PATH', grammars.prefix, {
    doc: 'This prefix is taken off before a request goes to the app.',
    example: '/shop',
    question: 'rewrite',
    elsewhere: 'Traefik stripPrefix; nginx rewrite-target',
  }),
  reverseProxyPath: label('HTTP_BACKEND_REVPROXY_PATH', grammars.prefix, {
    doc: "The app's own Location headers are rewritten to this path.",
    example: '/shop',
    question: 'rewrite',
    elsewhere: 'nginx proxy-redirect-to',
  }),
  rootRedirect: label('HTTP_BACKEND_REDIR', grammars.location, {
    doc: 'Requests for / of the virtual hosts are redirected (301) here.',
    example: '/my/content',
    question: 'answer',
    elsewhere: 'haproxy-ingress app-root; nginx app-root',
  }),
  allowedNetworks: label('BACKEND_NETWORK_ALLOWED_ACL', grammars.networks, {
    guards: true,
    doc: 'Only clients from these addresses and networks are let through, http and tcp.',
    example: '10.1.40.0/24 10.1.55.43',
    question: 'secure',
    elsewhere: 'Traefik ipAllowList (2: ipWhiteList); haproxy-ingress allowlist-source-range; nginx whitelist-source-range',
  }),
  checkPortIndex: label('BACKEND_HEALTHCHECK_PORT_INDEX', grammars.portIndex, {
    doc: "HAProxy's health check goes to the port with this index, by that port's Marathon check where this port has none.",
    example: '1',
    question: 'check',
    elsewhere: 'Traefik healthCheck.port; haproxy-ingress health-check-port',
  }),
  ...TRAFFIC_LABELS,
  ...ERROR_PAGE_LABELS,
} satisfies Record<string, Label<unknown>>;

/** The values that the labels of a table gave. A label that is absent or could not be read is undefined. */
export type LabelValues<Table extends Record<string, Label<unknown>>> = {
  readonly [Key in keyof Table]: Table[Key] extends Label<infer Value> ? Value | undefined : never;
};

/** The values of the labels of an app. */
export type AppLabels = LabelValues<typeof APP_LABELS>;
/** The values of the labels of one port. */
export type PortLabels = LabelValues<typeof PORT_LABELS>;
