import { expect, test } from '@jest/globals';
import { makeDraft } from '../../src/services/fronts.ts';
import { PORT_LABELS } from '../../src/services/labels.ts';
import { PORT_TARGETS } from './hostile-estate.ts';
import { definition, settings } from './make.ts';

type Labels = Readonly<Record<string, string>>;

/** Labels that have an effect on a tcp port. */
const IN_TCP = [
  ...['GROUP', 'ENABLED', 'TLS', 'TLS_MIN', 'CLIENT_CA', 'SSL_CERT', 'BIND_OPTIONS', 'BIND_ADDR', 'PORT', 'BALANCE'],
  ...['BACKEND_NETWORK_ALLOWED_ACL', 'BACKEND_HEALTHCHECK_PORT_INDEX', 'ALLOW', 'DENY', 'MAXCONN', 'MAXCONN_TOTAL'],
  ...['CONNECT', 'SERVER', 'TUNNEL', 'QUEUE', 'CLIENT'].map((which) => `TIMEOUT_${which}`),
  ...['BACKEND_TLS', 'BACKEND_CA', 'BACKEND_SNI', 'RETRIES', 'PROXY_PROTOCOL', 'BACKUP', 'SLOW_START'],
  ...['PATH', 'HOST', 'STATUS', 'INTERVAL'].map((what) => `HEALTH_${what}`),
];
/** Those of a port that ends TLS here, or speaks it to the app itself. */
const OF_TLS = ['TLS', 'TLS_MIN', 'CLIENT_CA', 'BACKEND_TLS', 'BACKEND_CA', 'BACKEND_SNI'];

const CONTEXTS = [
  { name: 'MODE', labels: { HAPROXY_0_MODE: 'tcp' }, work: IN_TCP },
  { name: 'TLS', labels: { HAPROXY_0_TLS: 'passthrough' }, work: ['VHOST', 'MODE', ...IN_TCP.filter((name) => !OF_TLS.includes(name))] },
] as const;

/** Further labels, so that a label has an effect on a tcp port. */
const ALSO: Readonly<Record<string, Labels>> = {
  TLS_MIN: { HAPROXY_0_SSL_CERT: '/etc/ssl/cert.pem' },
  CLIENT_CA: { HAPROXY_0_SSL_CERT: '/etc/ssl/cert.pem' },
  HEALTH_HOST: { HAPROXY_0_HEALTH_PATH: '/up' },
  HEALTH_STATUS: { HAPROXY_0_HEALTH_PATH: '/up' },
  HEALTH_INTERVAL: { HAPROXY_0_HEALTH_PATH: '/up' },
};

const ROWS = CONTEXTS.flatMap((context) =>
  Object.values(PORT_LABELS)
    .filter(({ name }) => name !== context.name)
    .map(({ name }) => [name, context.name, context] as const),
);

test.each(ROWS)('%s beside %s: it works, or a Problem names both', (name, other, { labels, work }) => {
  const target = PORT_TARGETS.find((one) => one.name === name);
  const all = { ...target?.others, ...ALSO[name], ...labels, [`HAPROXY_0_${name}`]: target?.valid ?? '' };
  const { problems } = makeDraft(definition({ labels: all }), settings({ errorPages: '/pages' }));
  const told = problems.filter(({ label }) => label === `HAPROXY_0_${name}`);
  const isMute = (work as readonly string[]).includes(name);
  expect([name, told.length]).toEqual([name, isMute ? 0 : 1]);
  for (const { message, hint } of told) expect(`${message} ${hint}`).toContain(`HAPROXY_0_${other}`);
});
