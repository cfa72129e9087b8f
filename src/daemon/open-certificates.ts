import path from 'node:path';
import { forgetCopies, type KnownCopies } from '../certificates/copies.ts';
import { judgeFile, type FileVerdict, type JudgeOptions } from '../certificates/judge.ts';
import { judgeNamed, pathsOfNamed } from '../certificates/judge-named.ts';
import { pathsOf } from '../certificates/paths.ts';
import { nameFile } from '../certificates/name-file.ts';
import { watchCertificates } from '../certificates/watch.ts';
import { copiesIn, movedFiles, selectCertificates, type ChosenAtStart } from '../certificates/choose.ts';
import { machineTime, sleep } from '../lib/clock.ts';
import type { RefusedPem } from '../certificates/refusals.ts';
import { byText } from '../lib/lists.ts';
import { oneAfterAnother } from '../lib/runs.ts';
import { sentence } from '../lib/sentence.ts';
import type { View } from '../model/view.ts';
import type { Certificates } from '../model/certificates.ts';
import type { Surroundings } from './surroundings.ts';

interface JudgeSettings extends Pick<Surroundings, 'log' | 'tell' | 'drained' | 'signal' | 'now'> {
  /** The folder under which copies of certificates are kept. */
  readonly stateDir: string;
  /** The certificates of the shared https frontend at the start. */
  readonly chosen: ChosenAtStart;
}

/** How many files are read at once. */
const AT_ONCE = 8;

/**
 * The time between two looks at all files, in milliseconds: short enough that a renewed certificate is soon in use, long enough not to burden the
 * file system.
 */
const LOOK_MS = 1_000;

/**
 * Looks into the files of certificates, and into all others that labels name, and tells what it finds as News: the operator's files when they
 * change, the files that labels name also when a label names them first. Nothing waits for a file system but the first document (see `firstLook`):
 * a port whose file was not looked into yet is not bound.
 */
export class CertificateJudge {
  readonly #settings: JudgeSettings;
  /** Resolves when every file that the labels of the first view name was looked into, and the findings were absorbed. */
  readonly firstLook: Promise<void>;
  readonly #ofOperator: Map<string, FileVerdict>;
  readonly #ofLabels = new Map<string, FileVerdict>();
  readonly #inTurn = oneAfterAnother();
  /** The copies that are as they should be. */
  readonly #copies: KnownCopies = new Map();
  readonly #refusals = new Map<string, readonly RefusedPem[]>();
  #named: readonly string[] | undefined; // undefined before the first view
  #hasLooked = (): void => undefined;
  #working: Promise<void> = Promise.resolve();

  constructor(settings: JudgeSettings) {
    this.#settings = settings;
    this.#ofOperator = new Map(settings.chosen.verdicts);
    this.firstLook = new Promise((resolve) => {
      this.#hasLooked = resolve;
    });
  }

  /** When certificates expire, by the file that they are read from, in ms since 1970. */
  expiries(): ReadonlyMap<string, number> {
    const all = [...this.#ofOperator, ...this.#ofLabels];
    return new Map(all.flatMap(([file, { expires }]) => (expires === undefined ? [] : [[file, expires] as const])));
  }

  /** A consumer of views; returns at once. */
  see({ certificates }: Pick<View, 'certificates'>): void {
    if (certificates !== this.#named) this.#name(certificates);
  }

  /** Resolves when all files seen so far were looked into, and the findings were absorbed. */
  async idle(): Promise<void> {
    await this.#working;
  }

  /**
   * HAProxy refuses these PEM files as they are now, although our own look accepts them: they are left out, or an earlier copy is served, until
   * their content changes, whoever has named them. Resolves to whether one of them is a file that is served.
   */
  async refuse(pems: readonly RefusedPem[]): Promise<boolean> {
    const { stateDir } = this.#settings;
    let isNew = false;
    for (const pem of pems) {
      const isCopy = path.dirname(pem.path) === copiesIn(stateDir);
      const known = [...this.#ofOperator.values(), ...this.#ofLabels.values(), ...(isCopy ? [await judgeFile(pem.path)] : [])];
      for (const { fingerprint } of known.filter((one) => one.pems.includes(pem.path))) {
        const before = this.#refusals.get(fingerprint ?? '') ?? [];
        if (fingerprint === undefined || before.some((one) => one.path === pem.path)) continue;
        this.#refusals.set(fingerprint, [...before, pem]);
        isNew = true;
      }
    }
    if (isNew) await this.#learn(new Map());
    return isNew;
  }

  /** Looks at the files repeatedly until the signal aborts. */
  async watch(): Promise<void> {
    const { log, signal } = this.#settings;
    await watchCertificates({
      files: () => [...this.#ofOperator.keys(), ...(this.#named ?? [])],
      known: (file) => this.#ofOperator.get(file) ?? this.#ofLabels.get(file),
      judge: (file, options) => this.#look(file, options),
      pathsOf: (file) => (this.#ofOperator.has(file) ? pathsOf(file) : pathsOfNamed(file)),
      everyMs: LOOK_MS,
      isNoticed: true,
      sleep,
      now: machineTime,
      hangs: (file) => {
        log.warn({ file }, 'the file system of a certificate does not answer, what is known of the certificate stays');
      },
      signal,
      changed: (verdicts) => {
        this.#working = Promise.all([this.#working, this.#learn(verdicts)]).then(() => undefined);
      },
    });
  }

  /** What a label names has bounds that the operator's own files do not have. */
  #look(file: string, options: JudgeOptions = {}): Promise<FileVerdict> {
    return this.#ofOperator.has(file) ? judgeFile(file, options) : judgeNamed(file, options);
  }

  /** Takes the files that labels name now. */
  #name(files: readonly string[]): void {
    this.#named = files;
    const fresh = files.filter((file) => !this.#ofLabels.has(file));
    for (const file of this.#ofLabels.keys()) if (!files.includes(file)) this.#ofLabels.delete(file);
    const judging = fresh.length === 0 ? Promise.resolve() : this.#judge(fresh);
    this.#working = Promise.all([this.#working, judging.then(this.#hasLooked)]).then(() => undefined);
  }

  async #judge(files: readonly string[]): Promise<void> {
    const verdicts = new Map<string, FileVerdict>();
    for (let at = 0; at < files.length && !this.#settings.signal.aborted; at += AT_ONCE) {
      const some = files.slice(at, at + AT_ONCE);
      for (const [file, verdict] of await Promise.all(some.map(async (one) => [one, await this.#look(one)] as const)))
        verdicts.set(file, verdict);
    }
    await this.#learn(verdicts);
  }

  /** Takes verdicts and tells the certificates as News. Never rejects. */
  #learn(verdicts: ReadonlyMap<string, FileVerdict>): Promise<void> {
    const { log, tell, drained, signal, now } = this.#settings;
    return this.#inTurn(async () => {
      for (const [file, verdict] of verdicts) {
        if (this.#ofOperator.has(file)) this.#ofOperator.set(file, verdict);
        if (this.#named?.includes(file) === true) this.#ofLabels.set(file, verdict);
      }
      const certificates = await this.#sum();
      if (signal.aborted) return;
      tell({ kind: 'certificates', at: now(), certificates });
      await drained();
    }).catch((error: unknown) => {
      log.error({ reason: sentence(error) }, 'the certificates could not be looked into');
    });
  }

  async #sum(): Promise<Certificates> {
    const { stateDir, chosen } = this.#settings;
    const keeping = { refusals: this.#refusals, known: this.#copies };
    const { verdicts, shared, problems, ...rest } = await selectCertificates(this.#ofOperator, { stateDir, ...keeping });
    const labelled = [...this.#ofLabels].sort(([a], [b]) => byText(a, b));
    const moved = movedFiles(chosen.elsewhere);
    const named = await Promise.all(
      labelled.map(([file, verdict]) => {
        const at = moved.get(file);
        const found = at === undefined ? verdict : (verdicts.get(at) ?? verdict);
        return nameFile(file, found, { stateDir, shared, ...keeping, at });
      }),
    );
    if (this.#named !== undefined) await forgetCopies([...verdicts.keys(), ...this.#named], copiesIn(stateDir));
    return { ...rest, problems: [...chosen.given, ...problems], named, areJudged: true };
  }
}
