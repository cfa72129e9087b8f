import { expect, jest, test } from '@jest/globals';
import type { AppForm } from '../../src/demo/marathon.ts';
import { clusters } from './cluster.ts';
import { freePorts } from './ports.ts';
import { FIRST } from './tasks.ts';
import { until } from './until.ts';

jest.setTimeout(120_000);

const makeCluster = clusters();
const PORTS = 80;

test('an app whose ports need more descriptors than there are is left out alone, and is back when another one is gone', async () => {
  const { marathon, app, daemon, deploy, served, get, text } = await makeCluster();
  await deploy();
  const asRoot = ['setpriv', '--bounding-set=-sys_resource', '--inh-caps=-sys_resource']; // root would raise the limit
  const before = [...(process.getuid?.() === 0 ? asRoot : []), 'sh', '-c', 'ulimit -n 1000 && exec "$@"', 'sh'];
  const { logged } = daemon(['--maxconn', '410'], { before });
  await served(FIRST);
  const ports = await freePorts(2 * PORTS);
  const wide = (id: string, first: number): AppForm => ({
    ...app,
    id,
    instances: 1,
    labels: { HAPROXY_GROUP: 'external' },
    ports: ports.slice(first, first + PORTS).map((servicePort, i) => ({ containerPort: 8_000 + i, servicePort })),
  });
  marathon.deploy(wide('/wide', 0));
  await until('its ports', async () => (await text()).includes(`:${ports[0] ?? 0}\n`));
  marathon.deploy(wide('/wider', PORTS));
  await expect(logged(/file descriptors.*wider|wider.*file descriptors/)).resolves.toMatchObject({ app: '/wider', level: 'warn' });
  await served(FIRST);
  expect(await text()).not.toContain(`:${ports[PORTS] ?? 0}\n`);

  marathon.remove('/wide');
  await until('the ports of the other one', async () => (await text()).includes(`:${ports[PORTS] ?? 0}\n`));
  await until('a bind', async () => (await get({ port: ports[PORTS] ?? 0 })).status !== 'ECONNREFUSED');
  await logged(/wider.*problem is (?:gone|solved)|problem.*gone/);
  await served(FIRST);
});
