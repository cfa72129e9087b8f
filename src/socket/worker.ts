import { readRelease } from '../haproxy/release.ts';
import type { Command, Document, Running } from '../model/document.ts';
import type { Release } from '../model/release.ts';
import type { Answer, Haproxy } from '../model/haproxy.ts';
import { ask, NoAnswer, type WorkerInfo } from './master.ts';
import { makeBatches, makeOpening, readReplies, type Batch, type Replies } from './replies.ts';
import { withMaps } from './map-state.ts';
import { compareServers, readServersState } from './servers-state.ts';

/** Where HAProxy takes commands while it runs. */
export interface RuntimeSettings {
  /** A master's socket, or one of a `stats socket` line with `level admin`. */
  readonly socketPath: string;
  /** Before each command: '@1 ' tells a master to hand it to the worker that serves; empty for a stats socket. */
  readonly prefix: '' | '@1 ';
  /** The folder of the map files, as the configuration names it. */
  readonly mapFolder: string;
  /** Milliseconds for a batch of commands; 2,000 when not given. */
  readonly deadlineMs?: number;
}

/** What of a HAProxy its runtime socket is for. */
export type RuntimePart = Pick<Haproxy, 'release' | 'send' | 'holds' | 'passed'>;

/**
 * HAProxy's commands. What it holds in its memory goes with its worker, so another worker than the one known makes `send` and `passed` reject,
 * until `holds` has read back what the new one has. Nothing here waits for a reload: whoever reloads calls one thing after the other.
 */
export interface Runtime extends RuntimePart {
  /** What HAProxy answers to commands that only read. */
  read(commands: readonly string[]): Promise<readonly string[]>;
  /** Who answers now. */
  worker(): Promise<WorkerInfo>;
  /** The worker whose memory is known; none around a reload. */
  pid(): number | undefined;
  /** The next worker is another one: around each reload. */
  forget(): void;
}

const READ_MS = 10_000; // the states of 50,000 servers are 4 MB

/** The commands of a HAProxy; it is not asked before one of the functions is called. */
export function makeRuntime(settings: RuntimeSettings): Runtime {
  return new RuntimeSocket(settings);
}

/** The same, in turn with the reloads of the same HAProxy. */
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
      this.#known ??= await this.worker();
      return readRelease(`version ${this.#known.version}`);
    } catch (error) {
      if (error instanceof NoAnswer && error.silence === 'absent') return undefined;
      throw error;
    }
  }

  async worker(): Promise<WorkerInfo> {
    return (await this.#ask(makeOpening(this.#settings.prefix), this.#settings.deadlineMs ?? READ_MS)).worker;
  }

  pid(): number | undefined {
    return this.#known?.pid;
  }

  forget(): void {
    this.#known = undefined;
  }

  async send(commands: readonly Command[]): Promise<readonly Answer[]> {
    const texts = commands.map(({ text }) => text);
    const answers = await this.#run(texts, this.#settings.deadlineMs ?? 2_000);
    return commands.map(({ expect }, i) => ({ taken: expect.test(answers[i] ?? ''), answer: answers[i] ?? '' }));
  }

  read(commands: readonly string[]): Promise<readonly string[]> {
    return this.#run(commands, this.#settings.deadlineMs ?? READ_MS);
  }

  async holds(document: Document): Promise<Running> {
    this.forget();
    const files = Object.keys(document.maps);
    const shown = files.map((file) => `show map ${this.#settings.mapFolder}/${file}`);
    const [servers = '', backends = '', ...maps] = await this.read(['show servers state', 'show backend', ...shown]);
    const held = withMaps(document, new Map(files.map((file, i) => [file, maps[i] ?? ''])));
    return compareServers(held, { servers: readServersState(servers), backends: new Set(backends.split('\n')) });
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

  async #run(commands: readonly string[], deadlineMs: number): Promise<readonly string[]> {
    const all: string[] = [];
    for (const batch of makeBatches(commands, this.#settings.prefix)) {
      const { worker, answers } = await this.#ask(batch, deadlineMs);
      this.#known ??= worker;
      const { pid, started } = this.#known;
      if (worker.pid !== pid || worker.started !== started)
        throw new Error(`another worker of HAProxy's answers than before (pid ${worker.pid}, not ${pid}): somebody has reloaded it`);
      all.push(...answers);
    }
    return all;
  }

  /** One connection a batch: its other end is one worker, whoever comes next. */
  async #ask({ line, count }: Batch, deadlineMs: number): Promise<Replies> {
    const { socketPath } = this.#settings;
    const text = await ask({ socketPath, command: line, deadlineMs });
    if (text === '') throw new NoAnswer('cut', { socketPath, cause: undefined });
    const replies = understood(text, { count, socketPath });
    if (replies.worker.stopping) throw new Error(`the worker of HAProxy's that answers (pid ${replies.worker.pid}) is about to end`);
    return replies;
  }
}

function understood(text: string, { count, socketPath }: { readonly count: number; readonly socketPath: string }): Replies {
  try {
    return readReplies(text, count);
  } catch (cause) {
    throw new Error(`no usable answer from HAProxy's socket ${socketPath}`, { cause });
  }
}
