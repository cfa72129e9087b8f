import { readRelease } from '../haproxy/release.ts';
import { inRuns } from './command-runs.ts';
import type { Command, Document, Running } from '../model/document.ts';
import type { Release } from '../model/release.ts';
import type { Answer, Haproxy } from '../model/haproxy.ts';
import { exchange, exchangeInParts, type ExchangeSettings } from './exchange.ts';
import { NoAnswer, type WorkerInfo } from './master.ts';
import { makeBatches, makePayload, OPENING, readPayloadReply, readReplies, type Batch, type Replies } from './replies.ts';
import { replaceMap, type Tell } from './replace-map.ts';
import { CertificateChanges, type ReadPem } from './certificates.ts';
import { readBack } from './read-back.ts';
import { RepliesInParts, type TakeLine } from './replies-in-parts.ts';
import { readServersState } from './server-rows.ts';

/** How to reach HAProxy's runtime commands. */
export interface RuntimeSettings extends ExchangeSettings {
  /** The folder of the map files, as the configuration writes it. */
  readonly mapFolder: string;
  /** Returns the text of a certificate that a command loads. Without it none can be loaded. */
  readonly readPem?: ReadPem | undefined;
  /** How long a batch of commands may take, in milliseconds; by default 2,000, and 10,000 for reading. */
  readonly deadlineMs?: number;
}

/** The part of a Haproxy that works through its runtime socket. */
export type RuntimePart = Pick<Haproxy, 'release' | 'send' | 'holds' | 'passed'>;

/**
 * HAProxy's runtime commands. A worker's memory ends with the worker, so `send` and `passed` reject when a different worker answers than before,
 * until `holds` has read back what the new worker has. These calls do not wait for a reload: the caller must not reload at the same time.
 */
export interface Runtime extends RuntimePart {
  /** Sends commands that only read, and returns HAProxy's answers in order. */
  read(commands: readonly string[]): Promise<readonly string[]>;
  /**
   * Sends commands that only read. Their answers go to the readers line by line as they come, with turns for the event loop between. With `from`, it is
   * that worker that must answer, and commands may be sent meanwhile.
   */
  readInParts(questions: readonly Reading[], from?: WorkerInfo): Promise<void>;
  /** Returns the worker whose memory is known; when none is, the one that answers now. */
  known(): Promise<WorkerInfo>;
  /** Asks which worker answers now. */
  worker(): Promise<WorkerInfo>;
  /** Returns the pid of the worker whose memory is known; undefined around a reload. */
  pid(): number | undefined;
  /** Forgets the known worker, because a reload starts a new one. Call it before and after each reload. */
  forget(): void;
}

/** A command that only reads, and who takes the lines of its answer. */
export interface Reading {
  readonly command: string;
  readonly take: TakeLine;
}

const READ_MS = 10_000; // the state of 50,000 servers is an answer of 4 MB
/** The same deadline while commands go on meanwhile, so that nothing waits for the answer. */
const BESIDE_MS = 60_000;

/** Makes a Runtime. HAProxy is not contacted until one of its functions is called. */
export function makeRuntime(settings: RuntimeSettings): Runtime {
  return new RuntimeSocket(settings);
}

/** Returns the same functions, run one at a time through `inTurn`, together with the reloads of the same HAProxy. */
export function makeTurns(runtime: RuntimePart, inTurn: <Result>(work: () => Promise<Result>) => Promise<Result>): RuntimePart {
  return {
    release: () => inTurn(() => runtime.release()),
    send: (commands) => inTurn(() => runtime.send(commands)),
    holds: (document) => inTurn(() => runtime.holds(document)),
    passed: (servers) => inTurn(() => runtime.passed(servers)),
  };
}

class RuntimeSocket implements Runtime {
  readonly #settings: RuntimeSettings;
  #known: WorkerInfo | undefined;

  constructor(settings: RuntimeSettings) {
    this.#settings = settings;
  }

  async release(): Promise<Release | undefined> {
    try {
      const { version } = await this.known();
      return readRelease(`version ${version}`);
    } catch (error) {
      if (error instanceof NoAnswer && error.silence === 'absent') return undefined;
      throw error;
    }
  }

  async known(): Promise<WorkerInfo> {
    return (this.#known ??= await this.worker());
  }

  async worker(): Promise<WorkerInfo> {
    return (await this.#ask(OPENING, this.#settings.deadlineMs ?? READ_MS)).worker;
  }

  pid(): number | undefined {
    return this.#known?.pid;
  }

  forget(): void {
    this.#known = undefined;
  }

  async send(commands: readonly Command[]): Promise<readonly Answer[]> {
    const answers: string[] = [];
    const certificates = new CertificateChanges({ ...this.#tell(), readPem: this.#settings.readPem ?? noPem });
    for (const { texts, rows, certificate } of inRuns(commands)) {
      const [text = ''] = texts;
      if (certificate !== undefined) answers.push(await certificates.make(certificate));
      else if (rows === undefined) answers.push(...(await this.#run(texts, this.#sendMs())));
      else answers.push(await replaceMap(text.replace(/^commit map /, ''), rows, this.#tell()));
    }
    return commands.map(({ expect }, i) => ({ taken: expect.test(answers[i] ?? ''), answer: answers[i] ?? '' }));
  }

  #sendMs(): number {
    return this.#settings.deadlineMs ?? 2_000;
  }

  #tell(): Tell {
    return {
      command: async (text) => (await this.#run([text], this.#sendMs()))[0] ?? '',
      payload: async (text, rows) => {
        const replies = await exchange(this.#settings, makePayload(text, rows), { deadlineMs: this.#sendMs(), read: readPayloadReply });
        this.#ofKnown(replies.worker);
        return replies.answers[0] ?? '';
      },
    };
  }

  read(commands: readonly string[]): Promise<readonly string[]> {
    return this.#run(commands, this.#settings.deadlineMs ?? READ_MS);
  }

  async holds(document: Document): Promise<Running> {
    this.forget();
    return readBack(document, { mapFolder: this.#settings.mapFolder, read: (questions) => this.readInParts(questions) });
  }

  async passed(servers: Parameters<Haproxy['passed']>[0]): Promise<ReadonlySet<string>> {
    const backends = [...new Set(servers.map(({ backend }) => backend))];
    const states = await this.read(backends.map((backend) => `show servers state ${backend}`));
    const passed = new Set<string>();
    for (const [i, backend] of backends.entries()) {
      const rows = readServersState(states[i] ?? '', { orNone: true }).get(backend);
      for (const { backend: of, server } of servers)
        if (of === backend && rows?.get(server)?.checkPassed === true) passed.add(`${backend}/${server}`);
    }
    return passed;
  }

  async readInParts(questions: readonly Reading[], from?: WorkerInfo): Promise<void> {
    const { deadlineMs = from === undefined ? READ_MS : BESIDE_MS } = this.#settings;
    let done = 0;
    for (const batch of makeBatches(questions.map(({ command }) => command))) {
      const parts = new RepliesInParts(questions.slice(done, done + batch.count).map(({ take }) => take));
      const worker = await exchangeInParts(this.#settings, batch, { deadlineMs, parts });
      if (from === undefined) this.#ofKnown(worker);
      else requireSame(worker, from);
      done += batch.count;
    }
  }

  async #run(commands: readonly string[], deadlineMs: number): Promise<readonly string[]> {
    const all: string[] = [];
    for (const batch of makeBatches(commands)) {
      const replies = await this.#ask(batch, deadlineMs);
      this.#ofKnown(replies.worker);
      all.push(...replies.answers);
    }
    return all;
  }

  /** Throws when a different worker has answered than the known one. */
  #ofKnown(worker: WorkerInfo): void {
    requireSame(worker, (this.#known ??= worker));
  }

  /** Sends a batch over a connection of its own, so that the whole batch is answered by the same worker. */
  #ask(batch: Batch, deadlineMs: number): Promise<Replies> {
    return exchange(this.#settings, batch, { deadlineMs, read: (text) => readReplies(text, batch.count) });
  }
}

function requireSame(worker: WorkerInfo, { pid, started }: WorkerInfo): void {
  if (worker.pid !== pid || worker.started !== started)
    throw new Error(`a different worker of HAProxy answers than before (pid ${worker.pid}, not ${pid}): somebody has reloaded HAProxy`);
}

function noPem(): Promise<never> {
  return Promise.reject(new Error('certificates are not read here'));
}
