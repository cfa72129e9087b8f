import { lstat, mkdir, readFile, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Environment } from '../lib/environment.ts';
import type { Logger } from '../lib/logger.ts';
import { environmentOf } from './haproxy-environment.ts';
import { identify, lives, type ProcessIdentity } from './process-identity.ts';
import { SocketHolder } from './socket-holder.ts';
import { ProcessNotes } from './process-notes.ts';
import { requireOurFile } from './command-line.ts';
import { writeStates } from './states-file.ts';
import { writeWorkerConfig } from './worker-socket.ts';
import { ask, NoAnswer, orSilence, readInfo, showProc, workerInfo, type Call, type Processes } from '../socket/master.ts';
import { makeRuntime, type Runtime, type RuntimeSettings } from '../socket/worker.ts';

/** How long a start or reload may take until HAProxy confirms it, in milliseconds. */
export const RELOAD_MS = 20_000;

/** How long HAProxy is asked once more after a reload that it did not confirm, in milliseconds. */
export const AFTER_RELOAD_MS = 5_000;

/** Settings for a HAProxy in master-worker mode: ours, or a service's. */
export interface OwnSettings {
  /** The HAProxy program: a name in PATH, or a path. */
  readonly bin: string;
  /** The folder of master.sock, haproxy.log, haproxy.pid, applied.json and server-state, created when missing. `takeLock` allows only one writer. */
  readonly runDir: string;
  /** A folder for copies of haproxy.pid and applied.json, because the run folder may be deleted; no copies when not given. */
  readonly stateDir?: string | undefined;
  /** The configuration file. */
  readonly config: string;
  /** Returns the fingerprint of the files in place; called before each start and reload. */
  readonly fingerprint: () => string | Promise<string>;
  readonly log: Logger;
  /** Milliseconds since 1970, by a clock that does not jump. */
  readonly now: () => number;
  /** The sockets of a HAProxy that a service starts; without them HAProxy is ours, and its sockets are in the run folder. */
  readonly service?: ServiceSockets | undefined;
  /** Whether the listening sockets are held by a second process, too, so that connections wait for a HAProxy that has ended; not of a service's HAProxy. */
  readonly holdsListeners?: boolean | undefined;
  /** Returns the text of a certificate that a command loads. */
  readonly readPem?: RuntimeSettings['readPem'];
  /** HAProxy's environment; by default PATH, TZ and LANG of this process. */
  readonly env?: Environment;
  /** How long a start or reload may take until HAProxy confirms it, in milliseconds; by default 20,000. */
  readonly deadlineMs?: number;
  /** How long to wait between two questions to HAProxy, in milliseconds; by default 30. */
  readonly pauseMs?: number;
}

/** Where a HAProxy that a service has started takes commands. */
export interface ServiceSockets {
  /** The path given to `haproxy -S`. */
  readonly master: string;
  /** The path of a `stats socket` with `level admin`; without it changes wait for the end of a reload. */
  readonly worker?: string | undefined;
}

/** The settings with their defaults, the paths, and what is known about the running HAProxy. */
export type OwnHaproxy = Required<Omit<OwnSettings, 'stateDir' | 'service' | 'readPem' | 'holdsListeners'>> &
  Pick<OwnSettings, 'service'> &
  Readonly<Record<Path, string>> & {
    /** Commands to the worker that serves: at its own socket, where it answers during a reload, too, or else through the master. */
    readonly runtime: Runtime;
    /** The same at its own socket only; a service's HAProxy may have none. */
    readonly direct: Runtime | undefined;
    readonly directPath: string | undefined;
    readonly noted: ProcessNotes;
    readonly holder: SocketHolder | undefined;
    /** Whether the worker hands its listening sockets to the holder. */
    readonly exposes: boolean;
    /** Set while this daemon starts or reloads HAProxy, whose master may have no socket until it has loaded a large file. */
    isLoading: boolean;
  };

type Path = 'socketPath' | 'logPath' | 'statesPath' | 'workerPath' | 'workerConfig';

const CALL_MS = 1_000; // a reloading master may accept a connection only seconds later, so it is better to open a new one

/** Fills in the defaults and the paths in the run folder. */
export function ownHaproxyOf(settings: OwnSettings): OwnHaproxy {
  const at = (name: string): string => resolve(settings.runDir, name);
  const { service, readPem, holdsListeners = false } = settings;
  const socketPath = service === undefined ? at('master.sock') : resolve(service.master);
  const config = resolve(settings.config);
  const [workerPath, workerConfig] = [`${config}.sock`, `${config}.worker`];
  const directPath = service === undefined ? workerPath : service.worker && resolve(service.worker);
  const mapFolder = dirname(config);
  const env = settings.env ?? environmentOf(process.env);
  const master = { socketPath, prefix: '@1 ' } as const;
  const direct = directPath === undefined ? undefined : ({ socketPath: directPath, prefix: '' } as const);
  const holderSettings = { bin: settings.bin, env, config, base: `${config}.held`, from: workerPath, log: settings.log };
  return {
    deadlineMs: RELOAD_MS,
    pauseMs: 30,
    ...settings,
    env,
    exposes: holdsListeners,
    holder: holdsListeners ? new SocketHolder(holderSettings) : undefined,
    config,
    socketPath,
    logPath: at('haproxy.log'),
    statesPath: at('server-state'),
    isLoading: false,
    noted: new ProcessNotes({ runDir: settings.runDir, stateDir: settings.stateDir }),
    workerPath,
    workerConfig,
    runtime: makeRuntime({ ...(direct ?? master), otherwise: direct && master, mapFolder, readPem }),
    direct: direct && makeRuntime({ ...direct, mapFolder, readPem }),
    directPath,
  };
}

/** How many times in a row HAProxy may be silent because it reloads. After that, a missing socket means that somebody has removed it. */
const RELOAD_TRIES = 10;

/** A reload takes less than this, in milliseconds. After that, a socket that refuses connections is one that was left over, such as a run folder that came back. */
const STALE_MS = 5_000;

/**
 * Returns HAProxy's processes; undefined when it does not run. Waits for a master that refuses connections because it reloads. If somebody has
 * removed the master's socket, makes the master create it again, but not a service's. Rejects when a service's HAProxy does not read our file. Rejects when HAProxy runs but does not answer until `until` (`own.now`).
 */
export async function findProcesses(own: OwnHaproxy, until: number): Promise<Processes | undefined> {
  const start = own.now();
  let isAsked = false;
  for (let tries = 1; ; tries++) {
    const found = await orSilence(showProc(call(own)));
    if (!(found instanceof NoAnswer)) {
      if (own.service !== undefined) await requireOurFile({ pid: found.master, socketPath: own.socketPath, config: own.config });
      return found;
    }
    const master = await own.noted.master();
    const isAlive = master !== undefined && (await lives(master));
    if (found.silence === 'absent' && !isAlive) return undefined;
    const isStale = found.silence === 'absent' && own.now() - start > STALE_MS;
    if (own.service === undefined && isAlive && !isAsked && (isStale || tries === RELOAD_TRIES))
      isAsked = await askSocketBack(own, master, isStale);
    if (own.now() >= until)
      throw new Error(`HAProxy (pid ${master?.pid ?? 'unknown'}) runs, but does not answer; ${whatToDo(own)}`, { cause: found });
    await sleep(own.pauseMs);
  }
}

function whatToDo({ service }: OwnHaproxy): string {
  return service === undefined ? 'end that process, and a new one is started' : 'restart its service';
}

/**
 * Makes a master create its socket again by a reload, at which it binds the socket [haproxy 2.6, tried]. A master that is still starting has no socket
 * either, and the signal would end it, so nothing is done until a marker names a running worker. The folder may be missing as well, and there may be
 * something that is not a socket in its place, or a socket that nobody listens at (`isStale`). While this daemon starts or reloads HAProxy itself,
 * nothing is done: a load that takes long would be broken off by the signal. Returns whether the master was asked.
 */
async function askSocketBack(own: OwnHaproxy, master: ProcessIdentity, isStale: boolean): Promise<boolean> {
  const { socketPath, runDir, noted, log } = own;
  const { worker = 0, started = '' } = await noted.marker();
  const there = await lstat(socketPath).catch(() => undefined);
  const serves = (await lives({ pid: worker, started })) || (isStale && (await hasChildren(master)));
  if ((there?.isSocket() === true && !isStale) || !serves || own.isLoading) return false;
  log.warn({ socket: socketPath }, "the socket of HAProxy's master is missing, so HAProxy is reloaded to create it again");
  await mkdir(runDir, { recursive: true, mode: 0o700 });
  await rm(socketPath, { force: true, recursive: true });
  await writeStates(own, undefined);
  await writeWorkerConfig(own);
  process.kill(master.pid, 'SIGUSR2');
  return true;
}

/** Whether a master has workers: somebody else's reload may have brought others than the marker names. */
async function hasChildren({ pid }: ProcessIdentity): Promise<boolean> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  return children.trim() !== '';
}

/** Returns the pid of the worker that serves, or `pid` if that worker serves. Undefined when it does not serve or does not answer. */
export async function serving(own: OwnHaproxy, pid?: number): Promise<number | undefined> {
  const info = await workerInfo({ ...call(own), pid }).catch(() => undefined);
  return info === undefined || info.stopping ? undefined : info.pid;
}

/** Returns the worker that answers at its own socket; undefined when none answers there, or only one that is about to end. */
export async function answering({ directPath }: OwnHaproxy): Promise<number | undefined> {
  if (directPath === undefined) return undefined;
  const text = await ask({ socketPath: directPath, deadlineMs: CALL_MS, command: 'show info' }).catch(() => '');
  const info = readInfo(text);
  return info === undefined || info.stopping ? undefined : info.pid;
}

/** Records which files the serving worker has loaded, for the next daemon, which adopts HAProxy. */
export async function note(
  { noted }: OwnHaproxy,
  { fingerprint, worker }: { readonly fingerprint: string; readonly worker: number },
): Promise<void> {
  const living = await identify(worker);
  if (living !== undefined) await noted.noteMarker({ fingerprint, worker: living.pid, started: living.started });
}

/** Returns the settings of one call to HAProxy's master. */
export function call({ socketPath }: OwnHaproxy): Call {
  return { socketPath, deadlineMs: CALL_MS };
}
