import { expect, test } from '@jest/globals';
import { TEMPLATES_IN_LABELS } from '../../src/haproxy/catalogue.ts';
import { APP_LABELS, PORT_LABELS, type Label } from '../../src/services/labels.ts';
import { readLabels } from '../../src/services/read-labels.ts';
import { appId } from './make.ts';

type Row = readonly [string, Label<unknown>];

const APP: readonly Row[] = Object.values(APP_LABELS).map((label) => [`HAPROXY_${label.name}`, label]);
const PORT: readonly Row[] = Object.values(PORT_LABELS).map((label) => [`HAPROXY_0_${label.name}`, label]);

/** The labels of marathon-lb 1.15 (facts/compat.md). */
const OF_1_15 = [
  'GROUP',
  'ENABLED',
  'VHOST',
  'PATH',
  'BACKEND_WEIGHT',
  'AUTH',
  'STICKY',
  'REDIRECT_TO_HTTPS',
  'USE_HSTS',
  'SSL_CERT',
  'BIND_OPTIONS',
  'BIND_ADDR',
  'PORT',
  'MODE',
  'BALANCE',
  'HTTP_BACKEND_PROXYPASS_PATH',
  'HTTP_BACKEND_REVPROXY_PATH',
  'HTTP_BACKEND_REDIR',
  'BACKEND_NETWORK_ALLOWED_ACL',
  'BACKEND_HEALTHCHECK_PORT_INDEX',
];

const OF_APPS_1_15 = [
  'APP_ID', // which only its zdd writes
  'GROUP',
  ...['GROUP', 'ALT_PORT', 'COLOUR', 'STARTED_AT', 'TARGET_INSTANCES', 'NEW_INSTANCES'].map((name) => `DEPLOYMENT_${name}`),
];

test('all labels of marathon-lb 1.15, each once', () => {
  expect(Object.values(PORT_LABELS).map(({ name }) => name)).toEqual(expect.arrayContaining(OF_1_15));
  expect(new Set(PORT.map(([name]) => name)).size).toBe(PORT.length);
  expect(new Set(APP.map(([name]) => name)).size).toBe(APP.length);
  expect(Object.values(APP_LABELS).map(({ name }) => name)).toEqual(expect.arrayContaining(OF_APPS_1_15));
});

test('no label has the name of a template that labels may override', () => {
  const both = Object.values(PORT_LABELS).filter(({ name }) => TEMPLATES_IN_LABELS.has(`HAPROXY_${name}`));
  expect(both).toEqual([]);
});

test.each([...APP, ...PORT])('%s: its example is read, and its words are there', (name, label) => {
  const { value, bad } = label.grammar.read(label.example);
  expect(bad).toBeUndefined();
  expect(value).not.toBeUndefined();
  expect(label.doc).toMatch(/^[A-Z].*\.$/s);
  expect(label.grammar.wanted).not.toBe('');
  expect(name).toMatch(/^HAPROXY_(0_)?[A-Z_]+(\d{3})?$/);
});

test.each(PORT)('%s: the example in a definition gives its value to that port only', (name, { example, grammar }) => {
  const ports = [0, 1].map(() => ({ container: 80, service: 10000, onHost: true, tcp: true }));
  const read = readLabels(
    { id: appId('/a'), labels: { [name]: example }, network: 'bridge', ports, checks: [], readiness: false, changedAt: undefined },
    TEMPLATES_IN_LABELS,
  );
  expect(Object.values(read.ports[0]?.values ?? {})).toEqual([grammar.read(example).value]);
  expect(read.ports[1]?.values).toEqual({});
  expect([read.problems, read.ports[0]?.shut]).toEqual([[], false]);
});

test('the labels that guard access', () => {
  const guards = [...APP, ...PORT].filter(([, { guards }]) => guards).map(([name]) => name);
  expect(guards).toEqual([
    'HAPROXY_GROUP',
    ...[
      'GROUP',
      'PATH_TYPE',
      'TLS',
      'TLS_MIN',
      'CLIENT_CA',
      'AUTH',
      'SSL_CERT',
      'BIND_OPTIONS',
      'BIND_ADDR',
      'BACKEND_NETWORK_ALLOWED_ACL',
      'ALLOW',
      'DENY',
      'BACKEND_TLS',
      'BACKEND_CA',
      'BACKEND_SNI',
    ].map((name) => `HAPROXY_0_${name}`),
  ]);
});
