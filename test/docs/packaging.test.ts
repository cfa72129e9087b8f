import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { METRICS, PREFIX } from '../../src/admin/metrics-table.ts';
import { OPTIONS } from '../../src/options/options.ts';
import { decodeApp } from '../../src/snapshot/decode.ts';

const read = (file: string): string => readFileSync(`packaging/${file}`, 'utf8');
const RULES = read('prometheus/rules.yml');
const ALERTS = Array.from(RULES.matchAll(/- alert: (\w+)/g), ([, name = '']) => name);

/** The series that there are: a histogram has three. */
const SERIES = Object.values(METRICS).flatMap(({ name, kind }) =>
  kind === 'histogram' ? ['_bucket', '_sum', '_count'].map((end) => `${PREFIX}${name}${end}`) : [`${PREFIX}${name}`],
);

test.each(['prometheus/rules.yml', 'prometheus/rules.test.yml', 'grafana/dashboard.json'])(
  '%s asks only for metrics that there are',
  (file) => {
    const asked = new Set(read(file).match(/\bmarathon_lb_\w+/g));
    expect(asked.size).toBeGreaterThan(5);
    expect([...asked].filter((name) => !SERIES.includes(name))).toEqual([]);
  },
);

test('the labels by which rules and dashboard tell series apart are those of the metrics', () => {
  const labels = new Set(['instance', 'job', 'le', ...Object.values(METRICS).flatMap((row) => row.labels)]);
  const text = RULES + read('grafana/dashboard.json');
  const asked = Array.from(text.matchAll(/ by \(([\w, ]+)\)/g), ([, list = '']) => list.split(', ')).flat();
  expect(asked.length).toBeGreaterThan(5);
  expect(asked.filter((label) => !labels.has(label))).toEqual([]);
});

test('each alert has a case in rules.test.yml and a row in docs/operations.md', () => {
  const cases = read('prometheus/rules.test.yml');
  const page = readFileSync('docs/operations.md', 'utf8');
  expect(ALERTS.length).toBeGreaterThan(10);
  expect(ALERTS.filter((name) => !cases.includes(`alertname: ${name}\n`))).toEqual([]);
  expect(page.match(/(?<=^\| `)LoadBalancer\w+/gm)).toEqual(ALERTS);
});

test('each Problem has a row in docs/operations.md', () => {
  const codes = (file: string) => (readFileSync(file, 'utf8').match(/(?<=^\| `)[a-z][a-z0-9-]+(?=` +\|)/gm) ?? []).sort();
  const all = Array.from(readFileSync('src/model/problem.ts', 'utf8').matchAll(/^ {2}\| '([\w-]+)'/gm), ([, code = '']) => code).sort();
  expect(all.length).toBeGreaterThan(15);
  expect(codes('docs/operations.md')).toEqual(all);
});

test.each(['marathon/public-agents.json', 'marathon/dcos.json'])('%s is an app whose ports are the load balancer’s own', (file) => {
  const app = JSON.parse(read(file)) as { readonly portDefinitions: readonly { readonly port: number }[] };
  expect(decodeApp(JSON.stringify(app))).toHaveProperty('app');
  expect(app.portDefinitions.map(({ port }) => port)).toEqual([80, 443, 9090, 9091]);
  expect(app).toMatchObject({
    requirePorts: true,
    acceptedResourceRoles: ['slave_public'],
    constraints: [['hostname', 'UNIQUE']],
    networks: [{ mode: 'host' }],
    healthChecks: [{ protocol: 'MESOS_HTTP', portIndex: 2, path: '/_haproxy_health_check' }],
  });
});

/** Where our own flags stand in a file. */
const FLAGS = {
  'marathon/public-agents.json': /"(--[\w-]+)"/g,
  'marathon/dcos.json': /"(--[\w-]+)"/g,
  'cron/marathon-lb-ts': / (--[\w-]+)/g,
  'systemd/marathon-lb-ts.service': /^ExecStart=.*$/gm,
  'systemd/marathon-lb-ts-beside.service': /^ExecStart=.*$/gm,
  'systemd/marathon-lb-ts.default': /^MARATHON.*$/gm,
};

test.each(Object.entries(FLAGS))('%s has only flags that there are', (file, where) => {
  const known = new Set(Object.values(OPTIONS).flatMap(({ flags }) => flags.match(/--[\w-]+/g) ?? []));
  const given = (read(file).match(where) ?? []).flatMap((text) => text.match(/--[\w-]+/g) ?? []);
  expect(given.length).toBeGreaterThan(0);
  expect(given.filter((flag) => !known.has(flag))).toEqual([]);
});

test('compose.yaml runs the demo read-only, with the folders that docs/container.md says are written', () => {
  const compose = readFileSync('compose.yaml', 'utf8');
  const [, run = ''] = /^\$ docker run (--read-only .*) …$/m.exec(readFileSync('docs/container.md', 'utf8')) ?? [];
  const wanted = Array.from(run.matchAll(/--tmpfs (\S+)/g), ([, folder = '']) => folder);
  const [, given = ''] = /^ {4}tmpfs: \[(.*)\]$/m.exec(compose) ?? [];
  expect(compose).toMatch(/^ {4}command: \[demo\]$/m);
  expect(compose).toMatch(/^ {4}read_only: true$/m);
  expect(wanted.length).toBeGreaterThan(2);
  expect(given.split(', ').sort()).toEqual(['/tmp', ...wanted].sort()); // the demo's own folder is a temporary one
});
