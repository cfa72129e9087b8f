import { describe, expect, jest } from '@jest/globals';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { askDaemon } from '../../src/daemon/control.ts';
import type { Status } from '../../src/daemon/status.ts';
import type { Cluster } from './open-cluster.ts';
import { sideBySide } from './side-by-side.ts';
import { run } from './command.ts';
import { occupy } from './ports.ts';
import { writeSlowHaproxy } from './slow-haproxy.ts';
import { FIRST } from './tasks.ts';
import { until } from './until.ts';

jest.setTimeout(120_000);

const FOURTH = '127.50.0.71';

function status({ runDir, folder, ends }: Cluster) {
  return run({ folder, ends, words: ['status', '--run-dir', runDir] });
}

type Said = Pick<Status, 'ok' | 'text'>;

/** Waits until the daemon says so, at its socket, and then until the command does: each look of the command is a process. */
async function says(cluster: Cluster, what: string, fits: (said: Said) => boolean): Promise<void> {
  const ask = (): Promise<Said | undefined> =>
    askDaemon({ runDir: cluster.runDir, ask: 'status', deadlineMs: 10_000 }).then(
      (answer) => answer as unknown as Status,
      () => undefined,
    );
  const look = async (): Promise<boolean> => {
    const said = await ask();
    return said !== undefined && fits(said);
  };
  await until(`${what} at the socket`, look);
  await until(what, async () => {
    const { code, stderr } = await status(cluster);
    return fits({ ok: code === 0, text: stderr });
  });
}

const isGreen = (cluster: Cluster): Promise<void> => says(cluster, 'a green status', ({ ok }) => ok);

const isRed = (cluster: Cluster, words: string): Promise<void> =>
  says(cluster, 'a red status', ({ ok, text }) => !ok && text.includes(words));

async function health({ get, ports }: Cluster): Promise<string> {
  return (await get({ port: ports.stats, path: '/_haproxy_health_check' })).status;
}

/** The masters of HAProxy that were started with the configuration of a cluster. */
async function masters({ config }: Cluster): Promise<readonly string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(pids.map(async (pid) => [pid, await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')] as const));
  const ours = lines.filter(([, line]) => line.includes('\0-W\0') && line.includes(`\0${config}\0`)).map(([pid]) => pid);
  const parents = await Promise.all(ours.map(async (pid) => /^PPid:\s+(\d+)$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]));
  return ours.filter((_, i) => !ours.includes(parents[i] ?? '')); // workers have the same words, and a master as their parent
}

const isSocket = (file: string): Promise<boolean> =>
  stat(file).then(
    (entry) => entry.isSocket(),
    () => false,
  );

const FOLDERS: readonly (readonly [what: string, act: (runDir: string) => Promise<unknown>])[] = [
  ['removed', (runDir) => rm(runDir, { recursive: true })],
  ['replaced by an empty one', (runDir) => rename(runDir, `${runDir}.away`).then(() => mkdir(runDir))],
  ['replaced by a file', (runDir) => rename(runDir, `${runDir}.away`).then(() => writeFile(runDir, ''))],
  [
    'gone for a while, and comes back as it was',
    async (runDir) => {
      await rename(runDir, `${runDir}.away`);
      await until('a new one', () => isSocket(path.join(runDir, 'daemon.sock')));
      await rm(runDir, { recursive: true });
      await rename(`${runDir}.away`, runDir);
    },
  ],
];

/** What is done to the run folder: the daemon is reached again, and no second HAProxy is started. */
async function survives(cluster: Cluster, what: string, act: (runDir: string) => Promise<unknown>): Promise<void> {
  const { runDir, daemon, deploy, served, addTask, app, traffic, once } = cluster;
  await deploy();
  const { signal, ended } = daemon();
  await served(FIRST);
  await expect(masters(cluster)).resolves.toHaveLength(1);
  const before = await masters(cluster);
  const { more, stop } = traffic();
  await act(runDir);
  if (what.endsWith('by a file')) {
    await more(50);
    await rm(runDir);
  }
  await until("the daemon's socket", () => isSocket(path.join(runDir, 'daemon.sock')));
  await isGreen(cluster);
  await expect(once()).resolves.toMatchObject({ code: 0 });
  await addTask(app.id, FOURTH);
  await served([...FIRST, FOURTH]);
  await until("the master's socket", () => isSocket(path.join(runDir, 'master.sock')));
  await more(50);
  await until('the one master', async () => String(await masters(cluster)) === String(before)); // in the middle of a reload it has no command line
  expect((await stop()).failures).toEqual({});
  signal('SIGTERM');
  await expect(ended).resolves.toMatchObject({ code: 0 });
  await expect(isSocket(path.join(runDir, 'daemon.sock'))).resolves.toBe(false);
}

describe('the run folder, with a HAProxy that serves', () => {
  sideBySide(
    Object.fromEntries(
      FOLDERS.map(([what, act]) => [
        `is ${what}: the daemon is reached again, and no second HAProxy is started`,
        async (makeCluster) => survives(await makeCluster(), what, act),
      ]),
    ),
  );
});

const LEFT: readonly (readonly [what: string, put: (file: string) => Promise<unknown>])[] = [
  ['a socket that nobody listens at', () => Promise.resolve()],
  ['a file', (file) => rm(file).then(() => writeFile(file, 'nonsense'))],
];

/** What is in place of the sockets of a daemon that was killed: the next one adopts HAProxy. */
async function adopts(cluster: Cluster, put: (file: string) => Promise<unknown>): Promise<void> {
  const { runDir, daemon, deploy, served, addTask, app } = cluster;
  await deploy();
  const first = daemon();
  await served(FIRST);
  const before = await masters(cluster);
  first.signal('SIGKILL');
  await first.ended;
  for (const name of ['daemon.sock', 'admin.sock']) await put(path.join(runDir, name));
  await expect(status(cluster)).resolves.toMatchObject({ code: 1, stderr: expect.stringContaining('no daemon runs there') });
  daemon();
  await isGreen(cluster);
  await addTask(app.id, FOURTH);
  await served([...FIRST, FOURTH]);
  await expect(masters(cluster)).resolves.toEqual(before);
}

describe('a daemon that was killed, and what status says', () => {
  sideBySide({
    ...Object.fromEntries(
      LEFT.map(([what, put]) => [
        `${what} in place of the sockets of a daemon that was killed: the next one adopts HAProxy`,
        async (makeCluster) => adopts(await makeCluster(), put),
      ]),
    ),
    'status is red while HAProxy is silent, and green again': async (makeCluster) => {
      const cluster = await makeCluster();
      const { daemon, deploy, served, processes } = cluster;
      await deploy();
      daemon();
      await served(FIRST);
      await isGreen(cluster);
      const frozen = await processes();
      for (const pid of frozen) process.kill(pid, 'SIGSTOP');
      try {
        await isRed(cluster, 'does not answer');
      } finally {
        for (const pid of frozen) process.kill(pid, 'SIGCONT');
      }
      await isGreen(cluster);
    },

    'status and the health page are red while a shared frontend is not bound': async (makeCluster) => {
      const cluster = await makeCluster();
      const { ports, ends, daemon, deploy, served } = cluster;
      await deploy();
      const free = await occupy({ port: ports.http, ends });
      daemon();
      await served(FIRST, { port: ports.service });
      await until('a red health page', async () => (await health(cluster)) === '503');
      await isRed(cluster, `127.0.0.1:${ports.http} is taken`);
      await free();
      await served(FIRST);
      await until('a green health page', async () => (await health(cluster)) === '200');
      await isGreen(cluster);
    },

    'status is red when a change waits for longer than ten seconds, and says for what': async (makeCluster) => {
      const cluster = await makeCluster();
      const { folder, marathon, daemon, deploy, served, otherApp } = cluster;
      await deploy();
      const { bin, hold, release } = await writeSlowHaproxy(folder);
      const { logged } = daemon(['--haproxy-bin', bin]);
      await served(FIRST);
      await isGreen(cluster);
      await hold();
      marathon.deploy(otherApp);
      await logged(/"level":"warn".*waiting for \d+ s.*haproxy -c/);
      await expect(status(cluster)).resolves.toMatchObject({ code: 1, stderr: expect.stringMatching(/waiting for \d+ s.*haproxy -c/) });
      await release();
      await isGreen(cluster);
    },
  });
});
