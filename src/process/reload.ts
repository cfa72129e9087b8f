import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open, readFile, rm, stat, truncate } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Reason } from '../model/document.ts';
import { end } from './stop.ts';
import { ReloadRefused, type ReloadMore } from '../model/haproxy.ts';
import { identify, lives, parentOf, type ProcessIdentity } from './process-identity.ts';
import { ask, NoAnswer, orSilence, showProc, type Processes } from '../socket/master.ts';
import { answering, call, findProcesses, note, serving, type OwnHaproxy } from './own-haproxy.ts';
import { writeStates } from './states-file.ts';
import { writeWorkerConfig } from './worker-socket.ts';

const LOG_MAX_BYTES = 8 * 2 ** 20;

interface ReloadAttempt {
  readonly own: OwnHaproxy;
  /** Where in haproxy.log the output of this attempt begins, in bytes. */
  readonly since: number;
  /** The deadline, as `own.now` counts. */
  readonly until: number;
  readonly before: Processes;
  readonly master: ProcessIdentity;
}

interface ReloadRequest extends ReloadMore {
  readonly reasons: readonly Reason[];
}

/** Starts or reloads HAProxy. Resolves when a worker that has loaded the file serves. Rejects with a ReloadRefused or a sentence. */
export async function reload(own: OwnHaproxy, { reasons, wanted, spawned }: ReloadRequest): Promise<void> {
  const until = own.now() + own.deadlineMs;
  const fingerprint = await own.fingerprint();
  await mkdir(own.runDir, { recursive: true, mode: 0o700 });
  const since = await startOfLog(own);
  const before = await findProcesses(own, until);
  if (before === undefined && own.service !== undefined) throw notStarted(own);
  own.log.debug({ reasons: reasons.length }, before === undefined ? 'HAProxy starts' : 'HAProxy reloads');
  await writeStates(own, before === undefined ? undefined : wanted);
  if (own.service === undefined) await writeWorkerConfig(own);
  own.isLoading = true;
  try {
    const worker = before === undefined ? await start({ own, since, until }, spawned) : await reloadRunning({ own, since, until, before });
    own.runtime.forget();
    await note(own, { fingerprint, worker });
    void own.holder?.follow(worker);
    own.log.debug({ worker }, 'HAProxy serves what was written');
  } finally {
    own.isLoading = false;
    await writeStates(own, undefined); // so that a later start does not use old states
  }
}

/** The error for a service that does not run, as it is not ours to start. */
export function notStarted({ socketPath }: OwnHaproxy): Error {
  return new Error(
    `no HAProxy answers on the master socket ${socketPath}: start HAProxy's service, with '-S ${socketPath}' among its options (haproxy -Ws -S …)`,
  );
}

async function start(
  { own, since, until }: Pick<ReloadAttempt, 'own' | 'since' | 'until'>,
  spawned: ReloadMore['spawned'],
): Promise<number> {
  own.noted.forget();
  for (const stale of [own.socketPath, own.workerPath, ...own.noted.files]) await rm(stale, { force: true, recursive: true });
  const output = await open(own.logPath, 'a', 0o600); // not a pipe, because HAProxy blocks on a pipe that nobody reads
  // -db keeps HAProxy in the foreground whatever the configuration says; with `daemon` the master would get a different pid
  const handedOverAt = own.holder?.socket;
  const args = [
    '-W',
    '-db',
    '-S',
    `${own.socketPath},mode,600`,
    '-f',
    own.config,
    '-f',
    own.workerConfig,
    ...(handedOverAt === undefined ? [] : ['-x', handedOverAt]),
  ];
  const child = spawn(own.bin, args, { detached: true, stdio: ['ignore', output.fd, output.fd], env: own.env });
  child.unref();
  try {
    await once(child, 'spawn');
    spawned?.();
  } catch (cause) {
    throw new Error(`cannot start ${own.bin}`, { cause });
  } finally {
    await output.close();
  }
  const pid = child.pid ?? 0;
  const master = (await identify(pid)) ?? { pid, started: 'ended' };
  await own.noted.noteMaster(master);
  try {
    return await confirm({ own, since, until, master, before: { master: pid, workers: [], oldWorkers: [], failed: 0 } });
  } catch (error) {
    await end([master], own); // a HAProxy that starts later after all would share the ports with the next one
    throw error;
  }
}

async function reloadRunning({ own, since, until, before }: Omit<ReloadAttempt, 'master'>): Promise<number> {
  const master = (await identify(before.master)) ?? { pid: before.master, started: 'ended' };
  const attempt = { own, since, until, before, master };
  const over = new AbortController();
  try {
    return await Promise.race([told(attempt, over.signal), confirmItself(attempt, over.signal)]);
  } finally {
    over.abort();
  }
}

/** Tells the master to reload, and waits until it says that a new worker serves. */
async function told(attempt: ReloadAttempt, signal: AbortSignal): Promise<number> {
  const { own, until, master } = attempt;
  for (;;) {
    const answer = await orSilence(ask({ ...call(own), command: 'reload', deadlineMs: left(until, own), signal }));
    const words = answer instanceof NoAnswer ? '' : answer; // 2.6 answers nothing; 2.7 and later answer Success=0 or 1 and the log
    const busy = answer instanceof NoAnswer ? answer.silence === 'absent' : /another reload is still in progress/i.test(words);
    if (!busy && /^Success=0/m.test(words)) throw await refusal(attempt, { what: 'HAProxy refused the reload', answer: words });
    if (!busy || own.now() >= until || !(await lives(master))) return await confirm(attempt, signal);
    await sleep(own.pauseMs, undefined, { signal });
  }
}

/**
 * Waits for a new worker that answers at its own socket: it has loaded the file and serves. In an estate of 10,000 apps the master says so 0.05 to 0.3 s
 * later, when it has cleaned up after itself [haproxy 2.6 and 3.0, measured]. Resolves only for a child of this master. Rejects when the signal aborts.
 */
async function confirmItself({ own, before, master }: ReloadAttempt, signal: AbortSignal): Promise<number> {
  const known = pidsOf(before);
  for (;;) {
    const pid = await answering(own);
    if (pid !== undefined && !known.has(pid) && parentOf(pid) === master.pid) return pid;
    await sleep(own.pauseMs, undefined, { signal });
  }
}

/** All workers, old ones included. */
function pidsOf({ workers, oldWorkers }: Processes): ReadonlySet<number> {
  return new Set([...workers, ...oldWorkers].map(({ pid }) => pid));
}

/** Waits until the master lists a new worker, which serves, and returns its pid. */
async function confirm(attempt: ReloadAttempt, signal?: AbortSignal): Promise<number> {
  const { own, until, before, master } = attempt;
  const known = pidsOf(before);
  for (;;) {
    const found = await orSilence(showProc({ ...call(own), signal }));
    const silent = found instanceof NoAnswer;
    const worker = silent ? undefined : found.workers.find(({ pid }) => !known.has(pid))?.pid;
    if (worker !== undefined && (await serving(own, worker)) !== undefined) return worker;
    if (!silent && found.failed > before.failed) throw await refusal(attempt, { what: 'HAProxy refused the reload' });
    if (silent && !(await lives(master)))
      throw await refusal(attempt, { what: known.size > 0 ? 'HAProxy ended at the reload' : 'HAProxy did not start' });
    if (own.now() >= until) throw await refusal(attempt, { what: `HAProxy did not confirm within ${own.deadlineMs} ms that it serves` });
    await sleep(own.pauseMs, undefined, { signal });
  }
}

async function refusal(
  { own, since, before }: ReloadAttempt,
  { what, answer = '' }: { readonly what: string; readonly answer?: string },
): Promise<Error> {
  const log = await readFile(await logPathOf(own)).catch(() => Buffer.of());
  const text = log.subarray(since).toString();
  const said =
    summarizeOutput(text) ||
    summarizeOutput(answer) ||
    (own.service === undefined ? 'it wrote nothing' : 'the log of its service says why');
  const still = await serving(own);
  const served = before.workers.length + before.oldWorkers.length > 0;
  const rest = still === undefined ? 'no worker serves' : served ? `worker ${still} still serves as before` : `worker ${still} serves`;
  return new ReloadRefused(`${what}: ${said}; ${rest}`, `${text}\n${answer}`.split('\n'));
}

/** Shortens what HAProxy wrote to one line: its first four alerts, or its last four lines if there are none. Empty when it wrote nothing. */
export function summarizeOutput(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !/^(Success=\d|--)$/.test(line));
  const alerts = lines.filter((line) => line.startsWith('[ALERT]'));
  const telling = alerts.length > 0 ? alerts.slice(0, 4) : lines.slice(-4);
  return telling.map((line) => line.replace(/^\[\w+\]\s+\(\d+\) : /, '').trim()).join(' | ');
}

/** Returns the path of the file that HAProxy writes its output to, even if that file was deleted from the run folder. */
async function logPathOf({ logPath, noted }: OwnHaproxy): Promise<string> {
  const master = await noted.master();
  const open = `/proc/${master?.pid ?? 0}/fd/2`;
  const isFile = master !== undefined && (await lives(master)) && (await stat(open).catch(() => undefined))?.isFile() === true;
  return isFile ? open : logPath;
}

async function startOfLog(own: OwnHaproxy): Promise<number> {
  const logPath = await logPathOf(own);
  const { size } = await stat(logPath).catch(() => ({ size: 0 }));
  if (size <= LOG_MAX_BYTES) return size;
  await truncate(logPath); // HAProxy opened it for appending, so it continues at the new end
  return 0;
}

function left(until: number, { now }: OwnHaproxy): number {
  return Math.max(1, Math.ceil(until - now()));
}
