import { byText } from '../lib/lists.ts';
import { summed, type EarlierJudgement, type FileVerdict, type JudgedFile, type JudgeOptions } from './judge.ts';
import type { Marks } from './marks.ts';
import { BESIDE } from './pem-file.ts';
import { withBeside } from './paths.ts';

/** How long a changed file must have looked the same before it is looked into, in milliseconds. */
const SETTLE_MS = 200;

/** How long a bad file may take to become whole, in milliseconds: its key may be written after it. */
const DOUBT_MS = 2_000;

/** A file that keeps changing is looked at so often in a row, and then only with everything else. */
const MOST_LOOKS = 10;

/** A change that is not believed yet. */
interface Pending {
  readonly mark: string | undefined;
  /** When it was seen first. */
  readonly since: number;
  /** It was looked into and found bad. */
  readonly isDoubted: boolean;
}

/** What a look at a file or folder has. */
interface Look {
  readonly judge: (options: JudgeOptions) => Promise<FileVerdict>;
  /** In milliseconds since 1970. */
  readonly now: number;
  /** By a clock that never jumps, in milliseconds. */
  readonly steady: number;
}

/** What was seen of a file or folder, and its verdict. It holds the changes that are not believed yet. */
export class Sighted {
  readonly #name: string;
  #verdict: FileVerdict | undefined;
  #looked: Marks = new Map();
  /** How the paths looked that the verdict was made of. */
  #marks: Marks = new Map();
  #pending: ReadonlyMap<string, Pending> = new Map();
  #looks = 0;

  constructor(name: string, verdict?: FileVerdict) {
    this.#name = name;
    this.#verdict = verdict;
  }

  /** The paths that were there, or were looked for, at the last look. */
  get paths(): Marks {
    return this.#looked;
  }

  /** When the next look can say more, by the clock that never jumps; Infinity where nothing is waited for. */
  get dueAt(): number {
    if (this.#looks > MOST_LOOKS || this.#pending.size === 0) return Infinity;
    const ends = Array.from(this.#pending.values(), ({ since, isDoubted }) => since + (isDoubted ? DOUBT_MS : SETTLE_MS));
    return this.#verdict?.isFolder === true ? Math.min(...ends) : Math.max(...ends); // of a file all has to have settled
  }

  /** Takes a look. Resolves to the verdict when it is new or different. Of a folder, what is not believed yet stays as it was, and the rest counts. */
  async look(marks: Marks, { judge, now, steady }: Look): Promise<FileVerdict | undefined> {
    this.#looked = marks;
    this.#pending = this.#pendingOf(marks, steady);
    this.#looks = this.#pending.size === 0 ? 0 : this.#looks + 1;
    const loose = this.#youngerThan(SETTLE_MS, steady);
    const isOutlived = now >= (this.#verdict?.until ?? Infinity);
    if (loose.size === this.#pending.size && !isOutlived) return undefined;
    const verdict = await judge({ now, before: this.#parts(marks) });
    const doubtful = this.#doubtful(verdict, this.#youngerThan(DOUBT_MS, steady));
    return this.#take(verdict, { marks, loose, doubtful });
  }

  #pendingOf(marks: Marks, since: number): ReadonlyMap<string, Pending> {
    const paths = [...marks.keys(), ...[...this.#marks.keys()].filter((path) => !marks.has(path))];
    const changed = paths.filter((path) => marks.get(path) !== this.#marks.get(path));
    return new Map(
      changed.map((path) => {
        const [known, mark] = [this.#pending.get(path), marks.get(path)];
        return [path, known !== undefined && known.mark === mark ? known : { mark, since, isDoubted: false }];
      }),
    );
  }

  /** The paths that have changed less than `ms` milliseconds ago. */
  #youngerThan(ms: number, steady: number): ReadonlySet<string> {
    return new Set([...this.#pending].flatMap(([path, { since }]) => (steady - since < ms ? [path] : [])));
  }

  /** What was found of the PEM files at the look before. */
  #parts(marks: Marks): (pem: string) => EarlierJudgement | undefined {
    const parts = new Map((this.#verdict?.parts ?? []).map((part) => [part.file, part]));
    return (pem) => {
      const judged = parts.get(pem);
      return judged && { judged, isUntouched: withBeside(pem).every((path) => marks.get(path) === this.#marks.get(path)) };
    };
  }

  /** The files with a fault that they did not have before, and that have changed a moment ago. What was bad already is not half-written. */
  #doubtful({ faults, isFolder = false }: FileVerdict, young: ReadonlySet<string>): ReadonlySet<string> {
    const isKnown = (file: string): boolean => this.#verdict?.faults.some((fault) => fault.file === file) === true;
    const isWhole = (file: string): boolean => !isFolder || file === this.#name;
    const fresh = faults.map(({ file }) => file).filter((file) => !isKnown(file));
    return new Set(fresh.filter((file) => (isWhole(file) ? young.size > 0 : withBeside(file).some((path) => young.has(path)))));
  }

  #take(verdict: FileVerdict, { marks, loose, doubtful }: Unbelieved): FileVerdict | undefined {
    const isFolder = verdict.isFolder === true;
    const isWhole = doubtful.has(this.#name) || (!isFolder && doubtful.size > 0);
    const pending = [...this.#pending].map(([path, one]) => [path, { ...one, isDoubted: isWhole || doubtful.has(pemOf(path)) }] as const);
    this.#pending = new Map(pending);
    if (isWhole || (!isFolder && loose.size > 0)) return undefined; // all of it stays pending, each path since its own change
    this.#pending = new Map(pending.filter(([path, { isDoubted }]) => isDoubted || loose.has(path)));
    if (this.#pending.size === 0) this.#looks = 0;
    const held = new Set([...[...loose].map(pemOf), ...doubtful]);
    const taken = held.size === 0 ? { ...verdict, isFolder: isFolder || this.#verdict?.isFolder === true } : this.#without(verdict, held);
    if (taken === undefined) return undefined;
    const before = this.#verdict;
    this.#verdict = taken;
    this.#marks = this.#believed(marks);
    return before === undefined || !isSame(before, taken) ? taken : undefined;
  }

  /** The verdict on a folder, with the verdicts of before for these files of it. */
  #without({ parts = [] }: FileVerdict, held: ReadonlySet<string>): FileVerdict | undefined {
    const kept = this.#verdict?.parts?.filter(({ file }) => held.has(file)) ?? [];
    const all: readonly JudgedFile[] = [...parts.filter(({ file }) => !held.has(file)), ...kept];
    return all.length === 0 ? undefined : summed(this.#name, all.toSorted((a, b) => byText(a.file, b.file)), true); // prettier-ignore
  }

  /** The marks of this look; a path whose change is not believed yet keeps its mark from before. */
  #believed(marks: Marks): Marks {
    const believed = new Map(marks);
    for (const path of this.#pending.keys()) {
      const before = this.#marks.get(path);
      if (before === undefined) believed.delete(path);
      else believed.set(path, before);
    }
    return believed;
  }
}

/** What is not believed yet. */
interface Unbelieved {
  readonly marks: Marks;
  /** Paths that have changed within the last moment. */
  readonly loose: ReadonlySet<string>;
  /** Files that are bad now. */
  readonly doubtful: ReadonlySet<string>;
}

/** The PEM file that a file lies beside, or itself. */
function pemOf(path: string): string {
  const end = BESIDE.find((one) => path.endsWith(one));
  return end === undefined ? path : path.slice(0, -end.length);
}

function isSame(a: FileVerdict, b: FileVerdict): boolean {
  return words(a) === words(b);
}

function words({ fingerprint, serves, faults, remarks }: FileVerdict): string {
  return JSON.stringify([fingerprint, serves, faults, remarks]);
}
