import { expect, test } from '@jest/globals';
import { CHECK_FORMATS } from '../../src/explain/check-formats.ts';
import { makeReport } from '../../src/explain/check-report.ts';
import { podSpec } from '../snapshot/pods.ts';
import { readDefinitions } from '../../src/explain/definitions.ts';
import { EXAMPLE_APPS } from '../../src/explain/example-apps.ts';
import { told } from '../../src/explain/told.ts';
import { withPretendedTasks } from '../../src/explain/pretended-tasks.ts';
import { renderedOfApps } from '../../src/explain/rendered.ts';
import { CATALOGUE, TEMPLATE_NAMES } from '../../src/haproxy/catalogue.ts';
import { decodeAll, makeDeriver, EMPTY } from '../golden/cases.ts';
import { absorb } from '../../src/snapshot/absorb.ts';
import type { Settings } from '../../src/options/options.ts';
import { app, mapping, viewOf } from './make.ts';

test.each([
  ['an app', { id: 'shop' }, ['/shop']],
  ['a list', [{ id: '/a' }, { id: '/b' }], ['/a', '/b']],
  ["Marathon's answer", { apps: [{ id: '/a' }] }, ['/a']],
  [
    'groups in a group',
    { id: '/prod', apps: [{ id: 'a' }, { id: '/x/b' }], groups: [{ id: 'team', apps: [{ id: 'c' }] }] },
    ['/prod/a', '/x/b', '/prod/team/c'],
  ],
])('%s', (_, json, ids) => {
  expect(readDefinitions(json).apps.map(({ id }) => id)).toEqual(ids);
});

test('a pod, and what is no definition, are told as that', () => {
  expect(readDefinitions([{ id: '/pod', containers: [] }, 7, { name: 'x' }])).toEqual({
    apps: [],
    pods: [{ id: '/pod', containers: [] }],
    strangers: ['an object without an id is no app definition (it has name)', '7 is no app definition'].reverse(),
  });
});

test('apps get a task and the service ports that they lack, and those with tasks keep theirs', () => {
  const { apps } = decodeAll([
    app({ id: '/a', tasks: [], instances: 0, ports: [mapping({ servicePort: 0 }), mapping({ servicePort: 10_000 })] }),
    app({ id: '/b' }),
  ]);
  const [first, second] = withPretendedTasks(apps);
  expect(first).toMatchObject({ instances: 1, tasks: [{ state: 'TASK_RUNNING' }] });
  expect(first?.definition.ports.map(({ service }) => service)).toEqual([10_001, 10_000]);
  expect(second?.tasks).toBe(apps[1]?.tasks);
});

test('a pod gets a task for each container with endpoints, and no service ports, because Marathon gives pods none', () => {
  const [pod] = withPretendedTasks(
    decodeAll([podSpec({ containers: [{ name: 'web', endpoints: [{ name: 'http' }] }, { name: 'log' }] })]).apps,
  );
  expect(pod?.tasks).toMatchObject([{ containerName: 'web', hostPorts: [31_000] }]);
  expect(pod?.definition.ports).toMatchObject([{ name: 'http', service: undefined }]);
});

const labels = { HAPROXY_0_VHOTS: 'x', HAPROXY_0_BALANCE: 'a"<b>,\n%' };
const report = makeReport({
  view: viewOf([app({ labels })]),
  refused: [],
  haproxy: { looked: false, why: "there is no program 'haproxy'" },
  files: new Map([['/shop', 'a:b,c.json']]),
  notes: ['a note'],
  groups: ['external'],
  strangers: ['x.json: 7 is no app definition'],
});

test('a report in each format', () => {
  expect(report.ok).toBe(false);
  const text = CHECK_FORMATS.text(report);
  expect(text).toContain('/shop (a:b,c.json): 2 problems\n  HAPROXY_0_BALANCE: ');
  expect(text).toMatch(/HAPROXY_0_VHOTS: .* \(the nearest \w+ is HAPROXY_0_VHOST\)\n/);
  expect(text).toMatch(/x\.json: 7 is no app definition .*\nnote: a note\nHAProxy was not asked: there is no program 'haproxy'\n$/);
  expect(JSON.parse(CHECK_FORMATS.json(report))).toEqual(JSON.parse(JSON.stringify(report)));
  const annotations = CHECK_FORMATS.github(report).trimEnd().split('\n');
  expect(annotations).toHaveLength(4);
  expect(annotations[0]).toMatch(/^::error file=a%3Ab%2Cc\.json,title=\/shop%3A label-value::HAPROXY_0_BALANCE: .*%25/);
  const xml = CHECK_FORMATS.junit(report);
  expect(xml).toContain('<testsuites tests="2" failures="2">');
  expect(xml).toContain('a\\&quot;&lt;b&gt;,\\n%');
});

test('nothing wrong is a test case that passes', () => {
  const good = makeReport({
    view: viewOf([app()]),
    refused: [],
    haproxy: { looked: true, version: '2.6' },
    files: new Map([['/shop', 'a.json']]),
    notes: [],
    groups: ['external'],
    strangers: [],
  });
  expect(good.ok).toBe(true);
  expect(CHECK_FORMATS.text(good)).toBe('/shop (a.json): ok\nHAProxy 2.6 was asked as well\n');
  expect(CHECK_FORMATS.junit(good)).toContain('<testcase name="/shop" classname="marathon-lb-ts" file="a.json"/>');
});

test('what is rendered for an app has no secret', () => {
  const text = renderedOfApps(viewOf([app({ labels: { HAPROXY_0_AUTH: 'Staff:alice:$6$salt$hash' } })]).document);
  expect(text).toContain('userlist user_shop_10004\n');
  expect(text).toContain('backend shop_10004\n');
  expect(text).not.toContain('$6$');
});

test('the example apps use every template that apps can have, in one way of writing the file or another', () => {
  const { apps, problems } = decodeAll(EXAMPLE_APPS);
  const ways: readonly Partial<Settings>[] = [{}, { haproxyMap: false }, { groupHttpsByVhost: true }];
  const used = ways.flatMap((way) => {
    const view = makeDeriver(way)(absorb(EMPTY, { kind: 'apps', at: 0, sentAt: 0, apps: withPretendedTasks(apps), problems }));
    expect(view?.problems).toEqual([]);
    const { front = [], backends = [] } = view?.document ?? {};
    return [...front, ...backends].flatMap((section) => section.fragments.map(({ template }) => template));
  });
  const inLines = [
    'HAPROXY_BACKEND_SERVER_OPTIONS',
    'HAPROXY_BACKEND_SERVER_HTTP_HEALTHCHECK_OPTIONS',
    'HAPROXY_BACKEND_SERVER_TCP_HEALTHCHECK_OPTIONS',
  ];
  const unused = TEMPLATE_NAMES.filter(
    (name) => !used.includes(name) && !inLines.includes(name) && !CATALOGUE[name].doc.startsWith('Not used'),
  );
  expect(unused).toEqual([]);
});

/** Labels of an app, the groups of the load balancer, and the notes on it. */
test.each<[Readonly<Record<string, string>>, readonly string[], readonly string[]]>([
  [{ HAPROXY_GROUP: 'external' }, ['external'], []],
  [{ HAPROXY_GROUP: 'external' }, ['*'], []],
  [{ HAPROXY_0_GROUP: 'external' }, ['*'], []],
  [{}, ['*'], ["it has no label HAPROXY_GROUP, so only a load balancer with --group '*' serves it"]],
  [{}, ['external'], ['port 0 is left out: it has no label HAPROXY_GROUP, and the load balancer takes "external"']],
  [
    { HAPROXY_GROUP: 'External' },
    ['external', 'both'],
    ['port 0 is left out: HAPROXY_GROUP is "External", and the load balancer takes "external", "both"'],
  ],
  [
    { HAPROXY_GROUP: 'external', HAPROXY_0_GROUP: 'none' },
    ['external'],
    ['port 0 is left out: HAPROXY_0_GROUP is "none", and the load balancer takes "external"'],
  ],
])('of the labels %j, for the groups %j', (labels, groups, notes) => {
  const view = viewOf([{ ...app(), labels }], { settings: { group: groups } });
  const { apps } = makeReport({
    view,
    refused: [],
    haproxy: { looked: true, version: '2.6' },
    files: new Map([['/shop', 'a.json']]),
    notes: [],
    groups,
    strangers: [],
  });
  expect(apps).toMatchObject([{ problems: [], notes }]);
});

test.each<[string, string | undefined, string]>([
  ['HAPROXY_0_PATH has no effect', 'HAPROXY_0_PATH', 'HAPROXY_0_PATH has no effect'],
  ['"a" can\'t be read', 'HAPROXY_0_PATH', 'HAPROXY_0_PATH: "a" can\'t be read'],
  ['nothing is left', undefined, 'nothing is left'],
])('a label is named once before or in the sentence %j', (message, label, line) => {
  expect(told({ message, ...(label !== undefined && { label }) })).toBe(line);
});
