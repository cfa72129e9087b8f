import { bindAddress, duration, existingFolder, files, oneOf, plainPath, port, proxyNetworks, whole } from './readers.ts';
import { option } from './row.ts';

const CERTIFICATES: readonly string[] = ['/etc/ssl/cert.pem'];

/** The flags that decide what is written into haproxy.cfg. */
export const CONFIGURATION_OPTIONS = {
  haproxyConfig: option('--haproxy-config <file>', 'The configuration', {
    help: 'the file to write; map files are written into the same folder',
    fallback: '/etc/haproxy/haproxy.cfg',
    read: plainPath,
  }),
  haproxyMap: option('--haproxy-map', 'The configuration', {
    help: 'look up plain virtual hosts in map files (the default)',
    fallback: true,
  }),
  noHaproxyMap: option('--no-haproxy-map', 'The configuration', {
    help: 'write an ACL rule for each virtual host instead',
    fallback: true,
  }),
  spareBackends: option<number | undefined>('--spare-backends <n>', 'The configuration', {
    help: 'how many backends without servers are ready for each of the commonest kinds of apps, so that a new app is served without a reload (default: 16, with --no-haproxy-map 0); HAProxy 3.4 and later needs none and makes backends for new apps itself; 0: neither',
    fallback: undefined,
    read: whole(0, 1000, 'backends'),
  }),
  templatesDir: option('--templates-dir <folder>', 'The configuration', {
    help: "templates in place of the default ones: HAPROXY_<NAME> in marathon-lb's format, HAPROXY_<NAME>.hbs",
    fallback: 'templates',
    read: existingFolder,
  }),
  templateLabels: option<'allow' | 'safe' | 'deny'>('--template-labels <allow|safe|deny>', 'The configuration', {
    help: 'whether apps may bring templates in their labels; safe: only with the lines that docs/labels.md lists',
    fallback: 'allow',
    values: ['allow', 'safe', 'deny'],
    read: oneOf(['allow', 'safe', 'deny']),
  }),
  errorPages: option<string | undefined>('--error-pages <folder>', 'The configuration', {
    help: 'pages that labels may name (HAPROXY_n_ERROR_PAGE_503) in place of the answers of HAProxy itself',
    fallback: undefined,
    read: existingFolder,
  }),
  dontBindHttpHttps: option('--dont-bind-http-https', 'The configuration', { help: 'no shared http and https frontends', fallback: false }),
  groupHttpsByVhost: option('--group-https-by-vhost', 'The configuration', {
    help: 'an https frontend for each virtual host, with the certificates of its apps (HAPROXY_n_SSL_CERT)',
    fallback: false,
  }),
  httpsRouting: option<'host' | 'sni'>('--https-routing <host|sni>', 'The configuration', {
    help: 'whether https finds the app by the Host header, and offers HTTP/2, or by the name in the TLS hello, as marathon-lb does',
    fallback: 'host',
    values: ['host', 'sni'],
    read: oneOf(['host', 'sni']),
  }),
  http3: option('--http3', 'The configuration', {
    help: 'serve HTTP/3 (QUIC) on the UDP port of the shared https frontend too; needs HAProxy 3.2 or later',
    fallback: false,
  }),
  acceptProxy: option<readonly string[]>('--accept-proxy <networks>', 'The configuration', {
    help: 'networks of load balancers in front, separated by commas, whose connections to all ports of apps begin with a PROXY header (v1, v2)',
    fallback: [],
    read: proxyNetworks,
  }),
  sslCerts: option<readonly string[]>('--ssl-certs <files>', 'The configuration', {
    help: 'certificates of the shared https frontend, separated by commas',
    fallback: CERTIFICATES,
    read: files,
  }),
  bindAddress: option('--bind-address <address>', 'The configuration', {
    help: 'the address that frontends without HAPROXY_n_BIND_ADDR listen on',
    fallback: '*',
    read: bindAddress,
  }),
  httpPort: option('--http-port <port>', 'The configuration', { help: 'port of the shared http frontend', fallback: 80, read: port }),
  httpsPort: option('--https-port <port>', 'The configuration', { help: 'port of the shared https frontend', fallback: 443, read: port }),
  appIdPort: option('--app-id-port <port>', 'The configuration', {
    help: 'port of the frontend that routes by the header X-Marathon-App-Id',
    fallback: 9091,
    read: port,
  }),
  statsPort: option('--stats-port <port>', 'The configuration', {
    help: 'port of the statistics page and /_haproxy_health_check',
    fallback: 9090,
    read: port,
  }),
  defaultOptions: option<readonly string[]>('--default-options <options>', 'The configuration', {
    env: 'HAPROXY_GLOBAL_DEFAULT_OPTIONS',
    help: "options of HAProxy's defaults section, separated by commas",
    fallback: ['redispatch', 'http-server-close', 'dontlognull'],
    read: (text) =>
      text
        .split(',')
        .map((word) => word.trim())
        .filter((word) => word !== ''),
  }),
  nbthread: option<number | undefined>('--nbthread <n>', 'The configuration', {
    help: 'how many threads HAProxy runs (default: the cores that it may use; at most 8 with HAProxy before 2.8)',
    fallback: undefined,
    read: whole(1, 1024, 'threads'),
  }),
  maxconn: option<number | undefined>('--maxconn <n>', 'The configuration', {
    help: 'how many connections HAProxy takes at once (default: HAProxy works it out from its limit of file descriptors)',
    fallback: undefined,
    read: whole(1, 10_000_000, 'connections'),
  }),
  oldWorkerMaxAge: option('--old-worker-max-age <seconds>', 'The configuration', {
    env: 'HAPROXY_RELOAD_SIGTERM_DELAY',
    help: 'how long a worker from before a reload may finish its connections before it is ended; also as 90s, 5m, 1h',
    fallback: 3600,
    read: (text) => (text.trim() === '' ? 3600 : duration(text)),
  }),
  maxOldWorkers: option('--max-old-workers <n>', 'The configuration', {
    help: 'how many workers from before a reload may run at once; older ones are ended',
    fallback: 3,
    read: whole(1, 1000, 'workers'),
  }),
  haproxyLog: option('--haproxy-log <target>', 'The configuration', {
    help: "where HAProxy's traffic log goes: syslog (/dev/log), stdout, an address such as 127.0.0.1:514, or off",
    fallback: 'off',
    read: plainPath,
  }),
};
