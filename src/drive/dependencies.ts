import type { Command, Document, Plan, Reason, Running } from '../model/document.ts';
import type { Ask } from '../lib/runs.ts';
import type { Release } from '../model/release.ts';
import type { Files } from './files.ts';
import type { Outcome } from './outcome.ts';
import type { Answer, Haproxy, Verdict } from '../model/haproxy.ts';

/** The pure functions: what to do, and what HAProxy runs afterwards. */
export interface Planning {
  readonly plan: (parts: {
    readonly running: Running | undefined;
    readonly wanted: Document;
    readonly release: Release | undefined;
    readonly settles?: boolean;
  }) => Plan;
  readonly applyAnswers: (parts: {
    readonly running: Running;
    readonly wanted: Document;
    readonly commands: readonly Command[];
    readonly answers: readonly Answer[];
  }) => Running;
  readonly planDeletions: (running: Running, old: ReadonlySet<string>) => readonly Command[];
  readonly readDocument: (config: string, maps: Readonly<Record<string, string>>) => Document;
}

/** What a drive works with, and the callbacks that it reports to. */
export interface DriveDependencies extends Planning {
  readonly haproxy: Haproxy;
  readonly files: Files;
  /** Returns the fingerprint of the files that describe what HAProxy runs, if it is known; asked when the daemon starts. */
  readonly applied: () => Promise<string | undefined>;
  /** Rejects with a sentence when HAProxy can't be given a configuration now; then nothing is written. */
  readonly ready?: (() => Promise<void>) | undefined;
  /** Starts HAProxy with the files in place if it does not run, for example after a failed reload. Returns whether it had to be started. */
  readonly revive: () => Promise<boolean>;
  /**
   * Starts HAProxy with the files in place, if no HAProxy runs: those that it served last, or the first ones. Returns whether it has started and serves;
   * never rejects. `spawned` is called when its process runs, before it has loaded the files. Undefined where starting HAProxy is not ours, and for one
   * pass.
   */
  readonly serveAtOnce?: (spawned?: () => void) => Promise<boolean>;
  /** Runs the slow lane when requests have stopped, or at once if asked to, and again after a failure. */
  readonly quiet: (work: () => Promise<void>) => Ask;
  /** Runs `work` after `ms` milliseconds, unless the signal aborts. */
  readonly later: (ms: number, work: () => void) => void;
  /** How long spare backends serve the same ports before a reload gives these backends of their own, in milliseconds. */
  readonly settleMs: number;
  /** Reports that HAProxy serves a candidate after it had refused an earlier one. */
  readonly accepted: () => void;
  /**
   * HAProxy refused a candidate, when checking it or at the reload. Finds out and reports who is to blame, and returns what to do next. `good` is the
   * document that HAProxy runs.
   */
  readonly refused: (refusal: CandidateRefusal, candidate: Document, good: Document | undefined) => Promise<Consequence>;
  readonly reloaded: (reasons: readonly Reason[], ms: number) => void;
  readonly commanded: (commands: readonly Command[], answers: readonly Answer[], ms: number) => void;
  /** Reports the outcome of the wanted document. A failure is reported again after each try. */
  readonly settled?: (outcome: Outcome) => void;
  /** HAProxy now runs this document. */
  readonly serves: (document: Document) => void;
  /** A reload ended HAProxy; the previous files are back in place, and HAProxy serves again. */
  readonly ended: (error: unknown) => void;
  /** The file could not be updated to what HAProxy runs, or HAProxy did not answer what it holds. It is tried again. */
  readonly troubled: (error: unknown) => void;
  /** After it has aborted, HAProxy is not changed any more. */
  readonly signal: AbortSignal;
  readonly now: () => number;
}

/** What `haproxy -c` said, or the error of a start or reload. */
export type CandidateRefusal = Pick<Extract<Verdict, { readonly ok: false }>, 'lines' | 'isLate'> | ReloadError;

/** The error of a start or reload that HAProxy did not confirm. */
export interface ReloadError {
  readonly error: unknown;
  /** The reload ended HAProxy, which was started again. */
  readonly hasEnded: boolean;
  /** It was the first start: no HAProxy serves, and none has confirmed a configuration before. */
  readonly isFirst?: boolean;
}

/**
 * What to do after a refusal. `another`: a different document will be wanted. `never`: this document is not tried again, because HAProxy would
 * refuse it again. `later`: it may succeed later (a port is taken, a file is missing, or HAProxy does not answer).
 */
export type Consequence = 'another' | 'never' | 'later';
