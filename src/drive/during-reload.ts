import { oneAtATime } from '../lib/runs.ts';
import type { Command, Document, Running } from '../model/document.ts';
import type { Answer, DoubtfulParts, Haproxy, Meanwhile } from '../model/haproxy.ts';
import type { Release } from '../model/release.ts';
import type { DriveDependencies } from './dependencies.ts';
import { servedBySpares } from '../haproxy/spares.ts';
import { readdressed, withoutRuled } from './readdress.ts';
import { CHECK_MS, isChecking, notePassed, sendPlanned } from './send-commands.ts';
import type { Wanted } from './wanted.ts';

/** What the rounds beside a reload read and change. */
export interface DuringReloadDependencies {
  readonly parts: DriveDependencies;
  readonly wanted: Wanted;
  /** What the worker runs that served when the reload began. */
  readonly running: () => Running | undefined;
  readonly setRunning: (running: Running) => void;
}

/** The worker that served when the reload began. */
interface Server {
  readonly commands: Meanwhile;
  readonly release: Release | undefined;
}

/** What a new worker runs, as it has loaded it and answered commands since. */
export interface Loaded {
  readonly running: Running;
  /** Where it has refused commands. */
  readonly doubts: DoubtfulParts;
  /** Whether it has not answered, so that it may have taken some of the commands. */
  readonly isUnsure: boolean;
}

/**
 * Sends commands while a reload runs. A reload of a large estate takes seconds, in which the worker before it still serves: without these commands
 * it would send requests to tasks that have ended, and none to new ones. The new worker has read the file of before, so it is sent the same commands
 * as soon as it serves.
 */
export class CommandsDuringReload {
  readonly #dependencies: DuringReloadDependencies;
  #server: Server | undefined; // while a reload runs
  #isUnsure = false; // whether it is unknown what the worker took
  #served: ReturnType<typeof servedBySpares> = new Map(); // when the file was written that is loaded next
  #sent: Command[] | undefined; // since `begin`; undefined when nobody will send them again
  #unanswered: readonly Command[] = []; // those that were sent last, until their answers come
  #rounds: Promise<void> = Promise.resolve();
  readonly #run = oneAtATime(() => this.#round());

  constructor(dependencies: DuringReloadDependencies) {
    this.#dependencies = dependencies;
  }

  /** A file is about to be written, to be loaded: it describes everything that was sent so far. From now on commands are kept, until `end`. */
  begin(): void {
    const running = this.#dependencies.running();
    this.#served = running === undefined ? new Map() : servedBySpares(running.document);
    this.#sent = [];
  }

  /** The file was loaded, or will not be. The commands that were kept are let go of, which may be those of many changes. */
  end(): void {
    this.#sent = undefined;
  }

  /** Returns the same HAProxy; the commands that it is sent after `begin` are kept, so that a new worker can be sent them again. */
  noting<Sends extends Pick<Haproxy, 'send'>>(haproxy: Sends): Sends {
    return {
      ...haproxy,
      send: async (commands) => {
        this.#sent?.push(...commands);
        this.#unanswered = commands;
        const answers = await haproxy.send(commands);
        this.#unanswered = [];
        return answers;
      },
    };
  }

  /** Runs a reload. Until it ends, `ask` sends commands to the worker that serves now. */
  async during(reload: () => Promise<void>): Promise<void> {
    const { haproxy } = this.#dependencies.parts;
    const release = await haproxy.release().catch(() => undefined);
    const commands = haproxy.meanwhile?.();
    this.#server = commands === undefined ? undefined : { commands, release };
    this.#isUnsure = false;
    this.#unanswered = [];
    this.ask(); // for what came between the last commands and this reload
    try {
      await reload();
    } finally {
      this.#server = undefined;
      await this.#rounds;
    }
  }

  /** Whether it is not known what the worker took beside the last reload. */
  get isUnsure(): boolean {
    return this.#isUnsure;
  }

  /**
   * The parts of HAProxy that the last commands beside the reload are about, where their answers did not come: the new worker may have taken them, as it
   * was the one that read them from the socket.
   */
  get doubts(): DoubtfulParts {
    return doubtsOf(this.#unanswered, []);
  }

  /** Brings the worker that serves nearer to what is wanted, if a reload runs. Returns at once. */
  ask(): void {
    if (this.#server !== undefined) this.#rounds = this.#run();
  }

  /**
   * Sends the new worker, which has loaded this document, what the worker before it took after the file was written. Returns what the new worker runs
   * according to its answers. Never rejects.
   */
  async sendAgain(loaded: Document): Promise<Loaded> {
    const { haproxy, applyAnswers } = this.#dependencies.parts;
    const running: Running = { document: loaded, exceptions: new Map(), lost: new Map() };
    const { doubts } = this;
    const has = new Set(loaded.backends.map(({ backend }) => backend));
    const isThere = ({ effect }: Command): boolean => effect?.kind === 'backend' && effect.change === 'added' && has.has(effect.backend);
    const commands = (this.#sent ?? []).flatMap((command) => {
      const told = isThere(command) ? undefined : readdressed(command, this.#served);
      return (told && withoutRuled(told, loaded)) ?? [];
    });
    this.end();
    if (commands.length === 0) return { running, doubts, isUnsure: false };
    const answers = await haproxy.send(commands).catch(() => undefined);
    if (answers === undefined) return { running, doubts, isUnsure: true };
    const next = applyAnswers({ running, wanted: loaded, commands, answers });
    return { running: { ...next, lost: new Map() }, doubts: both(doubts, doubtsOf(commands, answers)), isUnsure: false };
  }

  async #round(): Promise<void> {
    const { parts, wanted, running, setRunning } = this.#dependencies;
    const [server, document, before] = [this.#server, wanted.document, running()];
    if (server === undefined || document === undefined || before === undefined || parts.signal.aborted) return;
    try {
      const sending = { ...parts, haproxy: this.noting({ ...parts.haproxy, ...server.commands }) };
      const known = await notePassed(sending, before);
      const { running: next, isPart } = await sendPlanned(sending, { running: known, wanted: document, release: server.release });
      setRunning(next);
      if (isPart) this.ask();
      if (isChecking(next)) {
        parts.later(CHECK_MS, () => {
          this.ask();
        });
      }
    } catch {
      if (this.#server === server) this.#server = undefined; // the new worker answers already, or none does: the rest waits for the end of the reload
      this.#isUnsure = true;
    }
  }
}

/** The parts of what HAProxy runs that the commands are about which it has refused or not answered. */
function doubtsOf(commands: readonly Command[], answers: readonly Answer[]): DoubtfulParts {
  const refused = commands.flatMap(({ effect }, i) => (answers[i]?.taken === true || effect === undefined ? [] : effect));
  return {
    backends: new Set(refused.flatMap((effect) => ('backend' in effect ? effect.backend : []))),
    maps: new Set(refused.flatMap((effect) => ('file' in effect ? effect.file : []))),
  };
}

function both(some: DoubtfulParts, others: DoubtfulParts): DoubtfulParts {
  return { backends: new Set([...some.backends, ...others.backends]), maps: new Set([...some.maps, ...others.maps]) };
}
