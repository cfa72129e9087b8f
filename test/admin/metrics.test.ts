import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { METRICS, metricsReference, PREFIX, type MetricName, type MetricRow } from '../../src/admin/metrics-table.ts';
import { makeMetrics } from '../../src/admin/metrics.ts';
import { makeViewFigures, setRunningFigures } from '../../src/admin/view-figures.ts';
import { readCases, viewOf } from '../golden/cases.ts';

const ROWS = Object.entries(METRICS) as unknown as readonly (readonly [MetricName, MetricRow])[];

/** Without the alignment of the table's columns. */
const plain = (page: string): string => page.replaceAll(/ +/g, ' ').replaceAll(/-{3,}|\| -+/g, '-');

test('docs/metrics.md has the table of figures: run `UPDATE_DOCS=1 npx jest test/admin/metrics` when it changed', async () => {
  if (process.env['UPDATE_DOCS'] === '1') (await import('node:fs')).writeFileSync('docs/metrics.md', metricsReference());
  const rows = (page: string): readonly string[] =>
    page
      .split('\n')
      .filter((line) => line.startsWith('| `'))
      .map(plain);
  expect(rows(readFileSync('docs/metrics.md', 'utf8'))).toEqual(rows(metricsReference()));
});

test.each(ROWS)("%s: its name follows Prometheus's conventions", (_, { name, kind, help, buckets = [] }) => {
  expect(name).toMatch(/^[a-z][a-z0-9_]*$/);
  expect(name.endsWith('_total')).toBe(kind === 'counter');
  if (kind === 'histogram') expect(name).toMatch(/_seconds$/);
  expect([...buckets]).toEqual([...buckets].sort((a, b) => a - b));
  expect(help).toMatch(/^\S.*[^.\s]$/);
});

test('every figure is in the text, with its kind', async () => {
  const metrics = makeMetrics();
  metrics.count('changes', { result: 'reload' });
  metrics.count('changes', { result: 'reload' });
  metrics.count('readBytes', {}, 500);
  metrics.observe('eventToApplied', 0.03);
  const text = await metrics.text((set) => {
    set('apps', 7);
    set('problems', 2, { code: 'label-value' });
  });
  for (const [, { name, kind }] of ROWS) expect(text).toContain(`# TYPE ${PREFIX}${name} ${kind}\n`);
  expect(text).toContain('marathon_lb_changes_total{result="reload"} 2\n');
  expect(text).toContain('marathon_lb_marathon_read_bytes_total 500\n');
  expect(text).toContain('marathon_lb_event_to_applied_seconds_bucket{le="0.05"} 1\n');
  expect(text).toContain('marathon_lb_apps 7\n');
  expect(text).toContain('marathon_lb_problems{code="label-value"} 2\n');
  const later = await metrics.text((set) => {
    set('apps', 7);
  });
  expect(later).not.toContain('code="label-value"'); // what is over has no row
});

test.each(readCases())('$name: a View is counted', async (one) => {
  const view = viewOf(one);
  const figures = new Map<string, number>();
  const set = (metric: string, value: number, labels: Readonly<Record<string, string>> = {}): void => {
    figures.set([metric, ...Object.values(labels)].join(' '), value);
  };
  await makeViewFigures()(view, set);
  setRunningFigures(undefined, set);
  const sum = (metric: string): number => [...figures].reduce((all, [key, value]) => all + (key.split(' ')[0] === metric ? value : 0), 0);
  expect(figures.get('apps')).toBe(view.snapshot.apps.length);
  expect(sum('leftOut')).toBe(view.leftOut.length);
  expect(sum('problems')).toBe(view.problems.length);
  expect(sum('servers')).toBe(view.services.reduce((all, { backend }) => all + backend.servers.length + backend.leaving.length, 0));
});
