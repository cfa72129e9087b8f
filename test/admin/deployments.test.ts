import { afterEach, expect, test } from '@jest/globals';
import { deploymentRoutes, type Workers } from '../../src/admin/deployments.ts';
import { SCHEMAS } from '../../src/admin/schemas.ts';
import type { StatRow } from '../../src/model/figures.ts';
import type { View } from '../../src/model/view.ts';
import { decodeApp } from '../../src/snapshot/decode.ts';
import { absorb } from '../../src/snapshot/absorb.ts';
import { EMPTY, makeDeriver } from '../golden/cases.ts';
import { makePageParts, statRow } from './page-parts.ts';
import { ask, serveAdmin } from './rig.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

function colourJson(colour: string, startedAt: string): string {
  const labels = {
    HAPROXY_GROUP: 'external',
    HAPROXY_DEPLOYMENT_GROUP: '/shop',
    HAPROXY_DEPLOYMENT_COLOUR: colour,
    HAPROXY_DEPLOYMENT_STARTED_AT: startedAt,
    HAPROXY_DEPLOYMENT_TARGET_INSTANCES: '2',
    HAPROXY_DEPLOYMENT_NEW_INSTANCES: '0',
    HAPROXY_0_PORT: '10000',
  };
  const address = (i: number) => `10.0.${colour === 'blue' ? 1 : 2}.${i}`;
  const task = (i: number) => ({
    id: `${colour}.${i}`,
    state: 'TASK_RUNNING',
    host: '10.0.0.1',
    ports: [],
    ipAddresses: [{ ipAddress: address(i), protocol: 'IPv4' }],
  });
  return JSON.stringify({
    id: `/shop-${colour}`,
    instances: colour === 'blue' ? 2 : 1,
    labels,
    networks: [{ mode: 'container', name: 'calico' }],
    container: { portMappings: [{ containerPort: 80, servicePort: 10000 }] },
    tasks: colour === 'blue' ? [task(1), task(2)] : [task(1)],
  });
}

function readAll(decoded: readonly ReturnType<typeof decodeApp>[]) {
  return {
    apps: decoded.flatMap((one) => ('app' in one ? one.app : [])),
    problems: decoded.flatMap((one) => ('problem' in one ? one.problem : [])),
  };
}

function viewOfGroup(): View {
  const apps = [colourJson('blue', '2026-01-01T00:00:00Z'), colourJson('green', '2026-01-02T00:00:00Z')].map((json) => decodeApp(json));
  const view = makeDeriver()(absorb(EMPTY, { kind: 'apps', at: 1, sentAt: 1, ...readAll(apps) }));
  if (view === undefined) throw new Error('no view');
  return view;
}

test('each task of a group with its colour, whether it serves or drains, and its sessions over all workers', async () => {
  const view = viewOfGroup();
  const names = view.services[0]?.backend.servers.map(({ name }) => name) ?? [];
  const row = (server: string, more: Partial<StatRow>): StatRow => statRow('shop_10000', { server, ...more });
  const asked: string[] = [];
  const workers = (backends: readonly string[]): Promise<Workers> => {
    asked.push(...backends);
    return Promise.resolve({
      serving: [
        row(String(names[0]), { status: 'MAINT', sessions: 1 }),
        row(String(names[1]), { status: 'UP' }),
        row(String(names[2]), { status: 'no check', requests: 9, errors: 1, queued: 2 }),
      ],
      old: [row(String(names[0]), { sessions: 3 })],
      oldWorkers: 1,
    });
  };
  const parts = { ...makePageParts({ view: () => view }), view: () => view, workers };
  const { port } = await serveAdmin({ routes: deploymentRoutes(parts) }, ends);
  const { status, text } = await ask({ port, path: '/v1/deployments/shop' });
  expect(status).toBe(200);
  expect(SCHEMAS.Deployment.parse(JSON.parse(text))).toMatchObject({
    group: '/shop',
    haproxy: 'as-wanted',
    oldWorkers: 1,
    tasks: [
      { task: 'blue.1', app: '/shop-blue', colour: 'blue', serving: false, draining: true, sessions: 4 },
      { task: 'blue.2', app: '/shop-blue', serving: true, draining: false, sessions: 0 },
      { task: 'green.1', app: '/shop-green', colour: 'green', serving: true, sessions: 2, requests: 9, errors: 1 },
    ],
  });
  expect(asked).toEqual(['shop_10000']);
  await expect(ask({ port, path: '/v1/deployments/nothing' })).resolves.toMatchObject({ status: 404 });
});

test('a HAProxy that does not answer is a 503 that says so', async () => {
  const view = viewOfGroup();
  const workers = () => Promise.reject(new Error('no answer from HAProxy'));
  const { port } = await serveAdmin({ routes: deploymentRoutes({ ...makePageParts({}), view: () => view, workers }) }, ends);
  await expect(ask({ port, path: '/v1/deployments/shop' })).resolves.toMatchObject({
    status: 503,
    text: expect.stringContaining('no answer'),
  });
});
