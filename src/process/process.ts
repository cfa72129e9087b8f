import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { HEALTH_MAP } from '../haproxy/settings.ts';
import { sleep } from '../lib/clock.ts';
import { oneAfterAnother } from '../lib/runs.ts';
import { sentence } from '../lib/sentence.ts';
import type { Document, Reason, Running } from '../model/document.ts';
import type { Release } from '../model/release.ts';
import { notStarted, reload } from './reload.ts';
import { end, letFinish, STOP_MS, type Gently } from './stop.ts';
import type { Haproxy, ReloadMore } from '../model/haproxy.ts';
import { identify, lives, identityText } from './process-identity.ts';
import { findProcesses, note, ownHaproxyOf, serving, type OwnHaproxy, type OwnSettings, type ServiceSockets } from './own-haproxy.ts';
import { makeMeanwhile } from '../socket/meanwhile.ts';
import { makeReview } from '../socket/review.ts';
import { makeTurns } from '../socket/worker.ts';

/** A HAProxy in master-worker mode. */
export interface MasterWorker extends Haproxy {
  /** Reloads HAProxy, or starts ours if it does not run. Rejects with what HAProxy wrote and whether the previous worker still serves. */
  reload(reasons: readonly Reason[], more?: ReloadMore): Promise<void>;
  /** Rejects with a sentence when HAProxy can't be given a configuration: a service's that does not run, or that reads a different file. */
  ready(): Promise<void>;
  /** Returns the serving worker of a running HAProxy. Waits while it reloads. Rejects when it runs but does not answer by the deadline. */
  adopt(): Promise<{ readonly worker: number } | undefined>;
  /**
   * Returns the pids of all its processes, old workers included; empty when it does not run. Rejects when it runs but does not answer within `mostMs`
   * milliseconds, by default as long as a reload may take.
   */
  pids(mostMs?: number): Promise<readonly number[]>;
  /** Returns the pids of processes that have its listening sockets beside it. */
  holders(): readonly number[];
  /** Waits `ms` milliseconds, or until HAProxy ends; an end since the last wait counts. Rejects when the signal aborts. */
  stays(ms: number, signal: AbortSignal): Promise<void>;
  /** Whether this is the worker whose memory is known. A different worker comes from a reload that somebody else made. */
  knows(worker: number): boolean;
  /** Returns the fingerprint of the files that the serving worker has loaded; undefined when it may have loaded something else. */
  applied(): Promise<string | undefined>;
}

/** A HAProxy that we start, in a session of its own so that it outlives this process and the next daemon can adopt it. */
export interface OwnProcess extends MasterWorker {
  /** Ends the master and all workers by SIGTERM, and after five seconds by SIGKILL. Rejects when one of them still runs after that. */
  stop(gently?: Gently): Promise<void>;
}

/** Makes the HAProxy of a run folder. Nothing is started or asked until a function is called. Reloads and commands run one at a time. */
export function makeProcess(settings: Omit<OwnSettings, 'service'>): OwnProcess {
  const own = ownHaproxyOf(settings);
  return { ...makeMasterWorker(own), stop: (gently) => stop(own, gently) };
}

/** Settings for a HAProxy that a service starts, as a distribution's does. */
export type SystemServiceSettings = Omit<OwnSettings, 'service' | 'bin' | 'env'> & { readonly sockets: ServiceSockets };

/**
 * Makes the HAProxy that a service has started with `-S` and with our configuration. It is reloaded and takes commands by its master socket. It is never
 * started or ended here, and it is left alone when its command line names a different file: every call rejects then.
 */
export function makeSystemService({ sockets, ...settings }: SystemServiceSettings): MasterWorker {
  return makeMasterWorker(ownHaproxyOf({ ...settings, bin: '', service: sockets }));
}

function makeMasterWorker(own: OwnHaproxy): MasterWorker {
  const { runtime } = own;
  const inTurn = oneAfterAnother();
  return {
    reload: (reasons, more) => inTurn(() => reload(own, { reasons, ...more })),
    ready: () => inTurn(() => ready(own)),
    adopt: () => adopt(own),
    pids: (mostMs = own.deadlineMs) => pidsOf(own, mostMs),
    holders: () => own.holder?.pids ?? [],
    stays: makeStays(own),
    knows: (worker) => knows(own, worker),
    applied: () => applied(own),
    ...makeTurns(runtime, inTurn),
    meanwhile: () => makeMeanwhile(own.direct, runtime.pid()),
    review: makeReview({ runtime, mapFolder: dirname(own.config), inTurn, ready: () => findProcesses(own, own.now() + own.deadlineMs) }),
    holds: (document) => inTurn(() => holds(own, document)),
    release: () => inTurn(() => release(own)),
    agrees: (fingerprint) => inTurn(() => agrees(own, fingerprint)),
  };
}

async function ready(own: OwnHaproxy): Promise<void> {
  if (own.service !== undefined && (await findProcesses(own, own.now() + own.deadlineMs)) === undefined) throw notStarted(own);
}

function knows({ runtime }: OwnHaproxy, worker: number): boolean {
  return [undefined, worker].includes(runtime.pid());
}

async function agrees(own: OwnHaproxy, fingerprint: string): Promise<void> {
  await findProcesses(own, own.now() + own.deadlineMs); // a master that has just reloaded may answer later than its new worker
  const worker = await serving(own);
  if (worker === undefined) throw new Error('no worker of HAProxy serves, so what it runs is not recorded');
  if (!knows(own, worker))
    throw new Error(`a different worker of HAProxy serves than before (pid ${worker}), so what it runs is not recorded`);
  await note(own, { fingerprint, worker });
}

async function adopt(own: OwnHaproxy): Promise<{ readonly worker: number } | undefined> {
  const found = await findProcesses(own, own.now() + own.deadlineMs);
  const master = found === undefined ? undefined : await identify(found.master);
  if (master === undefined) {
    own.holder?.lost();
    return undefined;
  }
  await own.noted.noteMaster(master);
  const worker = await serving(own);
  if (worker === undefined) return undefined;
  if (!own.isLoading) void own.holder?.follow(worker);
  return { worker };
}

async function pidsOf(own: OwnHaproxy, mostMs: number): Promise<readonly number[]> {
  const found = await findProcesses(own, own.now() + mostMs);
  return found === undefined ? [] : [found.master, ...[...found.workers, ...found.oldWorkers].map(({ pid }) => pid)];
}

/** How often it is looked whether HAProxy lives, in milliseconds: as long as nobody has seen its end, connections are refused. */
const LOOK_MS = 40;

/** Makes `stays`. It reports the end of each master once, also when the master ended before the wait. */
function makeStays(own: OwnHaproxy): MasterWorker['stays'] {
  let ended = '';
  return async (ms, signal) => {
    const until = own.now() + ms;
    const master = await own.noted.master();
    const isWatched = master !== undefined && identityText(master) !== ended;
    for (let left = ms; left > 0; left = until - own.now()) {
      if (isWatched && !(await lives(master))) {
        ended = identityText(master);
        return;
      }
      await sleep(isWatched ? Math.min(LOOK_MS, left) : left, signal);
    }
  };
}

/** Asks for the version. Waits for a master that refuses connections for a moment because somebody else reloads it. */
async function release(own: OwnHaproxy): Promise<Release | undefined> {
  const known = await own.runtime.release();
  if (known !== undefined || (await findProcesses(own, own.now() + own.deadlineMs)) === undefined) return known;
  return own.runtime.release();
}

/** Reads back what HAProxy holds, after waiting for a reload that somebody else may have started. */
async function holds(own: OwnHaproxy, document: Document): Promise<Running> {
  await findProcesses(own, own.now() + own.deadlineMs);
  return own.runtime.holds(document);
}

async function applied(own: OwnHaproxy): Promise<string | undefined> {
  const { fingerprint, worker = 0, started = '' } = await own.noted.marker();
  return (await serving(own)) === worker && (await lives({ pid: worker, started })) ? fingerprint : undefined;
}

async function stop(own: OwnHaproxy, gently: Gently | undefined): Promise<void> {
  await own.holder?.end(); // a HAProxy that finishes its connections takes no more, which clients are to see
  const found = await findProcesses(own, own.now() + STOP_MS).catch(() => undefined); // a HAProxy that hangs is ended by its recorded pid
  const noted = await own.noted.master();
  const master = found === undefined ? noted : await identify(found.master);
  const workers = await Promise.all([...(found?.workers ?? []), ...(found?.oldWorkers ?? [])].map(({ pid }) => identify(pid)));
  const all = [master, ...workers].filter((one) => one !== undefined);
  if (gently !== undefined && found !== undefined) await letFinish(all, { ...gently, now: own.now, turnRed: () => turnRed(own) });
  await end(all, own);
  own.noted.forget();
  for (const file of [own.socketPath, own.workerPath, own.workerConfig, ...own.noted.files]) await rm(file, { force: true });
}

/** Makes the health page fail, so that whoever checks it sends no more clients. Does nothing if the configuration has no such page. */
async function turnRed({ runtime, config, log }: OwnHaproxy): Promise<void> {
  const text = `add map ${dirname(config)}/${HEALTH_MAP} stop 1`;
  const told = runtime.send([{ text, expect: /^$/, reason: { code: 'by-hand', subject: 'haproxy', detail: 'it is about to end' } }]);
  await told.catch((error: unknown) => {
    log.warn({ reason: sentence(error) }, "HAProxy's health page could not be made to fail before HAProxy ends");
  });
}
