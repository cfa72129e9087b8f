import { lstat, mkdir, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Environment } from '../lib/environment.ts';
import type { Logger } from '../lib/logger.ts';
import { environmentOf } from './haproxy-environment.ts';
import { identify, lives, type ProcessIdentity } from './process-identity.ts';
import { ProcessNotes } from './process-notes.ts';
import { writeStates } from './states-file.ts';
import { NoAnswer, orSilence, showProc, workerInfo, type Call, type Processes } from '../socket/master.ts';
import { makeRuntime, type Runtime } from '../socket/worker.ts';

/** What our own HAProxy is made of. */
export interface OwnSettings {
  /** The HAProxy program: a name in PATH, or a path. */
  readonly bin: string;
  /** Holds master.sock, haproxy.log, haproxy.pid, applied.json and server-state; made when missing. One writer (`takeLock`). */
  readonly runDir: string;
  /** Where the master is noted once more, for when the run folder goes away; nowhere when not given. */
  readonly stateDir?: string | undefined;
  /** The configuration file. */
  readonly config: string;
  /** Names what is in the files on the disk; asked before each start and reload. */
  readonly fingerprint: () => string | Promise<string>;
  readonly log: Logger;
  /** What HAProxy is given; PATH, TZ and LANG of this process when not given. */
  readonly env?: Environment;
  /** Milliseconds until a start or reload must be confirmed; 20,000 when not given. */
  readonly deadlineMs?: number;
  /** Milliseconds between two looks at it; 30 when not given. */
  readonly pauseMs?: number;
}

/** The same, with where everything is. */
export type OwnHaproxy = Required<Omit<OwnSettings, 'stateDir'>> &
  Readonly<Record<Path, string>> & { readonly runtime: Runtime; readonly noted: ProcessNotes };

type Path = 'socketPath' | 'logPath' | 'statesPath';

const CALL_MS = 1_000; // a connection that a reloading master has not taken yet ends with it, seconds later: better a new one

/** Where things are in a run folder. */
export function ownHaproxyOf(settings: OwnSettings): OwnHaproxy {
  const at = (name: string): string => resolve(settings.runDir, name);
  const socketPath = at('master.sock');
  return {
    deadlineMs: 20_000,
    pauseMs: 30,
    env: environmentOf(process.env),
    ...settings,
    config: resolve(settings.config),
    socketPath,
    logPath: at('haproxy.log'),
    statesPath: at('server-state'),
    noted: new ProcessNotes({ runDir: settings.runDir, stateDir: settings.stateDir }),
    runtime: makeRuntime({ socketPath, prefix: '@1 ', mapFolder: dirname(resolve(settings.config)) }),
  };
}

/** So many silent looks are those of a reload; a socket that is missing then has been removed. */
const RELOAD_LOOKS = 10;

/**
 * Its processes; undefined when it does not run. A master that lives but refuses connections reloads: that is waited for. One whose socket
 * somebody has removed is made to bind it again.
 */
export async function look(own: OwnHaproxy, until: number): Promise<Processes | undefined> {
  for (let looks = 1; ; looks++) {
    const found = await orSilence(showProc(call(own)));
    if (!(found instanceof NoAnswer)) return found;
    const master = await own.noted.master();
    const isAlive = master !== undefined && (await lives(master));
    if (found.silence === 'absent' && !isAlive) return undefined;
    if (isAlive && looks === RELOAD_LOOKS) await askSocketBack(own, master);
    if (performance.now() >= until)
      throw new Error(`HAProxy (pid ${master?.pid ?? 'unknown'}) runs, but does not answer; end it, and it is started anew`, {
        cause: found,
      });
    await sleep(own.pauseMs);
  }
}

/**
 * A master binds its socket at each reload [haproxy 2.6, tried]. One that is starting has none yet, and the signal would end it: what it has
 * loaded is noted when it has started. The folder may be gone as well, or something that is no socket be in its place.
 */
async function askSocketBack(own: OwnHaproxy, master: ProcessIdentity): Promise<void> {
  const { socketPath, runDir, noted, log } = own;
  const { worker = 0, started = '' } = await noted.marker();
  const there = await lstat(socketPath).catch(() => undefined);
  if (there?.isSocket() === true || !(await lives({ pid: worker, started }))) return;
  log.warn({ socket: socketPath }, "the socket of HAProxy's master is gone, HAProxy is reloaded to have it again");
  await mkdir(runDir, { recursive: true, mode: 0o700 });
  await rm(socketPath, { force: true, recursive: true });
  await writeStates(own, undefined);
  process.kill(master.pid, 'SIGUSR2');
}

/** The pid of the worker that serves, or `pid` when that one does; undefined when it does not, or does not say. */
export async function serving(own: OwnHaproxy, pid?: number): Promise<number | undefined> {
  const info = await workerInfo({ ...call(own), pid }).catch(() => undefined);
  return info === undefined || info.stopping ? undefined : info.pid;
}

/** Notes what the worker that serves has loaded, for the daemon that adopts it. */
export async function note(
  { noted }: OwnHaproxy,
  { fingerprint, worker }: { readonly fingerprint: string; readonly worker: number },
): Promise<void> {
  const living = await identify(worker);
  if (living !== undefined) await noted.noteMarker({ fingerprint, worker: living.pid, started: living.started });
}

/** One call of its master. */
export function call({ socketPath }: OwnHaproxy): Call {
  return { socketPath, deadlineMs: CALL_MS };
}
