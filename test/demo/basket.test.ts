import { afterEach, expect, test } from '@jest/globals';
import { startBackend } from '../../src/demo/backends.ts';
import { BASKET_HOST, makeBasket, type Deploy, type DeployWish } from '../../src/demo/basket.ts';
import { startFlow } from '../../src/demo/flow.ts';
import { makeLaunch } from '../../src/demo/launch.ts';
import { until } from '../e2e/until.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** A server whose answers are those of `status`, in place of HAProxy. */
async function balancer(status: () => number) {
  const hosts: (string | undefined)[] = [];
  const backend = await startBackend({
    address: '127.0.0.1',
    port: 0,
    name: 'HAProxy',
    status,
    onRequest: ({ headers }) => hosts.push(headers.host),
  });
  ends.push(backend.close);
  return { ...backend, hosts };
}

test('a flow counts what was answered and how, and what was lost', async () => {
  const statuses = [200, 500, 503, 500];
  const { address, port, requests, close } = await balancer(() => statuses.shift() ?? 200);
  const { signal } = new AbortController();
  const flow = startFlow({ address, port, host: 'a', signal });
  await until('5 requests', () => requests() >= 5);
  await flow.stop();
  const came = requests();
  expect(flow.words()).toBe(`${came} requests meanwhile, of which 2 were answered with 500 and 1 was lost`);
  await close();
  const unheard = startFlow({ address, port, host: 'a', signal });
  await unheard.stop();
  expect(unheard.words()).toBe('1 request meanwhile, of which 1 was lost');
});

test('the basket: three versions are deployed under requests, and what became of both is told', async () => {
  const { address, port, hosts } = await balancer(() => 200);
  const [said, wishes, { signal }] = [[] as string[], [] as DeployWish[], new AbortController()];
  const deploy: Deploy = async (wish) => {
    wishes.push(wish);
    const before = hosts.length;
    if (wishes.length > 1) await until('a request', () => hosts.length > before);
    return wishes.length === 1 ? 'first' : wishes.length === 2 ? 'complete' : 'taken back';
  };
  const at = { address, port };
  const settings = { at, containerPort: 80, servicePort: 10_000, everyMs: 1_000, deploy, say: (one: string) => said.push(one), signal };
  const { begin, good, sick, failing } = makeBasket(settings);
  await begin();
  expect(hosts).toEqual([]);
  for (const step of [good, sick, failing]) await step();
  expect(new Set(hosts)).toEqual(new Set([BASKET_HOST]));
  const told = expect.stringMatching(/^\/basket: version 2 serves alone; \d+ requests? meanwhile, of which none was lost$/);
  expect(said).toEqual([
    '/basket: version 2 is deployed in a second colour, and is to take over step by step',
    told,
    '/basket: version 3 is deployed in a second colour, but its health check never passes',
    expect.stringContaining('/basket: version 3 is gone, and the version before it serves alone; '),
    '/basket: version 4 is deployed in a second colour; its health check passes, but it answers everything else with 500',
    expect.stringContaining('/basket: version 4 is gone, and the version before it serves alone; '),
  ]);
  expect(wishes.map(({ analysis }) => analysis)).toEqual([undefined, undefined, undefined, 'errors<5%']);
  expect(wishes.map(({ app }) => app['env'])).toMatchObject([
    { VERSION: '1', FAULT: 'none' },
    { VERSION: '2', FAULT: 'none' },
    { VERSION: '3', FAULT: 'never healthy' },
    { VERSION: '4', FAULT: 'answers 500' },
  ]);
});

test('what is launched for a posted app: a server at an address of its own, bad where the app says so', async () => {
  const launch = makeLaunch();
  const { port, close } = await startBackend({ address: '127.53.0.10', port: 0, name: 'to find a port' });
  await close();
  const app = (fault: string) => ({
    id: '/basket',
    env: { VERSION: '7', FAULT: fault },
    container: { portMappings: [{ containerPort: port, servicePort: 10_000 }] },
    healthChecks: [{ protocol: 'MESOS_HTTP', path: '/health' }],
  });
  const open = async (fault: string) => {
    const launched = await launch({ appId: '/basket-blue', app: app(fault) });
    ends.push(launched.stop);
    const url = `http://${String(launched.form.addresses[0])}:${port}`;
    const ask = async (path: string) => {
      const answer = await fetch(url + path);
      return [answer.status, await answer.text()];
    };
    return { ...launched, answers: [await ask('/health'), await ask('/')] };
  };
  const hello = (address: string) => `Hello from task basket-blue version 7 ${address.endsWith('10') ? 1 : 2} at ${address}:${port}\n`;
  const good = await open('none');
  expect(good).toMatchObject({ form: { addresses: ['127.53.0.10'] }, healthyAfterMs: 500 });
  expect(good.answers).toEqual([200, 200].map((status) => [status, hello('127.53.0.10')]));
  const failing = await open('answers 500');
  expect(failing.answers).toEqual([200, 500].map((status) => [status, hello('127.53.0.11')]));
  await expect(open('never healthy')).resolves.toMatchObject({ healthyAfterMs: 'never' });
});
