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

/** THE table of flags and environment. */
export const OPTIONS = {
  marathon: option<readonly string[]>('-m, --marathon <url...>', 'Marathon', {
    help: 'one cluster; the next one is tried when one does not answer',
    fallback: MARATHON,
    read: list(url, MARATHON),
  }),
  marathonLeaderHosts: option<readonly string[]>('--marathon-leader-hosts <host...>', 'Marathon', {
    help: "hosts that get the credentials when a Marathon names them as its leader, beside those of --marathon and of the same domain: names, '*.acme.org', addresses, networks",
    fallback: NONE,
    read: list(leaderHost, NONE),
  }),
  authCredentials: option<string | undefined>('--auth-credentials <user:password>', 'Marathon', {
    help: 'basic auth, split at the first colon',
    fallback: undefined,
    read: nonEmpty,
  }),
  marathonAuthCredentialFile: option<string | undefined>('--marathon-auth-credential-file <file>', 'Marathon', {
    help: 'the same, from a file',
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
    help: "CA of Marathon's certificate (default: the system's)",
    fallback: undefined,
    read: nonEmpty,
  }),
  insecure: option('--insecure', 'Marathon', { help: "do not verify Marathon's certificate", fallback: false }),
  streamTimeout: option('--stream-timeout <seconds>', 'Marathon', {
    help: 'silence after which the event stream is dead; Marathon beats every 10 s',
    fallback: 30,
    read: seconds,
  }),
  resyncInterval: option('--resync-interval <seconds>', 'Marathon', {
    help: 'between full reads beside the event stream',
    fallback: 300,
    read: seconds,
  }),

  massRemovalHold: option('--mass-removal-hold <seconds>', 'Marathon', {
    help: 'tasks that vanish from a full read without an explanation, all of them or more than half and more than 20, serve on for so long; 0: not at all',
    fallback: 30,
    read: whole(0, 86_400, 'seconds'),
  }),

  group: option<readonly string[]>('--group <name>', 'Which apps', {
    help: "take apps with this HAPROXY_GROUP; may stand several times; '*' takes every app",
    fallback: NONE,
    read: names(NONE),
  }),
  strictMode: option('--strict-mode', 'Which apps', { help: 'only ports with HAPROXY_n_ENABLED=true', fallback: false }),
  healthCheck: option('-H, --health-check', 'Which apps', {
    help: 'only tasks that pass all their Marathon checks (the default)',
    fallback: true,
  }),
  noHealthCheck: option('--no-health-check', 'Which apps', { help: 'all tasks that run', fallback: true }),
  health: option<'all' | 'any'>('--health <all|any>', 'Which apps', {
    help: 'how many of its checks a task must pass, where its app has several',
    fallback: 'all',
    read: oneOf(['all', 'any']),
  }),
  deploymentGroups: option<GroupRule>('--deployment-groups <file|any>', 'Which apps', {
    help: 'which apps may be one in a HAPROXY_DEPLOYMENT_GROUP, beside those of one folder: a JSON file of folders by group, or any',
    fallback: 'folder',
    read: (text) => (text === 'any' || text === 'folder' ? text : fromFile(text, readGroupRule)),
  }),
  domains: option<Domains | undefined>('--domains <file>', 'Which apps', {
    help: 'which virtual hosts the apps of a folder may claim: a JSON file of host patterns by folder; all others are refused',
    fallback: undefined,
    read: (text) => fromFile(text, readDomains),
  }),
  minServPort: option('--min-serv-port-ip-per-task <port>', 'Which apps', {
    help: 'first service port for apps that Marathon gave none; 0 here and in the next one: no such ports',
    fallback: 10050,
    read: portOrNone,
  }),
  maxServPort: option('--max-serv-port-ip-per-task <port>', 'Which apps', { help: 'last one', fallback: 10100, read: portOrNone }),

  ...CONFIGURATION_OPTIONS,

  haproxyBin: option('--haproxy-bin <file>', 'HAProxy', { help: 'the program', fallback: 'haproxy', read: nonEmpty }),
  haproxyEnv: option<readonly string[]>('--haproxy-env <name>', 'HAProxy', {
    help: 'an environment variable to hand on to HAProxy and --command, beside PATH, TZ and LANG; may stand several times',
    fallback: NONE,
    read: variables(NONE),
  }),
  command: option<string | undefined>('-c, --command <words>', 'HAProxy', {
    help: "reload by this command, run without a shell ('systemctl reload haproxy'), instead of running HAProxy ourselves",
    fallback: undefined,
    read: nonEmpty,
  }),
  haproxySocket: option<string | undefined>('--haproxy-socket <path>', 'HAProxy', {
    help: "a 'stats socket' with 'level admin' of the HAProxy that --command reloads: its servers are then changed while it runs",
    fallback: undefined,
    read: nonEmpty,
  }),
  runDir: option('--run-dir <folder>', 'HAProxy', {
    help: 'sockets, locks and the output of our own HAProxy',
    fallback: '/run/marathon-lb-ts',
    read: nonEmpty,
  }),
  stateDir: option('--state-dir <folder>', 'HAProxy', {
    help: 'what outlives a reboot: what is known, the last good files and certificates, a self-signed one',
    fallback: '/var/lib/marathon-lb-ts',
    read: nonEmpty,
  }),
  archiveVersions: option('--archive-versions <n>', 'HAProxy', {
    help: 'earlier configurations to keep in --state-dir',
    fallback: 5,
    read: whole(0, 1000, 'versions'),
  }),
  skipValidation: option('--skip-validation', 'HAProxy', { help: 'do not ask haproxy -c before a file is put in place', fallback: false }),
  reloadQuiet: option('--reload-quiet <ms>', 'HAProxy', {
    help: 'quiet time before files are written and HAProxy is reloaded',
    fallback: 200,
    read: milliseconds,
  }),
  reloadMaxWait: option('--reload-max-wait <ms>', 'HAProxy', {
    help: 'at most this long after the first change',
    fallback: 2000,
    read: milliseconds,
  }),
  reloadMinInterval: option('--reload-min-interval <ms>', 'HAProxy', { help: 'between two reloads', fallback: 1000, read: milliseconds }),

  ...DNS_OPTIONS,

  stopHaproxy: option('--stop-haproxy', 'How it runs', {
    help: 'our own HAProxy ends with the daemon, when its health page was red for a while and its connections have finished',
    fallback: false,
  }),
  shutdownDelay: option('--shutdown-delay <seconds>', 'How it runs', {
    help: 'how long the health page is red before HAProxy takes no more connections',
    fallback: 0,
    read: whole(0, 3600, 'seconds'),
  }),
  degradedOk: option('--degraded-ok', 'How it runs', {
    help: "HAProxy's health page and 'status' stay green while one of our own ports (http, https, app ids, statistics) can't be bound",
    fallback: false,
  }),
  once: option('--once', 'How it runs', {
    help: 'one pass, for cron; exit 0 when HAProxy has what Marathon said, else 1',
    fallback: false,
  }),
  dry: option('-d, --dry', 'How it runs', { help: 'print the configuration and change nothing', fallback: false }),
  poll: option<number | undefined>('--poll <seconds>', 'How it runs', {
    help: 'read everything this often, for a Marathon without an event stream; also as 90s, 5m',
    fallback: undefined,
    read: duration,
  }),
  sse: option('-s, --sse', 'How it runs', { help: 'follow the event stream (the default)', fallback: false }),

  logLevel: option<LogLevel>('--log-level <level>', 'Log', { help: LOG_LEVELS.join(', '), fallback: 'info', read: logLevel }),
  logFormat: option<'text' | 'json' | 'python' | undefined>('--log-format <format>', 'Log', {
    help: "text or json (default: text on a terminal, else json); a format of Python's, with a % in it, means text",
    fallback: undefined,
    read: logFormat,
  }),

  maxReloadRetries: obsolete('--max-reload-retries <n>', 'a reload that fails is tried again until it is confirmed, with growing waits'),
  reloadInterval: obsolete('--reload-interval <seconds>', 'a reload that fails is tried again after a second, then later, up to 8 s'),
  lruCacheCapacity: obsolete('--lru-cache-capacity <n>', 'the last known health of every task is kept'),
  maxBackoff: obsolete('--max-backoff <seconds>', 'a lost event stream is sought again after half a second, then later, up to 15 s'),
  syslogSocket: obsolete('--syslog-socket <file>', 'the log goes to stdout; --haproxy-log says where the traffic log goes'),
  skipConfigCleanup: obsolete('--skip-config-cleanup', 'a candidate stands in a folder of its own, which is always taken away'),
};

/** A flag, by its key in the table. */
export type OptionName = keyof typeof OPTIONS;

/** What the command line and the environment say, read. */
export type Settings = {
  readonly [Name in Exclude<OptionName, 'noHealthCheck' | 'noHaproxyMap'>]: (typeof OPTIONS)[Name] extends OptionRow<infer Value>
    ? Value
    : never;
};

/** The settings of an empty command line; `group` must be given. */
export function defaultSettings(): Settings {
  return Object.fromEntries(Object.entries(OPTIONS).map(([name, { fallback }]) => [name, fallback])) as unknown as Settings;
}
