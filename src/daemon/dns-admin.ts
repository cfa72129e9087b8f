import { dnsHealthRoutes } from '../admin/health.ts';
import { makeMetrics, metricsRoute, type Metrics, type SampleGauges } from '../admin/metrics.ts';
import type { MetricName } from '../admin/metrics-table.ts';
import { makeProcessFigures } from '../admin/process-figures.ts';
import { groupBy } from '../lib/group-by.ts';
import type { Problem } from '../model/problem.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { State } from '../snapshot/state.ts';
import type { Source } from '../source/source.ts';
import { lastSync } from './last-sync.ts';
import { openServer } from './open-admin.ts';
import type { RunInputs, Surroundings } from './surroundings.ts';

/** The figures of a name server without HAProxy. */
const FIGURES: readonly MetricName[] = [
  ...(['lastSync', 'streamConnected', 'requests', 'requestSeconds', 'readBytes', 'apps', 'tasks', 'problems', 'held'] as const),
  ...(['dnsQueries', 'dnsSeconds', 'startTime', 'cpu', 'memory', 'heap', 'descriptors', 'utilization'] as const),
];

/** Makes the figures of a name server without HAProxy. */
export function makeDnsMetrics(): Metrics {
  return makeMetrics(FIGURES);
}

/** What is shown of Marathon, and what the state is. */
interface Latest {
  readonly snapshot: Snapshot;
  readonly problems: readonly Problem[];
  readonly state: State;
}

/** The health and the figures of a name server without HAProxy. */
interface DnsAdmin {
  /** A consumer of what DNS names are made from. */
  readonly see: (names: Pick<Latest, 'snapshot' | 'problems'>, state: State) => void;
  /** Answers at --admin-address, where one is given. Rejects with a sentence when it can't be had. */
  readonly open: (source: Source) => Promise<void>;
}

/** There is no run folder, and so no socket: it answers only where --admin-address is given. */
export function makeDnsAdmin(run: Pick<RunInputs, 'settings' | 'log' | 'signal'> & Pick<Surroundings, 'now'>, metrics: Metrics): DnsAdmin {
  const { settings, now } = run;
  let latest: Latest | undefined;
  return {
    see: (names, state) => {
      latest = { ...names, state };
    },
    open: async (source) => {
      if (settings.adminAddress === undefined || settings.adminAddress === 'off') return;
      const syncedAt = (): number | undefined => {
        return latest && lastSync({ sentAt: latest.state.sentAt, spans: source.heard(), unread: latest.state.unread });
      };
      const maxStalenessMs = Math.max(settings.maxStaleness, 2 * (settings.poll ?? 0)) * 1000;
      const health = dnsHealthRoutes(() => ({ at: now(), syncedAt: syncedAt(), maxStalenessMs }));
      const sample = makeSample({ latest: () => latest, source, syncedAt, metrics });
      await openServer(run, [...health, metricsRoute(metrics, sample)]);
    },
  };
}

interface Sampled {
  readonly latest: () => Latest | undefined;
  readonly source: Source;
  readonly syncedAt: () => number | undefined;
  readonly metrics: Metrics;
}

function makeSample({ latest, source, syncedAt, metrics }: Sampled): SampleGauges {
  const setProcessFigures = makeProcessFigures(metrics);
  return async (set) => {
    const { snapshot: { apps } = { apps: [] }, problems = [], state } = latest() ?? {};
    set('lastSync', (syncedAt() ?? 0) / 1000);
    set('streamConnected', source.stream().attached ? 1 : 0);
    set('apps', apps.length);
    set(
      'tasks',
      apps.reduce((sum, { tasks }) => sum + tasks.length, 0),
    );
    for (const [code, alike] of groupBy(problems, (problem) => problem.code)) set('problems', alike.length, { code });
    set('held', state?.held?.losses ?? 0);
    await setProcessFigures(set);
  };
}
