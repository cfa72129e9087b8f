import { setImmediate } from 'node:timers/promises';
import { forgetCopies } from '../certificates/copies.ts';
import { judgeFile, type FileVerdict } from '../certificates/judge.ts';
import { watchCertificates } from '../certificates/watch.ts';
import { copiesIn, nameCertificate, selectCertificates, type ChosenAtStart } from '../certificates/choose.ts';
import type { Drive } from '../drive/parts.ts';
import { now, sleep } from '../lib/clock.ts';
import { byText } from '../lib/lists.ts';
import { oneAfterAnother } from '../lib/runs.ts';
import { sentence } from '../lib/sentence.ts';
import type { View } from '../model/view.ts';
import type { Certificates } from '../model/certificates.ts';
import type { Document } from '../model/document.ts';
import type { Surroundings } from './surroundings.ts';

interface Parts extends Surroundings {
  /** Those of the shared https frontend, as they were at the start. */
  readonly chosen: ChosenAtStart;
  /** Is given the documents, none before the certificates of the first one were looked into. */
  readonly drive: Pick<Drive, 'want'>;
}

/** So many files are read at once. */
const AT_ONCE = 8;

/** As long as the first document waits at most. */
const PATIENCE_MS = 10_000;

/** As seldom as is still soon, for a file system that has to be asked. */
const LOOK_MS = 2_000;

/**
 * Looks into the files of certificates, and tells what it finds: those of the operator as they change, those that labels name as they come, too.
 * Only the first document waits for it: it may be the only one. Later ones do not, as nothing else is to wait for a file system; HAProxy may then
 * refuse a port for its certificate, and that port comes back, without its bind, as soon as the file was looked into.
 */
export class CertificateJudge {
  readonly #parts: Parts;
  readonly #ofOperator: Map<string, FileVerdict>;
  readonly #ofLabels = new Map<string, FileVerdict>();
  readonly #inTurn = oneAfterAnother();
  #named: readonly string[] | undefined; // none before the first view
  #latest: Document | undefined;
  #isOpen = false;
  #working: Promise<void> = Promise.resolve();

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#ofOperator = new Map(parts.chosen.verdicts);
  }

  /** A consumer of views; returns at once. */
  see({ certificates, document }: View): void {
    this.#latest = document;
    if (certificates !== this.#named) this.#name(certificates);
    if (this.#isOpen) this.#parts.drive.want(document);
  }

  /** Resolves when all files seen so far were looked into, and that was absorbed. */
  async idle(): Promise<void> {
    await this.#working;
  }

  /** Looks again and again, until the signal aborts. */
  async watch(): Promise<void> {
    const { chosen, signal } = this.#parts;
    await watchCertificates({
      files: () => [...this.#ofOperator.keys(), ...(this.#named ?? [])],
      known: chosen.verdicts,
      everyMs: LOOK_MS,
      sleep,
      signal,
      changed: (verdicts) => {
        this.#working = Promise.all([this.#working, this.#learn(verdicts)]).then(() => undefined);
      },
    });
  }

  /** Labels name other files than before. */
  #name(files: readonly string[]): void {
    const isFirst = this.#named === undefined;
    this.#named = files;
    const fresh = files.filter((file) => !this.#ofLabels.has(file));
    for (const file of this.#ofLabels.keys()) if (!files.includes(file)) this.#ofLabels.delete(file);
    if (fresh.length === 0) {
      this.#isOpen = true;
      return;
    }
    const open = (): void => {
      this.#open();
    };
    if (isFirst) sleep(PATIENCE_MS, this.#parts.signal).then(open, () => undefined); // the end
    const judging = this.#judge(fresh).then(open);
    this.#working = Promise.all([this.#working, judging]).then(() => undefined);
  }

  async #judge(files: readonly string[]): Promise<void> {
    const verdicts = new Map<string, FileVerdict>();
    for (let at = 0; at < files.length && !this.#parts.signal.aborted; at += AT_ONCE) {
      const some = files.slice(at, at + AT_ONCE);
      for (const [file, verdict] of await Promise.all(some.map(async (one) => [one, await judgeFile(one)] as const)))
        verdicts.set(file, verdict);
    }
    await this.#learn(verdicts);
  }

  /** Never rejects. */
  #learn(verdicts: ReadonlyMap<string, FileVerdict>): Promise<void> {
    const { log, tell, signal } = this.#parts;
    return this.#inTurn(async () => {
      for (const [file, verdict] of verdicts) {
        if (this.#ofOperator.has(file)) this.#ofOperator.set(file, verdict);
        if (this.#named?.includes(file) === true) this.#ofLabels.set(file, verdict);
      }
      const certificates = await this.#sum();
      if (signal.aborted) return;
      tell({ kind: 'certificates', at: now(), certificates });
      await setImmediate(); // the loop absorbs it before this turn is over
    }).catch((error: unknown) => {
      log.error({ reason: sentence(error) }, 'the certificates could not be looked into');
    });
  }

  async #sum(): Promise<Certificates> {
    const { settings, chosen } = this.#parts;
    const { verdicts, problems, ...rest } = await selectCertificates(this.#ofOperator, settings.stateDir);
    const labelled = [...this.#ofLabels].sort(([a], [b]) => byText(a, b));
    const named = await Promise.all(labelled.map(([file, verdict]) => nameCertificate(file, verdict, settings.stateDir)));
    if (this.#named !== undefined) await forgetCopies([...verdicts.keys(), ...this.#named], copiesIn(settings.stateDir));
    return { ...rest, problems: [...chosen.given, ...problems], named };
  }

  #open(): void {
    if (this.#isOpen || this.#parts.signal.aborted) return;
    this.#isOpen = true;
    if (this.#latest !== undefined) this.#parts.drive.want(this.#latest);
  }
}
