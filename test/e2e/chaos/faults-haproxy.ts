import { execFile } from 'node:child_process';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Estate } from './estate.ts';
import type { Fault } from './trial.ts';

const nothing = (): void => undefined;

/** A moment after which nobody mends anything. */
function moment(what: string, act: (estate: Estate) => Promise<void>, more: Partial<Fault> = {}): Fault {
  return {
    what,
    isMoment: true,
    ...more,
    break: async (estate) => {
      await act(estate);
      return nothing;
    },
  };
}

/** Processes that stand still for a while. */
function stopping(what: string, which: (estate: Estate) => Promise<readonly number[]>): Fault {
  return {
    what,
    needsReload: true,
    break: async (estate) => {
      const pids = await which(estate);
      for (const pid of pids) process.kill(pid, 'SIGSTOP');
      const go = (): void => {
        for (const pid of pids) process.kill(pid, 'SIGCONT');
      };
      return go;
    },
  };
}

async function masterOf({ cluster }: Estate): Promise<number> {
  const [master] = await cluster.processes();
  if (master === undefined) throw new Error('HAProxy does not run');
  return master;
}

const RUBBISH = 'frontend by hand\n  bind nowhere\n  nonsense on stilts\n';

const diskFull: Fault = {
  what: 'the disk is full',
  needsMounts: true,
  needsReload: true,
  break: async ({ cluster: { folder } }) => {
    const filler = path.join(folder, 'filler');
    await writeFile(filler, Buffer.alloc(16 * 2 ** 20)).catch(nothing); // as much as goes
    return () => rm(filler);
  },
};

const readOnly: Fault = {
  what: "haproxy.cfg's folder is read-only",
  needsMounts: true,
  needsReload: true,
  break: async ({ cluster: { config } }) => {
    const run = promisify(execFile);
    const folder = path.dirname(config);
    await run('mount', ['--bind', folder, folder]);
    await run('mount', ['-o', 'remount,bind,ro', folder]);
    return async () => {
      await run('umount', ['--lazy', folder]);
    };
  },
};

const killedDaemon: Fault = {
  what: 'the daemon is killed (kill -9), and started again later',
  break: async ({ daemons }) => {
    await daemons.end('SIGKILL');
    return () => {
      daemons.start();
    };
  },
};

const unreadLog: Fault = {
  what: "the daemon's log is a pipe that is full, and nobody reads it",
  needsReload: true,
  break: async ({ daemons, cluster }) => {
    const pipe = path.join(cluster.folder, 'log');
    await promisify(execFile)('mkfifo', [pipe]);
    await daemons.end('SIGTERM');
    const script = 'exec 3<>"$0"; head -c 65536 /dev/zero | tr "\\0" "#" >&3; exec "$@" >&3';
    daemons.start({ before: ['sh', '-c', script, pipe], words: ['--log-level', 'debug'] });
    return async () => {
      await daemons.end('SIGTERM');
      daemons.start();
      await rm(pipe);
    };
  },
};

/** What can happen to HAProxy, the daemon, and their files. */
export const MACHINE_FAULTS: readonly Fault[] = [
  moment("HAProxy's worker is killed (kill -9)", async ({ cluster }) => void process.kill(await cluster.worker(), 'SIGKILL'), {
    isFatal: true,
  }),
  moment("HAProxy's master is killed (kill -9)", async (estate) => void process.kill(await masterOf(estate), 'SIGKILL'), {
    isFatal: true,
  }),
  stopping('HAProxy is frozen (SIGSTOP)', ({ cluster }) => cluster.processes()),
  stopping("HAProxy's master is frozen (SIGSTOP)", async (estate) => [await masterOf(estate)]),
  moment("the socket of HAProxy's master is removed", ({ cluster }) => rm(path.join(cluster.runDir, 'master.sock'))),
  moment('the run folder is removed', ({ cluster }) => rm(cluster.runDir, { recursive: true, maxRetries: 5 }), { needsReload: true }),
  moment('the run folder is replaced by an empty one', async ({ cluster: { runDir } }) => {
    await rename(runDir, `${runDir}.away`);
    await mkdir(runDir);
  }),
  moment("a file takes the place of the socket of HAProxy's master", async ({ cluster }) => {
    const socket = path.join(cluster.runDir, 'master.sock');
    await rm(socket);
    await writeFile(socket, '');
  }),
  moment('somebody else reloads HAProxy (SIGUSR2)', async (estate) => void process.kill(await masterOf(estate), 'SIGUSR2')),
  moment('haproxy.cfg is replaced by rubbish', ({ cluster }) => writeFile(cluster.config, RUBBISH)),
  moment('haproxy.cfg is removed', ({ cluster }) => rm(cluster.config)),
  moment(
    "haproxy.cfg is replaced by rubbish, and HAProxy's master is killed",
    async (estate) => {
      await writeFile(estate.cluster.config, RUBBISH);
      process.kill(await masterOf(estate), 'SIGKILL');
    },
    { isFatal: true },
  ),
  moment('the state folder is removed', ({ cluster }) => rm(path.join(cluster.folder, 'state'), { recursive: true, maxRetries: 5 }), {
    needsReload: true,
  }),
  diskFull,
  readOnly,
  killedDaemon,
  unreadLog,
  stopping('the daemon is frozen (SIGSTOP)', ({ daemons }) => Promise.resolve([daemons.now().pid])),
];
