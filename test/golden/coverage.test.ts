import { expect, test } from '@jest/globals';
import { CATALOGUE, TEMPLATE_NAMES, TEMPLATES_IN_LABELS } from '../../src/haproxy/catalogue.ts';
import type { Document } from '../../src/model/document.ts';
import { APP_LABELS, PORT_LABELS } from '../../src/services/labels.ts';
import { decodeAll, readCases, viewOf } from './cases.ts';

const CASES = readCases();
const VIEWS = CASES.map((one) => viewOf(one));

/** Names of labels, HAPROXY_n_VHOST for HAPROXY_0_VHOST, in the apps of all cases. */
const WRITTEN = new Set(
  CASES.flatMap((one) => decodeAll(one.apps).apps.flatMap(({ definition }) => Object.keys(definition.labels))).map((name) =>
    name.replace(/^HAPROXY_\d+_/, 'HAPROXY_n_'),
  ),
);

function templatesOf({ front, backends }: Document): readonly string[] {
  const servers = backends.flatMap((section) => [...section.servers.values()]);
  return [...[...front, ...backends].flatMap(({ fragments }) => fragments), ...servers].map(({ template }) => template);
}

const RENDERED = new Set(VIEWS.flatMap(({ document }) => templatesOf(document)));

/** Template texts of labels that are used: those of a served port that are no Problem. */
const OVERRIDDEN = new Set(VIEWS.flatMap(({ services }) => services.flatMap(({ front }) => Object.keys(front.overrides))));

/** Part of the line of a server, so never a fragment of their own: their texts are seen where a label overrides them. */
const IN_SERVER_LINES = ['HAPROXY_BACKEND_SERVER_HTTP_HEALTHCHECK_OPTIONS', 'HAPROXY_BACKEND_SERVER_TCP_HEALTHCHECK_OPTIONS'];

test.each([
  ...Object.values(APP_LABELS).map(({ name }) => `HAPROXY_${name}`),
  ...Object.values(PORT_LABELS).map(({ name }) => `HAPROXY_n_${name}`),
])('the label %s stands in a golden case', (name) => {
  expect(WRITTEN).toContain(name);
});

test.each(TEMPLATE_NAMES.filter((name) => !CATALOGUE[name].doc.startsWith('Not used') && !IN_SERVER_LINES.includes(name)))(
  'the template %s is rendered in a golden case',
  (name) => {
    expect(RENDERED).toContain(name);
  },
);

/** Their rules are one for all apps: a label with one is a Problem. */
const OF_ALL_APPS = [...TEMPLATES_IN_LABELS].filter((name) => name.startsWith('HAPROXY_MAP_'));

test.each([...TEMPLATES_IN_LABELS].filter((name) => !OF_ALL_APPS.includes(name)))(
  'the template %s comes from a label in a golden case',
  (name) => {
    expect(OVERRIDDEN).toContain(name);
  },
);

test('a template whose rule is one for all apps comes from no label, and a golden case has the Problem', () => {
  const told = VIEWS.flatMap(({ problems }) =>
    problems.flatMap(({ code, label }) => (code === 'template' && label !== undefined ? label : [])),
  );
  const names = told.map((label) => label.replace(/^HAPROXY_\d+_/, 'HAPROXY_'));
  expect(names).toEqual(expect.arrayContaining(OF_ALL_APPS));
  expect(OF_ALL_APPS.filter((name) => OVERRIDDEN.has(name))).toEqual([]);
});

test('a template that is documented as not used is in no document', () => {
  const unused = TEMPLATE_NAMES.filter((name) => CATALOGUE[name].doc.startsWith('Not used'));
  expect(unused.filter((name) => RENDERED.has(name))).toEqual([]);
});
