import { afterEach, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const SCRIPT = path.resolve('bin/container-start');

/** Programs that stand in for those of the container, so that nothing of this machine is changed. */
const PROGRAMS = {
  runsv: 'while [ -n "${AWAITED-}" ] && [ ! -e "$AWAITED" ]; do sleep 0.05; done; echo "runsv $1"; exec "$1/run"',
  'marathon-lb-ts': 'printf "word:%s\\n" "$@"; echo "variables:${HAPROXY_SYSLOGD-}${HAPROXY_SYSCTL_PARAMS-}${HAPROXY_SSL_CERT-}"',
  sysctl: 'case $2 in bad*) echo "no such parameter" >&2; exit 1;; *) echo "sysctl $*";; esac',
  busybox: 'echo "busybox $*" > syslogd',
};

const made: string[] = [];
afterEach(async () => {
  for (const folder of made.splice(0)) await rm(folder, { recursive: true, force: true });
});

interface Started {
  readonly folder: string;
  readonly out: string;
  /** What the daemon was given. */
  readonly words: readonly string[];
}

/** Runs the script in a folder of its own, with a `runsv` that runs the service once. */
async function start(words: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Started> {
  const root = await mkdtemp(path.join(tmpdir(), 'container-'));
  made.push(root);
  const [programs, folder] = [path.join(root, 'bin'), path.join(root, "work 'here'")];
  for (const wanted of [programs, folder]) await mkdir(wanted);
  for (const [name, body] of Object.entries(PROGRAMS)) await writeFile(path.join(programs, name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  const PATH = `${programs}:${process.env['PATH'] ?? ''}`;
  const { stdout, stderr } = await promisify(execFile)(SCRIPT, words, { cwd: folder, env: { PATH, ...env } });
  const lines = stdout.split('\n');
  return {
    folder,
    out: stdout + stderr,
    words: lines.filter((line) => line.startsWith('word:')).map((line) => line.slice('word:'.length)),
  };
}

const SYSLOG = existsSync('/dev/log') ? ['--haproxy-log', 'syslog'] : [];

test.each([
  [['sse', '--health-check', '--group', 'external'], ['sse'], ['--health-check', '--group', 'external']],
  [['poll', '-H', '--group', 'external'], ['poll'], ['-H', '--group', 'external']],
  [['--group', 'external', 'sse'], [], ['--group', 'external', 'sse']],
  [['sse', '--group', 'it\'s a $HOME `x` \\ "y" *'], ['sse'], ['--group', 'it\'s a $HOME `x` \\ "y" *']],
  [['sse', '--group', ''], ['sse'], ['--group', '']],
])('%j reaches the daemon under runsv, its own words last', async (words, first, last) => {
  const { folder, out, words: given } = await start(words);
  expect(given).toEqual([...first, '--haproxy-config', path.join(folder, 'haproxy.cfg'), '--stop-haproxy', ...SYSLOG, ...last]);
  expect(out).toContain(`runsv ${folder}/service/lb\n`);
});

test.each([[['--help']], [['sse', '--longhelp']], [['labels']], [['status', '--json']], [['demo', '--every', '5']]])(
  '%j is not started again',
  async (words) => {
    const { out, words: given } = await start(words);
    expect(given).toEqual(words);
    expect(out).not.toContain('runsv');
  },
);

test('--dry and --once end the container, with the same words', async () => {
  for (const word of ['--dry', '-d', '--once']) {
    const { folder, out, words } = await start([word, '--group', 'a b']);
    expect(words).toEqual(['--haproxy-config', path.join(folder, 'haproxy.cfg'), '--stop-haproxy', ...SYSLOG, word, '--group', 'a b']);
    expect(out).not.toContain('runsv');
  }
});

test('HAPROXY_SYSCTL_PARAMS are set one by one; one that is refused is said, and does not stop the start', async () => {
  const { out, words } = await start(['sse'], { HAPROXY_SYSCTL_PARAMS: 'net.core.somaxconn=10000  bad.one=2 net.x=*' });
  expect(out).toContain('sysctl -w net.core.somaxconn=10000\n');
  expect(out).toContain('sysctl -w net.x=*\n');
  expect(out).toContain('container-start: HAPROXY_SYSCTL_PARAMS: bad.one=2 was not set');
  expect(words[0]).toBe('sse');
});

test('HAPROXY_SYSLOGD: a syslog whose output is the container’s, unless there is one', async () => {
  const awaited = SYSLOG.length === 0 ? { AWAITED: 'syslogd' } : {};
  const { folder, out, words } = await start(['sse'], { HAPROXY_SYSLOGD: 'true', ...awaited });
  expect(words.slice(4)).toEqual(['--haproxy-log', 'syslog']);
  expect(out).toContain('container-start: HAPROXY_SYSLOGD: ');
  if (SYSLOG.length === 0) await expect(readFile(path.join(folder, 'syslogd'), 'utf8')).resolves.toBe('busybox syslogd -n -O -\n');
});

test.each(['', 'false', '0'])('HAPROXY_SYSLOGD=%j starts none', async (HAPROXY_SYSLOGD) => {
  const { out, words } = await start(['sse'], { HAPROXY_SYSLOGD });
  expect(words.slice(4)).toEqual(SYSLOG);
  expect(out).not.toContain('HAPROXY_SYSLOGD');
});

test('what the script has done, the daemon is not told again; certificates are left to it', async () => {
  const env = { HAPROXY_SYSLOGD: '1', HAPROXY_SYSCTL_PARAMS: 'a=1', HAPROXY_SSL_CERT: 'PEM' };
  const { out } = await start(['sse'], env);
  expect(out).toContain('variables:PEM\n');
});

test('templates that Mesos has fetched come into the working folder', async () => {
  const sandbox = await mkdtemp(path.join(tmpdir(), 'sandbox-'));
  made.push(sandbox);
  await mkdir(path.join(sandbox, 'templates'));
  await writeFile(path.join(sandbox, 'templates/HAPROXY_HEAD'), 'global');
  const { folder } = await start(['sse'], { MESOS_SANDBOX: sandbox });
  await expect(readFile(path.join(folder, 'templates/HAPROXY_HEAD'), 'utf8')).resolves.toBe('global');
});
