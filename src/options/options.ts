import { ADMIN_OPTIONS } from './admin.ts';
import { CONFIGURATION_OPTIONS } from './configuration.ts';
import { DNS_OPTIONS } from './dns.ts';
import {
  duration,
  leaderHost,
  fromFile,
  list,
  logFormat,
  logLevel,
  milliseconds,
  names,
  nonEmpty,
  oneOf,
  portOrNone,
  seconds,
  url,
  variables,
  whole,
} from './readers.ts';
import { readDomains, type Domains } from '../services/domains.ts';
import { readGroupRule, type GroupRule } from '../services/group-members.ts';
import { obsolete, option, type OptionRow } from './row.ts';
import { LOG_LEVELS, type LogLevel } from '../lib/logger.ts';

const MARATHON: readonly string[] = ['http://master.mesos:8080'];
const NONE: readonly string[] = [];

/** The one table of flags and environment variables. */
export const OPTIONS = {
  marathon: option<readonly string[]>('-m, --marathon <url...>', 'Marathon', {
    help: 'the Marathons of one cluster; when one does not answer, the next is tried',
    fallback: MARATHON,
    read: list(url, MARATHON),
  }),
  marathonLeaderHosts: option<readonly string[]>('--marathon-leader-hosts <host...>', 'Marathon', {
    help: "hosts that may get the credentials when a Marathon names them as its leader, beside the hosts of --marathon and of their domain: names, '*.acme.org', addresses, networks",
    fallback: NONE,
    read: list(leaderHost, NONE),
  }),
  authCredentials: option<string | undefined>('--auth-credentials <user:password>', 'Marathon', {
    help: 'user and password for basic auth, split at the first colon',
    fallback: undefined,
    read: nonEmpty,
  }),
  marathonAuthCredentialFile: option<string | undefined>('--marathon-auth-credential-file <file>', 'Marathon', {
    help: 'a file that holds user:password for basic auth',
    fallback: undefined,
    read: nonEmpty,
  }),
  dcosAuthCredentials: option<string | undefined>('--dcos-auth-credentials <json>', 'Marathon', {
    env: 'DCOS_SERVICE_ACCOUNT_CREDENTIAL',
    help: 'a DC/OS service account, as JSON text',
    fallback: undefined,
    read: (text) => (text.trim() === '' ? undefined : text),
  }),
  marathonCaCert: option<string | undefined>('--marathon-ca-cert <file>', 'Marathon', {
    help: "the CA that signed Marathon's certificate (default: the system's CAs)",
    fallback: undefined,
    read: nonEmpty,
  }),
  insecure: option('--insecure', 'Marathon', { help: "do not verify Marathon's certificate", fallback: false }),
  streamTimeout: option('--stream-timeout <seconds>', 'Marathon', {
    help: 'reconnect when the event stream is silent for this long; Marathon sends a heartbeat every 10 s',
    fallback: 30,
    read: seconds,
  }),
  resyncInterval: option('--resync-interval <seconds>', 'Marathon', {
    help: 'how often everything is read again beside the event stream',
    fallback: 300,
    read: seconds,
  }),

  massRemovalHold: option('--mass-removal-hold <seconds>', 'Marathon', {
    help: 'how long to keep serving tasks that vanish from a full read without an explanation, when all of them or more than half and more than 20 vanish; 0: do not keep them',
    fallback: 30,
    read: whole(0, 86_400, 'seconds'),
  }),

  group: option<readonly string[]>('--group <name>', 'Which apps', {
    help: "take apps with this HAPROXY_GROUP; may be given several times; '*' takes every app",
    fallback: NONE,
    read: names(NONE),
  }),
  strictMode: option('--strict-mode', 'Which apps', { help: 'serve only ports with HAPROXY_n_ENABLED=true', fallback: false }),
  healthCheck: option('-H, --health-check', 'Which apps', {
    help: 'serve only tasks that pass their Marathon health checks (the default)',
    fallback: true,
  }),
  noHealthCheck: option('--no-health-check', 'Which apps', { help: 'serve all running tasks, healthy or not', fallback: true }),
  health: option<'all' | 'any'>('--health <all|any>', 'Which apps', {
    help: 'whether a task must pass all of its health checks or any one of them, when its app has several',
    fallback: 'all',
    values: ['all', 'any'],
    read: oneOf(['all', 'any']),
  }),
  deploymentGroups: option<GroupRule>('--deployment-groups <file|any>', 'Which apps', {
    help: 'which apps may share a HAPROXY_DEPLOYMENT_GROUP, beside apps of the same folder: a JSON file that lists folders by group, or any',
    fallback: 'folder',
    read: (text) => (text === 'any' || text === 'folder' ? text : fromFile(text, readGroupRule)),
  }),
  domains: option<Domains | undefined>('--domains <file>', 'Which apps', {
    help: 'which virtual hosts the apps of a folder may claim: a JSON file of host patterns by folder; all other hosts are refused',
    fallback: undefined,
    read: (text) => fromFile(text, readDomains),
  }),
  minServPort: option('--min-serv-port-ip-per-task <port>', 'Which apps', {
    help: 'first service port to give to apps that have none from Marathon; 0 here and in --max-serv-port-ip-per-task: give none',
    fallback: 10050,
    read: portOrNone,
  }),
  maxServPort: option('--max-serv-port-ip-per-task <port>', 'Which apps', {
    help: 'last service port to give to apps that have none from Marathon',
    fallback: 10100,
    read: portOrNone,
  }),

  ...CONFIGURATION_OPTIONS,

  haproxyBin: option('--haproxy-bin <file>', 'HAProxy', { help: 'the HAProxy program', fallback: 'haproxy', read: nonEmpty }),
  haproxyEnv: option<readonly string[]>('--haproxy-env <name>', 'HAProxy', {
    help: 'an environment variable to hand on to HAProxy and --command, beside PATH, TZ and LANG; may be given several times',
    fallback: NONE,
    read: variables(NONE),
  }),
  command: option<string | undefined>('-c, --command <words>', 'HAProxy', {
    help: "reload HAProxy by this command, run without a shell ('systemctl reload haproxy'), instead of running our own HAProxy",
    fallback: undefined,
    read: nonEmpty,
  }),
  haproxyMasterSocket: option<string | undefined>('--haproxy-master-socket <path>', 'HAProxy', {
    help: "configure the HAProxy that the system's service runs, by its master socket ('haproxy -Ws -S', with Debian /run/haproxy-master.sock); its command line must name --haproxy-config",
    fallback: undefined,
    read: nonEmpty,
  }),
  haproxySocket: option<string | undefined>('--haproxy-socket <path>', 'HAProxy', {
    help: "a 'stats socket' with 'level admin' of the HAProxy that --command reloads, so that its servers can be changed without a reload; of the one of --haproxy-master-socket, so that they can be changed during one",
    fallback: undefined,
    read: nonEmpty,
  }),
  runDir: option('--run-dir <folder>', 'HAProxy', {
    help: 'sockets, locks and the output of our own HAProxy',
    fallback: '/run/marathon-lb-ts',
    read: nonEmpty,
  }),
  stateDir: option('--state-dir <folder>', 'HAProxy', {
    help: 'what must survive a reboot: the last answer of Marathon, the last good files and certificates, a self-signed certificate',
    fallback: '/var/lib/marathon-lb-ts',
    read: nonEmpty,
  }),
  archiveVersions: option('--archive-versions <n>', 'HAProxy', {
    help: 'how many earlier configurations to keep in --state-dir',
    fallback: 5,
    read: whole(0, 1000, 'versions'),
  }),
  skipValidation: option('--skip-validation', 'HAProxy', {
    help: 'do not check a file with haproxy -c before it is put in place',
    fallback: false,
  }),
  reloadQuiet: option('--reload-quiet <ms>', 'HAProxy', {
    help: 'write files and reload HAProxy once nothing has changed for this long',
    fallback: 200,
    read: milliseconds,
  }),
  reloadMaxWait: option('--reload-max-wait <ms>', 'HAProxy', {
    help: 'write files and reload HAProxy at the latest this long after the first change',
    fallback: 2000,
    read: milliseconds,
  }),
  reloadMinInterval: option('--reload-min-interval <ms>', 'HAProxy', {
    help: 'shortest time between two reloads',
    fallback: 1000,
    read: milliseconds,
  }),

  settle: option('--settle <seconds>', 'HAProxy', {
    help: 'how long spare backends serve the same apps before a reload gives these backends of their own; any other reload does so too; also as 90s, 10m',
    fallback: 600,
    read: duration,
  }),

  holdListeners: option('--hold-listeners', 'HAProxy', {
    help: 'a second HAProxy keeps the listening sockets open, so that new connections wait while one that has ended is started again, for up to 10 s',
    fallback: false,
  }),

  ...DNS_OPTIONS,

  ...ADMIN_OPTIONS,

  stopHaproxy: option('--stop-haproxy', 'How it runs', {
    help: 'end our own HAProxy with the daemon: first its health page fails for --shutdown-delay, then its connections finish',
    fallback: false,
  }),
  shutdownDelay: option('--shutdown-delay <seconds>', 'How it runs', {
    help: 'how long the health page fails before HAProxy stops taking connections',
    fallback: 0,
    read: whole(0, 3600, 'seconds'),
  }),
  degradedOk: option('--degraded-ok', 'How it runs', {
    help: "keep HAProxy's health page and 'status' healthy while one of our own ports (http, https, app ids, statistics) can't be bound",
    fallback: false,
  }),
  once: option('--once', 'How it runs', {
    help: 'run once and end, for cron; exit 0 when HAProxy serves what Marathon said, else 1',
    fallback: false,
  }),
  dry: option('-d, --dry', 'How it runs', { help: 'print the configuration and change nothing', fallback: false }),
  poll: option<number | undefined>('--poll <seconds>', 'How it runs', {
    help: 'read everything this often instead of following the event stream; also as 90s, 5m',
    fallback: undefined,
    read: duration,
  }),
  sse: option('-s, --sse', 'How it runs', { help: 'follow the event stream (the default)', fallback: false }),

  logLevel: option<LogLevel>('--log-level <level>', 'Log', {
    help: LOG_LEVELS.join(', '),
    fallback: 'info',
    values: LOG_LEVELS,
    read: logLevel,
  }),
  logFormat: option<'text' | 'json' | 'python' | undefined>('--log-format <format>', 'Log', {
    help: "text or json (default: text on a terminal, else json); a format of Python's, with a % in it, means text",
    fallback: undefined,
    values: ['text', 'json'],
    read: logFormat,
  }),

  maxReloadRetries: obsolete('--max-reload-retries <n>', 'a reload that fails is tried again until it succeeds, with growing waits'),
  reloadInterval: obsolete('--reload-interval <seconds>', 'a reload that fails is tried again after 1 s; the wait grows up to 8 s'),
  lruCacheCapacity: obsolete('--lru-cache-capacity <n>', 'the last known health of every task is remembered'),
  maxBackoff: obsolete('--max-backoff <seconds>', 'a lost event stream is connected again after half a second; the wait grows up to 15 s'),
  syslogSocket: obsolete('--syslog-socket <file>', 'the log goes to stdout; --haproxy-log says where the traffic log goes'),
  skipConfigCleanup: obsolete('--skip-config-cleanup', 'a configuration is checked in a folder of its own, which is always removed'),
};

/** A flag, by its key in the table. */
export type OptionName = keyof typeof OPTIONS;

/** The values of all flags, after the command line and the environment were read. */
export type Settings = {
  readonly [Name in Exclude<OptionName, 'noHealthCheck' | 'noHaproxyMap'>]: (typeof OPTIONS)[Name] extends OptionRow<infer Value>
    ? Value
    : never;
};

/** The settings of an empty command line. `group` is empty there, and the daemon refuses to start without it. */
export function defaultSettings(): Settings {
  return Object.fromEntries(Object.entries(OPTIONS).map(([name, { fallback }]) => [name, fallback])) as unknown as Settings;
}
