import type { TemplateName } from './catalogue.ts';

/** A kind of line that an app's template may have under `--template-labels safe`. */
export interface SafeLine {
  /** The pattern that a whole line has to match, with one space between words; `{name}` is a value. */
  readonly line: RegExp;
  /** An example for the reference. */
  readonly usage: string;
  readonly doc: string;
}

const TIME = String.raw`(?:\d{1,9}|\{\w+\})(?:us|ms|s|m|h|d)?`;
const NUMBER = String.raw`(?:\d{1,9}|\{\w+\})`;
const WORD = String.raw`[\w./:*=,;+~@-]+`;
/** A word, a quoted text, or a word with escaped spaces. Contains no samples except these, and no environment variables. */
const TEXT = String.raw`(?:"[^"$%\\]*"|'[^'%]*'|(?:[^\s"'\\$%#{}]|\\[ rn"\\]|%%|%\[(?:src|dst|src_port|dst_port|ssl_fc_sni)\]|\{\w+\})+)`;
const CONDITION = String.raw`(?: (?:if|unless) !?(?:\{ ssl_fc \}|HTTP_1\.[01]|METH_\w+))?`;

const whole = (pattern: string): RegExp => new RegExp(`^(?:${pattern})$`);
const line = (pattern: string, usage: string, doc: string): SafeLine => ({ line: whole(pattern), usage, doc });

/** THE table of lines that are safe in anybody's hands: they use no file, no environment variable, no Lua, no other section and no other app. */
const SAFE_LINES: readonly SafeLine[] = [
  line(String.raw`(?:frontend|backend) \{backend\}|userlist user_\{backend\}`, 'backend {backend}', "The port's own section."),
  line(String.raw`user \{user\} password \{passwd\}`, 'user {user} password {passwd}', 'The user of HAPROXY_n_AUTH.'),
  line(
    String.raw`bind \{bindAddr\}:\{servicePort\}(?:\{sslCert\})?(?:\{bindOptions\})?`,
    'bind {bindAddr}:{servicePort}{sslCert}{bindOptions}',
    "The port's own bind.",
  ),
  line(
    String.raw`(?:default_backend|use_backend) \{backend\}`,
    'use_backend {backend}',
    "The rule that leads to the port's own backend, in the port's own frontend.",
  ),
  line(String.raw`mode (?:http|tcp|\{mode\})`, 'mode http', 'The mode.'),
  line(
    String.raw`balance (?:\{balance\}|roundrobin|static-rr|leastconn|first|source|random(?:\(\d+\))?|uri(?: whole| len ${NUMBER}| depth ${NUMBER})*|url_param [\w-]+|hdr\([\w-]+\)|rdp-cookie(?:\([\w-]+\))?)`,
    'balance leastconn',
    'How servers are chosen.',
  ),
  line(
    'hash-type (?:map-based|consistent)(?: (?:sdbm|djb2|wt6|crc32))?(?: avalanche)?',
    'hash-type consistent',
    'How a hash leads to a server.',
  ),
  line(
    `timeout (?:client|client-fin|server|server-fin|connect|queue|tunnel|check|tarpit|http-request|http-keep-alive) ${TIME}`,
    'timeout server 5m',
    'Timeouts.',
  ),
  line(`retries ${NUMBER}`, 'retries 2', 'How often a connection is tried.'),
  line(
    'retry-on(?: (?:none|conn-failure|empty-response|junk-response|response-timeout|0rtt-rejected|\\d{3}))+',
    'retry-on conn-failure',
    'When a request is sent again.',
  ),
  line(`(?:maxconn|fullconn) ${NUMBER}`, 'maxconn 500', 'How many connections at once.'),
  line('http-reuse (?:never|safe|aggressive|always)', 'http-reuse safe', 'Whether connections to servers are shared by clients.'),
  line(
    String.raw`http-(?:request|response|after-response) (?:(?:set|add)-header [\w-]+ ${TEXT}|del-header [\w-]+)${CONDITION}`,
    'http-response set-header X-Frame-Options DENY',
    'Headers set to a fixed text, or to %[src], %[dst], %[src_port], %[dst_port], %[ssl_fc_sni]; with no condition but ssl_fc, the version or the method.',
  ),
  line(
    String.raw`(?:http-request )?redirect scheme https(?: code 30[12378])?${CONDITION}`,
    'http-request redirect scheme https unless { ssl_fc }',
    'The redirect to https.',
  ),
  line(String.raw`http-request deny(?: deny_status \d{3})?${CONDITION}`, 'http-request deny if METH_TRACE', 'Refusing requests.'),
  line(
    String.raw`(?:no )?option (?:httpclose|http-server-close|http-keep-alive|http-pretend-keepalive|http-no-delay|http-buffer-request|redispatch(?: -?\d+)?|abortonclose|allbackups|persist|prefer-last-server|tcpka|clitcpka|srvtcpka|dontlognull|dontlog-normal|httplog(?: clf)?|tcplog|log-health-checks|log-separate-errors|logasap|independent-streams|splice-\w+|tcp-smart-(?:accept|connect)|idle-close-on-response|accept-invalid-http-re(?:quest|sponse))`,
    'option http-server-close',
    'Options of connections and of the traffic log.',
  ),
  line(
    String.raw`option forwardfor(?: except [\d.:/a-fA-F]+)?(?: header [\w-]+)?(?: if-none)?`,
    'option forwardfor',
    'The header X-Forwarded-For.',
  ),
  line(
    String.raw`option (?:tcp-check|ssl-hello-chk|ldap-check|redis-check|(?:mysql|pgsql)-check(?: user \w+)?|smtpchk(?: \w+ ${WORD})?|httpchk(?: (?:GET|HEAD|OPTIONS|POST))?(?: ${TEXT})?(?: HTTP/${TEXT}(?: ${TEXT})*)?)`,
    'option httpchk GET /health',
    'Checks.',
  ),
  line(
    String.raw`http-check (?:disable-on-404|send-state|expect !? ?(?:status [\d,-]+|r?status ${TEXT}|r?string ${TEXT})|send(?: (?:meth [A-Z]+|uri ${TEXT}|ver HTTP/[\d.]+|hdr [\w-]+ ${TEXT}|body ${TEXT}))+)`,
    'http-check expect status 200',
    'What a check sends and expects.',
  ),
  line(
    String.raw`tcp-check (?:connect|send ${TEXT}|send-binary [\da-fA-F]+|expect !? ?(?:r?string|binary|rbinary) ${TEXT}(?: ${TEXT})*)`,
    'tcp-check expect string +PONG',
    'What a tcp check sends and expects.',
  ),
  line(
    String.raw`cookie [\w-]+(?: (?:rewrite|insert|prefix|indirect|nocache|postonly|preserve|httponly|secure|dynamic|maxidle ${TIME}|maxlife ${TIME}|domain [\w.-]+|attr "?[\w=; -]+"?))*`,
    'cookie SRV insert indirect nocache',
    'Cookies for sticky sessions.',
  ),
  line(
    String.raw`compression (?:algo(?: (?:identity|gzip|deflate|raw-deflate))+|type(?: [\w/+.*-]+)+|offload)`,
    'compression algo gzip',
    'Compression.',
  ),
  line(
    String.raw`server \{serverName\} (?:\{host_ipv4\}|\{host\}):\{port\}(?: (?:id )?\{serverId\})?(?:${serverOption()})*`,
    'server {serverName} {host_ipv4}:{port} id {serverId}{cookieOptions}{healthCheckOptions}{otherOptions} maxconn 100',
    "A task's server, with further options.",
  ),
  line(`default-server(?:${serverOption()})+`, 'default-server inter 5s', 'Options of all servers of the port.'),
];

/** The options that a server's line may have: its check, limits, and TLS to the server without a file. */
function serverOption(): string {
  const timed = `(?:inter|fastinter|downinter|slowstart|pool-purge-delay|tcp-ut) ${TIME}`;
  const counted = `(?:rise|fall|weight|maxconn|minconn|maxqueue|port|error-limit|max-reuse|pool-max-conn|pool-low-conn) ${NUMBER}`;
  const plain = String.raw`check|check-ssl|no-check|backup|disabled|ssl|no-ssl|verify none|send-proxy(?:-v2)?|check-send-proxy|tfo`;
  const named = String.raw`(?:alpn|check-alpn) [\w/.,-]+|(?:proto|check-proto) \w+|check-sni [\w.-]+|on-error [\w-]+|on-marked-(?:down|up) shutdown-[\w-]+|observe layer[47]|cookie [\w{}-]+`;
  return String.raw` (?:${timed}|${counted}|${plain}|${named})| ?\{(?:cookieOptions|healthCheckOptions|otherOptions)\}|\{healthCheckPortOptions\}`;
}

/** The templates whose text is a part of a server's line. */
const ON_SERVER = /^HAPROXY_BACKEND_SERVER_(?:HTTP|TCP)_HEALTHCHECK_OPTIONS$/;

const ON_SERVER_LINE: SafeLine = line(
  `(?:${serverOption().replace(/^ /, ' ?')})*`,
  'check inter {healthCheckIntervalSeconds}s',
  'In the two templates of a check on a server: options of a server.',
);

/** The table for the reference, including the options for templates that are a part of a line. */
export const SAFE_ROWS: readonly SafeLine[] = [...SAFE_LINES, ON_SERVER_LINE];

/**
 * The lines of an app's template that are not safe in anybody's hands, each as a part of a sentence with the reason. `text` is rendered, with
 * `{name}` for values. `isShared` means that the template's lines go into a frontend shared by apps.
 */
export function findUnsafe(name: TemplateName, text: string, isShared: boolean): readonly string[] {
  const lines = text.split(/\r?\n/).map((one) => one.trim()).filter((one) => one !== '' && !one.startsWith('#')); // prettier-ignore
  const table = ON_SERVER.test(name) ? [ON_SERVER_LINE] : SAFE_LINES;
  const why = (one: string): string => (isShared ? 'its rules are in a frontend that apps share' : reasonAgainst(one));
  return lines
    .filter((one) => isShared || !table.some((safe) => safe.line.test(withSingleBlanks(one))))
    .map((one) => `its line '${one.length > 200 ? `${one.slice(0, 200)}…` : one}' is not safe, because ${why(one)}`);
}

/** Replaces runs of spaces outside quotes by one space. An escaped space is part of a word. */
function withSingleBlanks(one: string): string {
  return one.replace(/"(?:[^"\\]|\\.)*"|'[^']*'|\\.|[ \t]+/g, (found) => (/^[ \t]/.test(found) ? ' ' : found));
}

/** The most telling reason; the last one is always true. */
function reasonAgainst(one: string): string {
  if (/\$|%\[\s*env\b|\benv\(/.test(one)) return 'it reads the environment';
  if (/\blua\b|lua\./.test(one)) return 'it runs Lua';
  if (/\b(?:crt|ca-file|crl-file|crt-list|errorfile|lf-file|file)\b|\s-[fM]\s|\b(?=\w*map)\w+\(/.test(one)) return 'it reads a file';
  if (/^(?:use_backend|default_backend|use-server)\b/.test(one)) return "it leads to something other than the port's own backend";
  if (/^server\b/.test(one)) return "it is not a server of the port's own tasks, or has an option that is not on the list";
  return 'it is not on the list of lines that every app may have';
}
