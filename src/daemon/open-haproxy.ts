import { lookup } from 'node:dns/promises';
import path from 'node:path';
import type { RefusedPem } from '../certificates/refusals.ts';
import { drive, type Drive } from '../drive/drive.ts';
import type { DriveDependencies } from '../drive/dependencies.ts';
import { makeBlaming } from './open-blame.ts';
import { applyAnswers } from '../plan/apply-answers.ts';
import type { Answer, Haproxy } from '../model/haproxy.ts';
import { makePlan } from '../plan/plan.ts';
import { planDeletions } from '../plan/plan-deletions.ts';
import { readDocument } from '../haproxy/read-document.ts';
import { makeBackoff } from '../lib/backoff.ts';
import { sleep } from '../lib/clock.ts';
import { inTime, within } from '../lib/deadline.ts';
import { quiet, type Ask } from '../lib/runs.ts';
import type { View } from '../model/view.ts';
import { sentence } from '../lib/sentence.ts';
import type { Command, Document, Reason } from '../model/document.ts';
import type { Settings } from '../options/options.ts';
import { mapFolderOf, type Reached } from './reach-haproxy.ts';
import { withReport, type DriveReport } from './recorder.ts';
import type { Surroundings } from './surroundings.ts';
import { watchNames } from './watch-names.ts';

/** Who knows which view a document is of, and who is told what happens to documents. */
interface DriveSurroundings {
  readonly serves: (document: Document) => void;
  readonly viewOf: (document: Document) => View | undefined;
  readonly report: DriveReport;
  /** Has PEM files left out that HAProxy refuses. */
  readonly refusePems: (pems: readonly RefusedPem[]) => Promise<boolean>;
}

/**
 * Opens the two lanes that bring HAProxy to the wanted document, with the log lines about them. `serves` is called with each document that HAProxy
 * runs.
 */
export function openDrive(
  { haproxy, applied, ready, revive, serveAtOnce, files }: Reached,
  surroundings: Surroundings & DriveSurroundings,
): Drive {
  const { settings, signal, serves, tell, now } = surroundings;
  const reload = (reasons: readonly Reason[]): void => {
    driving.reloadAsItIs(reasons);
  };
  const namesWithout = watchNames({ resolves, reload, tell, now, sleep, signal });
  const dependencies: DriveDependencies = {
    haproxy: readingNames(haproxy, namesWithout),
    applied,
    ready,
    revive,
    ...(!settings.once && serveAtOnce && { serveAtOnce }),
    files,
    plan: planOf(settings),
    settleMs: settings.settle * 1000,
    applyAnswers,
    planDeletions,
    readDocument,
    serves,
    ...makeBlaming({ ...surroundings, files, file: path.resolve(settings.haproxyConfig) }),
    quiet: (work) => openQuiet(work, surroundings),
    later: (ms, work) => {
      sleep(ms, signal).then(work, () => undefined); // rejects at the end of the run
    },
    ...makeTelling(surroundings),
    signal,
    now,
  };
  const driving = drive(withReport(dependencies, surroundings.report));
  return driving;
}

/** One pass uses no spare backends: nobody would give their apps backends of their own later. */
function planOf(settings: Settings): ReturnType<typeof makePlan> {
  const plan = makePlan({ mapFolder: mapFolderOf(settings) });
  return settings.once ? (parts) => plan({ ...parts, settles: true }) : plan;
}

/** The same HAProxy; what is read back from it of servers without an address is told. */
function readingNames(haproxy: Haproxy, tell: ReturnType<typeof watchNames>): Haproxy {
  const { review } = haproxy;
  return {
    ...haproxy,
    holds: async (document) => {
      const running = await haproxy.holds(document);
      tell(running.unresolved ?? []);
      return running;
    },
    ...(review && {
      review: {
        ...review,
        doubts: async (document) => {
          const doubts = await review.doubts(document);
          tell(doubts.unresolved);
          return doubts;
        },
      },
    }),
  };
}

/** How long a name server is waited for, in milliseconds. */
const LOOKUP_MS = 10_000;

/** In the way of the C library, as HAProxy does it: /etc/hosts, then DNS. */
function resolves(host: string): Promise<boolean> {
  const resolving = lookup(host).then(
    () => true,
    () => false,
  );
  return within(resolving, { ms: LOOKUP_MS }).then((found) => found === true);
}

/**
 * How long one run of the slow lane may take, in milliseconds: many validations, or one file on a mount that does not answer. When it takes longer,
 * that is logged and it is still waited for.
 */
const WORK_MS = 600_000;

/** Decides when the slow lane runs. */
function openQuiet(work: () => Promise<void>, { settings, log, signal, now }: Surroundings): Ask {
  const backoff = makeBackoff({ first: 1_000, most: 8_000, random: Math.random });
  return quiet({
    work: () => inTime(work(), { ms: WORK_MS, what: 'updating HAProxy' }),
    ...waitsOf(settings),
    backoff,
    now,
    signal,
    failed: (error, nextMs) => {
      if (settings.once) return; // the pass ends with this error, and its reason goes to stderr
      log.error({ reason: sentence(error), againInMs: Math.round(nextMs) }, 'HAProxy could not be updated; trying again');
    },
  });
}

/** Logs what happens to HAProxy. */
function makeTelling({ log }: Surroundings): Pick<DriveDependencies, 'reloaded' | 'commanded' | 'ended' | 'troubled'> {
  return {
    reloaded: (reasons, ms) => {
      log.info({ reasons: describeReasons(reasons), ms: Math.round(ms) }, 'HAProxy has loaded the configuration');
    },
    commanded: (commands, answers, ms) => {
      const taken = commands.filter((command, i) => answers[i]?.taken === true && command.effect !== undefined);
      const reasons = [...new Set(taken.map(({ reason }) => reason))];
      if (reasons.length > 0)
        log.info({ reasons: describeReasons(reasons), ms: Math.round(ms) }, 'HAProxy has accepted the change, without a reload');
      for (const { text, answer } of refusals(commands, answers))
        log.warn({ command: text, answer }, 'HAProxy does not accept a command and is reloaded');
    },
    ended: (error) => {
      log.error({ reason: sentence(error) }, 'the reload ended HAProxy; it was started again with the previous files');
    },
    troubled: (error) => {
      log.warn({ reason: sentence(error) }, 'what HAProxy runs and its file do not agree yet; trying again');
    },
  };
}

function refusals(commands: readonly Command[], answers: readonly Answer[]): readonly { readonly text: string; readonly answer: string }[] {
  return commands.flatMap(({ text, mayWait }, i) => {
    const { taken, answer } = answers[i] ?? { taken: true, answer: '' };
    return taken || mayWait === true ? [] : [{ text, answer }];
  });
}

/** One pass waits for nothing. */
function waitsOf({ once, reloadQuiet, reloadMaxWait, reloadMinInterval }: Settings) {
  return once ? { quietMs: 0, mostMs: 0, apartMs: 0 } : { quietMs: reloadQuiet, mostMs: reloadMaxWait, apartMs: reloadMinInterval };
}

/** The first five reasons in words: 'server-added shop_10004: 10_0_0_1_31001'. */
function describeReasons(reasons: readonly Reason[]): readonly string[] {
  const all = [...new Set(reasons.map(({ code, subject, detail }) => `${code} ${subject}${detail === '' ? '' : `: ${detail}`}`))];
  return all.length > 5 ? [...all.slice(0, 5), `and ${all.length - 5} more`] : all;
}
