import { setImmediate } from 'node:timers/promises';
import { drive } from '../../src/drive/drive.ts';
import type { Drive } from '../../src/drive/drive.ts';
import type { DriveDependencies } from '../../src/drive/dependencies.ts';
import { applyAnswers } from '../../src/plan/apply-answers.ts';
import { makePlan } from '../../src/plan/plan.ts';
import { planDeletions } from '../../src/plan/plan-deletions.ts';
import { readDocument } from '../../src/haproxy/read-document.ts';
import type { Document } from '../../src/model/document.ts';
import { document, section } from '../haproxy/make.ts';

/** A document of one line, named by it. */
export const named = (line: string): Document => document({ front: [section('head', `${line}\n`)] });
const nameOf = (one: Document): string => one.front[0]?.fragments[0]?.text.trim() ?? '';

export interface Rig {
  readonly drive: Drive;
  /** What happened, in order: 'put a', 'reload', 'confirm', 'restore', 'revive', 'failed …'. */
  readonly log: string[];
  /** What stands on the disk, what HAProxy runs, what was confirmed: names of documents. */
  disk: string | undefined;
  runs: string | undefined;
  /** What HAProxy served last, by a note on the disk. */
  servedLast?: string;
  /** Answers to come: why the next looks and reloads fail; without one they are good. */
  readonly refusals: string[];
  readonly failures: string[];
  /** Whether a failed reload ends HAProxy. */
  fatal: boolean;
  /** Whether a failed reload would fail again. */
  forGood: boolean;
  /** Held open, a reload does not end. */
  hold: Promise<void> | undefined;
  readonly verdicts: string[];
  /** What was told to serve. */
  readonly served: string[];
}

/**
 * Drive with a disk and a HAProxy that are a few names. The slow lane runs at the next turn when it is asked for, and again when it failed, at
 * most so often.
 */
export function makeRig(given: Partial<DriveDependencies> = {}, tries = 3): Rig {
  const log: string[] = [];
  const rig = { log, refusals: [], failures: [], verdicts: [], served: [], fatal: false, forGood: false } as unknown as {
    -readonly [Key in keyof Rig]: Rig[Key];
  };
  let confirmed: string | undefined;
  const does = (what: string): void => {
    log.push(what);
  };
  const parts: DriveDependencies = {
    plan: makePlan({ mapFolder: '/etc/haproxy' }),
    applyAnswers,
    planDeletions,
    readDocument,
    later: () => undefined,
    settleMs: 600_000,
    commanded: () => undefined,
    serves: (one) => rig.served.push(nameOf(one)),
    troubled: (error) => {
      does(`troubled: ${(error as Error).message}`);
    },
    applied: () => Promise.resolve(rig.runs),
    now: () => 0,
    signal: new AbortController().signal,
    ended: () => {
      does('ended');
    },
    accepted: () => {
      rig.verdicts.push(`${rig.disk ?? ''} true`);
    },
    refused: (refusal, one) => {
      rig.verdicts.push(`${nameOf(one)} false`);
      const heals = 'error' in refusal && !refusal.hasEnded && !rig.forGood;
      return Promise.resolve(heals ? 'later' : 'never');
    },
    reloaded: (reasons) => {
      does(`reloaded ${reasons.map(({ code }) => code).join()}`);
    },
    files: {
      put: (one) => {
        does(`put ${nameOf(one)}`);
        const why = rig.refusals.shift();
        if (why !== undefined) return Promise.resolve({ ok: false, lines: [why] });
        rig.disk = nameOf(one);
        return Promise.resolve({ ok: true });
      },
      putFirst: (one) => {
        does(`put ${nameOf(one)} unchecked`);
        rig.disk = nameOf(one);
        return Promise.resolve();
      },
      withdraw: () => {
        does('withdraw');
        rig.disk = undefined;
        return Promise.resolve();
      },
      check: () => Promise.resolve({ ok: true }),
      write: (one) => {
        does(`write ${nameOf(one)}`);
        rig.disk = nameOf(one);
        return Promise.resolve(nameOf(one));
      },
      read: () => Promise.resolve({ config: `${rig.disk ?? ''}\n`, maps: {} }),
      fingerprint: () => Promise.resolve(rig.disk ?? 'none'),
      wasServed: () => Promise.resolve(rig.disk !== undefined && rig.disk === rig.servedLast),
      confirm: () => {
        does('confirm');
        confirmed = rig.disk;
        return Promise.resolve();
      },
      restore: () => {
        does('restore');
        if (confirmed !== undefined) rig.disk = confirmed;
        return Promise.resolve(confirmed !== undefined);
      },
    },
    haproxy: {
      release: () => Promise.resolve(undefined),
      send: () => Promise.reject(new Error('it takes no commands')),
      passed: () => Promise.resolve(new Set()),
      agrees: () => Promise.resolve(),
      reload: async () => {
        does(`reload ${rig.disk ?? 'nothing'}`);
        await rig.hold;
        const why = rig.failures.shift();
        if (why === undefined) rig.runs = rig.disk;
        else {
          if (rig.fatal) rig.runs = undefined;
          throw new Error(why);
        }
      },
      holds: (one) => Promise.resolve({ document: one, exceptions: new Map(), lost: new Map() }),
    },
    revive: () => {
      if (rig.runs !== undefined) return Promise.resolve(false);
      does(`revive ${rig.disk ?? 'nothing'}`);
      rig.runs = rig.disk;
      return Promise.resolve(true);
    },
    quiet: (work) => lane(work, tries, does),
    ...given,
  };
  rig.drive = drive(parts);
  return rig;
}

/** The slow lane without its waits: asks while it runs are one more run. */
function lane(work: () => Promise<void>, tries: number, does: (what: string) => void): () => void {
  let asks = 0;
  let busy = false;
  let left = tries;
  const run = async (): Promise<void> => {
    for (let done = 0; done < asks && left > 0;) {
      await setImmediate();
      const now = asks;
      try {
        await work();
        done = now;
      } catch (error) {
        left--;
        does(`failed: ${(error as Error).message}`);
      }
    }
    [asks, busy] = [0, false];
  };
  return () => {
    asks++;
    if (busy) return;
    busy = true;
    void run();
  };
}

/** Long enough for all that is under way to end. */
export async function calm(): Promise<void> {
  for (let i = 0; i < 30; i++) await setImmediate();
}
