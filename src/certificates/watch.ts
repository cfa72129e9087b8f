import { stat } from 'node:fs/promises';
import { LATE, within } from '../lib/deadline.ts';
import { judgeFile, pathsOf, type FileVerdict, type JudgeOptions } from './judge.ts';

/** The files to watch, how often to look, and who is told about changes. */
export interface CertificateWatch {
  /** The files and folders in use; called at every look. */
  readonly files: () => readonly string[];
  /** How one is looked into, and the paths that its verdict comes from; as a certificate when left out. */
  readonly judge?: (file: string, options: JudgeOptions) => Promise<FileVerdict>;
  readonly pathsOf?: (file: string) => Promise<readonly string[]>;
  /** The time between looks; 10 s when left out. */
  readonly everyMs?: number;
  /** Rejects when the signal aborts. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<unknown>;
  readonly signal: AbortSignal;
  /** Gets the verdicts that changed, and the first verdicts on new files. Called at most twice after each look. */
  readonly changed: (verdicts: ReadonlyMap<string, FileVerdict>) => void;
  /** Verdicts that are already known and not told again. */
  readonly known?: ReadonlyMap<string, FileVerdict>;
  /** The current time, in milliseconds since 1970. */
  readonly now: () => number;
  /** Is told a file or folder whose file system does not answer, once until it does. */
  readonly hangs?: (file: string) => void;
  /** How long a file system is waited for, in milliseconds; 5,000 when left out. */
  readonly deadlineMs?: number;
}

/** A changed file is looked at repeatedly with this pause, until two looks see the same. A file that keeps changing is left for the next round. */
const SETTLE_MS = 200;
const MOST_LOOKS = 10;

/** How long a bad file may take to become whole: its key may be written after it. */
const DOUBT_MS = 2_000;

/** The deadline for everything that is asked of a file system, in milliseconds. */
const DEADLINE_MS = 5_000;

type Marks = ReadonlyMap<string, string>;

/** Whether a verdict is believed at the first look. */
type Belief = (verdict: FileVerdict, before: FileVerdict | undefined) => boolean;

interface Seen {
  readonly mark: string;
  readonly verdict: FileVerdict;
}

/**
 * Looks at certificate files every few seconds and compares names, sizes, times and inodes. Folder watchers would not do: mounted secrets are
 * exchanged by a link, which no watcher reports reliably. A half-written file is not believed. Errors of the file system never make it reject; it
 * resolves when the signal aborts.
 */
export async function watchCertificates(watch: CertificateWatch): Promise<void> {
  const { signal, sleep, everyMs = 10_000 } = watch;
  const rest = (ms: number): Promise<boolean> => sleep(ms, signal).then(() => !signal.aborted, () => false); // prettier-ignore
  const rounds = new Rounds(watch, rest);
  do await rounds.look();
  while (!signal.aborted && (await rest(everyMs)));
}

class Rounds {
  readonly #watch: CertificateWatch;
  readonly #rest: (ms: number) => Promise<boolean>;
  readonly #seen = new Map<string, Seen>();
  /** Files whose file system has not answered yet. They are not asked again meanwhile, because each question would block one more thread. */
  readonly #hanging = new Set<string>();

  constructor(watch: CertificateWatch, rest: (ms: number) => Promise<boolean>) {
    this.#watch = watch;
    this.#rest = rest;
    for (const [file, verdict] of watch.known ?? []) this.#seen.set(file, { mark: '', verdict });
  }

  /** One look at all files. */
  async look(): Promise<void> {
    const files = [...new Set(this.#watch.files())];
    for (const file of this.#seen.keys()) if (!files.includes(file)) this.#seen.delete(file);
    const settled = await this.#settled(await this.#restless(files));
    const doubtful = await this.#judge(settled, hasNoNewFault);
    if (doubtful.size === 0 || !(await this.#rest(DOUBT_MS))) return;
    const now = await this.#marks([...doubtful.keys()]);
    await this.#judge(new Map([...now].filter(([file, mark]) => mark === doubtful.get(file))), () => true);
  }

  /** The files that look different, or whose verdict has changed through time. */
  async #restless(files: readonly string[]): Promise<Marks> {
    const marks = await this.#marks(files);
    return new Map([...marks].filter(([file, mark]) => mark !== this.#seen.get(file)?.mark || this.#outlived(file)));
  }

  #outlived(file: string): boolean {
    return this.#now() >= (this.#seen.get(file)?.verdict.until ?? Infinity);
  }

  #now(): number {
    return this.#watch.now();
  }

  /** The files that look the same in two consecutive looks. */
  async #settled(restless: Marks): Promise<Marks> {
    const settled = new Map<string, string>();
    let last = restless;
    for (let looks = 0; last.size > 0 && looks < MOST_LOOKS; looks++) {
      if (!(await this.#rest(SETTLE_MS))) return new Map();
      const next = await this.#marks([...last.keys()]);
      for (const [file, mark] of next) if (mark === last.get(file)) settled.set(file, mark);
      last = new Map([...next].filter(([file]) => !settled.has(file)));
    }
    return settled;
  }

  /** Tells the verdicts that are new and believed; returns the files whose verdict is not believed yet. */
  async #judge(marks: Marks, believed: Belief): Promise<Marks> {
    const news = new Map<string, FileVerdict>();
    const doubtful = new Map<string, string>();
    for (const [file, mark] of marks) {
      const verdict = await (this.#watch.judge ?? judgeFile)(file, { now: this.#now() });
      const before = this.#seen.get(file)?.verdict;
      if (!believed(verdict, before)) {
        doubtful.set(file, mark);
        continue;
      }
      this.#seen.set(file, { mark, verdict });
      if (before === undefined || !isSame(before, verdict)) news.set(file, verdict);
    }
    if (news.size > 0 && !this.#watch.signal.aborted) this.#watch.changed(news);
    return doubtful;
  }

  /** How each file looks at the moment, without files whose file system does not answer. */
  async #marks(files: readonly string[]): Promise<Marks> {
    const asked = files.filter((file) => !this.#hanging.has(file));
    const marks = await Promise.all(asked.map(async (file) => [file, await this.#mark(file)] as const));
    return new Map(marks.flatMap(([file, mark]) => (mark === undefined ? [] : [[file, mark]])));
  }

  async #mark(file: string): Promise<string | undefined> {
    this.#hanging.add(file);
    const reading = readMark(file, this.#watch.pathsOf ?? pathsOf).finally(() => this.#hanging.delete(file));
    const mark = await within(reading, { ms: this.#watch.deadlineMs ?? DEADLINE_MS });
    if (mark !== LATE) return mark;
    this.#watch.hangs?.(file);
    return undefined;
  }
}

/** Believes a verdict at the first look when all its faults were there before: a file that was bad already is not a half-written one. */
function hasNoNewFault({ faults }: FileVerdict, before: FileVerdict | undefined): boolean {
  return faults.every(({ file }) => before?.faults.some((fault) => fault.file === file) === true);
}

/** Includes the time when name, owner or permissions changed (ctime): a file that has become readable looks different. */
async function readMark(file: string, pathsOfFile: NonNullable<CertificateWatch['pathsOf']>): Promise<string> {
  const paths = await pathsOfFile(file).catch(() => [file]);
  const marks = await Promise.all(paths.map(async (one) => `${one} ${await markOf(one)}`));
  return marks.join('\n');
}

async function markOf(file: string): Promise<string> {
  try {
    const { ino, size, mtimeNs, ctimeNs } = await stat(file, { bigint: true });
    return `${ino} ${size} ${mtimeNs} ${ctimeNs}`;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unknown';
  }
}

function isSame(a: FileVerdict, b: FileVerdict): boolean {
  return words(a) === words(b);
}

function words({ fingerprint, serves, faults, remarks }: FileVerdict): string {
  return JSON.stringify([fingerprint, serves, faults, remarks]);
}
