import { oneAfterAnother } from '../lib/runs.ts';
import { sentence } from '../lib/sentence.ts';
import type { Document, Reason, Running, ServerException } from '../model/document.ts';
import { notePassed, sendPlanned, type Planned } from './send-commands.ts';
import type { Consequence, DriveDependencies, CandidateRefusal } from './dependencies.ts';
import { CommandsDuringReload, type Loaded } from './during-reload.ts';
import { FileFollower } from './file-follower.ts';
import { InProgress } from './in-progress.ts';
import { LoadCheck, type Incurable } from './load-check.ts';
import type { Wanted } from './wanted.ts';

const AS_LAST: Reason = { code: 'not-loaded', subject: 'haproxy', detail: 'it is started with the configuration that it served last' };

/** What HAProxy and its file hold now, as far as we know, and the operations with which both lanes change them, one at a time. */
export class Actual {
  /** Runs work on HAProxy one at a time: commands, or a reload with the reading back after it. At the same time each could break the other. */
  readonly onSocket = oneAfterAnother();
  /** Runs work on the files one at a time. */
  readonly onFiles = oneAfterAnother();
  readonly file: FileFollower;
  readonly steps = new InProgress();
  readonly duringReload: CommandsDuringReload;
  /** Looks after a reload whether HAProxy runs what it is taken to run. */
  readonly check: LoadCheck;
  readonly #parts: DriveDependencies;
  #running: Running | undefined;
  #isUp = false;
  #isRefused = false; // whether HAProxy refused the last candidate
  #isLoadUnsure = false; // whether a worker may serve that has loaded a candidate without HAProxy's confirmation

  /** `changed` is called when HAProxy runs something else than it was taken to run after a reload. */
  constructor(parts: DriveDependencies, wanted: Wanted, changed: () => void) {
    this.#parts = parts;
    const state = {
      parts,
      running: () => this.running,
      setRunning: (running: Running) => {
        this.running = running;
      },
    };
    this.duringReload = new CommandsDuringReload({ ...state, wanted });
    this.check = new LoadCheck({ ...state, onSocket: this.onSocket, readAgain: () => this.readAgain(), changed });
    this.file = new FileFollower({ ...parts, runs: () => this.running?.document, inTurn: this.onFiles });
  }

  /** What HAProxy runs. It changes only when HAProxy has confirmed something; undefined until it has. */
  get running(): Running | undefined {
    return this.#running;
  }

  set running(running: Running | undefined) {
    this.#running = running;
    this.#isUp ||= running !== undefined;
  }

  /** Whether HAProxy runs, as far as we know, with something that it has confirmed. */
  get isUp(): boolean {
    return this.#isUp;
  }

  /** HAProxy runs with the files that are in place, but what it holds is not known. `isNew`: it was started with these files just now. */
  revived(isNew: boolean): void {
    this.#isUp = true;
    if (isNew) this.#isLoadUnsure = false;
  }

  /**
   * Starts HAProxy with the files in place where it served exactly these last. They are read back with the first document that is wanted. `spawned` is
   * called when its process runs and begins to load them.
   */
  async serveAtOnce(spawned: () => void): Promise<void> {
    const { serveAtOnce, files, now, reloaded } = this.#parts;
    const start = now();
    if (serveAtOnce === undefined || !(await files.wasServed())) return;
    if (!(await this.steps.during('HAProxy to start with the last configuration', () => serveAtOnce(spawned)))) return;
    this.revived(true);
    reloaded([AS_LAST], now() - start);
  }

  /** HAProxy has ended. Returns whether it was thought to run. */
  gone(): boolean {
    const isNew = this.#isUp;
    this.check.end();
    this.#isUp = false;
    this.#running = undefined;
    return isNew;
  }

  /**
   * Sends the commands of the plan. Returns whether there were any and whether more are to follow, and the reasons for a reload that remain. Never
   * rejects.
   */
  async command(running: Running, wanted: Document): Promise<Pick<Planned, 'sent' | 'reload' | 'isPart'>> {
    const { haproxy } = this.#parts;
    try {
      const release = await haproxy.release();
      const parts = { ...this.#parts, haproxy: this.duringReload.noting(haproxy) };
      const send = async () => sendPlanned(parts, { running: await notePassed(parts, running), wanted, release });
      const { running: next, sent, reload, toward, isPart } = await this.steps.during('HAProxy to take commands', send);
      this.running = next;
      if (next.document === toward && running.document !== toward && reload.length === 0) this.#parts.serves(wanted);
      const isAsWritten = running.document === this.file.written && !sent && reload.length === 0;
      if (isAsWritten) this.file.written = next.document; // the file already describes this document
      return { sent, reload, isPart };
    } catch (error) {
      this.#parts.troubled(error);
      await this.readAgain();
      return { sent: true, reload: [{ code: 'refused', subject: 'haproxy', detail: sentence(error) }], isPart: false };
    }
  }

  /**
   * Reads back what HAProxy holds. `running` becomes undefined if HAProxy does not answer, and after a reload that was not confirmed: the worker may
   * have loaded that candidate all the same, and HAProxy does not tell what it has loaded beside servers and maps.
   */
  async readAgain(): Promise<void> {
    this.check.end();
    if (this.running === undefined) return;
    this.running = this.#isLoadUnsure ? undefined : await this.#parts.haproxy.holds(this.running.document).catch(() => undefined);
  }

  /** Finds out what a HAProxy runs that an earlier daemon started, if its files are still in place. */
  async adopt(): Promise<void> {
    const { applied, files, haproxy, readDocument } = this.#parts;
    const loaded = await applied();
    if (loaded === undefined || loaded !== (await files.fingerprint())) return;
    const { config, maps } = await files.read();
    this.file.written = readDocument(config, maps);
    this.running = await haproxy.holds(this.file.written).catch(() => undefined); // a service that is not started yet is started by the reload
  }

  /** Whether the files in place are those that were written last, and nobody has edited them since. */
  async isFileOurs(): Promise<boolean> {
    const { applied, files } = this.#parts;
    return (await applied()) === (await files.fingerprint());
  }

  /** Reloads HAProxy with its file. Rejects when HAProxy does not confirm the reload. */
  async reload(reasons: readonly Reason[], wanted: Document | undefined): Promise<void> {
    const { haproxy, now, reloaded } = this.#parts;
    const start = now();
    this.check.end();
    const confirmed = (): Promise<void> => this.steps.during('HAProxy to confirm the reload', () => haproxy.reload(reasons, { wanted }));
    try {
      await this.duringReload.during(confirmed);
      this.#isLoadUnsure = false;
    } catch (error) {
      this.#isLoadUnsure = true;
      if (this.duringReload.isUnsure && !this.#parts.signal.aborted) await this.readAgain();
      throw error;
    }
    reloaded(reasons, now() - start);
  }

  /**
   * HAProxy has loaded this, and has confirmed it. It is taken to run it, and commands go on at once; whether it is so is looked at meanwhile. Where
   * that can't be, or HAProxy has not answered all commands since it loaded the file, it is read back first: rejects when it does not answer.
   */
  async loaded({ running, doubts, isUnsure }: Loaded, incurable: Incurable): Promise<void> {
    const { haproxy } = this.#parts;
    this.running = undefined; // until it is known
    if (haproxy.review === undefined || isUnsure) {
      this.running = await this.#readBack(running, incurable);
      return;
    }
    const isDoubtful = doubts.backends.size + doubts.maps.size > 0;
    this.running = isDoubtful ? await this.check.settled(running, { doubts, incurable }) : running;
    this.check.begin(running.document, incurable);
  }

  /** Reads back what HAProxy made of the file and of the commands after it. */
  async #readBack({ document, exceptions: expected }: Running, incurable: Incurable): Promise<Running> {
    const { haproxy, troubled } = this.#parts;
    const held = await haproxy.holds(document);
    if (incurable === 'told') for (const [backend, why] of held.lost) troubled(new Error(`${backend}: ${why}`));
    const exceptions = new Map(
      Array.from(held.exceptions, ([key, one]) => [key, isWaiting(expected.get(key)) ? (expected.get(key) ?? one) : one]),
    );
    return { ...held, exceptions, ...(incurable === 'told' && { lost: new Map() }) };
  }

  /** HAProxy runs what is wanted, so an earlier refusal is over. */
  accept(): void {
    if (this.#isRefused) this.#parts.accepted();
    this.#isRefused = false;
  }

  /** HAProxy refused a candidate: starts the search for who is to blame, and returns what to do next. */
  refuse(refusal: CandidateRefusal, candidate: Document): Promise<Consequence> {
    this.#isRefused = true;
    const search = (): Promise<Consequence> => this.#parts.refused(refusal, candidate, this.running?.document);
    return this.steps.during('the search for the lines that HAProxy refuses', search);
  }
}

/** Whether a server waits for its first check. HAProxy has it in maintenance, as it has one that was stopped. */
function isWaiting(one: ServerException | undefined): boolean {
  return one?.stage === 'checking' || one?.stage === 'passed';
}
