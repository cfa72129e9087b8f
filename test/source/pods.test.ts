import { afterEach, expect, test } from '@jest/globals';
import { startMarathon, type Marathon } from '../../src/demo/marathon.ts';
import { now } from '../../src/lib/clock.ts';
import type { AppId } from '../../src/model/names.ts';
import type { News } from '../../src/model/news.ts';
import { decodeApp, decodePod } from '../../src/snapshot/decode.ts';
import { noAuth } from '../../src/source/auth.ts';
import { makeClient, type Client } from '../../src/source/client.ts';
import { makePodReads } from '../../src/source/pods.ts';
import { makeAppRead, makeFullRead } from '../../src/source/read-to-news.ts';
import { makeVersions } from '../../src/source/versions.ts';
import { recordLog } from './server.ts';

const { signal } = new AbortController();
const open: (Marathon | Client)[] = [];

afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

const POD = {
  id: '/shop/web',
  instances: 1,
  containers: [{ name: 'web', endpoints: [{ name: 'http', hostPort: 0 }] }],
} as const;
const ID = '/shop/web' as AppId;

async function start(version = '1.11.24') {
  const marathon = await startMarathon({ version });
  const client = makeClient({ urls: [marathon.url], auth: noAuth, now });
  open.push(client, marathon);
  const told: News[] = [];
  const { log, lines } = recordLog();
  const pods = makePodReads({ ...client, decode: decodeApp, decodePod, log });
  const sleep = (): Promise<void> => new Promise(() => undefined);
  const complete = makeVersions({ readVersion: client.readVersion, decode: decodeApp, unpack: (packed) => packed, sleep, log });
  const parts = { decode: decodeApp, complete, tell: (news: News) => told.push(news), now, log };
  const readAll = makeFullRead({ ...parts, readApps: client.readApps, pods });
  const readOne = makeAppRead({ ...parts, readApp: ({ id }) => pods.readOne(id, signal) });
  const last = (): News | undefined => told.at(-1);
  return { marathon, lines, last, readAll: () => readAll(signal), readOne: (id = ID) => readOne(id, signal) };
}

test('a full read has the pods beside the apps, for one request more', async () => {
  const { marathon, readAll, last } = await start();
  marathon.deploy({ id: '/nginx', instances: 1, network: 'bridge' });
  marathon.deployPod(POD);
  marathon.addInstance(POD.id, { host: '10.0.0.7' });
  await readAll();
  expect(last()).toMatchObject({
    kind: 'apps',
    apps: [{ id: '/nginx' }, { id: POD.id, tasks: [{ containerName: 'web', state: 'TASK_RUNNING' }] }],
  });
  expect(last()).not.toHaveProperty('podsUnread');
  expect([...marathon.requests]).toEqual([
    ['/v2/apps', 1],
    ['/v2/pods/::status', 1],
  ]);
});

test('a known pod is read by itself with one request, and an id that is unknown as an app first', async () => {
  const { marathon, readAll, readOne, last } = await start();
  await readAll();
  marathon.deployPod(POD);
  await readOne();
  await readOne();
  expect(last()).toMatchObject({ kind: 'app', id: POD.id, app: { definition: { pod: true } } });
  expect(marathon.requestsOf('/v2/apps/shop/web')).toBe(1);
  expect(marathon.requestsOf('/v2/pods/shop/web::status')).toBe(2);
});

test('a pod that is gone is gone, and an app may take its id', async () => {
  const { marathon, readAll, readOne, last } = await start();
  marathon.deployPod(POD);
  await readAll();
  marathon.removePod(POD.id);
  await readOne();
  expect(last()).toMatchObject({ kind: 'app', id: POD.id, app: undefined, problems: [] });
  marathon.deploy({ id: POD.id, instances: 1, network: 'host' });
  await readOne();
  expect(last()).toMatchObject({ app: { id: POD.id } });
  expect(last()).not.toMatchObject({ app: { definition: { pod: true } } });
});

test.each(['1.3.0', '1.11.24'])(
  '404 and 405 mean that Marathon %s has no pods, and one app that is gone costs one request',
  async (version) => {
    const { marathon, readAll, readOne, last, lines } = await start(version);
    if (version !== '1.3.0') marathon.misbehave.pods = 'none';
    await readAll();
    expect(last()).toMatchObject({ kind: 'apps', apps: [] });
    expect(last()).not.toHaveProperty('podsUnread');
    await readOne();
    expect(last()).toMatchObject({ kind: 'app', app: undefined });
    expect(marathon.requestsOf('/v2/pods/shop/web::status')).toBe(0);
    expect(lines).toEqual(['info Marathon was read {"apps":0}']);
  },
);

test('500 is not that: apps are told, the pods are said to be unread, and the log says it once', async () => {
  const { marathon, readAll, last, lines } = await start();
  marathon.deployPod(POD);
  await readAll();
  marathon.misbehave.pods = 'error500';
  await readAll();
  await readAll();
  expect(last()).toMatchObject({ kind: 'apps', apps: [], podsUnread: true });
  marathon.misbehave.pods = 'ok';
  await readAll();
  expect(last()).toMatchObject({ apps: [{ id: POD.id }] });
  expect(lines).toEqual([
    expect.stringContaining('Marathon was read'),
    expect.stringContaining('pods could not be read, so their last known state is kept'),
    expect.stringContaining('pods were read'),
  ]);
});

test('an instance of an older version has the ports of that version by the names of the endpoints, read once', async () => {
  const { marathon, readAll, last } = await start();
  const endpoint = (name: string, containerPort: number, network: string) => ({ name, containerPort, networkNames: [network] });
  const networks = ['calico', 'mgmt'].map((name) => ({ mode: 'container', name }));
  const form = (...endpoints: ReturnType<typeof endpoint>[]) => ({ ...POD, networks, containers: [{ name: 'web', endpoints }] });
  const given = {
    host: '10.0.0.7',
    networks: [
      { name: 'mgmt', addresses: ['10.9.0.4'] },
      { name: 'calico', addresses: ['192.168.84.196'] },
    ],
  };
  marathon.deployPod(form(endpoint('pg', 6432, 'calico'), endpoint('old', 1, 'mgmt')));
  marathon.addInstance(POD.id, given);
  await new Promise((resolve) => setTimeout(resolve, 2)); // another version
  marathon.deployPod(form(endpoint('new', 2, 'mgmt'), endpoint('pg', 5432, 'mgmt')));
  await readAll();
  await readAll();
  const news = last();
  const [app] = news?.kind === 'apps' ? news.apps : [];
  expect(app?.definition.ports.map(({ name, container }) => [name, container])).toEqual([['new', 2], ['pg', 5432]]); // prettier-ignore
  expect(app?.tasks[0]?.of?.ports).toMatchObject([
    { name: 'new', containerName: '' },
    { name: 'pg', container: 6432, networkName: 'calico', containerName: 'web' },
  ]);
  expect([...marathon.requests].filter(([path]) => path.includes('::versions/')).map(([, count]) => count)).toEqual([1]);
});
