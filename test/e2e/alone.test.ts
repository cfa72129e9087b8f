import { expect, jest } from '@jest/globals';
import { execFile, spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { open, readdir, readFile, writeFile } from 'node:fs/promises';
import { once as event } from 'node:events';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Cluster } from './open-cluster.ts';
import { sideBySide } from './side-by-side.ts';
import { writeSlowHaproxy } from './slow-haproxy.ts';
import { FIRST } from './tasks.ts';
import { until } from './until.ts';

jest.setTimeout(120_000);

const [FOURTH, FIFTH] = ['127.50.0.71', '127.50.0.72'] as const;

/** The command lines of all processes that have a word such as this one. */
async function processesWith(word: string): Promise<readonly string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
  return lines.filter((line) => line.includes(word));
}

/** Deploys so many apps with ten labels each that are unknown: as many long lines of the log. */
function deployTalkative({ marathon, app }: Cluster, round: string): void {
  for (let n = 0; n < 60; n++) {
    const names = Array.from({ length: 10 }, (_, i) => `HAPROXY_0_${round.repeat(150)}${i}`);
    const labels = { HAPROXY_GROUP: 'external', ...Object.fromEntries(names.map((name) => [name, 'x'])) };
    marathon.deploy({ ...app, id: `/talkative-${n}`, instances: 0, labels, ports: [{ containerPort: 80, servicePort: 19_000 + n }] });
  }
}

sideBySide({
  'SIGTERM while a reload hangs: the daemon ends when the reload may take no longer': async (makeCluster) => {
    const { marathon, daemon, deploy, served, otherApp, addTask, processes } = await makeCluster();
    await deploy();
    const { signal, ended, logged } = daemon(['--log-level', 'debug']);
    await served(FIRST);
    const [master = 0] = await processes();
    marathon.deploy(otherApp);
    await addTask(otherApp.id, FOURTH);
    await logged(/HAProxy reloads/);
    process.kill(master, 'SIGSTOP');
    try {
      signal('SIGTERM');
      await expect(ended).resolves.toMatchObject({ code: 0 });
    } finally {
      process.kill(master, 'SIGCONT');
    }
    await served(FIRST);
  }, // the daemon waits up to 30 s for a reload that runs

  'a log that nobody reads, in a pipe that is full: changes get through, and what was dropped is counted for': async (makeCluster) => {
    const cluster = await makeCluster();
    const { folder, app, once, deploy, daemon, served, addTask, ends } = cluster;
    await deploy();
    const pipe = path.join(folder, 'log');
    await promisify(execFile)('mkfifo', [pipe]);
    // The daemon itself holds the end that nobody reads.
    const script = 'exec 3<>"$0"; head -c 65536 /dev/zero | tr "\\0" "#" >&3; exec "$@" >&3';
    daemon(['--log-level', 'debug'], { before: ['sh', '-c', script, pipe] });
    await served(FIRST);
    for (const round of ['A', 'B', 'C']) {
      deployTalkative(cluster, round);
      await until('what Marathon says now', async () => (await once()).code === 0);
    }
    await addTask(app.id, FOURTH);
    await served([...FIRST, FOURTH]);

    const handle = await open(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
    const reader = spawn('cat', [], { stdio: [handle.fd, 'pipe', 'ignore'] });
    ends.push(() => reader.kill('SIGKILL'));
    await handle.close();
    let read = '';
    reader.stdout?.setEncoding('utf8').on('data', (chunk: string) => (read += chunk));
    await until('the count of what was dropped', () => /"lines":\d+,"msg":"[^"]*dropped/.test(read));
  },

  'SIGTERM while haproxy -c hangs: the daemon ends, the check with it, and HAProxy serves on': async (makeCluster) => {
    const { folder, marathon, daemon, deploy, served, otherApp, addTask } = await makeCluster();
    await deploy();
    const { bin, hold, looks } = await writeSlowHaproxy(folder);
    const { signal, ended } = daemon(['--haproxy-bin', bin]);
    await served(FIRST);
    const before = await looks();
    await hold();
    marathon.deploy(otherApp);
    await addTask(otherApp.id, FOURTH);
    await until('a look that does not end', async () => (await looks()) > before);
    signal('SIGTERM');
    await expect(ended).resolves.toMatchObject({ code: 0, stderr: '' });
    await until('the end of the check', async () => (await processesWith(bin)).length === 0);
    await served(FIRST);
  },

  'a file past its size limit is an error of the write: it is told, the daemon lives, and commands go on': async (makeCluster) => {
    const { marathon, daemon, deploy, served, app, addTask, text } = await makeCluster();
    await deploy();
    const first = daemon();
    await served(FIRST);
    first.signal('SIGTERM');
    await first.ended;
    const [good, before] = [await text(), ['sh', '-c', 'ulimit -f 1; exec "$@"', 'sh']];
    const { logged, signal, ended } = daemon([], { before });
    await logged(/"apps":1/);
    await addTask(app.id, FOURTH);
    await served([...FIRST, FOURTH]);
    marathon.deploy({ ...app, labels: { ...app.labels, HAPROXY_0_BACKEND_HTTP_OPTIONS: '  http-response set-header X-At last\n' } });
    await expect(logged(/"level":"error".*EFBIG/)).resolves.toMatchObject({ level: 'error' });
    await addTask(app.id, FIFTH);
    await served([...FIRST, FOURTH, FIFTH]);
    await expect(text()).resolves.toBe(good);
    signal('SIGTERM');
    await expect(ended).resolves.toMatchObject({ code: 0 });
  },

  'a check outlives a daemon that was killed (kill -9) for no longer than its own time, also when only its processor is busy': async (
    makeCluster,
  ) => {
    const { folder, ends } = await makeCluster();
    const bin = path.join(folder, 'busy-haproxy');
    await writeFile(bin, '#!/bin/sh\nwhile :; do :; done\n', { mode: 0o755 });
    const fixtures = new URL('fixtures/', import.meta.url);
    const [loader = '', checker = ''] = ['typescript.js', 'checker.ts'].map((name) => new URL(name, fixtures).pathname);
    const child = spawn(process.execPath, ['--import', loader, checker, bin], { stdio: 'inherit' });
    ends.push(() => child.kill('SIGKILL'));
    await until('a check', async () => (await processesWith(bin)).some((line) => line.startsWith('/bin/sh')));
    child.kill('SIGKILL');
    await event(child, 'exit');
    await expect(processesWith(bin)).resolves.not.toEqual([]);
    await until('the end of the check', async () => (await processesWith(bin)).length === 0);
  },

  'HAProxy, haproxy -c and --command are given no variables but those that are named': async (makeCluster) => {
    const { folder, daemon, deploy, served, processes, marathon, otherApp, addTask } = await makeCluster();
    await deploy();
    const [bin, seen] = [path.join(folder, 'noting-haproxy'), path.join(folder, 'seen')];
    const note = `tr '\\0' '\\n' < /proc/$$/environ >> ${seen}\n`;
    await writeFile(bin, `#!/bin/sh\n${note}exec haproxy "$@"\n`, { mode: 0o755 });
    const env = { TZ: 'UTC', LANG: 'C', PASSED: 'yes', MARATHON_PASSWORD: 'geheim', VAULT_TOKEN: 'geheim', HAPROXY_SSL_CERT: 'geheim' };
    const first = daemon(['--haproxy-bin', bin, '--haproxy-env', 'PASSED'], { env });
    await served(FIRST);
    const running = await Promise.all((await processes()).map((pid) => readFile(`/proc/${pid}/environ`, 'utf8')));
    expect(running.length).toBeGreaterThan(1);
    for (const one of running) expect(one.split('\0')).toEqual(expect.arrayContaining(['TZ=UTC', 'LANG=C', 'PASSED=yes']));
    const checked = await readFile(seen, 'utf8');
    expect(checked).toContain('PASSED=yes\n');
    first.signal('SIGTERM');
    await first.ended;

    const command = path.join(folder, 'reload');
    await writeFile(command, `#!/bin/sh\n${note}`, { mode: 0o755 });
    await writeFile(seen, '');
    const second = daemon(['--haproxy-bin', bin, '--haproxy-env', 'PASSED', '--command', command], { env });
    marathon.deploy(otherApp);
    await addTask(otherApp.id, FOURTH);
    await second.logged(/has loaded the configuration/);
    const commanded = await readFile(seen, 'utf8');
    expect(commanded).toContain('PASSED=yes\n');
    for (const text of [...running, checked, commanded]) expect(text).not.toMatch(/geheim|MARATHON_PASSWORD|VAULT_TOKEN|HAPROXY_SSL_CERT/);
  },
});
