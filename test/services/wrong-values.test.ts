import { expect, test } from '@jest/globals';
import { TEMPLATES_IN_LABELS } from '../../src/haproxy/catalogue.ts';
import { APP_LABELS, PORT_LABELS } from '../../src/services/labels.ts';
import { readLabels } from '../../src/services/read-labels.ts';
import { definition } from './make.ts';

/** A value of each label that it does not take. Whoever adds a label adds a row. */
const WRONG: Readonly<Record<string, string>> = {
  DEPLOYMENT_GROUP: 'two words',
  DEPLOYMENT_STARTED_AT: 'tomorrow',
  DEPLOYMENT_TARGET_INSTANCES: 'many',
  GROUP: ' , ',
  VHOST: 'https://a.test',
  PATH: 'api',
  BACKEND_WEIGHT: 'heavy',
  PATH_TYPE: 'suffix',
  SPLIT: 'two words',
  SPLIT_WEIGHT: '101',
  TLS: 'terminate',
  TLS_MIN: '1.4',
  CLIENT_CA: 'ca.pem',
  AUTH: 'alice',
  SSL_CERT: 'a"b',
  BIND_OPTIONS: 'user root',
  BIND_ADDR: '10.0.0.0/8',
  PORT: '65536',
  MODE: 'udp',
  BALANCE: 'fair',
  HTTP_BACKEND_PROXYPASS_PATH: '/a b',
  HTTP_BACKEND_REVPROXY_PATH: '/a b',
  HTTP_BACKEND_REDIR: '/a b',
  BACKEND_NETWORK_ALLOWED_ACL: '10.0.0.0/33',
  BACKEND_HEALTHCHECK_PORT_INDEX: '-1',
  ALLOW: '10.0.0.0/33',
  DENY: 'everybody',
  RATE_LIMIT: '100',
  MAXCONN: '0',
  MAXCONN_TOTAL: 'many',
  MAX_BODY: '10 MB',
  ...Object.fromEntries(['CONNECT', 'SERVER', 'TUNNEL', 'QUEUE', 'CLIENT'].map((which) => [`TIMEOUT_${which}`, '30'])),
  BACKEND_TLS: 'yes',
  BACKEND_CA: 'ca.pem',
  BACKEND_SNI: '*.a.test',
  BACKEND_PROTO: 'h3',
  HEALTH_PATH: 'health',
  HEALTH_HOST: 'a b',
  HEALTH_STATUS: '2xx',
  HEALTH_INTERVAL: '5',
  RETRIES: '11',
  PROXY_PROTOCOL: 'true',
  HASH_BY: 'random',
  BACKUP: 'shop',
  SLOW_START: '30',
  STRIP_PREFIX: 'shop',
  REWRITE_HOST: 'a,b',
  REQUEST_HEADERS: 'X-A',
  RESPONSE_HEADERS: 'Content-Length:1',
  COMPRESS: 'text',
  REDIRECT_TO: '/x',
  CANONICAL_HOST: '*.a.test',
  CORS_ORIGINS: 'a.test',
  CORS_METHODS: 'get',
  CORS_HEADERS: 'X A',
  CORS_MAX_AGE: '1h',
  ...Object.fromEntries([403, 413, 429, 500, 502, 503, 504].map((status) => [`ERROR_PAGE_${status}`, '../sorry.html'])),
};

/** Labels that take every value: what is not 'true' is false, as marathon-lb has it. */
const BOOLEANS = ['ENABLED', 'DEFAULT', 'STICKY', 'REDIRECT_TO_HTTPS', 'USE_HSTS', 'CORS_CREDENTIALS'];

/** Labels that only other programs read. */
const FOR_OTHERS = ['DEPLOYMENT_NEW_INSTANCES', 'DEPLOYMENT_COLOUR', 'APP_ID', 'DEPLOYMENT_ALT_PORT'];

const TAKE_ALL = [...BOOLEANS, ...FOR_OTHERS];

const ALL = [
  ...Object.values(APP_LABELS).map((label) => [`HAPROXY_${label.name}`, label] as const),
  ...Object.values(PORT_LABELS).map((label) => [`HAPROXY_0_${label.name}`, label] as const),
];

test.each(ALL.filter(([, { name }]) => !TAKE_ALL.includes(name)))(
  '%s: a wrong value is told, with what was wanted',
  (label, { name, grammar }) => {
    const wrong = WRONG[name];
    if (wrong === undefined) throw new Error(`${name} has no wrong value here`);
    const { problems } = readLabels(definition({ labels: { [label]: wrong } }), TEMPLATES_IN_LABELS);
    expect(problems).toMatchObject([{ code: 'label-value', label }]);
    const [{ message, hint } = { message: '', hint: '' }] = problems;
    expect(message).toContain(label);
    expect(`${message} ${hint}`).toContain(grammar.wanted);
  },
);

test.each(ALL.flatMap(([label, { name }]) => (FOR_OTHERS.includes(name) ? [label] : [])))('%s takes every value', (label) => {
  expect(readLabels(definition({ labels: { [label]: 'whatever' } }), TEMPLATES_IN_LABELS).problems).toEqual([]);
});

test.each(ALL.flatMap(([label, { name }]) => (BOOLEANS.includes(name) ? [label] : [])))('%s tells which word counts as false', (label) => {
  const problemsOf = (text: string) => readLabels(definition({ labels: { [label]: text } }), TEMPLATES_IN_LABELS).problems;
  expect(problemsOf('on')).toMatchObject([
    { code: 'label-value', label, message: `${label} is "on", which counts as false`, hint: "write 'true' or 'false'" },
  ]);
  expect(['true', 'false', 'no', ''].flatMap(problemsOf)).toEqual([]);
});
