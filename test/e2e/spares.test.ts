import { expect, jest, test } from '@jest/globals';
import type { AppForm } from '../../src/demo/marathon.ts';
import { clusters, type Cluster } from './cluster.ts';
import { reloadsIn } from './command.ts';
import { isSince } from './release.ts';
import { until } from './until.ts';

jest.setTimeout(90_000);

const makeCluster = clusters();

/** An app with a virtual host of its name, whose service port is not bound. */
function unbound({ ports }: Cluster, name: string, labels: Readonly<Record<string, string>> = {}): AppForm {
  const own = { HAPROXY_0_VHOST: `${name}.acme.org`, HAPROXY_0_FRONTEND_HEAD: '', HAPROXY_0_FRONTEND_BACKEND_GLUE: '', ...labels };
  return {
    id: `/${name}`,
    instances: 2,
    network: 'container',
    labels: { HAPROXY_GROUP: 'external', ...own },
    ports: [{ containerPort: ports.container, servicePort: 10_000 + name.length }],
  };
}

test('new apps are served without a reload, by backends that HAProxy makes or by spare ones that they leave when it is quiet; no request fails', async () => {
  const cluster = await makeCluster();
  const { marathon, daemon, deploy, addTask, served, traffic, get, text, ports } = cluster;
  await deploy();
  const first = daemon();
  await first.logged(/has loaded/);

  marathon.deploy(unbound(cluster, 'cart'));
  marathon.deploy(unbound(cluster, 'blogs'));
  marathon.deploy(
    unbound(cluster, 'basket', { HAPROXY_0_VHOST: 'cart.acme.org', HAPROXY_0_PATH: '/basket', HAPROXY_0_REDIRECT_TO_HTTPS: 'true' }),
  );
  marathon.deploy(unbound(cluster, 'reviews', { HAPROXY_0_VHOST: 'cart.acme.org', HAPROXY_0_PATH: '/reviews /stars' }));
  for (const [app, address] of [['/cart', '127.70.0.1'], ['/cart', '127.70.0.2'], ['/blogs', '127.70.0.3'], ['/basket', '127.70.0.6'], ['/reviews', '127.70.0.7']] as const) await addTask(app, address); // prettier-ignore
  await served(['127.70.0.1', '127.70.0.2'], { host: 'cart.acme.org' });
  await served(['127.70.0.3'], { host: 'blogs.acme.org' });
  await served(['127.70.0.7'], { host: 'cart.acme.org', path: '/stars/5' });
  await served(['301'], { host: 'CART.acme.org', path: '/basket/1' });
  await served(['127.70.0.6'], { host: 'cart.acme.org', path: '/basket/1', port: ports.https, tls: true });
  const { more, stop } = traffic('cart.acme.org');
  await addTask('/cart', '127.70.0.4');
  await served(['127.70.0.1', '127.70.0.2', '127.70.0.4'], { host: 'cart.acme.org' });
  expect(reloadsIn(first.log())).toBe(1);

  marathon.deploy(unbound(cluster, 'nonsense', { HAPROXY_0_BACKEND_HTTP_OPTIONS: '  nonsense\n' }));
  await addTask('/nonsense', '127.70.0.5');
  await first.logged(/nonsense.*backend_http_options|HAProxy refuses/i);
  await expect(get({ host: 'blogs.acme.org' })).resolves.toMatchObject({ status: '200' });
  marathon.remove('/nonsense');
  marathon.remove('/blogs');
  await served(['503'], { host: 'blogs.acme.org' });
  expect(reloadsIn(first.log())).toBe(1);

  const isMade = isSince(3, 4); // then each has a backend of its own from the start, and the file has it soon
  const isWritten = async (): Promise<boolean> => /^backend cart_10004$/m.test(await text()) && !(await text()).includes('blogs');
  if (isMade) await until('the made backend in the file', isWritten);

  first.signal('SIGKILL');
  await first.ended;
  const second = daemon(isMade ? [] : ['--settle', '1']);
  await second.logged(/Marathon was read/);
  if (isMade) await addTask('/cart', '127.70.0.8');
  else await second.logged(/(?:backend-new cart_10004: so far served by marathon_lb_spare_|not-loaded haproxy).*has loaded/); // not loaded: the first was killed while it wrote the file
  await more(50);
  await served(['127.70.0.7'], { host: 'cart.acme.org', path: '/reviews' });
  await served(['301'], { host: 'cart.acme.org', path: '/basket' });
  await served(['127.70.0.1', '127.70.0.2', '127.70.0.4', ...(isMade ? ['127.70.0.8'] : [])], { host: 'cart.acme.org' });
  expect((await stop()).failures).toEqual({});
  expect(reloadsIn(second.log())).toBe(isMade ? 0 : 1);
  expect(await text()).toMatch(/^backend cart_10004\n(?: .*\n)*? {2}server/m);
});
