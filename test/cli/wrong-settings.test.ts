import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import { Option } from 'commander';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { main } from '../../src/main.ts';
import { OPTIONS, type OptionName } from '../../src/options/options.ts';

/**
 * What comes of a value: `wrong` ones end the program with exit code 2 and a sentence, as no wait mends them; with those that may `heal` it goes on,
 * or ends with 1 and is started again. `haproxy`: HAProxy alone knows, and what it refuses is a Problem. `any`: no value can be wrong.
 */
interface Row {
  readonly wrong?: readonly string[];
  readonly heals?: readonly string[];
  readonly haproxy?: readonly string[];
  readonly any?: true;
}

const ANY: Row = { any: true };
const PORT: Row = { wrong: ['0', '65536', 'http'], heals: ['1'] };
const NUMBER: Row = { wrong: ['-1', 'many', ''] };
const FOLDER: Row = { wrong: [''], heals: ['FILE/below'] };

const SETTINGS: Readonly<Record<OptionName, Row>> = {
  marathon: {
    wrong: ['master.mesos:8080', 'http://', 'user:s3cr3t@host:8080'],
    heals: ['http://127.0.0.1:1'],
  },
  marathonLeaderHosts: { wrong: ['http://m2', '10.0.0.0/33'] },
  authCredentials: { wrong: ['', 'nocolon', ':nouser'] },
  marathonAuthCredentialFile: { wrong: [''], heals: ['/nowhere/credentials', 'FILE'] },
  dcosAuthCredentials: { wrong: ['no JSON', '{"uid":"a"}'] },
  marathonCaCert: { wrong: [''], heals: ['/nowhere/ca.pem', 'FILE'] },
  insecure: ANY,
  streamTimeout: NUMBER,
  resyncInterval: NUMBER,
  massRemovalHold: NUMBER,
  group: { wrong: ['', 'a,,b'] },
  strictMode: ANY,
  healthCheck: ANY,
  noHealthCheck: ANY,
  health: { wrong: ['most'] },
  deploymentGroups: { wrong: ['/nowhere/groups.json', 'FILE'] },
  domains: { wrong: ['/nowhere/domains.json', 'FILE'] },
  minServPort: { wrong: ['65536', '10200', '0'] },
  maxServPort: { wrong: ['65536', '10000', '0'] },
  haproxyConfig: { wrong: ['', '/etc/a b.cfg'], heals: ['FILE/below/haproxy.cfg'] },
  haproxyMap: ANY,
  noHaproxyMap: ANY,
  acceptProxy: { wrong: ['any', '10.0.0.0/33', 'lb.acme.org', ''] },
  errorPages: { wrong: ['/nowhere/pages', 'FILE', ''] },
  templatesDir: { wrong: ['/nowhere/templates', 'FILE', ''] },
  templateLabels: { wrong: ['some'] },
  dontBindHttpHttps: ANY,
  groupHttpsByVhost: ANY,
  httpsRouting: { wrong: ['path'] },
  http3: ANY,
  sslCerts: { wrong: ['', 'a,,b'], heals: ['/nowhere/cert.pem', 'FILE'] },
  bindAddress: { wrong: ['10.0.0.1 ssl', ''], heals: ['10.99.99.99'] },
  httpPort: { ...PORT, wrong: ['0', '443'] },
  httpsPort: { ...PORT, wrong: ['0', '9091'] },
  appIdPort: { ...PORT, wrong: ['0', '9090'] },
  statsPort: { ...PORT, wrong: ['0', '80'] },
  defaultOptions: { haproxy: ['nonsense'] },
  nbthread: { wrong: ['0', '1025'], haproxy: ['1024'] },
  maxconn: { wrong: ['0', 'many'] },
  oldWorkerMaxAge: { wrong: ['0', 'long'] },
  spareBackends: NUMBER,
  maxOldWorkers: NUMBER,
  haproxyLog: { wrong: ['a b'], haproxy: ['nonsense'] },
  haproxyBin: { wrong: [''], heals: ['/nowhere/haproxy'] },
  haproxyEnv: { wrong: ['A-B', ''] },
  command: { wrong: [''], heals: ['nowhere reload'] },
  haproxyMasterSocket: { wrong: [''], heals: ['/nowhere/master.sock'] },
  haproxySocket: { wrong: ['', '/run/haproxy.sock'] },
  runDir: FOLDER,
  stateDir: FOLDER,
  archiveVersions: NUMBER,
  skipValidation: ANY,
  reloadQuiet: NUMBER,
  reloadMaxWait: NUMBER,
  reloadMinInterval: NUMBER,
  holdListeners: ANY,
  settle: { wrong: ['0', 'long'] },
  dnsListen: { wrong: ['53', 'localhost:53'], heals: ['127.0.0.1:1'] },
  dnsHttpListen: { wrong: ['8123'], heals: ['127.0.0.1:1'] },
  dnsDomain: { wrong: ['', 'a..b'] },
  dnsFramework: { wrong: ['--'] },
  dnsTtl: NUMBER,
  dnsIpSources: { wrong: ['docker', ''] },
  dnsHealthyOnly: ANY,
  dnsRate: NUMBER,
  dnsUpstream: { wrong: ['ns.acme.org'], heals: ['127.0.0.1:1'] },
  adminAddress: { wrong: ['9092', '127.0.0.1:9090'], heals: ['127.0.0.1:1'] },
  adminHost: { wrong: ['a b', ''] },
  adminTokenFile: { wrong: [''], heals: ['/nowhere/token', 'FILE'] },
  adminNetworks: { wrong: ['10.0.0.0/33', ''] },
  maxStaleness: NUMBER,
  stopHaproxy: ANY,
  shutdownDelay: NUMBER,
  degradedOk: ANY,
  once: ANY,
  dry: ANY,
  poll: { wrong: ['0', 'often'] },
  sse: ANY,
  logLevel: { wrong: ['trace'] },
  logFormat: { wrong: ['xml'] },
  maxReloadRetries: ANY,
  reloadInterval: ANY,
  lruCacheCapacity: ANY,
  maxBackoff: ANY,
  syslogSocket: ANY,
  skipConfigCleanup: ANY,
};

const folder = await mkdtemp(path.join(tmpdir(), 'settings-'));

beforeAll(async () => {
  await writeFile(path.join(folder, 'file'), 'neither JSON nor PEM');
});

afterAll(() => rm(folder, { recursive: true, force: true }));

afterEach(() => {
  jest.restoreAllMocks();
});

/** The exit code of the program with these words, and what it says. */
async function run(...words: readonly string[]): Promise<{ readonly code: number; readonly err: string }> {
  let err = '';
  jest.spyOn(process.stdout, 'write').mockImplementation(() => true);
  jest.spyOn(process.stderr, 'write').mockImplementation((piece: unknown) => {
    err += String(piece);
    return true;
  });
  const code = await main(words);
  jest.restoreAllMocks();
  return { code, err };
}

/** The words of a command line that prints the configuration, with this value for a setting. It ends early, as there is no Marathon. */
function wordsWith(name: OptionName, value: string): readonly string[] {
  const others = { '--group': 'x', '--marathon': 'http://127.0.0.1:1', '--log-level': 'silent' };
  const flag = new Option(OPTIONS[name].flags).long ?? '';
  const rest = Object.entries(others).filter(([other]) => other !== flag);
  return ['--dry', ...rest.flat(), flag, value.replace(/^FILE/, path.join(folder, 'file'))];
}

const rowsOf = (kind: 'wrong' | 'heals' | 'haproxy'): readonly (readonly [OptionName, string])[] =>
  Object.entries(SETTINGS).flatMap(([name, row]) => (row[kind] ?? []).map((value) => [name as OptionName, value] as const));

test('a row says of every setting with a value what a wrong one leads to', () => {
  const without = Object.entries(SETTINGS).filter(([name, row]) => {
    const { read, section } = OPTIONS[name as OptionName] as { readonly read?: unknown; readonly section: string };
    const isObsolete = section.includes('without effect');
    return row.any === true ? read !== undefined && !isObsolete : Object.keys(row).length === 0;
  });
  expect(without).toEqual([]);
});

test.each(rowsOf('wrong'))('%s %j is wrong: exit code 2 and a sentence, which shows no secret', async (name, value) => {
  const { code, err } = await run(...wordsWith(name, value));
  expect(code).toBe(2);
  expect(err).toContain(new Option(OPTIONS[name].flags).long ?? '');
  expect(err).not.toContain('s3cr3t');
  expect(err.trim().split('\n').length).toBeLessThanOrEqual(2); // the second one is where the help is
});

test.each([...rowsOf('heals'), ...rowsOf('haproxy')])('%s %j may heal, or HAProxy decides: not exit code 2', async (name, value) => {
  const { code } = await run(...wordsWith(name, value));
  expect(code).toBe(1); // there is no Marathon
});

test('what may heal leaves nothing behind that would keep the process alive', async () => {
  const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
  const before = timers();
  await run(...wordsWith('marathon', 'http://127.0.0.1:1'));
  expect(timers()).toBeLessThanOrEqual(before);
});

test.each(['runDir', 'stateDir', 'haproxyConfig'] as const)(
  '%s where no folder can be made: the daemon ends with 1 and says so',
  async (name) => {
    const places = { runDir: 'run', stateDir: 'state', haproxyConfig: 'haproxy.cfg' };
    const words = Object.entries(places).flatMap(([key, place]) => {
      return [new Option(OPTIONS[key as OptionName].flags).long ?? '', path.join(folder, key === name ? 'file/below/it' : place)];
    });
    const { code, err } = await run('--group', 'x', '--log-level', 'silent', '--marathon', 'http://127.0.0.1:1', ...words);
    expect(code).toBe(1);
    expect(err).toMatch(/^marathon-lb-ts: the folder .* can't be used: .*\n$/);
  },
);

test.each([
  [
    'MARATHON_USER',
    { MARATHON_USER: '', MARATHON_PASSWORD: 's3cr3t', VAULT_TOKEN: 's3cr3t', VAULT_URL: 'ftp://v', VAULT_MARATHON_PATH: '/x' },
    'VAULT_TOKEN',
  ],
  ['DCOS_SERVICE_ACCOUNT_CREDENTIAL', { DCOS_SERVICE_ACCOUNT_CREDENTIAL: '{"s3cr3t"' }, 'DCOS_SERVICE_ACCOUNT_CREDENTIAL'],
  ['HAPROXY_RELOAD_SIGTERM_DELAY', { HAPROXY_RELOAD_SIGTERM_DELAY: 'abc' }, 'HAPROXY_RELOAD_SIGTERM_DELAY'],
])('a wrong variable is as a wrong flag: %s', async (_, env, named) => {
  const before = { ...process.env };
  Object.assign(process.env, env);
  try {
    const { code, err } = await run('--dry', '--group', 'x', '--log-level', 'silent', '--marathon', 'http://127.0.0.1:1');
    expect(code).toBe(2);
    expect(err).toContain(named);
    expect(err).not.toContain('s3cr3t');
  } finally {
    process.env = before;
  }
});

test.each([
  [['--haproxy-socket', '/s'], '--haproxy-socket is the socket of a HAProxy that is not ours'],
  [['--haproxy-master-socket', '/m', '--command', 'reload'], 'give one of the two flags'],
  [['--haproxy-master-socket', '/m', '--stop-haproxy'], 'leave out --stop-haproxy'],
])('%j does not say whose HAProxy it is', async (words, why) => {
  const { code, err } = await run('--group', 'x', '--log-level', 'silent', '--marathon', 'http://127.0.0.1:1', '--dry', ...words);
  expect(code).toBe(2);
  expect(err).toContain(why);
});
