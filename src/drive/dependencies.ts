import type { Command, Document, Plan, Reason, Running } from '../model/document.ts';
import type { Ask } from '../lib/runs.ts';
import type { Release } from '../model/release.ts';
import type { Files } from './files.ts';
import type { Answer, Haproxy, Verdict } from '../model/haproxy.ts';

/** The pure part: what to do, and what HAProxy is like when it did it. */
export interface Planning {
  readonly plan: (parts: {
    readonly running: Running | undefined;
    readonly wanted: Document;
    readonly release: Release | undefined;
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

/** What it works with, and whom it tells. */
export interface DriveDependencies extends Planning {
  readonly haproxy: Haproxy;
  readonly files: Files;
  /** The fingerprint of the files that say what the running HAProxy runs, where that is known: what a daemon that starts finds out. */
  readonly applied: () => Promise<string | undefined>;
  /** Starts a HAProxy that a failed reload has ended, with the files that were put back; whether it had to. */
  readonly revive: () => Promise<boolean>;
  /** Runs the slow lane when it is quiet, or at once when asked so, and again when it failed. */
  readonly quiet: (work: () => Promise<void>) => Ask;
  /** Runs something after so many milliseconds, unless the signal aborts. */
  readonly later: (ms: number, work: () => void) => void;
  /** HAProxy takes a candidate, and serves it. */
  readonly accepted: () => void;
  /**
   * HAProxy does not take a candidate, or not at the reload: who is to blame is found out and told. `good`: what it runs.
   */
  readonly refused: (refusal: CandidateRefusal, candidate: Document, good: Document | undefined) => Promise<Consequence>;
  readonly reloaded: (reasons: readonly Reason[], ms: number) => void;
  readonly commanded: (commands: readonly Command[], answers: readonly Answer[], ms: number) => void;
  /** HAProxy runs this document now. */
  readonly serves: (document: Document) => void;
  /** A reload has ended HAProxy; the files before are back, and it serves again. */
  readonly ended: (error: unknown) => void;
  /** The file could not follow what HAProxy runs, or HAProxy did not say what it has; it is tried again. */
  readonly troubled: (error: unknown) => void;
  /** From its abort on HAProxy is left as it is. */
  readonly signal: AbortSignal;
  readonly now: () => number;
}

/** What `haproxy -c` says; or the error of a reload, and whether HAProxy has ended by it. */
export type CandidateRefusal =
  Pick<Extract<Verdict, { readonly ok: false }>, 'lines' | 'isLate'> | { readonly error: unknown; readonly hasEnded: boolean };

/**
 * `another`: another document will be wanted therefore. `never`: this one is not tried again, as it will not be taken before it is another.
 * `later`: time may heal it (a port that is taken, a HAProxy that does not answer).
 */
export type Consequence = 'another' | 'never' | 'later';
