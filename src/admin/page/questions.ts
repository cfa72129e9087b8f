import type { HaproxyChange } from '../../admin/change.ts';
import type { LiveStatus } from '../../admin/live-status.ts';
import type { Problem } from '../../model/problem.ts';
import type { Details } from './app-details.ts';
import type { Apps } from './apps.ts';
import { ask, pathOf, RefusedAnswer } from './ask.ts';
import type { Board } from './known.ts';
import { repeat, type Repeated } from './repeat.ts';
import type { OverviewShape, StatsShape } from './shapes.ts';
import type { TrafficGraphs } from './traffic.ts';

/** Who is told what the daemon answers. */
export interface Askers {
  readonly board: Board;
  readonly apps: Apps;
  readonly details: Details;
  readonly traffic: TrafficGraphs;
}

/** What is asked again and again. */
export type Questions = Readonly<Record<'status' | 'overview' | 'figures' | 'problems' | 'changes', Repeated>>;

/** How often is asked for what is told as it happens too, and for what is not, in milliseconds. */
const [TOLD_MS, UNTOLD_MS, SHORT_MS] = [60_000, 5_000, 2_000];

/** Asks the daemon for everything that the page shows, as long as it is open. */
export function askAll(askers: Askers): Questions {
  return {
    status: repeat(() => askStatus(askers)),
    overview: repeat(() => askOverview(askers)),
    figures: repeat(() => askFigures(askers)),
    problems: repeat(() => askProblems(askers)),
    changes: repeat(() => askChanges(askers)),
  };
}

async function orNothing<Shape>(path: string): Promise<Shape | undefined> {
  return ask<Shape>(path).catch(() => undefined);
}

async function askStatus({ board }: Askers): Promise<number> {
  const status = await orNothing<LiveStatus>('v1/status');
  if (status === undefined) board.learn({ silentSince: board.known().silentSince ?? board.now().getTime() });
  else board.learn({ status, silentSince: undefined });
  return SHORT_MS;
}

/** The whole list the first time, and what has changed from then on. */
async function askOverview({ apps }: Askers): Promise<number> {
  const since = apps.revision();
  const change = await orNothing<OverviewShape>(pathOf('v1/overview', since === undefined ? [] : [['since', since]]));
  if (change !== undefined && change.revision !== since) apps.take(change);
  return UNTOLD_MS;
}

async function askFigures({ board, apps, details, traffic }: Askers): Promise<number> {
  const path = pathOf('v1/stats', [...apps.wanted(), ['since', String(traffic.latest())]]);
  const answer = await ask<StatsShape>(path).catch((error: unknown) => (error instanceof RefusedAnswer ? error : undefined));
  const stats = answer instanceof RefusedAnswer ? undefined : answer;
  traffic.add(stats?.past ?? [], board.now().getTime());
  apps.figures(stats);
  board.learn({ stats: answer instanceof RefusedAnswer ? answer.message : answer });
  await details.refresh();
  return Math.max(SHORT_MS, stats?.everyMs ?? 0);
}

async function askProblems({ board }: Askers): Promise<number> {
  const answer = await orNothing<{ readonly problems: readonly Problem[] }>('v1/problems');
  if (answer !== undefined) board.learn({ problems: answer.problems });
  return answer === undefined ? SHORT_MS : TOLD_MS;
}

async function askChanges({ board }: Askers): Promise<number> {
  const answer = await orNothing<{ readonly changes: readonly HaproxyChange[] }>('v1/history');
  if (answer !== undefined) board.learn({ changes: answer.changes });
  return answer === undefined ? SHORT_MS : TOLD_MS;
}
