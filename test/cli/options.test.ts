import { afterEach, expect, jest, test } from '@jest/globals';
import { InvalidArgumentError, Option } from 'commander';
import { main } from '../../src/main.ts';
import type { OptionRow } from '../../src/options/row.ts';
import { defaultSettings, OPTIONS, type OptionName } from '../../src/options/options.ts';

const ROWS = Object.entries(OPTIONS).map(([name, row]): [OptionName, OptionRow<unknown>] => [
  name as OptionName,
  row as OptionRow<unknown>,
]);
const VALUED = ROWS.filter(([, { read }]) => read !== undefined);

afterEach(() => {
  jest.restoreAllMocks();
});

/** What a value looks like on the command line. */
function written(value: unknown): string {
  if (Array.isArray(value)) return value.join(',');
  return typeof value === 'string' || typeof value === 'number' ? `${value}` : '';
}

function read(name: OptionName, text: string): unknown {
  const { read: reader, fallback } = OPTIONS[name] as OptionRow<unknown>;
  if (reader === undefined) throw new Error(`${name} has no value`);
  return reader(text, fallback);
}

test('no two flags are alike, long or short', () => {
  const options = ROWS.map(([, { flags }]) => new Option(flags));
  for (const kind of ['long', 'short'] as const) {
    const all = options.flatMap((option) => option[kind] ?? []);
    expect(new Set(all).size).toBe(all.length);
  }
  expect(options.every(({ long }) => typeof long === 'string')).toBe(true);
});

test.each(ROWS)(
  '%s: its flag is its name, a reader is there where it has a value, and its help is one line',
  (name, { flags, help, read: reader }) => {
    const option = new Option(flags);
    expect(option.required).toBe(reader !== undefined);
    expect(option.optional).toBe(false);
    expect(help).toMatch(/^\S.*[^.\s]$/);
    const words = [option.attributeName(), option.long?.replace(/^--/, '')].join();
    expect(words.toLowerCase().replaceAll('-', '')).toContain(
      option.negate ? name.slice(2).toLowerCase() : (ALIASES[name] ?? name).toLowerCase(),
    );
  },
);

const ALIASES: Partial<Record<OptionName, string>> = {
  minServPort: 'minServPortIpPerTask',
  maxServPort: 'maxServPortIpPerTask',
};

test.each(VALUED.filter(([, { fallback }]) => written(fallback) !== ''))('%s reads its own default', (name, { fallback }) => {
  expect(read(name, written(fallback))).toEqual(fallback);
});

test('flags without a value are off, but for those that say that they are the default', () => {
  const flags = ROWS.filter(([, { read: reader }]) => reader === undefined);
  const on = flags.filter(([, { fallback }]) => fallback === true).map(([name]) => name);
  expect(on).toEqual(['healthCheck', 'noHealthCheck', 'haproxyMap', 'noHaproxyMap']);
  expect(flags.every(([, { fallback }]) => typeof fallback === 'boolean')).toBe(true);
});

test.each<[OptionName, string, unknown]>([
  ['marathon', 'http://m1:8080/', ['http://m1:8080']],
  ['marathon', 'https://m1/marathon//', ['https://m1/marathon']],
  ['authCredentials', ' user:a:b ', 'user:a:b'],
  ['streamTimeout', '1', 1],
  ['resyncInterval', '31536000', 31_536_000],
  ['group', ' external ', ['external']],
  ['group', 'external, internal', ['external', 'internal']],
  ['minServPort', '65535', 65535],
  ['minServPort', '0', 0],
  ['oldWorkerMaxAge', '5m', 300],
  ['oldWorkerMaxAge', '', 3600],
  ['poll', '60', 60],
  ['poll', '1.5h', 5400],
  ['poll', '0.2s', 1],
  ['haproxyConfig', 'haproxy.cfg', 'haproxy.cfg'],
  ['sslCerts', '/a.pem,/b/', ['/a.pem', '/b/']],
  ['sslCerts', '/a.pem, /b.pem,', ['/a.pem', '/b.pem']],
  ['bindAddress', '10.0.0.1', '10.0.0.1'],
  ['defaultOptions', ' redispatch, ,dontlognull,', ['redispatch', 'dontlognull']],
  ['nbthread', '1', 1],
  ['archiveVersions', '0', 0],
  ['reloadQuiet', '0', 0],
  ['dnsListen', '127.0.0.1:53', [{ address: '127.0.0.1', port: 53 }]],
  ['dnsListen', '[::1]:8053', [{ address: '::1', port: 8053 }]],
  ['dnsHttpListen', '[::1]:8123', { address: '::1', port: 8123 }],
  ['dnsHttpListen', 'OFF', 'off'],
  ['dnsUpstream', '10.0.0.3', [{ address: '10.0.0.3', port: 53 }]],
  ['dnsUpstream', '[fd00::3]', [{ address: 'fd00::3', port: 53 }]],
  ['dnsDomain', 'Mesos.acme.org.', 'mesos.acme.org'],
  ['dnsIpSources', 'host, netinfo', ['host', 'netinfo']],
  ['dnsIpSources', 'host', ['host']],
  ['dnsTtl', '0', 0],
  ['dnsRate', '0', 0],
  ['marathonLeaderHosts', 'M2.acme.org.', ['m2.acme.org']],
  ['marathonLeaderHosts', '10.0.0.0/24', ['10.0.0.0/24']],
  ['logLevel', 'debug', 'debug'],
  ['logLevel', 'Warning', 'warn'],
  ['logLevel', 'CRITICAL', 'error'],
  ['logLevel', 'NOTSET', 'debug'],
  ['logFormat', 'json', 'json'],
  ['logFormat', '%(asctime)-15s %(name)s: %(message)s', 'python'],
])('--%s reads %j', (name, text, value) => {
  expect(read(name, text)).toEqual(value);
});

test.each<[OptionName, string]>([
  ['marathon', 'master.mesos:8080'],
  ['marathon', 'ftp://m1'],
  ['marathon', ''],
  ['authCredentials', ' '],
  ['streamTimeout', '0'],
  ['streamTimeout', '1.5'],
  ['resyncInterval', '-1'],
  ['resyncInterval', '10s'],
  ['group', ''],
  ['group', 'a,,b'],
  ['minServPort', '65536'],
  ['poll', '0'],
  ['poll', '5 minutes'],
  ['poll', '400d'],
  ['httpPort', '65536'],
  ['httpPort', '0x50'],
  ['haproxyConfig', ''],
  ['haproxyConfig', '/etc/my haproxy.cfg'],
  ['haproxyConfig', '/etc/a,b.cfg'],
  ['haproxyConfig', '/etc/a(b).cfg'],
  ['haproxyConfig', '/etc/a\nb.cfg'],
  ['sslCerts', '/a.pem,,/b.pem'],
  ['sslCerts', '/a.pem /b.pem'],
  ['sslCerts', ''],
  ['bindAddress', '10.0.0.1 ssl'],
  ['haproxyLog', '127.0.0.1 local0'],
  ['nbthread', '1025'],
  ['archiveVersions', '-1'],
  ['reloadQuiet', '600001'],
  ['dnsListen', '127.0.0.1'],
  ['dnsListen', 'localhost:53'],
  ['dnsListen', '::1:53'],
  ['dnsListen', '127.0.0.1:0'],
  ['dnsListen', '127.0.0.1:65536'],
  ['dnsUpstream', 'ns.acme.org'],
  ['dnsUpstream', '127.0.0.1:'],
  ['dnsDomain', 'a..b'],
  ['dnsDomain', ''],
  ['dnsFramework', '--'],
  ['dnsIpSources', 'docker'],
  ['dnsIpSources', 'host,host'],
  ['dnsIpSources', ''],
  ['dnsTtl', '-1'],
  ['dnsRate', '-1'],
  ['dnsHttpListen', '8123'],
  ['marathonLeaderHosts', '10.0.0.0/33'],
  ['marathonLeaderHosts', 'http://m2'],
  ['logLevel', 'trace'],
  ['logFormat', 'xml'],
])('--%s refuses %j with what is wanted', (name, text) => {
  expect(() => read(name, text)).toThrow(InvalidArgumentError);
  expect(() => read(name, text)).toThrow(/^Wanted: .+\.$/);
});

test.each<[OptionName, readonly string[]]>([
  ['marathon', ['http://m1:8080', 'http://m2:8080']],
  ['group', ['external', 'internal']],
])('--%s may stand several times, its default put away at the first', (name, texts) => {
  const { read: reader, fallback } = OPTIONS[name] as OptionRow<unknown>;
  expect(texts.reduce((before: unknown, text) => reader?.(text, before), fallback)).toEqual(texts);
});

test('the settings of an empty command line are the defaults', () => {
  expect(defaultSettings()).toMatchObject({ group: [], haproxyConfig: '/etc/haproxy/haproxy.cfg', minServPort: 10050, maxServPort: 10100 });
});

/** The exit code of a command line, and what it wrote. */
async function run(...words: readonly string[]): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  const text = { out: '', err: '' };
  const into = (key: 'out' | 'err') => (piece: unknown) => {
    text[key] += String(piece);
    return true;
  };
  jest.spyOn(process.stdout, 'write').mockImplementation(into('out'));
  jest.spyOn(process.stderr, 'write').mockImplementation(into('err'));
  const code = await main(words);
  jest.restoreAllMocks();
  return { code, ...text };
}

test('--help names every flag, under its section, with its words', async () => {
  const { code, out } = await run('--help');
  expect(code).toBe(0);
  const plain = out.replaceAll(/\s+/g, ' ');
  for (const [, { flags, section, help }] of ROWS) {
    expect(plain).toContain(`${flags} ${help}`);
    expect(plain).toContain(` ${section}: `);
  }
});

test.each([
  [['--no-such-flag'], '--no-such-flag'],
  [['--group', 'x', '--http-port', '0'], "argument '0' is invalid. Wanted: a port, a whole number from 1 to 65535."],
  [['--group', 'x', 'words'], 'too many arguments'],
  [['--group'], 'argument missing'],
  [[], '--group is missing'],
  [['--group', 'x', '--min-serv-port-ip-per-task', '20', '--max-serv-port-ip-per-task', '10'], 'is above --max-serv-port-ip-per-task 10'],
  [['--group', 'x', '--min-serv-port-ip-per-task', '0'], 'set both to 0'],
  [['--group', 'x', '--templates-dir', '/nowhere/at/all'], '/nowhere/at/all is not there.'],
  [['--group', 'x', '--templates-dir', 'package.json'], 'package.json is no folder.'],
  [['--group', 'x', '--domains', '/nowhere/at/all'], "The file /nowhere/at/all can't be read"],
  [['--group', 'x', '--deployment-groups', '/nowhere/at/all'], "The file /nowhere/at/all can't be read"],
])('%j is wrong usage: exit code 2, and why', async (words, why) => {
  const { code, out, err } = await run(...words);
  expect([code, out]).toEqual([2, '']);
  expect(err).toContain(why);
});
