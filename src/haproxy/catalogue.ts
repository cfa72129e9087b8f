/** One template with a name of marathon-lb's: its placeholders, who may override it, and what it is for. */
export interface TemplateRow<Place extends string = string, List extends string = string> {
  /** Placeholders for texts. */
  readonly places: readonly Place[];
  /** Placeholders for lists, in Handlebars only ({{#each hosts}}). */
  readonly lists: readonly List[];
  /** Whether an app may override it with a label HAPROXY_<n>_<name>. */
  readonly inLabels: boolean;
  /** How a text without `.hbs` is read, as in marathon-lb 1.15: with {placeholders}, or unchanged. */
  readonly use: 'format' | 'raw';
  readonly doc: string;
}

type Written<Place extends string, List extends string> = Omit<TemplateRow<Place, List>, 'lists'> & { readonly lists?: readonly List[] };

function row<const Place extends string, const List extends string = never>(written: Written<Place, List>): TemplateRow<Place, List> {
  return { lists: [], ...written };
}

/**
 * A rule of a shared frontend gets everything about its route; what does not apply (no path, no auth) is empty. `httpsHost` is what the https frontend
 * compares with a host: the Host header, or the name in the TLS hello.
 */
const rule = (doc: string, inLabels = true) =>
  row({
    places: ['backend', 'hostname', 'cleanedUpHostname', 'appId', 'path', 'realm', 'bindAddr', 'httpsHost'],
    inLabels,
    use: 'format',
    doc,
  });

const healthCheck = (doc: string) =>
  row({
    places: [
      'healthCheckPath',
      'healthCheckProtocol',
      'healthCheckPort',
      'healthCheckPortIndex',
      'healthCheckPortOptions',
      'healthCheckIntervalSeconds',
      'healthCheckTimeoutSeconds',
      'healthCheckGracePeriodSeconds',
      'healthCheckMaxConsecutiveFailures',
      'healthCheckFalls',
    ],
    inLabels: true,
    use: 'format',
    doc,
  });

const raw = (doc: string, inLabels = true) => row({ places: [], inLabels, use: 'raw', doc });
const map = (doc: string) =>
  row({
    places: ['haproxy_dir'],
    inLabels: true,
    use: 'format',
    doc: `${doc} One rule for all apps: a label can't give it, and is a Problem.`,
  });
const httpsMap = (doc: string) => {
  const { places, ...rest } = map(doc);
  return row({ ...rest, places: [...places, 'httpsHost'] });
};
const network = (doc: string) => row({ places: ['network_allowed'], inLabels: true, use: 'format', doc });
const sharedHead = (doc: string) => row({ places: ['bindAddr', 'port'], inLabels: false, use: 'raw', doc });

/**
 * THE table of templates. A context with a name too few or too many does not compile. Problems about unknown placeholders list the names from here.
 */
export const CATALOGUE = {
  HAPROXY_HEAD: row({
    places: ['nbthread', 'maxconn', 'hardStopAfter', 'maxOldWorkers', 'statesFile', 'healthMap', 'logTarget', 'statsBind', 'daemonBackend'],
    lists: ['defaultOptions', 'adminNetworks'],
    inLabels: false,
    use: 'raw',
    doc: 'The sections global, defaults and listen stats.',
  }),
  HAPROXY_HTTP_FRONTEND_HEAD: sharedHead('Head of the shared http frontend.'),
  HAPROXY_HTTP_FRONTEND_APPID_HEAD: sharedHead('Head of the frontend that chooses by the header X-Marathon-App-Id.'),
  HAPROXY_HTTPS_FRONTEND_HEAD: row({
    places: ['bindAddr', 'port', 'sslCerts', 'alpn'],
    inLabels: false,
    use: 'format',
    doc: 'Head of the shared https frontend.',
  }),
  HAPROXY_FRONTEND_HTTP_OPTIONS: raw('After the head of every http frontend: keeps a POST from being sent twice.', false),
  HAPROXY_USERLIST_HEAD: row({
    places: ['backend', 'user', 'passwd'],
    inLabels: true,
    use: 'format',
    doc: 'The user of a port with basic auth.',
  }),

  HAPROXY_FRONTEND_HEAD: row({
    places: ['backend', 'bindAddr', 'servicePort', 'sslCert', 'bindOptions', 'mode'],
    inLabels: true,
    use: 'format',
    doc: "Head of a port's own frontend.",
  }),
  HAPROXY_FRONTEND_BACKEND_GLUE: row({
    places: ['backend'],
    inLabels: true,
    use: 'format',
    doc: "From a port's own frontend to its backend.",
  }),

  HAPROXY_BACKEND_HEAD: row({ places: ['backend', 'balance', 'mode'], inLabels: true, use: 'format', doc: 'Head of a backend.' }),
  HAPROXY_BACKEND_HSTS_OPTIONS: raw('In a backend with USE_HSTS.'),
  HAPROXY_BACKEND_HTTP_OPTIONS: raw('In every http backend.'),
  HAPROXY_HTTP_BACKEND_PROXYPASS_GLUE: row({
    places: ['hostname', 'proxypath', 'singleHost', 'proxypathRegex'],
    inLabels: true,
    use: 'format',
    doc: 'In a backend with HTTP_BACKEND_PROXYPASS_PATH.',
  }),
  HAPROXY_HTTP_BACKEND_REVPROXY_GLUE: row({
    places: ['hostname', 'rootpath', 'hostnameRegex', 'location'],
    inLabels: true,
    use: 'format',
    doc: 'In a backend with HTTP_BACKEND_REVPROXY_PATH.',
  }),
  HAPROXY_HTTP_BACKEND_REDIR: row({
    places: ['hostname', 'redirpath', 'location'],
    lists: ['hosts'],
    inLabels: false, // the label of this name is the path to redirect to
    use: 'format',
    doc: 'In a backend with HTTP_BACKEND_REDIR.',
  }),
  HAPROXY_HTTP_BACKEND_NETWORK_ALLOWED_ACL: network('In an http backend, for each of BACKEND_NETWORK_ALLOWED_ACL.'),
  HAPROXY_HTTP_BACKEND_ACL_ALLOW_DENY: raw('After the http network ACLs: the rule that allows or denies.', false),
  HAPROXY_TCP_BACKEND_NETWORK_ALLOWED_ACL: network('In a tcp backend, for each of BACKEND_NETWORK_ALLOWED_ACL.'),
  HAPROXY_TCP_BACKEND_ACL_ALLOW_DENY: raw('After the tcp network ACLs: the rule that allows or denies.', false),
  HAPROXY_BACKEND_STICKY_OPTIONS: raw('In a backend with STICKY.'),
  HAPROXY_BACKEND_HTTP_HEALTHCHECK_OPTIONS: healthCheck('In an http backend with an http check.'),
  HAPROXY_BACKEND_TCP_HEALTHCHECK_OPTIONS: healthCheck('In a backend with a tcp check.'),
  HAPROXY_BACKEND_SERVER_OPTIONS: row({
    places: ['serverName', 'serverId', 'host', 'host_ipv4', 'port', 'cookieOptions', 'healthCheckOptions', 'otherOptions'],
    inLabels: true,
    use: 'format',
    doc: 'A server.',
  }),
  HAPROXY_BACKEND_SERVER_HTTP_HEALTHCHECK_OPTIONS: healthCheck('On a server with an http check.'),
  HAPROXY_BACKEND_SERVER_TCP_HEALTHCHECK_OPTIONS: healthCheck('On a server with a tcp check.'),

  HAPROXY_HTTP_FRONTEND_ACL: rule('Shared http frontend: one host.'),
  HAPROXY_HTTP_FRONTEND_ACL_WITH_PATH: rule('One host with a path.'),
  HAPROXY_HTTP_FRONTEND_ACL_WITH_AUTH: rule('One host with basic auth.'),
  HAPROXY_HTTP_FRONTEND_ACL_WITH_AUTH_AND_PATH: rule('One host with a path and basic auth.'),
  HAPROXY_HTTP_FRONTEND_ACL_ONLY: rule('One of several hosts, or a host that is only redirected.'),
  HAPROXY_HTTP_FRONTEND_ACL_ONLY_WITH_PATH: rule('The path of several hosts, or of a host that is only redirected.'),
  HAPROXY_HTTP_FRONTEND_ACL_ONLY_WITH_PATH_AND_AUTH: rule('Path and basic auth of several hosts.'),
  HAPROXY_HTTP_FRONTEND_ROUTING_ONLY: rule('After the ACLs of several hosts: the rule that leads to the backend.'),
  HAPROXY_HTTP_FRONTEND_ROUTING_ONLY_WITH_PATH: rule('After the ACLs of several hosts with a path: the rule that leads to the backend.'),
  HAPROXY_HTTP_FRONTEND_ROUTING_ONLY_WITH_AUTH: rule(
    'After the ACLs of several hosts with basic auth: the rule that leads to the backend.',
  ),
  HAPROXY_HTTP_FRONTEND_ROUTING_ONLY_WITH_PATH_AND_AUTH: rule(
    'After the ACLs of several hosts with a path and basic auth: the rule that leads to the backend.',
  ),
  HAPROXY_BACKEND_REDIRECT_HTTP_TO_HTTPS: rule('The redirect of REDIRECT_TO_HTTPS.'),
  HAPROXY_BACKEND_REDIRECT_HTTP_TO_HTTPS_WITH_PATH: rule('The redirect of REDIRECT_TO_HTTPS with a path.'),
  HAPROXY_MAP_HTTP_FRONTEND_ACL: map('Shared http frontend: all plain hosts, by the map file.'),
  HAPROXY_MAP_HTTP_FRONTEND_ACL_ONLY: map('Not used: HAPROXY_MAP_HTTP_FRONTEND_ACL serves several hosts as well.'),
  HAPROXY_HTTP_FRONTEND_APPID_ACL: row({
    places: ['backend', 'cleanedUpAppId', 'hostname', 'appId'],
    inLabels: true,
    use: 'format',
    doc: 'The frontend by app id: one app.',
  }),
  HAPROXY_MAP_HTTP_FRONTEND_APPID_ACL: map('The frontend by app id: all apps, by the map file.'),

  HAPROXY_HTTPS_FRONTEND_ACL: rule('Shared https frontend: a host.'),
  HAPROXY_HTTPS_FRONTEND_ACL_WITH_PATH: rule('A host with a path.'),
  HAPROXY_HTTPS_FRONTEND_ACL_WITH_AUTH: rule('A host with basic auth.'),
  HAPROXY_HTTPS_FRONTEND_ACL_WITH_AUTH_AND_PATH: rule('A host with a path and basic auth.'),
  HAPROXY_HTTPS_FRONTEND_ACL_ONLY_WITH_PATH: rule('The path, before the rules of the hosts.'),
  HAPROXY_HTTPS_FRONTEND_AUTH_ACL_ONLY: rule('Not used by the default rules.', false),
  HAPROXY_HTTPS_FRONTEND_AUTH_REQUEST_ONLY: rule('Not used by the default rules.', false),
  HAPROXY_HTTPS_FRONTEND_ROUTING_ONLY_WITH_PATH_AND_AUTH: rule('Not used by the default rules.', false),
  HAPROXY_MAP_HTTPS_FRONTEND_ACL: httpsMap('Shared https frontend: all plain hosts, by the map file.'),

  HAPROXY_HTTPS_GROUPED_FRONTEND_HEAD: sharedHead('Head of the https frontend under --group-https-by-vhost.'),
  HAPROXY_HTTPS_GROUPED_VHOST_FRONTEND_ACL: row({
    places: ['backend', 'host'],
    inLabels: false,
    use: 'format',
    doc: "The rule that leads to a host's own https frontend.",
  }),
  HAPROXY_HTTPS_GROUPED_VHOST_BACKEND_HEAD: row({
    places: ['name'],
    inLabels: false,
    use: 'format',
    doc: "The backend that leads to a host's own https frontend.",
  }),
  HAPROXY_HTTPS_GROUPED_VHOST_FRONTEND_HEAD: row({
    places: ['name', 'sslCerts', 'bindOpts', 'alpn'],
    inLabels: false,
    use: 'format',
    doc: "Head of a host's own https frontend.",
  }),
};

/** The name of a template, as in marathon-lb. */
export type TemplateName = keyof typeof CATALOGUE;

type Row<Name extends TemplateName> = (typeof CATALOGUE)[Name];
/** The values for a template: exactly its placeholders. */
export type Context<Name extends TemplateName> = Readonly<Record<Row<Name>['places'][number], string>> &
  Readonly<Record<Row<Name>['lists'][number], readonly string[]>>;

/** All template names, in the order of the table. */
export const TEMPLATE_NAMES = Object.keys(CATALOGUE) as readonly TemplateName[];

/** The templates that an app may override with a label. */
export const TEMPLATES_IN_LABELS: ReadonlySet<string> = new Set(TEMPLATE_NAMES.filter((name) => CATALOGUE[name].inLabels));
