import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { oneAfterAnother } from '../lib/runs.ts';
import { METRICS, PREFIX, type MetricName, type MetricRow } from './metrics-table.ts';
import type { RouteAnswer, AdminRoute } from './route.ts';

/** Labels of one figure, by name. */
export type Labels = Readonly<Record<string, string>>;

/** Counts events and measures durations. */
export interface Meter {
  /** One more, or so many more, of a counter. */
  readonly count: (metric: MetricName, labels?: Labels, by?: number) => void;
  /** So many seconds for a histogram. */
  readonly observe: (metric: MetricName, seconds: number) => void;
}

/** The figures of a daemon. */
export interface Metrics extends Meter {
  /** All of them as text. `sample` sets the gauges: it is asked for the values of now. */
  readonly text: (sample: SampleGauges) => Promise<string>;
}

/** Sets gauges. */
export type SetGauge = (metric: MetricName, value: number, labels?: Labels) => void;

/** Says what the gauges are now. */
export type SampleGauges = (set: SetGauge) => void | Promise<void>;

/** The figures of the table, all or only some; every counter without labels begins at 0. */
export function makeMetrics(only?: readonly MetricName[]): Metrics {
  const registry = new Registry();
  const inTurn = oneAfterAnother(); // two who ask at once would take each other's gauges away
  const made = new Map<MetricName, Counter | Gauge | Histogram>();
  for (const [key, row] of Object.entries(METRICS) as [MetricName, MetricRow][])
    if (only?.includes(key) !== false) made.set(key, make(row, registry));
  return {
    count: (metric, labels = {}, by = 1) => {
      const counter = made.get(metric);
      if (counter instanceof Counter) counter.inc(labels, by);
    },
    observe: (metric, seconds) => {
      const histogram = made.get(metric);
      if (histogram instanceof Histogram) histogram.observe(seconds);
    },
    text: (sample) =>
      inTurn(async () => {
        for (const gauge of made.values()) if (gauge instanceof Gauge) gauge.reset(); // what has no value any more has no row
        await sample((metric, value, labels = {}) => {
          const gauge = made.get(metric);
          if (gauge instanceof Gauge) gauge.set(labels, value);
        });
        return registry.metrics();
      }),
  };
}

function make({ name, kind, labels, help, buckets = [] }: MetricRow, registry: Registry): Counter | Gauge | Histogram {
  const settings = { name: PREFIX + name, help, labelNames: [...labels], registers: [registry] };
  if (kind === 'counter') return new Counter(settings);
  return kind === 'gauge' ? new Gauge(settings) : new Histogram({ ...settings, buckets: [...buckets] });
}

/** `GET /metrics` */
export function metricsRoute(metrics: Metrics, sample: SampleGauges): AdminRoute {
  return {
    method: 'GET',
    path: '/metrics',
    answer: async (): Promise<RouteAnswer> => ({
      status: 200,
      type: 'text/plain; version=0.0.4; charset=utf-8',
      text: await metrics.text(sample),
    }),
  };
}
