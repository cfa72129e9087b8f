import type { Change } from '../change.ts';
import type { LiveStatus } from '../live-status.ts';
import type { Problem } from '../../model/problem.ts';
import { openAddress } from './address.ts';
import { makeDetails } from './app-details.ts';
import { makeApps } from './apps.ts';
import { ask, pathOf, Refused } from './ask.ts';
import { showChanges, withChange } from './changes.ts';
import { listen } from './live.ts';
import { find, say } from './elements.ts';
import { repeat } from './repeat.ts';
import { makeProblemList } from './problems.ts';
import { problemKey, severityOf } from './severity.ts';
import type { OverviewShape, StatsShape, StorySentence } from './shapes.ts';
import { showStory } from './story.ts';
import { makeTraffic } from './traffic.ts';
import { showVerdict } from './verdict.ts';
import { makeWay } from './way.ts';

/** What the page knows of the daemon now. */
interface Known {
  readonly status: LiveStatus | undefined;
  readonly problems: readonly Problem[];
  readonly changes: readonly Change[];
  readonly stats: StatsShape | undefined;
  readonly silentSince: number | undefined;
  /** How far the daemon's clock is ahead of the browser's, in ms. */
  readonly ahead: number;
}

const NOTHING: Known = { status: undefined, problems: [], changes: [], stats: undefined, silentSince: undefined, ahead: 0 };

/** Connects all parts of the page: what is asked for when, and who shows it. */
function main(): void {
  let known = NOTHING;
  const address = openAddress();
  const details = makeDetails(address);
  const apps = makeApps({ address, open: details.open, scrolled: () => { figures.soon(); } }); // prettier-ignore
  const problemList = makeProblemList(details.open);
  const way = makeWay(address, details.open);
  const traffic = makeTraffic();
  const show = (): void => {
    const now = new Date(Date.now() + known.ahead);
    const critical = known.problems.filter((one) => severityOf(one) === 'critical').length;
    showVerdict({ ...known, totals: known.stats?.totals, problems: { critical, all: known.problems.length } }, now);
    document.body.dataset['live'] = known.silentSince === undefined ? 'yes' : 'no';
    say(find('live', HTMLElement), known.silentSince === undefined ? 'live' : 'no answer');
    say(find('machine', HTMLElement), known.status === undefined ? '' : `${known.status.machine} · ${known.status.version}`);
    problemList.show(known.problems);
  };
  const learn = (more: Partial<Known>): void => {
    known = { ...known, ...more };
    show();
  };
  const showAllChanges = (changes: readonly Change[]): void => {
    learn({ changes });
    showChanges(changes, new Date(Date.now() + known.ahead));
  };
  const status = repeat(async () => {
    try {
      const answer = await ask<LiveStatus>('v1/status');
      learn({ status: answer, silentSince: undefined, ahead: Date.parse(answer.at) - Date.now() });
    } catch {
      learn({ silentSince: known.silentSince ?? Date.now() + known.ahead });
    }
    return 2_000;
  });
  const overview = repeat(async () => {
    const since = apps.revision();
    const began = performance.now();
    const change = await ask<OverviewShape>(pathOf('v1/overview', since === undefined ? [] : [['since', since]])).catch(() => undefined);
    if (change !== undefined && (change.whole || change.apps.length > 0 || change.gone.length > 0 || since !== change.revision))
      apps.take(change);
    return Math.max(5_000, 10 * (performance.now() - began));
  });
  const figures = repeat(async () => {
    const query = [...apps.wanted(), ['since', String(traffic.latest())] as const];
    const stats = await ask<StatsShape>(pathOf('v1/stats', query)).catch((error: unknown) =>
      error instanceof Refused ? error : undefined,
    );
    const answer = stats instanceof Refused ? undefined : stats;
    if (answer !== undefined) traffic.add(answer.past, Date.now() + known.ahead);
    apps.figures(answer);
    learn({ stats: answer });
    await details.refresh();
    return Math.max(2_000, answer?.everyMs ?? 0);
  });
  const problems = repeat(async () => {
    const answer = await ask<{ readonly problems: readonly Problem[] }>('v1/problems').catch(() => undefined);
    if (answer !== undefined) learn({ problems: answer.problems });
    return answer === undefined ? 2_000 : 60_000;
  });
  const changes = repeat(async () => {
    const answer = await ask<{ readonly changes: readonly Change[] }>('v1/history').catch(() => undefined);
    if (answer !== undefined) showAllChanges(answer.changes);
    return answer === undefined ? 2_000 : 60_000;
  });
  const all = [status, overview, figures, problems, changes];
  const events: Readonly<Record<string, (data: unknown) => void>> = {
    change: (data) => {
      showAllChanges(withChange(known.changes, data as Change));
      for (const one of [status, overview, figures]) one.soon();
      void way.refresh();
    },
    problem: (data) => {
      const key = problemKey(data as Problem);
      learn({ problems: [...known.problems.filter((one) => problemKey(one) !== key), data as Problem] });
      overview.soon();
    },
    'problem-gone': (data) => {
      const key = problemKey(data as Problem);
      learn({ problems: known.problems.filter((one) => problemKey(one) !== key) });
      overview.soon();
    },
    story: (data) => {
      showStory(data as StorySentence);
    },
  };
  listen({
    heard: (event, data) => events[event]?.(data),
    attached: () => {
      for (const one of all) one.soon();
    },
    lost: () => {
      status.soon();
    },
  });
  const follow = (): void => {
    apps.follow();
    way.follow();
    details.follow();
  };
  address.moved(follow);
  follow();
  setInterval(show, 1_000);
}

main();
