import { oneAfterAnother } from '../lib/runs.ts';
import { sentence } from '../lib/sentence.ts';
import type { Document, Reason, Running } from '../model/document.ts';
import { notePassed, sendPlanned } from './send-commands.ts';
import type { Consequence, DriveDependencies, CandidateRefusal } from './dependencies.ts';
import { FileFollower } from './file-follower.ts';
import { InProgress } from './in-progress.ts';

/** What is known of HAProxy and its file now, and what both lanes do to them; one after the other. */
export class Actual {
  /** Turns: commands on one hand, a reload and the reading back after it on the other. Each could spoil the other's. */
  readonly onSocket = oneAfterAnother();
  readonly onFiles = oneAfterAnother();
  readonly file: FileFollower;
  readonly steps = new InProgress();
  readonly #parts: DriveDependencies;
  #running: Running | undefined;
  #isUp = false;
  #isRefused = false; // what was wanted last

  constructor(parts: DriveDependencies) {
    this.#parts = parts;
    this.file = new FileFollower({ ...parts, runs: () => this.running?.document, inTurn: this.onFiles });
  }

  /** Moves only when HAProxy confirmed; none until it has. */
  get running(): Running | undefined {
    return this.#running;
  }

  set running(running: Running | undefined) {
    this.#running = running;
    this.#isUp ||= running !== undefined;
  }

  /** Whether it runs, as far as is known, with something that it has confirmed. */
  get isUp(): boolean {
    return this.#isUp;
  }

  /** It was started with what stands in place; what it has is not known. */
  revived(): void {
    this.#isUp = true;
  }

  /** It is gone; gives whether that is new. */
  gone(): boolean {
    const isNew = this.#isUp;
    this.#isUp = false;
    this.#running = undefined;
    return isNew;
  }

  /** Sends what can go at once; gives whether there was anything, and what only a reload can do. */
  async command(running: Running, wanted: Document): Promise<{ readonly sent: boolean; readonly reload: readonly Reason[] }> {
    const { haproxy } = this.#parts;
    try {
      const release = await haproxy.release();
      const send = async () => sendPlanned(this.#parts, { running: await notePassed(this.#parts, running), wanted, release });
      const { running: next, sent, reload } = await this.steps.during('HAProxy to take commands', send);
      this.running = next;
      if (next.document === wanted && running.document !== wanted) this.#parts.serves(wanted);
      const isAsWritten = running.document === this.file.written && !sent && reload.length === 0;
      if (isAsWritten) this.file.written = next.document; // the file says the same
      return { sent, reload };
    } catch (error) {
      this.#parts.troubled(error);
      await this.readAgain();
      return { sent: true, reload: [{ code: 'refused', subject: 'haproxy', detail: sentence(error) }] };
    }
  }

  /** Asks HAProxy what it has; when it does not say, nothing is known any more. */
  async readAgain(): Promise<void> {
    if (this.running === undefined) return;
    this.running = await this.#parts.haproxy.holds(this.running.document).catch(() => undefined);
  }

  /** The document that a HAProxy from before this daemon runs, where the file says it. */
  async adopt(): Promise<void> {
    const { applied, files, haproxy, readDocument } = this.#parts;
    const loaded = await applied();
    if (loaded === undefined || loaded !== (await files.fingerprint())) return;
    const { config, maps } = await files.read();
    this.file.written = readDocument(config, maps);
    this.running = await haproxy.holds(this.file.written).catch(() => undefined); // a service that is not started yet is started by its reload
  }

  /** HAProxy reads its file. Rejects when it does not confirm that. */
  async reload(reasons: readonly Reason[], wanted: Document | undefined): Promise<void> {
    const { haproxy, now, reloaded } = this.#parts;
    const start = now();
    await this.steps.during('HAProxy to confirm the reload', () => haproxy.reload(reasons, wanted));
    reloaded(reasons, now() - start);
  }

  /** HAProxy has what is wanted: what it had against it is over. */
  accept(): void {
    if (this.#isRefused) this.#parts.accepted();
    this.#isRefused = false;
  }

  /** HAProxy does not take a candidate; gives what follows from it. */
  refuse(refusal: CandidateRefusal, candidate: Document): Promise<Consequence> {
    this.#isRefused = true;
    const search = (): Promise<Consequence> => this.#parts.refused(refusal, candidate, this.running?.document);
    return this.steps.during('the search for whose lines HAProxy does not take', search);
  }
}
