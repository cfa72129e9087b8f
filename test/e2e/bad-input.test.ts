import { expect, jest, test } from '@jest/globals';
import path from 'node:path';
import { clusters } from './cluster.ts';
import { run } from './command.ts';
import { FIRST } from './tasks.ts';

jest.setTimeout(60_000);

const makeCluster = clusters();

test.each<[string, readonly string[], RegExp]>([
  ['an unknown flag', ['--nonsense'], /unknown option '--nonsense'/],
  ['a flag that is almost one', ['--gruop', 'external'], /unknown option '--gruop'[^]*--group/],
  ['an unknown word', ['follow'], /./],
  ['a URL that is none', ['--marathon', 'master:8080'], /master:8080[^]*http:\/\//],
  ['a port out of range', ['--http-port', '65536'], /65536[^]*from 1 to 65535/],
  ['a number that is none', ['--reload-quiet', 'soon'], /soon[^]*milliseconds/],
  ['a range upside down', ['--min-serv-port-ip-per-task', '20000'], /20000 is above/],
  ['an unknown level', ['--log-level', 'loud'], /loud[^]*debug, info/],
])('%s: exit 2, and a sentence that says what is wanted', async (_, words, said) => {
  const { folder, ends, words: all } = await makeCluster();
  const { code, stdout, stderr } = await run({ folder, ends, words: all('--once', ...words) });
  expect(code).toBe(2);
  expect(stderr).toMatch(said);
  expect(stderr).not.toMatch(/^ +at /m);
  expect(stdout).toBe('');
});

test('no --group: exit 2', async () => {
  const { folder, ends } = await makeCluster();
  const { code, stderr } = await run({ folder, ends, words: ['--once'] });
  expect(code).toBe(2);
  expect(stderr).toMatch(/^marathon-lb-ts: --group is missing: [^\n]+\n$/);
});

test.each<[string, readonly string[], RegExp]>([
  ['a run folder that can not be made', ['--run-dir', '/proc/x'], /\/proc\/x .*--run-dir/],
  ['a state folder that can not be made', ['--state-dir', '/proc/x'], /\/proc\/x .*--state-dir/],
  ['a folder of haproxy.cfg that can not be made', ['--haproxy-config', '/proc/x/haproxy.cfg'], /\/proc\/x .*--haproxy-config/],
  ['no HAProxy', ['--haproxy-bin', 'nope'], /no program 'nope'.*--haproxy-bin/],
  ['a program that is no HAProxy', ['--haproxy-bin', 'true'], /'true -vv'/],
  ['a file of credentials that is not there', ['--marathon-auth-credential-file', 'nowhere'], /--marathon-auth-credential-file.*nowhere/],
  ['a file of a CA that is not there', ['--marathon-ca-cert', 'nowhere'], /--marathon-ca-cert.*nowhere/],
])('%s: exit 1 at once with what to do, of --once and of the daemon', async (_, words, said) => {
  const { once, daemon } = await makeCluster();
  for (const begin of [() => once(words), () => daemon(words).ended]) {
    const { code, stderr } = await begin();
    expect(code).toBe(1);
    expect(stderr).toMatch(/^marathon-lb-ts: [^\n]+\n$/);
    expect(stderr).toMatch(said);
  }
});

test('too few descriptors: exit 1 with how many it needs, and HAProxy is not started', async () => {
  const { once, deploy, worker } = await makeCluster();
  await deploy();
  const asRoot = ['setpriv', '--bounding-set=-sys_resource', '--inh-caps=-sys_resource']; // root would raise the limit
  const before = [...(process.getuid?.() === 0 ? asRoot : []), 'sh', '-c', 'ulimit -n 1000 && exec "$@"', 'sh'];
  const { code, stderr } = await once(['--maxconn', '5000'], { before });
  expect(code).toBe(1);
  expect(stderr).toMatch(/^marathon-lb-ts: HAProxy would need 1\d{4} file descriptors [^\n]* may have only 1000: raise the limit[^\n]*\n$/);
  await expect(worker()).resolves.toBe(0);
});

test('a second daemon of the same run folder: exit 1, the first goes on', async () => {
  const { daemon, deploy, served, runDir } = await makeCluster();
  await deploy();
  const first = daemon();
  await first.logged(/has loaded/);
  const { code, stderr } = await daemon().ended;
  expect(code).toBe(1);
  expect(stderr).toMatch(/^marathon-lb-ts: another [^\n]+--run-dir\n$/);
  expect(stderr).toContain(`(pid ${first.pid})`);
  expect(stderr).toContain(runDir);
  await served(FIRST);
  first.signal('SIGTERM');
  await expect(first.ended).resolves.toMatchObject({ code: 0 });
});

test('a run folder whose path is too long for a socket: exit 1 with what to do', async () => {
  const { daemon, folder, worker } = await makeCluster();
  const { code, stderr } = await daemon(['--run-dir', path.join(folder, 'x'.repeat(100))]).ended;
  expect(code).toBe(1);
  expect(stderr).toMatch(/too long for a socket.*--run-dir\n$/);
  await expect(worker()).resolves.toBe(0);
});

test('--help and --version: exit 0', async () => {
  const { folder, ends } = await makeCluster();
  await expect(run({ folder, ends, words: ['--help'] })).resolves.toMatchObject({
    code: 0,
    stdout: expect.stringContaining('--group <name>'),
  });
  await expect(run({ folder, ends, words: ['--version'] })).resolves.toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
  });
});
