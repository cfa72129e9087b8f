import { expect, test } from '@jest/globals';
import { LEFT_OUT_SENTENCES } from '../../src/model/left-out.ts';
import type { LeftOutReason } from '../../src/model/left-out.ts';
import type { View } from '../../src/model/view.ts';
import { writtenOf } from '../../src/services/sift-quarantined.ts';
import { served } from '../golden/cases.ts';
import { app, ask, mapping, task, viewOf, type Json } from './make.ts';

const CHECK = { healthChecks: [{ protocol: 'HTTP', path: '/', portIndex: 0, maxConsecutiveFailures: 3 }] };
const FAILED = [{ alive: false, consecutiveFailures: 9, firstSuccess: null, lastFailure: '2026-11-28T08:00:00.000Z' }];

/** /shop as HAProxy refused it. */
function refused(): View {
  const [service] = viewOf([app()]).services;
  if (service === undefined) throw new Error('no service');
  const problems = [
    {
      code: 'refused-by-haproxy' as const,
      owner: { by: 'app' as const, app: service.front.app, index: 0 },
      label: 'HAPROXY_0_BACKEND_HEAD',
      message: "HAProxy does not take it: unknown keyword 'blance'",
      hint: 'mend HAPROXY_0_BACKEND_HEAD',
    },
  ];
  return viewOf([app()], {
    state: { quarantine: [{ app: service.front.app, index: 0, of: writtenOf(service), files: [], problems }] },
  });
}

/** /shop with a label that names a file which can't be used. */
function withBadFile(file: string, labels: Json): View {
  const named = [{ file, serves: [], fingerprint: undefined, faults: [{ message: `${file} is missing`, hint: 'put it there' }] }];
  return viewOf([app({ labels })], { state: { certificates: { ...served('/etc/ssl/cert.pem'), named } } });
}

/** A pod /shop that has one endpoint, and a container without any. */
function podWithSidecar(): Json {
  const status = (name: string): Json => ({ name, status: 'TASK_RUNNING', containerId: `shop.instance-1.${name}.1`, endpoints: [] });
  const web = { ...status('web'), endpoints: [{ name: 'http', allocatedHostPort: 31_001 }] };
  const labels = { HAPROXY_GROUP: 'external', HAPROXY_0_VHOST: 'shop.acme.org' };
  const containers = [{ name: 'web', endpoints: [{ name: 'http', hostPort: 0 }] }, { name: 'log' }];
  const instances = [{ id: 'shop.instance-1', status: 'STABLE', agentHostname: '10.0.0.1', containers: [web, status('log')] }];
  return { id: '/shop', spec: { id: '/shop', labels, containers }, instances };
}

/** For each reason a View in which something of /shop is left out for it. A reason without a row does not compile. */
const VIEWS: Readonly<Record<LeftOutReason, () => View>> = {
  'own-app': () => viewOf([app()], { env: { MARATHON_APP_ID: '/shop' } }),
  group: () => viewOf([app({ labels: { HAPROXY_GROUP: 'internal' } })]),
  disabled: () => viewOf([app({ labels: { HAPROXY_0_ENABLED: 'false' } })]),
  suspended: () => viewOf([app({ instances: 0, tasks: [] })]),
  protocol: () => viewOf([app({ ports: [mapping({ protocol: 'udp' })] })]),
  'no-service-port': () => viewOf([app({ networks: [{ mode: 'container/bridge' }], ports: [mapping({ servicePort: 0 })] })]),
  refused,
  label: () => viewOf([app({ labels: { HAPROXY_0_AUTH: 'nonsense' } })]),
  'port-conflict': () => viewOf([app(), app({ id: '/cart', labels: { HAPROXY_0_VHOST: 'cart.acme.org' } })].map(older)),
  certificate: () => withBadFile('/etc/ssl/shop.pem', { HAPROXY_0_SSL_CERT: '/etc/ssl/shop.pem' }),
  file: () => withBadFile('crl-file /etc/shop.crl', { HAPROXY_0_BIND_OPTIONS: 'crl-file /etc/shop.crl' }),
  bounds: () => viewOf([app({ ports: Array.from({ length: 101 }, (_, i) => mapping({ servicePort: 11_000 + i })) })]),
  duplicate: () => viewOf([app({ tasks: [task(1), { ...task(1), id: 'shop.2' }] })]),
  state: () => viewOf([app({ tasks: [task(1, { state: 'TASK_STAGING' })] })]),
  unhealthy: () => viewOf([app({ ...CHECK, tasks: [task(1, { healthCheckResults: FAILED })] })], { settings: { healthCheck: true } }),
  'health-unknown': () => viewOf([app({ ...CHECK, tasks: [task(1)] })], { settings: { healthCheck: true } }),
  'not-ready': () =>
    viewOf(
      [
        app({
          readinessChecks: [{ name: 'ready' }],
          deployments: [{ id: 'd' }],
          readinessCheckResults: [{ taskId: 'shop.1', ready: false }],
        }),
      ],
      { settings: { healthCheck: true } },
    ),
  'no-address': () => viewOf([app({ tasks: [task(1, { ipAddresses: [] })] })]),
  'no-endpoint': () => viewOf([podWithSidecar()]),
  'no-port': () => viewOf([app({ networks: [{ mode: 'container/bridge' }] })]),
};

/** /shop is the younger one, so that the other one has the port. */
function older(one: Json): Json {
  return { ...one, versionInfo: { lastConfigChangeAt: one['id'] === '/shop' ? '2026-02-01T00:00:00.000Z' : '2026-01-01T00:00:00.000Z' } };
}

test.each(Object.keys(VIEWS) as readonly LeftOutReason[])('what is left out for %s says so, in words and as JSON', (why) => {
  const view = VIEWS[why]();
  expect(view.leftOut.map((one) => one.why)).toContain(why);
  const { json, words } = ask(view, '/shop');
  if (json.kind !== 'app') throw new Error('no app');
  expect([...json.ports, ...json.tasks].flatMap(({ leftOut }) => leftOut)).toContainEqual(
    expect.objectContaining({ why, text: LEFT_OUT_SENTENCES[why] }),
  );
  expect(words).toContain(`left out (${why}): ${LEFT_OUT_SENTENCES[why]}`);
});

test.each(['group', 'disabled', 'suspended', 'refused', 'label'] as const)(
  'who asks for the host of a port that is left out for %s hears who would have it, and why it has not',
  (why) => {
    const { json, words } = ask(VIEWS[why](), 'shop.acme.org');
    expect(json).toMatchObject({ served: false, nearest: [], others: [{ app: '/shop', index: 0, why: 'left-out', leftOut: [{ why }] }] });
    expect(words).toContain('shop.acme.org/ is not served\n');
    expect(words).toMatch(/others that name this host\n {2}port 0 of \/shop: /);
  },
);

test("HAProxy's words are told of a port that it refuses", () => {
  expect(ask(refused(), 'shop.acme.org').words).toContain("port 0 of /shop: HAProxy does not take it: unknown keyword 'blance'");
  expect(ask(refused(), ':10004').words).toContain("port 0 of /shop: HAProxy does not take it: unknown keyword 'blance'");
});
