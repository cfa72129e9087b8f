import { expect, jest, test } from '@jest/globals';
import { startBackend, type RunningBackend } from '../../src/demo/backends.ts';
import type { PodForm } from '../../src/demo/marathon.ts';
import { ask } from './ask.ts';
import { clusters } from './cluster.ts';
import { reloadsIn } from './command.ts';
import { HOST } from './tasks.ts';
import { until } from './until.ts';

jest.setTimeout(90_000);

const makeCluster = clusters();

const form = (instances: number, version: string): PodForm => ({
  id: '/shop/web',
  instances,
  labels: { HAPROXY_GROUP: 'external', version },
  containers: [
    {
      name: 'web',
      endpoints: [{ name: 'http', hostPort: 0, labels: { HAPROXY_VHOST: HOST } }],
      healthCheck: { http: { endpoint: 'http' } },
    },
    { name: 'log', healthCheck: { exec: {} } },
  ],
});

test('a pod is scaled, one of its containers is killed, a sidecar is sick, it is rolled: no request fails, and nothing is reloaded', async () => {
  const { marathon, ports, ends, daemon, settled, worker, traffic, text } = await makeCluster();
  const backends = new Map<string, RunningBackend>();
  const add = async (address: string): Promise<string> => {
    const backend = await startBackend({ address, port: ports.container, name: address });
    ends.push(() => backend.close());
    const id = marathon.addInstance('/shop/web', { host: address, ports: { http: ports.container }, healthy: true });
    backends.set(id, backend);
    return id;
  };
  const served = async (id: string): Promise<void> => {
    const before = backends.get(id)?.requests() ?? 0;
    await until(`a request at ${id}`, () => (backends.get(id)?.requests() ?? 0) > before);
  };
  const gone = (id: string): Promise<true> => {
    const address = backends.get(id)?.address ?? '';
    return until(`a file without ${address}`, async () => !(await text()).includes(` ${address}:`)); // which is written after HAProxy was told
  };
  const kill = async (id: string): Promise<void> => {
    marathon.killInstance('/shop/web', id);
    await gone(id);
    await backends.get(id)?.close();
  };
  marathon.deployPod(form(2, '1'));
  const [first, second] = [await add('127.53.0.1'), await add('127.53.0.2')];
  const { logged, log } = daemon(['--health-check']);
  await logged(/has loaded/);
  const before = await worker();
  const { more, stop } = traffic();
  await more(20);

  marathon.deployPod(form(3, '1'));
  const third = await add('127.53.0.3');
  await served(third);

  marathon.setContainer({ pod: '/shop/web', instance: first, container: 'web' }, 'TASK_FAILED');
  await gone(first);
  await kill(first);
  await more(20);

  marathon.setContainerHealth({ pod: '/shop/web', instance: second, container: 'log' }, false);
  await more(50);
  await served(second);

  marathon.deployPod(form(2, '2'));
  for (const [old, address] of [
    [second, '127.53.0.4'],
    [third, '127.53.0.5'],
  ] as const) {
    // prettier-ignore
    await served(await add(address));
    await kill(old);
  }
  await more(20);
  expect((await stop()).failures).toEqual({});
  expect(reloadsIn(log())).toBe(1); // the start
  expect(await worker()).toBe(before);

  marathon.misbehave.pods = 'error500';
  await settled(); // the full read has the apps, and keeps the pods
  expect(await ask({ port: ports.http, host: HOST })).toMatchObject({ status: '200' });
});
