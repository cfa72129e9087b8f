import { changeOf, type NewChange } from '../admin/change.ts';
import type { History } from '../admin/history.ts';
import { makeHub, type Hub } from '../admin/hub.ts';
import type { Metrics } from '../admin/metrics.ts';
import type { DriveDependencies } from '../drive/dependencies.ts';
import { now } from '../lib/clock.ts';
import { hideSecrets } from '../lib/secrets.ts';
import { sentence } from '../lib/sentence.ts';
import type { Command } from '../model/document.ts';
import type { Answer } from '../model/haproxy.ts';
import type { News } from '../model/news.ts';
import type { View } from '../model/view.ts';
import { makeLag, type Lag } from './lag.ts';
import type { State } from '../snapshot/state.ts';
import { openHistory, type KeptHistory } from './open-history.ts';
import { watchProblems } from './problem-log.ts';
import type { RunInputs } from './surroundings.ts';

/** What the drive tells of what it does. */
export type DriveReport = Pick<Required<DriveDependencies>, 'reloaded' | 'commanded' | 'settled'> & {
  readonly refused: (refusal: Parameters<DriveDependencies['refused']>[0]) => void;
};

/** Keeps what happens for the history, the metrics and the clients of /v1/events. */
export interface Recorder {
  readonly history: History;
  readonly hub: Hub;
  readonly drive: DriveReport;
  readonly metrics: Metrics;
  /** The number of ports in quarantine. */
  readonly quarantined: () => number;
  /** When HAProxy last took a change, in ms since 1970; undefined before the first of this run. */
  readonly appliedAt: () => number | undefined;
  /** Told of each news that has changed what is known. */
  readonly absorbed: (news: Pick<News, 'at'>) => void;
  /** A consumer of views. */
  readonly see: (view: Pick<View, 'problems' | 'document'>, state: Pick<State, 'quarantine'>) => void;
  /** Writes what is not on the disk yet. Never rejects. */
  readonly end: () => Promise<void>;
}

/** The recorder of a daemon; its history goes on from what the last run has left. */
export async function openRecorder(run: Pick<RunInputs, 'settings' | 'log'>, metrics: Metrics): Promise<Recorder> {
  const history = await openHistory(run);
  const hub = makeHub();
  const lag = makeLag(now);
  const tellProblems = watchProblems({
    came: (data) => {
      hub.publish({ event: 'problem', data });
    },
    gone: (data) => {
      hub.publish({ event: 'problem-gone', data });
    },
  });
  let appliedAt: number | undefined;
  let quarantined = 0;
  const add = (change: NewChange): void => {
    if (change.result !== 'failed') appliedAt = now();
    record(change, { history, hub, metrics });
  };
  return {
    history,
    hub,
    metrics,
    appliedAt: () => appliedAt,
    quarantined: () => quarantined,
    absorbed: lag.absorbed,
    drive: measuring(reportTo(add), lag, metrics),
    see: (view, { quarantine }) => {
      quarantined = quarantine.length;
      lag.seen(view.document);
      tellProblems(view);
    },
    end: history.end,
  };
}

/** Returns a report that also counts and measures what it is told. */
function measuring(report: DriveReport, lag: Lag, metrics: Metrics): DriveReport {
  return {
    ...report,
    commanded: (commands, answers, ms) => {
      report.commanded(commands, answers, ms);
      countCommands(commands, answers, metrics);
    },
    reloaded: (reasons, ms) => {
      report.reloaded(reasons, ms);
      metrics.count('reloads');
      for (const reason of new Set(reasons.map(({ code }) => code))) metrics.count('reloadReasons', { reason });
    },
    settled: (outcome) => {
      report.settled(outcome);
      const seconds = outcome.ok ? lag.applied() : undefined;
      if (seconds !== undefined) metrics.observe('eventToApplied', seconds);
    },
  };
}

function countCommands(commands: readonly Command[], answers: readonly Answer[], { count }: Metrics): void {
  for (const [i, { mayWait }] of commands.entries()) {
    const outcome = answers[i]?.taken === true ? 'taken' : mayWait === true ? 'not_yet' : 'refused';
    count('commands', { outcome });
  }
}

interface Records {
  readonly history: KeptHistory;
  readonly hub: Hub;
  readonly metrics: Metrics;
}

function record(change: NewChange, { history, hub, metrics }: Records): void {
  const added = history.add(change);
  if (added !== undefined) metrics.count('changes', { result: change.result });
  if (added !== undefined) hub.publish({ event: 'change', data: added });
}

/** Turns reports of the drive into changes. A refused candidate is reported twice in the same words, which counts as one change. */
function reportTo(add: (change: NewChange) => void): DriveReport {
  const fail = (error: string): void => {
    add(changeOf({ at: now(), result: 'failed', error: hideSecrets(error).replaceAll('(hidden)', '***') }));
  };
  return {
    reloaded: (reasons, ms) => {
      add(changeOf({ at: now(), result: 'reload', ms, reasons }));
    },
    commanded: (commands, answers, ms) => {
      const reasons = commands.flatMap(({ effect, reason }, i) => (answers[i]?.taken === true && effect !== undefined ? [reason] : []));
      if (reasons.length > 0) add(changeOf({ at: now(), result: 'commands', ms, reasons }));
    },
    refused: (refusal) => {
      fail('error' in refusal ? sentence(refusal.error) : `HAProxy refuses the configuration: ${refusal.lines.join(' | ')}`);
    },
    settled: (outcome) => {
      if (!outcome.ok) fail(outcome.why);
    },
  };
}

/** The drive's dependencies, which tell the recorder too what the drive does. */
export function withReport(dependencies: DriveDependencies, report: DriveReport): DriveDependencies {
  return {
    ...dependencies,
    reloaded: (reasons, ms) => {
      dependencies.reloaded(reasons, ms);
      report.reloaded(reasons, ms);
    },
    commanded: (commands, answers, ms) => {
      dependencies.commanded(commands, answers, ms);
      report.commanded(commands, answers, ms);
    },
    refused: (refusal, candidate, good) => {
      report.refused(refusal);
      return dependencies.refused(refusal, candidate, good);
    },
    settled: report.settled,
  };
}
