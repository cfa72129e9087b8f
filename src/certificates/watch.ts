import path from 'node:path';
import { now as steadyNow, type Now } from '../lib/clock.ts';
import { LATE, within } from '../lib/deadline.ts';
import { ANSWER_MS } from './answered.ts';
import { judgeFile, type FileVerdict, type JudgeOptions } from './judge.ts';
import { readMarks, type Marks } from './marks.ts';
import { Notices } from './notices.ts';
import { pathsOf } from './paths.ts';
import { Sighted } from './sighted.ts';

/** The files to watch, how often to look, and who is told about changes. */
export interface CertificateWatch {
  /** The files and folders in use; called at every look. */
  readonly files: () => readonly string[];
  /** How one is looked into, and the paths that its verdict comes from, itself first; as a certificate when left out. */
  readonly judge?: (file: string, options: JudgeOptions) => Promise<FileVerdict>;
  readonly pathsOf?: (file: string) => Promise<readonly string[]>;
  /** The time between looks at everything; 10 s when left out. It is longer where a look takes long. */
  readonly everyMs?: number;
  /** Rejects when the signal aborts. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<unknown>;
  readonly signal: AbortSignal;
  /** Gets the verdicts that changed, and the first verdicts on new files. Called at most once after each look. */
  readonly changed: (verdicts: ReadonlyMap<string, FileVerdict>) => void;
  /** A verdict that is already known and not told again. */
  readonly known?: (file: string) => FileVerdict | undefined;
  /** The current time, in milliseconds since 1970. */
  readonly now: Now;
  /** The time that waits are measured by; it never jumps. */
  readonly steady?: Now;
  /** Whether the system is asked to say when a folder changes, so that nothing waits for the next look. */
  readonly isNoticed?: boolean;
  /** Is told a file or folder whose file system does not answer, once until it does. */
  readonly hangs?: (file: string) => void;
  /** How long a file system is waited for, in milliseconds; 5,000 when left out. */
  readonly deadlineMs?: number;
}

/** After a look at everything, the next one waits this many times as long as that look took. */
const REST_PER_LOOK = 20;

/**
 * The least and the most time between two looks, in milliseconds, however often the system says that something has changed. Between these two limits
 * it is four times as long as reading the marks of the paths took. Looking into files is not counted: after a start that is done for all files, and a
 * certificate that is renewed at that time would wait four times as long.
 */
const LEAST_MS = 50;
const MOST_MS = 1_000;
const REST_PER_MARKS = 4;

/**
 * Looks at certificate files every few seconds and compares names, sizes, times and inodes, and sooner where the system says that a folder has
 * changed: it does not say that of every file system. Only what changed is looked into. A half-written file is not believed. Errors of the file system
 * never make it reject; it resolves when the signal aborts.
 */
export async function watchCertificates(watch: CertificateWatch): Promise<void> {
  const rounds = new Rounds(watch);
  try {
    do await rounds.look();
    while (!watch.signal.aborted && (await rounds.rest()));
  } finally {
    rounds.close();
  }
}

class Rounds {
  readonly #watch: CertificateWatch;
  readonly #steady: Now;
  readonly #seen = new Map<string, Sighted>();
  /** Files whose file system has not answered yet. They are not asked again meanwhile, because each question would block one more thread. */
  readonly #hanging = new Set<string>();
  readonly #notices: Notices | undefined;
  /** The names of which the system has said that something changed. */
  readonly #noticed = new Set<string>();
  #wake = (): void => undefined;
  /** When everything is looked at next, and when anything may be. */
  #fullAt = -Infinity;
  #soonest = -Infinity;

  constructor(watch: CertificateWatch) {
    this.#watch = watch;
    this.#steady = watch.steady ?? steadyNow;
    if (watch.isNoticed === true)
      this.#notices = new Notices((folder, name) => {
        this.#notice(folder, name);
      });
  }

  close(): void {
    this.#notices?.close();
  }

  /** One look: at everything when it is time, else at what has changed or is not believed yet. */
  async look(): Promise<void> {
    const start = this.#steady();
    const isFull = start >= this.#fullAt;
    const names = isFull ? this.#all() : [...this.#seen.keys()].filter((name) => this.#isDue(name, start));
    for (const name of names) this.#noticed.delete(name);
    const marksMs = await this.#lookAt(names);
    if (isFull) await this.#notices?.follow(this.#folders());
    const [end, { everyMs = 10_000 }] = [this.#steady(), this.#watch];
    if (isFull) this.#fullAt = Math.max(start + everyMs, end + REST_PER_LOOK * (end - start));
    this.#soonest = end + Math.min(MOST_MS, Math.max(LEAST_MS, REST_PER_MARKS * marksMs));
  }

  /** Resolves to false when the watch has ended. */
  async rest(): Promise<boolean> {
    const now = this.#steady();
    const due = Math.min(this.#fullAt, ...Array.from(this.#seen.values(), (one) => one.dueAt));
    if (this.#noticed.size === 0 && !(await this.#sleep(Math.max(due, this.#soonest) - now, true))) return false;
    const early = this.#soonest - this.#steady();
    return early <= 0 || this.#sleep(early, false);
  }

  /** Resolves to false when the watch has ended; before its time when the system says that something has changed, if it may. */
  async #sleep(ms: number, isWakeful: boolean): Promise<boolean> {
    const { sleep, signal } = this.#watch;
    const over = new AbortController();
    const end = (): void => {
      over.abort();
    };
    signal.addEventListener('abort', end, { once: true });
    if (isWakeful) this.#wake = end;
    await sleep(ms, over.signal).catch(() => undefined);
    this.#wake = (): void => undefined;
    signal.removeEventListener('abort', end);
    return !signal.aborted;
  }

  #all(): readonly string[] {
    const files = new Set(this.#watch.files());
    for (const file of this.#seen.keys()) if (!files.has(file)) this.#seen.delete(file);
    return [...files];
  }

  #isDue(name: string, now: number): boolean {
    return this.#noticed.has(name) || now >= (this.#seen.get(name)?.dueAt ?? Infinity);
  }

  /** Resolves to how long reading the marks of the paths took, in milliseconds. */
  async #lookAt(names: readonly string[]): Promise<number> {
    const start = this.#steady();
    const { judge = judgeFile, known, now, signal, changed } = this.#watch;
    const asked = names.filter((name) => !this.#hanging.has(name));
    const all = await readMarks(asked, this.#watch.pathsOf ?? pathsOf, (name, asking) => this.#answer(name, asking));
    const marksMs = this.#steady() - start;
    const news = new Map<string, FileVerdict>();
    for (const [name, marks] of all) {
      const seen = this.#seen.get(name) ?? new Sighted(name, known?.(name));
      this.#seen.set(name, seen);
      const verdict = await seen.look(marks, { judge: (options) => judge(name, options), now: now(), steady: this.#steady() });
      if (verdict !== undefined) news.set(name, verdict);
    }
    if (news.size > 0 && !signal.aborted) changed(news);
    return marksMs;
  }

  async #answer<Answer>(name: string, asking: Promise<Answer>): Promise<Answer | undefined> {
    this.#hanging.add(name);
    const answering = asking.finally(() => this.#hanging.delete(name));
    const answer = await within(answering, { ms: this.#watch.deadlineMs ?? ANSWER_MS });
    if (answer !== LATE) return answer;
    this.#watch.hangs?.(name);
    return undefined;
  }

  #folders(): ReadonlySet<string> {
    const paths = Array.from(this.#seen.values(), ({ paths }) => [...paths.keys()]).flat();
    return new Set(paths.map((one) => path.dirname(one)));
  }

  #notice(folder: string, name: string | undefined): void {
    for (const [file, { paths }] of this.#seen) if (concerns(paths, folder, name)) this.#noticed.add(file);
    if (this.#noticed.size > 0) this.#wake();
  }
}

/** Whether a change in a folder may be one of a file that is looked for at these paths. A mounted secret is exchanged by a link whose name begins with two dots. */
function concerns(paths: Marks, folder: string, name: string | undefined): boolean {
  if (name !== undefined && paths.has(path.join(folder, name))) return true;
  const [root = ''] = paths.keys();
  return path.resolve(root) === folder || ((name === undefined || name.startsWith('..')) && path.dirname(root) === folder);
}
