import { setTimeout } from 'node:timers/promises';
import { afterEach, expect, test } from '@jest/globals';
import { startMarathon, type AppForm, type Marathon } from '../../src/demo/marathon.ts';
import { now, type Sleep } from '../../src/lib/clock.ts';
import type { AppId } from '../../src/model/names.ts';
import type { News } from '../../src/model/news.ts';
import { decodeApp, unpackPorts } from '../../src/snapshot/decode.ts';
import { noAuth } from '../../src/source/auth.ts';
import { makeClient } from '../../src/source/client.ts';
import { makeAppRead, makeFullRead } from '../../src/source/read-to-news.ts';
import { makeVersions } from '../../src/source/versions.ts';
import { recordLog } from './server.ts';

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

const { signal } = new AbortController();
const id = '/shop/cart' as AppId;
const CART: AppForm = {
  id,
  instances: 2,
  network: 'bridge',
  ports: [{ containerPort: 8080, servicePort: 10_000 }],
  readinessChecks: [{}],
};
const TASK = { host: '10.0.0.1', addresses: ['172.17.0.2'] };

/** Reads of an embedded Marathon, decoded and completed as the daemon does. */
async function start(version: string) {
  const marathon: Marathon = await startMarathon({ version });
  const client = makeClient({ urls: [marathon.url], auth: noAuth, now });
  ends.push(client.close, () => marathon.close());
  const told: News[] = [];
  const { log, lines } = recordLog();
  const decode = (json: string) => decodeApp(json);
  const sleep: Sleep = (ms, until) => setTimeout(ms, undefined, { signal: until });
  const complete = makeVersions({ readVersion: client.readVersion, decode, unpack: unpackPorts, sleep, log });
  const deps = {
    ...client,
    decode,
    complete,
    tell: (news: News) => told.push(news),
    now: () => performance.timeOrigin + performance.now(),
    log,
  };
  return { marathon, told, lines, readAll: makeFullRead(deps), readApp: makeAppRead(deps) };
}

const appsIn = (news: News | undefined) =>
  news?.kind === 'apps' ? news.apps : news?.kind === 'app' && news.app !== undefined ? [news.app] : [];

test.each(['1.4.13', '1.11.24'])('%s: an app read by itself is as in a full read, until it is gone', async (version) => {
  const { marathon, told, readAll, readApp } = await start(version);
  marathon.deploy(CART);
  marathon.deploy({ ...CART, id: '/shop' });
  const task = marathon.addTask(id, TASK);
  marathon.startDeployment(id);
  marathon.setReady(id, task, false);
  await readAll(signal);
  await readApp(id, signal);
  expect(appsIn(told[0])).toHaveLength(2);
  expect(appsIn(told[1])).toEqual(appsIn(told[0]).filter((app) => app.id === id));
  expect(appsIn(told[1])[0]).toMatchObject({ id, tasks: [{ readiness: 'not-ready' }] });
  marathon.remove(id);
  await readApp(id, signal);
  expect(told[2]).toMatchObject({ kind: 'app', id, app: undefined, problems: [] });
});

test.each(['1.4.13', '1.11.24'])('%s: tasks of an older version have its ports, over scalings, until they are gone', async (version) => {
  const { marathon, told, lines, readAll, readApp } = await start(version);
  marathon.deploy({ ...CART, labels: { a: 'b' } });
  const old = marathon.addTask(id, { ...TASK, ports: [31_000] });
  marathon.deploy({ ...CART, ports: [{ containerPort: 9090, servicePort: 10_000 }] });
  marathon.scale(id, 3);
  const young = marathon.addTask(id, { ...TASK, ports: [31_001] });
  const tasksOf = (news: News | undefined) =>
    Object.fromEntries((appsIn(news)[0]?.tasks ?? []).map((one) => [one.id, [one.of?.ports[0]?.container, one.hostPorts]]));
  for (const read of [readAll, (until: AbortSignal) => readApp(id, until)]) {
    await read(signal);
    expect(tasksOf(told.at(-1))).toEqual({ [old]: [8080, [31_000]], [young]: [undefined, [31_001]] });
  }
  const versions = [...marathon.requests].filter(([path]) => path.startsWith('/v2/apps/shop/cart/versions/'));
  expect(versions).toEqual([[expect.any(String), 1]]);
  marathon.killTask(id, old);
  await readAll(signal);
  expect(tasksOf(told.at(-1))).toEqual({ [young]: [undefined, [31_001]] });
  expect(lines).toEqual(['info Marathon was read {"apps":1}']);
});
