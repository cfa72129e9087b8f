import { afterEach, expect, jest, test } from '@jest/globals';
import { parseWords } from '../../src/cli/program.ts';
import { main } from '../../src/main.ts';
import { readNotes } from '../../src/cli/old-words.ts';
import { defaultSettings, OPTIONS, type Settings } from '../../src/options/options.ts';

const before = { ...process.env };
afterEach(() => {
  process.env = { ...before };
  jest.restoreAllMocks();
});

/** What a command line and variables ask for; what is as on a command line with `--group external` alone is left out. */
async function read(words: string, env: Readonly<Record<string, string>> = {}): Promise<Partial<Settings>> {
  process.env = { ...before, ...env };
  const read: Settings[] = [];
  await parseWords(split(words), (settings) => {
    read.push(settings);
    return Promise.resolve();
  });
  const usual = { ...defaultSettings(), group: ['external'] };
  const differ = Object.entries(read[0] ?? {}).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(usual[name as keyof Settings]),
  );
  return Object.fromEntries(differ);
}

/** Words, those in single quotes with spaces in them. */
function split(words: string): readonly string[] {
  return Array.from(words.matchAll(/(?:[^\s']|'[^']*')+/g), ([word]) => word.replaceAll("'", ''));
}

const ALL = '*';
// Command lines of marathon-lb 1.15 and of its container, each with its meaning.
test.each<[string, Partial<Settings>]>([
  ['--group external', {}],
  ['--group=external', {}],
  ["--group '*'", { group: [ALL] }],
  ['--group external --group internal', { group: ['external', 'internal'] }],
  ['-m http://m1:8080 --group external', { marathon: ['http://m1:8080'] }],
  ['-mhttp://m1:8080 --group external', { marathon: ['http://m1:8080'] }],
  ['--marathon http://m1:8080 http://m2:8080/ --group external', { marathon: ['http://m1:8080', 'http://m2:8080'] }],
  ['--group external -m http://m1:8080 http://m2:8080', { marathon: ['http://m1:8080', 'http://m2:8080'] }],
  ['--marathon=https://m1/marathon --group external', { marathon: ['https://m1/marathon'] }],
  ['--haproxy-config /marathon-lb/haproxy.cfg --group external', { haproxyConfig: '/marathon-lb/haproxy.cfg' }],
  ["-c 'systemctl reload haproxy' --group external", { command: 'systemctl reload haproxy' }],
  ["--command 'sv reload x' --group external --command 'sv reload y'", { command: 'sv reload y' }],
  ['--max-reload-retries -1 --reload-interval 20 --group external', { maxReloadRetries: '-1', reloadInterval: '20' }],
  ['--max-reload-retries=-1 --group external', { maxReloadRetries: '-1' }],
  ['--strict-mode --group external', { strictMode: true }],
  ['--sse --group external', { sse: true }],
  ['-s --group external', { sse: true }],
  ['-sH --group external', { sse: true }],
  ['-dsHm http://m1:8080 --group external', { dry: true, sse: true, marathon: ['http://m1:8080'] }],
  ['--archive-versions 3 --group external', { archiveVersions: 3 }],
  ['--health-check --haproxy-map --group external', {}],
  ['--lru-cache-capacity 5000 --group external', { lruCacheCapacity: '5000' }],
  ['--dont-bind-http-https --group-https-by-vhost --group external', { dontBindHttpHttps: true, groupHttpsByVhost: true }],
  ['--ssl-certs /a.pem,/b.pem --group external', { sslCerts: ['/a.pem', '/b.pem'] }],
  ["--ssl-certs '/a.pem, /b.pem' --group external", { sslCerts: ['/a.pem', '/b.pem'] }],
  ['--skip-validation --skip-config-cleanup --group external', { skipValidation: true, skipConfigCleanup: true }],
  ['--dry --group external', { dry: true }],
  ['-d --group external', { dry: true }],
  ['--min-serv-port-ip-per-task 10200 --max-serv-port-ip-per-task 10300 --group external', { minServPort: 10200, maxServPort: 10300 }],
  ['--min-serv-port-ip-per-task 0 --max-serv-port-ip-per-task 0 --group external', { minServPort: 1, maxServPort: 0 }],
  ['--max-backoff 60 --group external', { maxBackoff: '60' }],
  ['--syslog-socket /dev/null --group external', { syslogSocket: '/dev/null' }],
  ["--log-format '%(asctime)-15s %(name)s: %(message)s' --group external", { logFormat: 'python' }],
  ['--log-level DEBUG --group external', { logLevel: 'debug' }],
  ['--log-level Info --group external', {}],
  ['--log-level warning --group external', { logLevel: 'warn' }],
  ['--log-level ERROR --group external', { logLevel: 'error' }],
  ['--log-level CRITICAL --group external', { logLevel: 'error' }],
  ['--log-level NOTSET --group external', { logLevel: 'debug' }],
  ['--marathon-auth-credential-file /etc/auth --group external', { marathonAuthCredentialFile: '/etc/auth' }],
  ['--auth-credentials=admin:a:b --group external', { authCredentials: 'admin:a:b' }],
  ["--dcos-auth-credentials '{}' --group external", { dcosAuthCredentials: '{}' }],
  ['--marathon-ca-cert /etc/ca.pem --group external', { marathonCaCert: '/etc/ca.pem' }],
  ['sse --group external', {}],
  ['sse -m http://m1:8080 --health-check --haproxy-map --group external', { marathon: ['http://m1:8080'] }],
  ['poll --group external', { poll: 60 }],
])('%s', async (words, meaning) => {
  await expect(read(words)).resolves.toEqual(meaning);
});

test.each<[Readonly<Record<string, string>>, Partial<Settings>]>([
  [{ POLL_INTERVAL: '30' }, { poll: 30 }],
  [{ POLL_INTERVAL: '2m' }, { poll: 120 }],
  [{ POLL_INTERVAL: '' }, { poll: 60 }],
  [{ DCOS_SERVICE_ACCOUNT_CREDENTIAL: '{"uid":"me"}' }, { poll: 60, dcosAuthCredentials: '{"uid":"me"}' }],
  [{ DCOS_SERVICE_ACCOUNT_CREDENTIAL: '' }, { poll: 60 }],
  [{ HAPROXY_GLOBAL_DEFAULT_OPTIONS: 'redispatch,httplog' }, { poll: 60, defaultOptions: ['redispatch', 'httplog'] }],
  [{ HAPROXY_RELOAD_SIGTERM_DELAY: '5m' }, { poll: 60, oldWorkerMaxAge: 300 }],
  [{ HAPROXY_RELOAD_SIGTERM_DELAY: '' }, { poll: 60 }],
  [{ PORTS: '80,443', HAPROXY_SSL_CERT: '', HAPROXY_SYSCTL_PARAMS: 'a=1', SYSLOG_SOCKET: '/dev/null' }, { poll: 60 }],
])('the container with %j', async (env, meaning) => {
  await expect(read('poll --group external', env)).resolves.toEqual(meaning);
});

test('every flag of marathon-lb 1.15 is known', () => {
  const flags = [
    ...[
      'marathon',
      'haproxy-config',
      'group',
      'command',
      'max-reload-retries',
      'reload-interval',
      'strict-mode',
      'sse',
      'archive-versions',
    ],
    ...[
      'health-check',
      'lru-cache-capacity',
      'haproxy-map',
      'dont-bind-http-https',
      'group-https-by-vhost',
      'ssl-certs',
      'skip-validation',
    ],
    ...[
      'skip-config-cleanup',
      'dry',
      'min-serv-port-ip-per-task',
      'max-serv-port-ip-per-task',
      'max-backoff',
      'syslog-socket',
      'log-format',
    ],
    ...['log-level', 'marathon-auth-credential-file', 'auth-credentials', 'dcos-auth-credentials', 'marathon-ca-cert'],
  ];
  const known = Object.values(OPTIONS).map(({ flags: words }) => /--([a-z-]+)/.exec(words)?.[1]);
  expect(flags.filter((flag) => !known.includes(flag))).toEqual([]);
});

/** What a command line that does no balancing writes to stdout. */
async function printed(words: string): Promise<string> {
  const write = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
  await expect(main(split(words))).resolves.toBe(0);
  return write.mock.calls.map(([piece]) => String(piece)).join('');
}

test.each(['--longhelp', 'sse --longhelp', '--group external --longhelp'])('%s prints the reference', async (words) => {
  await expect(printed(words)).resolves.toContain('HAPROXY_n_VHOST');
});

test('-h is --help', async () => {
  await expect(printed('-h')).resolves.toContain('--group <name>');
});

/** The words that get a note, and the notes. */
function notes(given: Partial<Settings>, env: Readonly<Record<string, string>> = {}) {
  return readNotes({ ...defaultSettings(), ...given }, env);
}

test('a flag without effect gets a note with its reason, others none', () => {
  expect(notes({ dry: true, logFormat: 'json' })).toEqual([]);
  expect(notes({ maxReloadRetries: '-1', skipConfigCleanup: true })).toEqual([
    { word: '--max-reload-retries <n>', because: OPTIONS.maxReloadRetries.help },
    { word: '--skip-config-cleanup', because: OPTIONS.skipConfigCleanup.help },
  ]);
});

test("a format of Python's logging gets one too", () => {
  expect(notes({ logFormat: 'python' })).toEqual([{ word: '--log-format <format>', because: expect.stringContaining('Python') }]);
});

test('variables of the container that the daemon has no use for get one, where they say something', () => {
  expect(notes({}, { PORTS: '', SYSLOG_SOCKET: '/dev/null', HAPROXY_SSL_CERT: 'PEM' })).toEqual([]);
  const env = { PORTS: '80', SYSLOG_SOCKET: '/dev/log', HAPROXY_SYSLOGD: 'true', HAPROXY_SYSCTL_PARAMS: 'a=1' };
  expect(notes({}, env).map(({ word }) => word)).toEqual(Object.keys(env));
});
