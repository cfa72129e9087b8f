/** One figure. */
export interface MetricRow {
  /** Behind the prefix `marathon_lb_`, by Prometheus's conventions. */
  readonly name: string;
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly labels: readonly string[];
  readonly help: string;
  /** The upper bounds of a histogram, in seconds. */
  readonly buckets?: readonly number[];
}

const SHORT = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
const LONG = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60];

/** Stands in front of every name. */
export const PREFIX = 'marathon_lb_';

/** THE table of figures: the registry, docs/metrics.md and the tests come from it. */
export const METRICS = {
  lastSync: gauge('last_sync_timestamp_seconds', 'when what is known of Marathon was last right, in Unix time; 0 before the first read'),
  lastApply: gauge('last_apply_timestamp_seconds', 'when HAProxy last took a change, in Unix time; 0 before the first'),
  streamConnected: gauge('stream_connected', 'whether an event stream of Marathon is attached: 1 or 0'),
  inSync: gauge('in_sync', 'whether HAProxy runs what is wanted of it: 1 or 0; right again after a revert'),
  up: gauge('haproxy_up', 'whether HAProxy runs with a configuration that it has confirmed: 1 or 0'),
  changes: counter('changes_total', 'changes of HAProxy, by how they ended: commands, reload, failed', 'result'),
  reloads: counter('reloads_total', 'reloads of HAProxy that it has confirmed'),
  reloadReasons: counter(
    'reload_reasons_total',
    'reasons of reloads, by their code (docs/reasons.md); a reload may have several',
    'reason',
  ),
  commands: counter('commands_total', 'runtime commands, by what HAProxy said: taken, not_yet, refused', 'outcome'),
  requests: counter('marathon_requests_total', 'requests to Marathon, by the status of the answer; error where there was none', 'code'),
  requestSeconds: histogram(
    'marathon_request_duration_seconds',
    'how long answers of Marathon took, to their end; of event streams, to their head',
    LONG,
  ),
  readBytes: counter('marathon_read_bytes_total', 'bytes of bodies that Marathon has sent, events included'),
  apps: gauge('apps', 'apps that Marathon has'),
  tasks: gauge('tasks', 'tasks that Marathon has'),
  services: gauge('services', 'ports of apps that are rendered'),
  servers: gauge('servers', 'servers, by state: serves and draining, as wanted; checking and stopped, as HAProxy has them now', 'state'),
  spareBackends: gauge('spare_backends', 'spare backends: taken by a port until the next reload, or free', 'state'),
  spareServes: gauge(
    'spare_serves',
    "1 for each port that a spare backend serves: HAProxy's own figures have the spare one's name as `proxy`",
    'proxy',
    'backend',
  ),
  leftOut: gauge('left_out', 'ports and tasks that do not serve, by why (docs/problems.md)', 'why'),
  problems: gauge('problems', 'Problems, by code (docs/problems.md)', 'code'),
  quarantined: gauge('quarantined_ports', 'ports that HAProxy does not take as they are'),
  oldWorkers: gauge('old_workers', 'workers of HAProxy from before a reload that still finish connections'),
  held: gauge('held_tasks', "tasks that serve on although Marathon's answer lacks them, because nothing explains that"),
  certificateExpiry: gauge('certificate_expiry_timestamp_seconds', 'when the first certificate of a file expires, in Unix time', 'file'),
  eventToApplied: histogram('event_to_applied_seconds', 'from the first news of a change to the moment when HAProxy has it', LONG),
  dnsQueries: counter('dns_queries_total', 'DNS queries, by type and result: the code of the reply, or none', 'type', 'result'),
  dnsSeconds: histogram('dns_query_duration_seconds', 'how long replies to DNS queries took', SHORT),
  listeners: gauge('event_listeners', 'clients that listen to /v1/events'),
  startTime: gauge('process_start_time_seconds', 'when the daemon started, in Unix time'),
  cpu: counter('process_cpu_seconds_total', 'CPU time of the daemon, in user and system mode'),
  memory: gauge('process_resident_memory_bytes', "the daemon's resident memory"),
  heap: gauge('process_heap_bytes', "the daemon's JavaScript heap that is in use"),
  descriptors: gauge('process_open_fds', 'file descriptors that the daemon has open'),
  utilization: gauge('event_loop_utilization', 'the part of the time since the last scrape in which the daemon was busy, from 0 to 1'),
} as const satisfies Record<string, MetricRow>;

/** The key of a figure in the table. */
export type MetricName = keyof typeof METRICS;

function gauge(name: string, help: string, ...labels: readonly string[]): MetricRow {
  return { name, kind: 'gauge', labels, help };
}

function counter(name: string, help: string, ...labels: readonly string[]): MetricRow {
  return { name, kind: 'counter', labels, help };
}

function histogram(name: string, help: string, buckets: readonly number[]): MetricRow {
  return { name, kind: 'histogram', labels: [], help, buckets };
}

/** The reference of figures, in Markdown: docs/metrics.md. */
export function metricsReference(): string {
  const rows = Object.values(METRICS).map(({ name, kind, labels, help }: MetricRow) => {
    return `| \`${PREFIX}${name}\` | ${kind} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${help} |`;
  });
  return [
    '# Metrics',
    '',
    'Made from `src/admin/metrics-table.ts`; a test compares the two. `GET /metrics` of the [admin side](admin.md) answers in the text format of Prometheus.',
    '',
    '| name | kind | labels | what it is |',
    '|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}
