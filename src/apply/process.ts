import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../lib/logger.ts';
import type { Command, Reason } from '../model/document.ts';
import type { Haproxy } from './drive.ts';
import { identify, lives, readLiving, writeLiving, type Living } from './lock.ts';
import { readMarker, writeMarker } from './marker.ts';
import { ask, NoAnswer, showProc, workerInfo, type Call, type Processes } from './master.ts';

/** What our own HAProxy is made of. */
export interface OwnSettings {
  /** The HAProxy program: a name in PATH, or a path. */
  readonly bin: string;
  /** Holds master.sock, haproxy.log, haproxy.pid and applied.json; made when missing. One writer (`takeLock`). */
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
  reload(reasons: readonly Reason[]): Promise<void>;
  /** The same; for whoever wants HAProxy to load again what is on the disk. */
  reloadAsItIs(reasons: readonly Reason[]): Promise<void>;
  /** Its serving worker, when it runs; waits while it reloads. Rejects when it lives but does not answer by the deadline. */
  adopt(): Promise<{ readonly worker: number } | undefined>;
  /** The fingerprint that the worker which serves now was confirmed with; undefined when it may have loaded something else. */
  applied(): Promise<string | undefined>;
  /** Ends its master and all workers: by SIGTERM, after five seconds by SIGKILL. Rejects when one of them is still there after that. */
  stop(): Promise<void>;
}

type Own = Required<OwnSettings> & Readonly<Record<'socketPath' | 'logPath' | 'pidPath' | 'markerPath', string>>;

const LOG_MAX_BYTES = 8 * 2 ** 20;
const CALL_MS = 1_000; // a connection that a reloading master has not taken yet ends with it, seconds later: better a new one
const STOP_MS = 5_000;

/** The HAProxy of a run folder; nothing is started or asked before one of its functions is called. Reloads are made one after the other. */
export function makeProcess(settings: OwnSettings): OwnProcess {
  const at = (name: string): string => resolve(settings.runDir, name);
  const paths = { socketPath: at('master.sock'), logPath: at('haproxy.log'), pidPath: at('haproxy.pid'), markerPath: at('applied.json') };
  const own: Own = { deadlineMs: 20_000, pauseMs: 30, ...settings, ...paths, config: resolve(settings.config) };
  let turn: Promise<unknown> = Promise.resolve();
  const reload = (reasons: readonly Reason[]): Promise<void> => {
    const run = turn.then(() => bring(own, reasons));
    turn = run.catch(() => undefined);
    return run;
  };
  return {
    reload,
    reloadAsItIs: reload,
    adopt: () => adopt(own),
    applied: () => applied(own),
    stop: () => stop(own),
    send: ({ commands }) => send(own, commands),
    holds: (document) => Promise.resolve(document),
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

async function bring(own: Own, reasons: readonly Reason[]): Promise<void> {
  const until = performance.now() + own.deadlineMs;
  const fingerprint = await own.fingerprint();
  await mkdir(own.runDir, { recursive: true, mode: 0o700 });
  const since = await startOfLog(own);
  const before = await look(own, until);
  own.log.debug({ reasons: reasons.length }, before === undefined ? 'HAProxy starts' : 'HAProxy reloads');
  const worker = before === undefined ? await start({ own, since, until }) : await reloadRunning({ own, since, until, before });
  const living = await identify(worker);
  if (living !== undefined) await writeMarker(own.markerPath, { fingerprint, worker: living.pid, started: living.started });
  own.log.debug({ worker }, 'HAProxy serves what was written');
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
  const said = gist(log.subarray(since).toString()) || gist(answer) || 'it wrote nothing';
  const still = await serving(own);
  const served = before.workers.length + before.oldWorkers.length > 0;
  const rest = still === undefined ? 'no worker serves' : served ? `worker ${still} still serves as before` : `worker ${still} serves`;
  return new Error(`${what}: ${said}; ${rest}`);
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

/** The pid of the worker that serves, or `pid` when that one does; undefined when it does not, or does not say. */
async function serving(own: Own, pid?: number): Promise<number | undefined> {
  const info = await workerInfo({ ...call(own), pid }).catch(() => undefined);
  return info === undefined || info.stopping ? undefined : info.pid;
}

async function applied(own: Own): Promise<string | undefined> {
  const { fingerprint, worker = 0, started = '' } = await readMarker(own.markerPath);
  return (await serving(own)) === worker && (await lives({ pid: worker, started })) ? fingerprint : undefined;
}

async function stop(own: Own): Promise<void> {
  const found = await look(own, performance.now() + STOP_MS).catch(() => undefined); // one that hangs is ended by what was noted
  const noted = await readLiving(own.pidPath);
  const master = found === undefined ? noted : await identify(found.master);
  const workers = await Promise.all([...(found?.workers ?? []), ...(found?.oldWorkers ?? [])].map(({ pid }) => identify(pid)));
  await end([master, ...workers].filter((one) => one !== undefined));
  for (const path of [own.socketPath, own.pidPath, own.markerPath]) await rm(path, { force: true });
}

/** Ends a master, the first one, which ends its workers; whoever is left after a while is killed. */
async function end(all: readonly Living[]): Promise<void> {
  await signal(all.slice(0, 1), 'SIGTERM');
  let rest = await survivors(all);
  if (rest.length > 0) await signal(rest, 'SIGKILL');
  rest = await survivors(rest);
  if (rest.length > 0) throw new Error(`HAProxy does not end: ${rest.map(({ pid }) => `pid ${pid}`).join(', ')}`);
}

async function signal(all: readonly Living[], name: NodeJS.Signals): Promise<void> {
  for (const one of all) {
    try {
      if (await lives(one)) process.kill(one.pid, name);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // ended meanwhile
    }
  }
}

async function survivors(all: readonly Living[]): Promise<readonly Living[]> {
  const until = performance.now() + STOP_MS;
  for (;;) {
    const alive = await Promise.all(all.map(lives));
    const rest = all.filter((_, i) => alive[i]);
    if (rest.length === 0 || performance.now() >= until) return rest;
    await sleep(20);
  }
}

async function send(own: Own, commands: readonly Command[]): Promise<{ readonly refused: readonly Reason[] }> {
  const refused: Reason[] = [];
  let silent = false; // the rest would only wait for the same silence
  for (const { text, expect, reason } of commands) {
    const answer: string | NoAnswer | undefined = silent ? undefined : await orSilence(ask({ ...call(own), command: `@1 ${text}` }));
    silent = typeof answer !== 'string';
    if (typeof answer !== 'string' || !expect.test(answer.trim())) refused.push(reason);
  }
  return { refused };
}

async function startOfLog({ logPath }: Own): Promise<number> {
  const { size } = await stat(logPath).catch(() => ({ size: 0 }));
  if (size <= LOG_MAX_BYTES) return size;
  await truncate(logPath); // HAProxy appends: it goes on at the new end
  return 0;
}

async function orSilence<T>(asked: Promise<T>): Promise<T | NoAnswer> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof NoAnswer) return error;
    throw error;
  }
}

function call({ socketPath }: Own): Call {
  return { socketPath, deadlineMs: CALL_MS };
}

function left(until: number): number {
  return Math.max(1, Math.ceil(until - performance.now()));
}
