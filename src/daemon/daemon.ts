import path from 'node:path';
import { askDaemon, serveControl, type Control, type Reply } from './control.ts';
import { openAdmin, type Admin } from './open-admin.ts';
import { keepRunFolder } from './keep-run-folder.ts';
import { takeLocks, type Locks } from './locks.ts';
import { withDaemon, type Daemon, type HaproxyEnd } from './connect.ts';
import { makeFolder } from '../lib/folders.ts';
import { inTime } from '../lib/deadline.ts';
import { sentence } from '../lib/sentence.ts';
import type { Settings } from '../options/options.ts';
import { shown } from '../source/auth.ts';
import type { Run } from './surroundings.ts';

/**
 * `--once`: one pass. Resolves when HAProxy has what Marathon said, with words for the log; rejects with a sentence otherwise. Beside a daemon
 * of the same run folder it asks that one.
 */
export async function once(run: Run): Promise<string> {
  const { settings } = run;
  await prepareFolders(settings);
  const lock = await takeLocks(settings);
  if ('heldBy' in lock) return orThrow(await askDaemon({ runDir: settings.runDir, ask: 'resync', deadlineMs: RESYNC_DEADLINE_MS }));
  try {
    return await withDaemon({ ...run, follow: false }, (daemon) => daemon.resync('--once').then(orThrow));
  } finally {
    await lock.release();
  }
}

/** As long as a large Marathon and a large HAProxy may take together. */
const RESYNC_DEADLINE_MS = 300_000;

function orThrow({ ok, text }: Reply): string {
  if (!ok) throw new Error(text);
  return text;
}

/** The daemon: follows Marathon until `run.signal` aborts. HAProxy serves on. Rejects at once for what does not heal by itself. */
export async function daemon(run: Run & HaproxyEnd, started: (daemon: Daemon) => void | Promise<void>): Promise<void> {
  const { settings } = run;
  await prepareFolders(settings);
  const lock = await takeLocks(settings);
  if ('heldBy' in lock) {
    throw new Error(
      `another marathon-lb-ts (pid ${lock.heldBy}) works in ${settings.runDir}: end that one, or give this one its own --run-dir`,
    );
  }
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

async function serveUntilItEnds({ settings, env, log, signal }: Run, running: Daemon, { lock, started }: Serving): Promise<void> {
  const over = new AbortController();
  const control: Control = {
    runDir: settings.runDir,
    resync: () => running.resync('asked for by --once'),
    status: () => running.status(),
    explain: (about) => running.explain(about),
    signal: AbortSignal.any([signal, over.signal]),
  };
  try {
    const admin = await openAdmin({ settings, env, log, signal: control.signal }, running.admin);
    const serve = (until: AbortSignal): Promise<() => Promise<boolean>> => serveBoth({ ...control, signal: until }, admin);
    const isServed = await serve(control.signal);
    log.info(
      { marathon: settings.marathon.map((url) => shown(new URL(url))), groups: settings.group, config: settings.haproxyConfig },
      'following Marathon',
    );
    const keeping = keepRunFolder({ settings, lock, serve, isServed, log, signal: control.signal });
    await Promise.all([started(running), running.ended, keeping]);
  } finally {
    over.abort(); // a socket that listens on would keep a process alive that follows nothing any more
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
      throw new Error(`the folder ${folder} can't be used: ${sentence(error)}; name another with ${flag}`, { cause: error });
    }
  }
}
