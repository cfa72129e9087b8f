import type { Release } from '../../../src/model/release.ts';
import { NoAnswer, type ask } from '../../../src/socket/master.ts';
import { FakeWorker, type Texts } from './fake-worker.ts';
import type { Turns } from './turns.ts';

/**
 * How a reload goes wrong. `refused`: the new worker does not accept its file. `ends`: HAProxy ends. `unconfirmed`: the new worker serves, but nobody
 * says so. `late`: the same, and it serves only after it was waited for.
 */
export type ReloadFault = 'refused' | 'ends' | 'unconfirmed' | 'late';

/** The owner of the turns that HAProxy itself takes. */
const HAPROXY = 'haproxy';

/** A HAProxy as facts are known of it: a master, the worker that serves, and workers that end. It outlives daemons. */
export class FakeHaproxy {
  readonly release: Release;
  /** The worker that takes new connections. */
  serving: FakeWorker | undefined;
  isLoading = false;
  /** What goes wrong at the next reload. */
  fault: ReloadFault | undefined;
  /** After how many commands the connection breaks that is the next to carry commands. */
  cut: number | undefined;
  /** After how many commands that connection stops for a turn. */
  stop: number | undefined;
  /** What it loaded last, as applied.json says. */
  marker: { readonly fingerprint: string; readonly worker: number } | undefined;
  readonly #turns: Turns;
  readonly #texts: () => Texts;
  #pid = 100;

  constructor(turns: Turns, texts: () => Texts, release: Release) {
    this.#turns = turns;
    this.#texts = texts;
    this.release = release;
  }

  /** HAProxy is killed: nothing of its memory is left. */
  kill(): void {
    this.serving = undefined;
    this.isLoading = false;
    this.#turns.cancel(HAPROXY);
  }

  /** Starts HAProxy with the files in place. */
  start(): void {
    this.serving = this.#worker();
  }

  /** Asks the master to reload. Returns at once; the new worker serves after some turns, and the one before it ends. */
  load(fault: ReloadFault | undefined): void {
    this.isLoading = true;
    void this.#load(fault);
  }

  /** Somebody else asks the master to reload, which it does if it is not loading already. */
  loadByOthers(): void {
    if (this.serving !== undefined && !this.isLoading) this.load(undefined);
  }

  async #load(fault: ReloadFault | undefined): Promise<void> {
    await this.#turns.gate(HAPROXY);
    const next = this.#worker();
    await this.#turns.gate(HAPROXY);
    await this.#turns.gate(HAPROXY);
    if (fault === 'ends') {
      this.kill();
      return;
    }
    if (fault !== 'refused') {
      if (this.serving !== undefined) this.serving.isStopping = true;
      this.serving = next;
      await this.#turns.gate(HAPROXY); // the master answers later than its new worker
    }
    this.isLoading = false;
  }

  #worker(): FakeWorker {
    return new FakeWorker(this.#texts(), { pid: ++this.#pid, release: this.release });
  }

  /** Its sockets, by their paths: `master`, which takes no commands while it loads, and `worker`. */
  sockets(owner: string): typeof ask {
    return async ({ socketPath, command }) => {
      await this.#turns.gate(owner);
      const worker = this.serving;
      if (worker === undefined || (socketPath === 'master' && this.isLoading && !isLater(this.release)))
        throw new NoAnswer('absent', { socketPath, cause: undefined });
      const answer = await this.#answer(owner, worker, { socketPath, command });
      await this.#turns.gate(owner);
      if (!this.#lives(worker)) throw new NoAnswer('cut', { socketPath, cause: undefined });
      return answer;
    };
  }

  async #answer(owner: string, worker: FakeWorker, { socketPath, command }: { socketPath: string; command: string }): Promise<string> {
    const [line = '', ...rows] = command.split('\n');
    const texts = line.split(';').map((text) => text.replace(/^@1 /, '').replace(/ <<$/, ''));
    let answer = '';
    let changes = 0;
    for (const text of texts) {
      const isChange = !text.startsWith('show ');
      if (isChange && this.cut !== undefined && changes === this.cut) {
        this.cut = undefined;
        throw new NoAnswer('cut', { socketPath, cause: undefined });
      }
      if (isChange && this.stop !== undefined && changes === this.stop) {
        this.stop = undefined;
        await this.#turns.gate(owner);
      }
      if (isChange) changes++;
      if (!this.#lives(worker)) throw new NoAnswer('cut', { socketPath, cause: undefined });
      if (text === 'show servers state') answer += await this.#allStates(owner, worker);
      else answer += worker.run(text, rows);
    }
    return answer;
  }

  /** All servers, of which others may change some between the first half and the second. */
  async #allStates(owner: string, worker: FakeWorker): Promise<string> {
    const backends = [...worker.servers.keys()];
    const half = backends.length >> 1;
    await this.#turns.gate(owner);
    const first = worker.states(backends.slice(0, half));
    await this.#turns.gate(owner);
    const [, , ...rest] = worker.states([
      ...backends.slice(half),
      ...[...worker.servers.keys()].filter((name) => !backends.includes(name)),
    ]);
    await this.#turns.gate(owner);
    return [...first, ...rest, ''].join('\n');
  }

  /** Whether this worker has not been killed. One that ends goes on for a while. */
  #lives(worker: FakeWorker): boolean {
    return worker === this.serving || (worker.isStopping && this.serving !== undefined);
  }
}

/** From 3.2 on the master takes commands while it loads. */
function isLater({ major, minor }: Release): boolean {
  return major > 3 || (major === 3 && minor >= 2);
}
