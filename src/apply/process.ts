import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../lib/logger.ts';
import { oneAfterAnother } from '../lib/runs.ts';
import type { Document, Reason } from '../model/document.ts';
import type { Release } from '../model/release.ts';
import { end, letFinish, type Gently, STOP_MS } from './ending.ts';
import { ReloadRefused, type Haproxy } from './haproxy.ts';
import { HEALTH_MAP } from '../haproxy/settings.ts';
import { sentence } from '../lib/sentence.ts';
import { identify, lives, readLiving, writeLiving, type Living } from './lock.ts';
import { readMarker, writeMarker } from './marker.ts';
import { ask, NoAnswer, orSilence, showProc, workerInfo, type Call, type Processes } from './master.ts';
import { makeRuntime, makeTurns, type Runtime } from './runtime.ts';
import { writeStates } from './state-file.ts';

/** What our own HAProxy is made of. */
export interface OwnSettings {
  /** The HAProxy program: a name in PATH, or a path. */
  readonly bin: string;
  /** Holds master.sock, haproxy.log, haproxy.pid, applied.json and server-state; made when missing. One writer (`takeLock`). */
  readonly runDir: string;
  /** The configuration file. */
  readonly config: string;
  /** Names what is in the files on the disk; asked before each start and reload. */
  readonly fingerprint: () => string | Promise<string>;
  readonly log: Logger;
  /** Milliseconds until a start or reload must be confirmed; 20,000 when not given. */
  readonly deadlineMs?: number;
  /** Milliseconds between two looks at it; 30 when not given. */
  readonly pauseMs?: number;
}

/** A HAProxy that we start, in a session of its own: it outlives this process, and the next one adopts it. */
export interface OwnProcess extends Haproxy {
  /** Starts it when it does not run. Rejects with what HAProxy wrote, and says whether the worker before still serves. */
  reload(reasons: readonly Reason[], wanted?: Document): Promise<void>;
  /** The same; for whoever wants HAProxy to load again what is on the disk. */
  reloadAsItIs(reasons: readonly Reason[], wanted?: Document): Promise<void>;
  /** Its serving worker, when it runs; waits while it reloads. Rejects when it lives but does not answer by the deadline. */
  adopt(): Promise<{ readonly worker: number } | undefined>;
  /** Whether what this worker holds is known; another one came by somebody else's reload. */
  knows(worker: number): boolean;
  /** The fingerprint that the worker which serves now was confirmed with; undefined when it may have loaded something else. */
  applied(): Promise<string | undefined>;
  /** Ends its master and all workers: by SIGTERM, after five seconds by SIGKILL. Rejects when one of them is still there after that. */
  stop(gently?: Gently): Promise<void>;
}

type Own = Required<OwnSettings> & Readonly<Record<Path, string>> & { readonly runtime: Runtime };

type Path = 'socketPath' | 'logPath' | 'pidPath' | 'markerPath' | 'statesPath';

const LOG_MAX_BYTES = 8 * 2 ** 20;
const CALL_MS = 1_000; // a connection that a reloading master has not taken yet ends with it, seconds later: better a new one

/** The HAProxy of a run folder; nothing is started or asked before one of its functions is called. Reloads and commands go one after the other. */
export function makeProcess(settings: OwnSettings): OwnProcess {
  const own = ownOf(settings);
  const { runtime } = own;
  const inTurn = oneAfterAnother();
  const reload = (reasons: readonly Reason[], wanted?: Document): Promise<void> => inTurn(() => bring(own, { reasons, wanted }));
  return {
    reload,
    reloadAsItIs: reload,
    adopt: () => adopt(own),
    knows: (worker) => [undefined, worker].includes(runtime.pid()),
    applied: () => applied(own),
    stop: (gently) => stop(own, gently),
    ...makeTurns(runtime, inTurn),
    release: () => inTurn(() => release(own)),
    agrees: (fingerprint) => inTurn(() => agrees(own, fingerprint)),
  };
}

function ownOf(settings: OwnSettings): Own {
  const at = (name: string): string => resolve(settings.runDir, name);
  const socketPath = at('master.sock');
  return {
    deadlineMs: 20_000,
    pauseMs: 30,
    ...settings,
    config: resolve(settings.config),
    socketPath,
    logPath: at('haproxy.log'),
    pidPath: at('haproxy.pid'),
    markerPath: at('applied.json'),
    statesPath: at('server-state'),
    runtime: makeRuntime({ socketPath, prefix: '@1 ', mapFolder: dirname(resolve(settings.config)) }),
  };
}

interface Attempt {
  readonly own: Own;
  /** Where in haproxy.log it begins. */
  readonly since: number;
  /** By `performance.now`. */
  readonly until: number;
  readonly before: Processes;
  readonly master: Living;
}

interface Task {
  readonly reasons: readonly Reason[];
  readonly wanted: Document | undefined;
}

async function bring(own: Own, { reasons, wanted }: Task): Promise<void> {
  const until = performance.now() + own.deadlineMs;
  const fingerprint = await own.fingerprint();
  await mkdir(own.runDir, { recursive: true, mode: 0o700 });
  const since = await startOfLog(own);
  const before = await look(own, until);
  own.log.debug({ reasons: reasons.length }, before === undefined ? 'HAProxy starts' : 'HAProxy reloads');
  await writeStates(own, before === undefined ? undefined : wanted);
  try {
    const worker = before === undefined ? await start({ own, since, until }) : await reloadRunning({ own, since, until, before });
    own.runtime.forget();
    await note(own, { fingerprint, worker });
    own.log.debug({ worker }, 'HAProxy serves what was written');
  } finally {
    await writeStates(own, undefined); // a later start must not believe them
  }
}

/** Notes what the worker that serves has loaded, for the daemon that adopts it. */
async function note(
  { markerPath }: Own,
  { fingerprint, worker }: { readonly fingerprint: string; readonly worker: number },
): Promise<void> {
  const living = await identify(worker);
  if (living !== undefined) await writeMarker(markerPath, { fingerprint, worker: living.pid, started: living.started });
}

async function agrees(own: Own, fingerprint: string): Promise<void> {
  const worker = await serving(own);
  if (worker === undefined) throw new Error('no worker of HAProxy serves, so nothing is noted of what it runs');
  await note(own, { fingerprint, worker });
}

async function start({ own, since, until }: Pick<Attempt, 'own' | 'since' | 'until'>): Promise<number> {
  for (const stale of [own.socketPath, own.markerPath]) await rm(stale, { force: true });
  const output = await open(own.logPath, 'a', 0o600); // not a pipe: one that nobody reads blocks HAProxy
  // -db: in the foreground whatever the configuration says; `daemon` would give the master another pid
  const args = ['-W', '-db', '-S', `${own.socketPath},mode,600`, '-f', own.config];
  const child = spawn(own.bin, args, { detached: true, stdio: ['ignore', output.fd, output.fd] });
  child.unref();
  try {
    await once(child, 'spawn');
  } catch (cause) {
    throw new Error(`cannot start ${own.bin}`, { cause });
  } finally {
    await output.close();
  }
  const pid = child.pid ?? 0;
  const master = (await identify(pid)) ?? { pid, started: 'ended' };
  await writeFile(own.pidPath, writeLiving(master), { mode: 0o600 });
  try {
    return await confirm({ own, since, until, master, before: { master: pid, workers: [], oldWorkers: [], failed: 0 } });
  } catch (error) {
    await end([master]); // a HAProxy that comes too late would share the ports with the next one
    throw error;
  }
}

async function reloadRunning({ own, since, until, before }: Omit<Attempt, 'master'>): Promise<number> {
  const master = (await identify(before.master)) ?? { pid: before.master, started: 'ended' };
  const attempt = { own, since, until, before, master };
  for (;;) {
    const answer = await orSilence(ask({ ...call(own), command: 'reload', deadlineMs: left(until) }));
    const words = answer instanceof NoAnswer ? '' : answer; // 2.6 says nothing; 2.7 and later Success=0 or 1, and the log
    const busy = answer instanceof NoAnswer ? answer.silence === 'absent' : /another reload is still in progress/i.test(words);
    if (!busy && /^Success=0/m.test(words)) throw await refusal(attempt, { what: 'HAProxy refused the reload', answer: words });
    if (!busy || performance.now() >= until || !(await lives(master))) return await confirm(attempt);
    await sleep(own.pauseMs);
  }
}

/** The pid of a worker that is not one of those before, and that serves. */
async function confirm(attempt: Attempt): Promise<number> {
  const { own, until, before, master } = attempt;
  const known = new Set([...before.workers, ...before.oldWorkers].map(({ pid }) => pid));
  for (;;) {
    const now = await orSilence(showProc(call(own)));
    const silent = now instanceof NoAnswer;
    const worker = silent ? undefined : now.workers.find(({ pid }) => !known.has(pid))?.pid;
    if (worker !== undefined && (await serving(own, worker)) !== undefined) return worker;
    if (!silent && now.failed > before.failed) throw await refusal(attempt, { what: 'HAProxy refused the reload' });
    if (silent && !(await lives(master)))
      throw await refusal(attempt, { what: known.size > 0 ? 'HAProxy ended at the reload' : 'HAProxy did not start' });
    if (performance.now() >= until) throw await refusal(attempt, { what: `HAProxy did not confirm it within ${own.deadlineMs} ms` });
    await sleep(own.pauseMs);
  }
}

async function refusal(
  { own, since, before }: Attempt,
  { what, answer = '' }: { readonly what: string; readonly answer?: string },
): Promise<Error> {
  const log = await readFile(own.logPath).catch(() => Buffer.of());
  const text = log.subarray(since).toString();
  const said = gist(text) || gist(answer) || 'it wrote nothing';
  const still = await serving(own);
  const served = before.workers.length + before.oldWorkers.length > 0;
  const rest = still === undefined ? 'no worker serves' : served ? `worker ${still} still serves as before` : `worker ${still} serves`;
  return new ReloadRefused(`${what}: ${said}; ${rest}`, `${text}\n${answer}`.split('\n'));
}

/** What HAProxy wrote, as one line for people: its first alerts, its last lines where there are none. Empty when it wrote nothing. */
export function gist(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !/^(Success=\d|--)$/.test(line));
  const alerts = lines.filter((line) => line.startsWith('[ALERT]'));
  const telling = alerts.length > 0 ? alerts.slice(0, 4) : lines.slice(-4);
  return telling.map((line) => line.replace(/^\[\w+\]\s+\(\d+\) : /, '').trim()).join(' | ');
}

/** Its processes; undefined when it does not run. A master that lives but refuses connections reloads: that is waited for. */
async function look(own: Own, until: number): Promise<Processes | undefined> {
  for (;;) {
    const found = await orSilence(showProc(call(own)));
    if (!(found instanceof NoAnswer)) return found;
    const master = await readLiving(own.pidPath);
    if (found.silence === 'absent' && !(master !== undefined && (await lives(master)))) return undefined;
    if (performance.now() >= until)
      throw new Error(`HAProxy (pid ${master?.pid ?? 'unknown'}) runs, but does not answer; end it, and it is started anew`, {
        cause: found,
      });
    await sleep(own.pauseMs);
  }
}

async function adopt(own: Own): Promise<{ readonly worker: number } | undefined> {
  const found = await look(own, performance.now() + own.deadlineMs);
  const master = found === undefined ? undefined : await identify(found.master);
  if (master === undefined) return undefined;
  await writeFile(own.pidPath, writeLiving(master), { mode: 0o600 });
  const worker = await serving(own);
  return worker === undefined ? undefined : { worker };
}

/** A master that reloads by itself refuses connections for a moment: that is waited for. */
async function release(own: Own): Promise<Release | undefined> {
  const known = await own.runtime.release();
  if (known !== undefined || (await look(own, performance.now() + own.deadlineMs)) === undefined) return known;
  return own.runtime.release();
}

/** The pid of the worker that serves, or `pid` when that one does; undefined when it does not, or does not say. */
async function serving(own: Own, pid?: number): Promise<number | undefined> {
  const info = await workerInfo({ ...call(own), pid }).catch(() => undefined);
  return info === undefined || info.stopping ? undefined : info.pid;
}

async function applied(own: Own): Promise<string | undefined> {
  const { fingerprint, worker = 0, started = '' } = await readMarker(own.markerPath);
  return (await serving(own)) === worker && (await lives({ pid: worker, started })) ? fingerprint : undefined;
}

async function stop(own: Own, gently: Gently | undefined): Promise<void> {
  const found = await look(own, performance.now() + STOP_MS).catch(() => undefined); // one that hangs is ended by what was noted
  const noted = await readLiving(own.pidPath);
  const master = found === undefined ? noted : await identify(found.master);
  const workers = await Promise.all([...(found?.workers ?? []), ...(found?.oldWorkers ?? [])].map(({ pid }) => identify(pid)));
  const all = [master, ...workers].filter((one) => one !== undefined);
  if (gently !== undefined && found !== undefined) await letFinish(all, { ...gently, turnRed: () => turnRed(own) });
  await end(all);
  for (const path of [own.socketPath, own.pidPath, own.markerPath]) await rm(path, { force: true });
}

/** Whoever looks at the health page sends no more clients here. A configuration whose head has no such line just ends. */
async function turnRed({ runtime, config, log }: Own): Promise<void> {
  const text = `add map ${dirname(config)}/${HEALTH_MAP} stop 1`;
  const told = runtime.send([{ text, expect: /^$/, reason: { code: 'by-hand', subject: 'haproxy', detail: 'it is about to end' } }]);
  await told.catch((error: unknown) => {
    log.warn({ reason: sentence(error) }, 'the health page of HAProxy could not be turned red');
  });
}

async function startOfLog({ logPath }: Own): Promise<number> {
  const { size } = await stat(logPath).catch(() => ({ size: 0 }));
  if (size <= LOG_MAX_BYTES) return size;
  await truncate(logPath); // HAProxy appends: it goes on at the new end
  return 0;
}

function call({ socketPath }: Own): Call {
  return { socketPath, deadlineMs: CALL_MS };
}

function left(until: number): number {
  return Math.max(1, Math.ceil(until - performance.now()));
}
