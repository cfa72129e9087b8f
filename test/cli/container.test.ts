import { afterEach, expect, test } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { identify, identityText } from '../../src/process/process-identity.ts';
import { setTimeout } from 'node:timers/promises';

const SCRIPT = path.resolve('bin/container-start');

/** Programs that stand in for those of the container, so that nothing of this machine is changed. The daemon ends as $ENDS says. */
const PROGRAMS = {
  'marathon-lb-ts':
    'printf "word:%s\\n" "$@"; echo "variables:${HAPROXY_SYSLOGD-}${HAPROXY_SYSCTL_PARAMS-}${HAPROXY_SSL_CERT-}"\neval "${ENDS-exit 2}"',
  sysctl: 'case $2 in bad*) echo "no such parameter" >&2; exit 1;; *) echo "sysctl $*";; esac',
  socat: 'echo "socat $*" > syslogd; exec tail -f /dev/null',
};

const made: string[] = [];
const running: ChildProcess[] = [];
afterEach(async () => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
  for (const folder of made.splice(0)) await rm(folder, { recursive: true, force: true });
});

interface Begun {
  readonly folder: string;
  readonly child: ChildProcess;
  /** What was written until now. */
  readonly out: () => string;
  /** Waits for a text in it. */
  readonly says: (text: string) => Promise<void>;
  readonly ended: Promise<number | null>;
}

/** Starts the script in a folder of its own. */
async function begin(words: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Begun> {
  const root = await mkdtemp(path.join(tmpdir(), 'container-'));
  made.push(root);
  const [programs, folder] = [path.join(root, 'bin'), path.join(root, "work 'here'")];
  for (const wanted of [programs, folder]) await mkdir(wanted);
  for (const [name, body] of Object.entries({ ...PROGRAMS, ...(env['SLEEPS'] === undefined ? {} : { sleep: env['SLEEPS'] }) }))
    await writeFile(path.join(programs, name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  const PATH = `${programs}:${process.env['PATH'] ?? ''}`;
  const folders = words.includes('--run-dir') ? [] : ['--run-dir', path.join(root, 'run'), '--state-dir', path.join(root, 'state')];
  const child = spawn(SCRIPT, [...words, ...folders], { cwd: folder, env: { PATH, ...env } });
  running.push(child);
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece) => (text += String(piece)));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const says = async (wanted: string): Promise<void> => {
    while (!text.includes(wanted)) {
      if (child.exitCode !== null) throw new Error(`it ended without saying ${wanted}: ${text}`);
      await setTimeout(10);
    }
  };
  return { folder, child, out: () => text, says, ended };
}

interface Started {
  readonly folder: string;
  readonly out: string;
  /** What the daemon was given, without the folders that every test gives. */
  readonly words: readonly string[];
}

/** Runs the script with a daemon that ends at once with exit code 2. */
async function start(words: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Started> {
  const { folder, out, ended } = await begin(words, env);
  await ended;
  const all = out()
    .split('\n')
    .filter((line) => line.startsWith('word:'))
    .map((line) => line.slice('word:'.length));
  return { folder, out: out(), words: all.includes('--run-dir') ? all.slice(0, all.indexOf('--run-dir')) : all };
}

const SYSLOG = existsSync('/dev/log') ? ['--haproxy-log', 'syslog'] : [];

test.each([
  [['sse', '--health-check', '--group', 'external'], ['sse'], ['--health-check', '--group', 'external']],
  [['poll', '-H', '--group', 'external'], ['poll'], ['-H', '--group', 'external']],
  [['--group', 'external', 'sse'], [], ['--group', 'external', 'sse']],
  [['sse', '--group', 'it\'s a $HOME `x` \\ "y" *'], ['sse'], ['--group', 'it\'s a $HOME `x` \\ "y" *']],
  [['sse', '--group', ''], ['sse'], ['--group', '']],
])('%j reaches the daemon, its own words last', async (words, first, last) => {
  const { folder, words: given } = await start(words);
  expect(given).toEqual([...first, '--haproxy-config', path.join(folder, 'haproxy.cfg'), ...SYSLOG, ...last]);
});

test.each([[['--help']], [['sse', '--longhelp']], [['labels']], [['status', '--json']], [['demo', '--every', '5']]])(
  '%j is not started again',
  async (words) => {
    const { words: given, out } = await start(words, { ENDS: 'exit 1' });
    expect(given).toEqual(words);
    expect(out).not.toContain('started again');
  },
);

test('--dry and --once end the container, with the same words', async () => {
  for (const word of ['--dry', '-d', '--once']) {
    const { folder, out, words } = await start([word, '--group', 'a b'], { ENDS: 'exit 1' });
    expect(words).toEqual(['--haproxy-config', path.join(folder, 'haproxy.cfg'), ...SYSLOG, word, '--group', 'a b']);
    expect(out).not.toContain('started again');
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
  const ENDS = SYSLOG.length === 0 ? 'while [ ! -s syslogd ]; do sleep 0.05; done; exit 2' : 'exit 2';
  const { folder, out, words } = await start(['sse'], { HAPROXY_SYSLOGD: 'true', ENDS });
  expect(words[3]).toBe('--haproxy-log');
  expect(out).toContain('container-start: HAPROXY_SYSLOGD: ');
  if (SYSLOG.length === 0) await expect(readFile(path.join(folder, 'syslogd'), 'utf8')).resolves.toContain('socat -u UNIX-RECV:');
});

test.each(['', 'false', '0'])('HAPROXY_SYSLOGD=%j starts none', async (HAPROXY_SYSLOGD) => {
  const { out, words } = await start(['sse'], { HAPROXY_SYSLOGD });
  expect(words.slice(3)).toEqual(SYSLOG);
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

/** A daemon that lives until it is told to end, and writes which signals it got. */
const LIVES = `for name in TERM INT HUP USR1; do trap "echo got:$name" $name; done; trap 'echo got:USR2; exit 0' USR2
echo lives; while :; do sleep 0.02; done`;

test.each(['SIGTERM', 'SIGINT'] as const)('%s ends the container: the daemon is told to take HAProxy along', async (name) => {
  const { child, says, ended, out } = await begin(['sse'], { ENDS: LIVES });
  await says('lives');
  child.kill(name);
  await expect(ended).resolves.toBe(0);
  expect(out()).toContain(`container-start: ${name}: the container ends`);
  expect(out().split('got:').slice(1)).toEqual([expect.stringContaining('USR2')]);
  expect(out()).toContain('container-start: the container has ended');
});

test('HUP and USR1 are handed on to the daemon', async () => {
  const { child, says, ended } = await begin(['sse'], { ENDS: LIVES });
  await says('lives');
  child.kill('SIGHUP');
  await says('got:HUP');
  child.kill('SIGUSR1');
  await says('got:USR1');
  child.kill('SIGTERM');
  await expect(ended).resolves.toBe(0);
});

test('exit code 2 of the first daemon ends the container with it, and what it said is there once', async () => {
  const { ended, out } = await begin(['sse'], { ENDS: 'echo "no such flag"; exit 2' });
  await expect(ended).resolves.toBe(2);
  expect(out().match(/no such flag/g)).toHaveLength(1);
});

test('what may heal is tried on, with growing waits; a signal ends the wait', async () => {
  const SLEEPS = 'echo "slept $1"; case $1 in 8) exec /bin/sleep 1000;; esac';
  const { child, says, ended, out } = await begin(['sse'], { ENDS: 'exit 1', SLEEPS });
  await says('slept 8');
  child.kill('SIGTERM');
  await expect(ended).resolves.toBe(0);
  expect(out().match(/slept \d+/g)).toEqual(['slept 1', 'slept 2', 'slept 4', 'slept 8']);
  expect(out()).toContain('the daemon has ended (exit code 1) and is restarted in 4 s');
});

test('a later daemon that ends with 2, as after an upgrade, does not end the container', async () => {
  const ENDS = 'if [ -e second ]; then echo upgraded; exit 2; fi; touch second; exit 0';
  const { child, says, ended } = await begin(['sse'], { ENDS, SLEEPS: ':' });
  await says('(exit code 2) and is restarted');
  child.kill('SIGTERM');
  await expect(ended).resolves.toBe(0);
});

test('a HAProxy whose daemon is gone finishes before the container ends', async () => {
  const { child, says, ended, folder } = await begin(['sse'], { ENDS: 'exit 1', SLEEPS: 'exec /bin/sleep 0.05' });
  const haproxy = spawn('/bin/sh', ['-c', 'trap "exit 7" USR1; echo up; while :; do /bin/sleep 0.02; done']);
  running.push(haproxy);
  const gone = new Promise<number | null>((resolve) => haproxy.once('exit', resolve));
  await new Promise((resolve) => haproxy.stdout.once('data', resolve));
  const known = await identify(haproxy.pid ?? 0);
  if (known === undefined) throw new Error('it has not started');
  const run = path.join(path.dirname(folder), 'run');
  await mkdir(run);
  await writeFile(path.join(run, 'haproxy.pid'), identityText(known));
  await says('is restarted');
  child.kill('SIGTERM');
  await expect(gone).resolves.toBe(7);
  await expect(ended).resolves.toBe(0);
});

test('all folders that can not be written are said in one sentence, once', async () => {
  const [run, state] = [`${SCRIPT}/run`, `${SCRIPT}/state/deeper`]; // root may write everywhere but below a file
  const { out, ended } = await begin(['sse', '--run-dir', run, '--state-dir', state]);
  await expect(ended).resolves.toBe(2);
  expect(out()).toContain(`can't write ${run} ${state}: `);
  expect(out()).toContain(` --tmpfs ${run} --tmpfs ${state}\n`);
  expect(out().trim().split('\n')).toHaveLength(1);
});
