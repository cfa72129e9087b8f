import { expect, test } from '@jest/globals';
import type { AppId } from '../../src/model/names.ts';
import { readCases, viewOf as viewOfCase } from '../golden/cases.ts';
import { makeLookup } from '../../src/explain/view-lookup.ts';
import { explainRoute, explainRouteInSteps } from '../../src/explain/route.ts';
import { app, ask, mapping, task, viewOf } from './make.ts';

function caseOf(name: string) {
  const found = readCases().find((one) => one.name === name);
  if (found === undefined) throw new Error(`no case ${name}`);
  return viewOfCase(found);
}

test('the rule that answers is named with its labels, its servers and their tasks', () => {
  const { json, words } = ask(viewOf([app({ labels: { HAPROXY_0_PATH: '/cart' } })]), 'https://Shop.acme.org:443/cart/1?a=b');
  expect(json).toMatchObject({ kind: 'route', host: 'shop.acme.org', path: '/cart/1', served: true, others: [] });
  expect(words).toContain('shop.acme.org/cart/1 is served\n');
  expect(words).toContain('answered by port 0 of /shop, backend shop_10004\n');
  expect(words).toContain("by 'use_backend shop_10004 if host_shop_acme_org_shop path_shop_10004' in frontend marathon_http_in\n");
  expect(words).toContain('from HAPROXY_0_VHOST, HAPROXY_0_PATH\n');
  expect(words).toContain('server 192.168.84.1:80, task shop.1: serves\n');
});

test('a path that nobody has is not served, and the port with the other paths is named', () => {
  const { json, words } = ask(viewOf([app({ labels: { HAPROXY_0_PATH: '/cart' } })]), 'shop.acme.org/other');
  expect(json).toMatchObject({ served: false, http: { action: 'nothing', why: 'no-path' }, others: [{ app: '/shop', why: 'path' }] });
  expect(words).toContain('port 0 of /shop: it has other paths of this host alone');
});

test('a host that nobody names brings the three nearest ones', () => {
  const hosts = ['shop.acme.org', 'shoe.acme.org', 'ship.acme.org', 'mail.example.com'];
  const apps = hosts.map((host, i) =>
    app({ id: `/a${i}`, labels: { HAPROXY_0_VHOST: host }, ports: [mapping({ servicePort: 10_000 + i })] }),
  );
  const { json, words } = ask(viewOf(apps), 'shob.acme.org');
  expect(json).toMatchObject({ served: false, http: { why: 'no-host' }, nearest: ['shop.acme.org', 'shoe.acme.org', 'ship.acme.org'] });
  expect(words).toContain('no app has the host shob.acme.org; the nearest ones are shop.acme.org, shoe.acme.org, ship.acme.org\n');
});

test.each([
  ['shop', '/shop'],
  ['Shop', '/shop'],
  ['shop_10004', '/shop'],
  ['192.168.84.1:80', '/shop'],
  ['10004', ':10004'],
  ['nobody.acme.org', null],
])('who asks for %s and means %s is told so', (asked, meant) => {
  const { json, words } = ask(viewOf([app()]), asked);
  expect(json).toMatchObject({ kind: 'route', served: false, meant });
  expect(words.includes(`perhaps ${String(meant)} is meant: explain ${String(meant)}\n`)).toBe(meant !== null);
});

test('a backend without a server: its tasks say why, and which check it is', () => {
  const check = { protocol: 'HTTP', path: '/health', portIndex: 0, maxConsecutiveFailures: 3 };
  const [first, last, failed] = ['2026-11-28T07:00:00.000Z', '2026-11-28T07:30:00.000Z', '2026-11-28T08:00:00.000Z'];
  const results = [{ alive: false, consecutiveFailures: 9, firstSuccess: first, lastSuccess: last, lastFailure: failed }];
  const view = viewOf([app({ healthChecks: [check], tasks: [task(1, { healthCheckResults: results })] })], {
    settings: { healthCheck: true },
  });
  const { json, words } = ask(view, 'shop.acme.org');
  expect(json).toMatchObject({ served: false, http: { action: 'backend', why: 'no-server', port: { app: '/shop' } } });
  expect(words).toContain('a rule leads to a backend that has no server: HAProxy answers 503\n');
  expect(words).toContain(
    'task shop.1: left out (unhealthy): a health check of the task fails (TASK_RUNNING, health dead, a check fails that has passed until 2026-11-28T07:30:00.000Z',
  );
  expect(words).toContain('HTTP check of /health on port index 0');
});

test('a host that another app has', () => {
  const apps = [app(), app({ id: '/cart', ports: [mapping({ servicePort: 10_005 })] })];
  const { json, words } = ask(viewOf(apps), 'shop.acme.org');
  expect(json).toMatchObject({ served: true, http: { port: { app: '/cart' } }, others: [{ app: '/shop', why: 'lost' }] });
  expect(words).toContain('port 0 of /shop: the virtual host shop.acme.org belongs to port 0 of /cart');
});

test('a redirect, a password, and a frontend for each host', () => {
  const view = caseOf('https-grouped');
  const { json, words } = ask(view, 'staff.acme.org');
  expect(json).toMatchObject({
    served: true,
    http: { action: 'redirect' },
    https: { action: 'backend', auth: true, port: { app: '/staff' } },
  });
  expect(words).toContain('a rule redirects the client\n');
  expect(words).toContain('a user and password are asked for\n');
  expect(ask(view, 'shop.acme.org/cart').json).toMatchObject({ https: { port: { app: '/shop/cart' } } });
  expect(ask(view, 'shop.acme.org').json).toMatchObject({ https: { port: { app: '/shop' } } });
});

test('a row of the map file, and a rule of a template that matches more', () => {
  const view = caseOf('maps');
  expect(ask(view, 'a.acme.org').json).toMatchObject({ http: { rule: { where: 'domain2backend.map', line: 'a.acme.org a_10000' } } });
  expect(ask(view, 'x.acme.org').json).toMatchObject({
    http: { port: { app: '/c' }, labels: ['HAPROXY_0_HTTP_FRONTEND_ACL', 'HAPROXY_0_VHOST'] },
    https: { action: 'nothing' },
  });
});

test('a rule whose condition depends on the client is named as one that may take the request first', () => {
  const rule = '  acl inside src 10.0.0.0/8\n  use_backend {backend} if inside\n';
  const view = viewOf([app({ labels: { HAPROXY_0_HTTP_FRONTEND_ACL: rule } })]);
  const { words } = ask(view, 'other.acme.org');
  expect(words).toContain("may be taken before that by 'use_backend shop_10004 if inside' in frontend marathon_http_in");
});

test("a port: whose it is, the load balancer's own, another process's, nobody's", () => {
  const why = '*:10005 is taken by nginx (pid 123)';
  const apps = [app(), app({ id: '/cart', labels: { HAPROXY_0_VHOST: 'cart.acme.org' }, ports: [mapping({ servicePort: 10_005 })] })];
  const view = viewOf(apps, { state: { taken: [{ address: '*', port: 10_005, why }] } });
  expect(ask(view, ':10004').words).toContain("bound by 'frontend shop_10004'\n  answered by port 0 of /shop, backend shop_10004\n");
  expect(ask(view, ':80').words).toContain(
    "bound by 'frontend marathon_http_in', a frontend of the load balancer: ask for a host, or for an app",
  );
  const { json, words } = ask(view, ':10005');
  expect(json).toMatchObject({ served: false, binds: [], taken: [why], others: [{ app: '/cart', why: 'lost' }] });
  expect(words).toContain(`another process has it: ${why}\n`);
  expect(ask(view, ':4711').words).toBe('port 4711 is not served\nno frontend binds it\n');
});

test('a deployment group: each colour, and the group by its name', () => {
  const colour = (id: string, startedAt: string, n: number) =>
    app({
      id,
      labels: { HAPROXY_DEPLOYMENT_GROUP: 'shop', HAPROXY_DEPLOYMENT_STARTED_AT: startedAt },
      ports: [mapping({ servicePort: 10_004 + n })],
      tasks: [task(n, { id: `${id.slice(1)}.${n}` })],
    });
  const view = viewOf([colour('/blue', '2026-01-01T00:00:00Z', 1), colour('/green', '2026-02-01T00:00:00Z', 2)]);
  for (const id of ['/blue', '/green']) {
    const { json, words } = ask(view, id);
    expect(json).toMatchObject({ app: id, servedAs: '/shop', served: true, ports: [{ app: '/shop', author: '/blue', index: 0 }] });
    expect(words).toContain(`${id} is served, as a part of the deployment group /shop\n`);
  }
  expect(ask(view, '/shop').json).toMatchObject({
    app: '/shop',
    servedAs: null,
    instances: 2,
    tasks: [{ draining: true }, { draining: false }],
  });
});

test('labels: what counts, what is not understood, and no secret', () => {
  const labels = { HAPROXY_0_VHOSTS: 'x', HAPROXY_0_BALANCE: 'best', HAPROXY_0_AUTH: 'Staff:alice:$6$salt$hash', HAPROXY_3_PORT: '80' };
  const { json, words } = ask(viewOf([app({ labels })]), '/shop');
  if (json.kind !== 'app') throw new Error('no app');
  expect(Object.fromEntries(json.labels.map(({ name, counts }) => [name, counts]))).toEqual({
    HAPROXY_0_AUTH: 'yes',
    HAPROXY_0_BALANCE: 'no',
    HAPROXY_0_VHOST: 'yes',
    HAPROXY_0_VHOSTS: 'no',
    HAPROXY_3_PORT: 'no',
    HAPROXY_GROUP: 'yes',
  });
  expect(words).toContain('HAPROXY_0_AUTH="***"\n');
  expect(words).toMatch(/the nearest \w+ is HAPROXY_0_VHOST/);
  expect(JSON.stringify(json) + words).not.toContain('$6$');
});

test('what keeps HAProxy from any configuration is told with every answer', () => {
  const problem = {
    code: 'refused-by-haproxy' as const,
    owner: { by: 'operator' as const },
    message: 'HAProxy does not take the template HAPROXY_HEAD',
    hint: 'mend it',
  };
  const view = viewOf([app()], { state: { refused: [problem] } });
  for (const word of ['/shop', 'shop.acme.org', ':10004'])
    expect(ask(view, word).words).toContain('the load balancer itself\n  HAProxy does not take the template HAPROXY_HEAD (mend it)\n');
});

test('nothing is known of an app that Marathon does not have', () => {
  expect(() => ask(viewOf([app()]), '/none')).toThrow('nothing is known');
  expect(viewOf([app()]).services.map(({ front }) => front.app)).toEqual(['/shop' as AppId]);
});

test("a pod's endpoint without a service port has none in the answer", () => {
  const view = viewOf([app({})]);
  const services = view.services.map(({ front, backend }) => ({ backend, front: { ...front, port: 0 } }));
  const { json, words } = ask({ ...view, services }, '/shop');
  expect(json).toMatchObject({ ports: [{ index: 0, servicePort: null }] });
  expect(words).not.toContain('service port 0');
});

test('a route among many apps is explained in steps, so that other work has its turn, with the same result', () => {
  const apps = Array.from({ length: 1_000 }, (_, i) =>
    app({ id: `/a${i}`, labels: { HAPROXY_0_VHOST: `host-${i}.acme.org` }, ports: [mapping({ servicePort: 10_000 + i })] }),
  );
  const lookup = makeLookup(viewOf(apps));
  const steps = explainRouteInSteps(lookup, 'host-none.acme.org', '/');
  let pauses = 0;
  for (let step = steps.next(); ; step = steps.next()) {
    if (step.done === true) {
      expect(step.value).toEqual(explainRoute(lookup, 'host-none.acme.org', '/'));
      break;
    }
    pauses++;
  }
  expect(pauses).toBeGreaterThanOrEqual(2 * (1_000 / 250)); // for the apps that name the host, and for the nearest hosts
});
