import type { ChildProcess } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { bindsOf, type BindAddress } from '../haproxy/binds.ts';
import type { Environment } from '../lib/environment.ts';
import type { Logger } from '../lib/logger.ts';
import { oneAfterAnother } from '../lib/runs.ts';
import { sentence } from '../lib/sentence.ts';
import { ask } from '../socket/master.ts';
import { holderText, startHolder } from './socket-holder-process.ts';
import { allSockets, socketsOf } from './listeners.ts';
import { identify, lives, type ProcessIdentity } from './process-identity.ts';

/** Where the holder's files are, and whose sockets it holds. */
export interface SocketHolderSettings {
  readonly bin: string;
  readonly env: Environment;
  /** HAProxy's configuration, whose `bind` lines are held. */
  readonly config: string;
  /** The path of the holder's files, without their ends. */
  readonly base: string;
  /** The socket of HAProxy's worker that hands over its listening sockets. */
  readonly from: string;
  readonly log: Pick<Logger, 'info' | 'warn'>;
}

/** How long connections wait for a HAProxy that has ended, in milliseconds. After that they are refused, so that clients go elsewhere. */
const MOST_MS = 10_000;
/** How long a holder may take to start, in milliseconds, and how often it is asked. */
const START_MS = 5_000;
const PAUSE_MS = 20;

interface HeldSockets {
  readonly child: ChildProcess;
  readonly holder: ProcessIdentity;
  readonly socket: string;
  readonly text: string;
}

/**
 * Keeps HAProxy's listening sockets open in a second process while HAProxy is gone, so that new connections wait in the kernel for the next HAProxy
 * instead of being refused.
 */
export class SocketHolder {
  readonly #settings: SocketHolderSettings;
  readonly #inTurn = oneAfterAnother();
  #held: HeldSockets | undefined;
  #worker = 0; // the worker whose sockets are held, or could not be held
  #isOver = false;
  #number = 0;
  #lettingGo: NodeJS.Timeout | undefined;

  constructor(settings: SocketHolderSettings) {
    this.#settings = settings;
  }

  /** The socket at which a starting HAProxy gets the sockets (`haproxy -x`); undefined while none are held. */
  get socket(): string | undefined {
    return this.#held?.socket;
  }

  /** The processes beside HAProxy that have its sockets. */
  get pids(): readonly number[] {
    return this.#held === undefined ? [] : [this.#held.holder.pid];
  }

  /** Called when a worker serves: holds its sockets, unless they are held already. Never rejects. */
  follow(worker: number): Promise<void> {
    clearTimeout(this.#lettingGo);
    this.#lettingGo = undefined;
    return this.#inTurn(() => this.#renew(worker)).catch((error: unknown) => {
      this.#settings.log.warn({ reason: sentence(error) }, "HAProxy's listening sockets are not held: if it ends, connections are refused");
    });
  }

  /** HAProxy is gone. Its sockets are held for a while longer. */
  lost(): void {
    this.#worker = 0;
    if (this.#held === undefined) return;
    this.#lettingGo ??= setTimeout(() => {
      this.#settings.log.warn({ afterS: MOST_MS / 1000 }, 'HAProxy does not come back, so its listening sockets are closed');
      void this.#inTurn(() => this.#release(this.#held));
    }, MOST_MS).unref();
  }

  /** Lets go of the sockets, and holds none any more. */
  async end(): Promise<void> {
    this.#isOver = true;
    clearTimeout(this.#lettingGo);
    await this.#inTurn(() => this.#release(this.#held));
  }

  async #renew(worker: number): Promise<void> {
    if (this.#isOver || (worker === this.#worker && (this.#held === undefined || (await lives(this.#held.holder))))) return;
    this.#worker = worker;
    const last = this.#held;
    const binds = distinct(bindsOf(await readFile(this.#settings.config, 'utf8')));
    if (last?.text === holderText(binds, '') && (await lives(last.holder)) && (await isSame(last.holder.pid, worker))) return;
    try {
      this.#held = await this.#start(binds, worker);
    } finally {
      await this.#release(last); // also where no other could be started: with other sockets than HAProxy's, it would keep connections waiting
    }
    this.#settings.log.info({ addresses: binds.length }, "HAProxy's listening sockets are held beside it");
  }

  async #start(binds: readonly BindAddress[], worker: number): Promise<HeldSockets> {
    const { bin, env, base, from } = this.#settings;
    const socket = `${base}.${(this.#number = 1 - this.#number)}`; // beside the last one, which may still be asked
    const config = `${socket}.cfg`;
    for (const stale of this.#held === undefined ? [0, 1].map((n) => `${base}.${n}`) : [socket]) await rm(stale, { force: true });
    await writeFile(config, holderText(binds, socket), { mode: 0o600 });
    const child = await startHolder({ bin, env, config, from });
    try {
      const holder = await answering(socket);
      if (!(await isSame(holder.pid, worker))) throw new Error('HAProxy did not hand over all of them');
      return { child, holder, socket, text: holderText(binds, '') };
    } catch (error) {
      child.stdin?.end();
      throw error;
    } finally {
      await rm(config, { force: true });
    }
  }

  async #release(held: HeldSockets | undefined): Promise<void> {
    if (held === undefined) return;
    if (this.#held === held) this.#held = undefined;
    held.child.stdin?.end();
    for (const until = performance.now() + START_MS; (await lives(held.holder)) && performance.now() < until;) await sleep(PAUSE_MS);
    await rm(held.socket, { force: true });
  }
}

/** Waits until a holder answers, and forbids it to accept any connection, even when its only one ends. Returns its process. */
async function answering(socket: string): Promise<ProcessIdentity> {
  const until = performance.now() + START_MS;
  for (;;) {
    const told = await ask({ socketPath: socket, deadlineMs: 1_000, command: 'set maxconn frontend held 0;show info' }).catch(() => '');
    const [, pid] = /^Pid: (\d+)$/m.exec(told) ?? [];
    const holder = pid === undefined ? undefined : await identify(Number(pid));
    if (holder !== undefined) return holder;
    if (performance.now() >= until)
      throw new Error(
        'the second HAProxy does not start; one that was started without --hold-listeners hands over its sockets after its next reload',
      );
    await sleep(PAUSE_MS);
  }
}

/** Whether all that a holder listens at are sockets of the worker, apart from its first one, which is for nobody else. */
async function isSame(holder: number, worker: number): Promise<boolean> {
  const [{ listeners: all }, its, workers] = await Promise.all([allSockets(), socketsOf([holder]), socketsOf([worker])]);
  if (its === undefined || workers === undefined) return false;
  const theirs = all.filter(({ socket }) => its.has(socket));
  return theirs.filter(({ socket }) => !workers.has(socket)).length <= 1;
}

function distinct(binds: readonly BindAddress[]): readonly BindAddress[] {
  return [...new Map(binds.map((bind) => [`${bind.address} ${bind.port} ${bind.interface ?? ''}`, bind])).values()];
}
