import { expect, test } from '@jest/globals';
import type { Launch } from '../../src/demo/marathon.ts';
import { until } from '../e2e/until.ts';
import { marathons } from './marathons.ts';
import { getJson } from './raw.ts';

const start = marathons();

interface Launching {
  readonly launch: Launch;
  readonly stopped: () => number;
}

function launcher(more: Partial<Awaited<ReturnType<Launch>>>): Launching {
  let [started, stopped] = [0, 0];
  const stop = (): Promise<void> => {
    stopped++;
    return Promise.resolve();
  };
  return {
    launch: () => Promise.resolve({ form: { host: '10.0.0.1', addresses: [`127.0.1.${++started}`] }, stop, ...more }),
    stopped: () => stopped,
  };
}

async function change(url: string, method: string, path: string, body: unknown): Promise<number> {
  const response = await fetch(url + path, { method, body: JSON.stringify(body) });
  await response.body?.cancel();
  return response.status;
}

interface App {
  readonly instances: number;
  readonly deployments: readonly unknown[];
  readonly tasks: readonly { readonly id: string; readonly healthCheckResults?: readonly { readonly alive: boolean }[] }[];
  readonly readinessCheckResults: readonly { readonly name: string; readonly taskId: string; readonly ready: boolean }[];
}

async function appOf(url: string, id: string): Promise<App> {
  return ((await getJson(`${url}/v2/apps${id}?embed=app.readiness`)) as { app: App }).app;
}

const READY = { id: '/shop', instances: 2, readinessChecks: [{ name: 'warm', portName: 'http', path: '/ready' }] };

test('readiness: the deployment ends when every task is ready, and then there are no results any more', async () => {
  const { launch } = launcher({ readyAfterMs: 20 });
  const { url } = await start({ launch });
  expect(await change(url, 'POST', '/v2/apps', READY)).toBe(201);
  await until('the deployment has ended', async () => (await appOf(url, '/shop')).deployments.length === 0);
  expect(await appOf(url, '/shop')).toMatchObject({ readinessCheckResults: [], tasks: [{}, {}] });
});

test('tasks that never get ready: they are told as not ready, the deployment stays open, and it is ended by force', async () => {
  const { launch, stopped } = launcher({ readyAfterMs: 1e8 });
  const { url } = await start({ launch });
  await change(url, 'POST', '/v2/apps', READY);
  await until('both tasks are asked', async () => (await appOf(url, '/shop')).readinessCheckResults.length === 2);
  const { deployments, tasks, readinessCheckResults } = await appOf(url, '/shop');
  expect(deployments).toHaveLength(1);
  const expected = tasks.map(({ id }) => ({ name: 'warm', taskId: id, ready: false }));
  expect(readinessCheckResults.map(({ name, taskId, ready }) => ({ name, taskId, ready }))).toEqual(expected);
  expect(await change(url, 'PUT', '/v2/apps/shop', { instances: 3 })).toBe(409);
  expect(await change(url, 'DELETE', '/v2/apps/shop?force=true', undefined)).toBe(200);
  await until('both have ended', () => stopped() === 2);
});

test('health comes before readiness, and a task needs both', async () => {
  const { launch } = launcher({ healthyAfterMs: 50, readyAfterMs: 50 });
  const { url } = await start({ launch });
  await change(url, 'POST', '/v2/apps', { ...READY, healthChecks: [{ protocol: 'MESOS_HTTP', path: '/' }] });
  await until('the deployment has ended', async () => (await appOf(url, '/shop')).deployments.length === 0);
  const { tasks } = await appOf(url, '/shop');
  expect(tasks.map(({ healthCheckResults }) => healthCheckResults?.[0]?.alive)).toEqual([true, true]);
});

test('scaled while tasks get ready: the tasks that are started are counted, and those too many end', async () => {
  const { launch, stopped } = launcher({ readyAfterMs: 20 });
  const { url } = await start({ launch });
  await change(url, 'POST', '/v2/apps', READY);
  expect(await change(url, 'PUT', '/v2/apps/shop?force=true', { instances: 4 })).toBe(200);
  await until('four tasks', async () => {
    const { deployments, tasks } = await appOf(url, '/shop');
    return deployments.length === 0 && tasks.length === 4;
  });
  expect(await change(url, 'PUT', '/v2/apps/shop', { instances: 1 })).toBe(200);
  await until('one task', async () => (await appOf(url, '/shop')).tasks.length === 1);
  await until('three have ended', () => stopped() === 3);
});
