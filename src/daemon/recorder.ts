import { changeOf, type NewChange } from '../admin/change.ts';
import type { History } from '../admin/history.ts';
import { makeHub, type Hub } from '../admin/hub.ts';
import type { DriveDependencies } from '../drive/dependencies.ts';
import { now } from '../lib/clock.ts';
import { hideSecrets } from '../lib/secrets.ts';
import { sentence } from '../lib/sentence.ts';
import type { View } from '../model/view.ts';
import { openHistory, type KeptHistory } from './open-history.ts';
import { watchProblems } from './problem-log.ts';
import type { Run } from './surroundings.ts';

/** What the drive tells of what it does. */
export type DriveReport = Pick<Required<DriveDependencies>, 'reloaded' | 'commanded' | 'settled'> & {
  readonly refused: (refusal: Parameters<DriveDependencies['refused']>[0]) => void;
};

/** Who is told what happens, for those who ask later, and those who listen. */
export interface Recorder {
  readonly history: History;
  readonly hub: Hub;
  readonly drive: DriveReport;
  /** A consumer of views. */
  readonly see: (view: Pick<View, 'problems'>) => void;
  /** Writes what is not on the disk yet. Never rejects. */
  readonly end: () => Promise<void>;
}

/** The recorder of a daemon; its history goes on from what the last run has left. */
export async function openRecorder(run: Pick<Run, 'settings' | 'log'>): Promise<Recorder> {
  const history = await openHistory(run);
  const hub = makeHub();
  return {
    history,
    hub,
    drive: reportTo((change) => {
      record(history, hub, change);
    }),
    see: watchProblems({
      came: (problem) => {
        hub.publish({ event: 'problem', data: problem });
      },
      gone: (problem) => {
        hub.publish({ event: 'problem-gone', data: problem });
      },
    }),
    end: history.end,
  };
}

function record(history: KeptHistory, hub: Hub, change: NewChange): void {
  const added = history.add(change);
  if (added !== undefined) hub.publish({ event: 'change', data: added });
}

/** Changes as they are recorded, of what the drive tells. A candidate that is refused is told twice with the same words, which is one change. */
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
      fail('error' in refusal ? sentence(refusal.error) : `HAProxy does not take the configuration: ${refusal.lines.join(' | ')}`);
    },
    settled: (outcome) => {
      if (!outcome.ok) fail(outcome.why);
    },
  };
}

/** The same dependencies of the drive, with a report of what it does beside the log. */
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
