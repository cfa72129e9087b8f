import { watch } from 'node:fs';
import path from 'node:path';
import { ask, readInfo } from '../../../src/socket/master.ts';
import { until } from '../until.ts';
import type { Estate } from './estate.ts';
import type { Fault } from './trial.ts';

/** A step of a reload: asks for one, and waits until it has come so far. What was held goes on after the kill. */
interface Step {
  readonly when: string;
  readonly reached: (estate: Estate) => Promise<void>;
}

/** Who is killed. HAProxy's connections break when it is. */
type Victim = 'daemon' | 'worker' | 'master';

/** Whose commands are those of the worker that takes new connections, also while its master loads. */
async function servingWorker({ cluster }: Estate): Promise<number> {
  const answer = await ask({ socketPath: `${cluster.config}.sock`, command: 'show info', deadlineMs: 1_000 }).catch(() => '');
  return readInfo(answer)?.pid ?? 0;
}

function heldAt(what: 'check' | 'load'): Step['reached'] {
  return async ({ held, changeApps }) => {
    await held.hold(what);
    await changeApps();
    await held.held();
  };
}

const STEPS: readonly Step[] = [
  { when: 'before the check of a reload', reached: ({ changeApps }) => changeApps() },
  { when: 'during the check of a reload', reached: heldAt('check') },
  {
    when: 'when the files of a reload are written',
    reached: async ({ cluster: { config }, changeApps }) => {
      const written = new AbortController();
      watch(path.dirname(config), { signal: written.signal }, (_, name) => {
        if (name === path.basename(config)) written.abort();
      });
      await changeApps();
      await until('a new haproxy.cfg', () => written.signal.aborted);
    },
  },
  { when: 'in a reload, while HAProxy loads', reached: heldAt('load') },
  {
    when: 'in a reload, when the new worker serves',
    reached: async (estate) => {
      const before = await servingWorker(estate);
      await estate.changeApps();
      await until('a new worker', async () => ![0, before].includes(await servingWorker(estate)));
    },
  },
  {
    when: 'when a reload is confirmed',
    reached: async ({ daemons, changeApps }) => {
      const before = daemons.reloads();
      await changeApps();
      await until('a reload', () => daemons.reloads() > before);
    },
  },
];

const VICTIMS: Readonly<Record<Victim, string>> = { daemon: 'the daemon', worker: "HAProxy's worker", master: "HAProxy's master" };

function killed(victim: Victim, { when, reached }: Step): Fault {
  return {
    what: `${VICTIMS[victim]} is killed (kill -9) ${when}`,
    isMoment: true,
    ...(victim !== 'daemon' && { isFatal: true }),
    break: async (estate) => {
      const [master = 0] = await estate.cluster.processes();
      await reached(estate);
      if (victim === 'daemon') await estate.daemons.end('SIGKILL');
      else process.kill(victim === 'master' ? master : await until('a worker', () => isThere(servingWorker(estate))), 'SIGKILL');
      await estate.held.release();
      if (victim === 'daemon') estate.daemons.start();
      return () => undefined;
    },
  };
}

async function isThere(pid: Promise<number>): Promise<number | undefined> {
  const found = await pid;
  return found === 0 ? undefined : found;
}

/** The daemon, HAProxy's worker and its master, each killed at each step of a reload. */
export const RELOAD_FAULTS: readonly Fault[] = (['daemon', 'worker', 'master'] as const).flatMap((victim) =>
  STEPS.map((step) => killed(victim, step)),
);
