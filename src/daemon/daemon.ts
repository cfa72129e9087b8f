import path from 'node:path';
import { boundMemory } from './bound-memory.ts';
import { askDaemon, serveControl, type Control, type ControlReply } from './control.ts';
import { openAdmin, type Admin } from './open-admin.ts';
import { keepRunFolder } from './keep-run-folder.ts';
import { takeLocks, type Locks } from './locks.ts';
import { withDaemon, type Daemon, type HaproxyEnd } from './connect.ts';
import { makeFolder } from '../lib/folders.ts';
import { inTime } from '../lib/deadline.ts';
import { sentence } from '../lib/sentence.ts';
import type { Settings } from '../options/options.ts';
import { shown } from '../source/auth.ts';
import type { RunInputs } from './surroundings.ts';

/**
 * Runs `--once`: one pass. Resolves with a sentence for the log when HAProxy has what Marathon said; rejects with a sentence otherwise. When a daemon
 * runs in the same run folder, that daemon is asked to do it.
 */
export async function once(run: RunInputs): Promise<string> {
  const { settings } = run;
  await prepareFolders(settings);
  const lock = await takeLocks(settings);
  if ('heldBy' in lock) return orThrow(await askOther(settings.runDir, lock.heldBy));
  try {
    return await withDaemon({ ...run, follow: false }, (daemon) => daemon.resync('--once').then(orThrow));
  } finally {
    await lock.release();
  }
}

/** The deadline for a daemon's resync, in milliseconds: long enough for a large Marathon and a large HAProxy. */
const RESYNC_DEADLINE_MS = 300_000;

/** Asks the daemon that holds the run folder. Rejects with a sentence when no daemon listens there: a different pass holds it, or a daemon only starts. */
async function askOther(runDir: string, pid: number): Promise<ControlReply> {
  try {
    return await askDaemon({ runDir, ask: 'resync', deadlineMs: RESYNC_DEADLINE_MS });
  } catch (error) {
    const { code } = ((error as Error).cause ?? {}) as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'ECONNREFUSED') throw error;
    throw new Error(
      `a pass of marathon-lb-ts (pid ${pid}) is still going on in ${runDir}, or a daemon only starts there: nothing was done`,
      {
        cause: undefined,
      },
    );
  }
}

function orThrow({ ok, text }: ControlReply): string {
  if (!ok) throw new Error(text);
  return text;
}

/**
 * Runs the daemon: follows Marathon until `run.signal` aborts. HAProxy keeps serving afterwards. Rejects at once for a fault that does not go away by
 * itself.
 */
export async function daemon(run: RunInputs & HaproxyEnd, started: (daemon: Daemon) => void | Promise<void>): Promise<void> {
  const { settings } = run;
  await prepareFolders(settings);
  const lock = await takeLocks(settings);
  if ('heldBy' in lock) {
    throw new Error(
      `another marathon-lb-ts (pid ${lock.heldBy}) uses ${settings.runDir}: end that process, or give this one its own --run-dir`,
    );
  }
  boundMemory();
  try {
    await withDaemon({ ...run, follow: true }, (running) => serveUntilItEnds(run, running, { lock, started }));
  } finally {
    await lock.release();
  }
}

interface Serving {
  readonly lock: Locks;
  readonly started: (daemon: Daemon) => void | Promise<void>;
}

async function serveUntilItEnds({ settings, log, signal }: RunInputs, running: Daemon, { lock, started }: Serving): Promise<void> {
  const over = new AbortController();
  const control: Control = {
    runDir: settings.runDir,
    resync: () => running.resync('asked for by --once'),
    status: () => running.status(),
    signal: AbortSignal.any([signal, over.signal]),
  };
  try {
    const admin = await openAdmin({ settings, log, signal: control.signal }, running.admin);
    const serve = (until: AbortSignal): Promise<() => Promise<boolean>> => serveBoth({ ...control, signal: until }, admin);
    const isServed = await serve(control.signal);
    log.info(
      { marathon: settings.marathon.map((url) => shown(new URL(url))), groups: settings.group, config: settings.haproxyConfig },
      'following Marathon',
    );
    const keeping = keepRunFolder({ settings, lock, serve, isServed, log, signal: control.signal });
    await Promise.all([started(running), running.ended, keeping]);
  } finally {
    over.abort(); // an open control socket would keep alive a process that no longer follows Marathon
  }
}

/** Both sockets of the run folder; resolves with what says whether both files are still there. */
async function serveBoth(control: Control, admin: Admin): Promise<() => Promise<boolean>> {
  const areThere = await Promise.all([serveControl(control), admin.serve(control.signal)]);
  return async () => (await Promise.all(areThere.map((isThere) => isThere()))).every(Boolean);
}

async function prepareFolders({ runDir, stateDir, haproxyConfig }: Settings): Promise<void> {
  const folders = [
    ['--run-dir', runDir],
    ['--state-dir', stateDir],
    ['--haproxy-config', path.dirname(haproxyConfig)],
  ] as const;
  for (const [flag, folder] of folders) {
    try {
      await inTime(makeFolder(folder), { ms: 10_000, what: 'making it' });
    } catch (error) {
      throw new Error(`the folder ${folder} can't be used: ${sentence(error)}; name a different folder with ${flag}`, { cause: error });
    }
  }
}
