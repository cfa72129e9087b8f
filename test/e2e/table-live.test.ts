import { expect, jest, test } from '@jest/globals';
import { clusters } from './cluster.ts';
import { reloadsIn } from './command.ts';
import { until } from './until.ts';

jest.setTimeout(90_000);

const makeCluster = clusters();

test('rows of the routing table come, move and go while HAProxy runs, and so do the shares of a split', async () => {
  const { marathon, app, otherApp, daemon, addTask, get, ports, agreed } = await makeCluster();
  const labelled = (one: typeof app, labels: Readonly<Record<string, string>>) => {
    marathon.deploy({ ...one, instances: 1, labels: { HAPROXY_GROUP: 'external', ...labels } });
  };
  const answers = async (url: string): Promise<string> => {
    const at = url.indexOf('/');
    const { status, body } = await get({ host: url.slice(0, at), path: url.slice(at) });
    return status === '200' ? body : status;
  };
  const leads = async (urls: Readonly<Record<string, string>>): Promise<void> => {
    const seen = new Map<string, string>();
    await until(
      () => `${JSON.stringify(urls)}; now: ${JSON.stringify(Object.fromEntries(seen))}`,
      async () => {
        for (const url of Object.keys(urls)) seen.set(url, await answers(url));
        return Object.entries(urls).every(([url, name]) => seen.get(url)?.includes(name) === true);
      },
    );
  };
  const [A, B] = [app.id, otherApp.id];

  labelled(app, { HAPROXY_0_VHOST: '*.acme.org,shop.acme.org' });
  labelled(otherApp, { HAPROXY_0_VHOST: 'other.acme.org', HAPROXY_0_PATH: '/b', HAPROXY_0_PATH_TYPE: 'segment' });
  await addTask(A, '127.84.0.196');
  await addTask(B, '127.84.0.197');
  const { log, logged } = daemon();
  await leads({ 'x.acme.org/': A, 'other.acme.org/b/x': B, 'other.acme.org/bx': A, 'nobody.test/': '503' });
  await agreed();
  await logged(/HAProxy has loaded the configuration/); // it serves a little before this is told

  labelled(otherApp, { HAPROXY_0_VHOST: 'other.acme.org', HAPROXY_0_PATH: '/c', HAPROXY_0_PATH_TYPE: 'exact' });
  await leads({ 'other.acme.org/c': B, 'other.acme.org/c/': A, 'other.acme.org/b': A });
  labelled(otherApp, { HAPROXY_0_VHOST: '*.b.test,[2001:db8::1]', HAPROXY_0_DEFAULT: 'true' });
  await leads({ 'x.y.b.test/': B, 'nobody.test/': B, '[2001:db8::1]/': B, 'other.acme.org/c': A });
  const route = await get({ port: ports.stats, path: '/_mlb/v1/routes?host=x.y.b.test&path=/' });
  expect(JSON.parse(route.body)).toMatchObject({ http: { rule: { where: 'route-wildcard.map' }, labels: ['HAPROXY_0_VHOST'] } });

  const share = (one: typeof app, weight: number) => {
    labelled(one, { HAPROXY_0_VHOST: 'shop.acme.org', HAPROXY_0_SPLIT: 'shop', HAPROXY_0_SPLIT_WEIGHT: String(weight) });
  };
  share(app, 100);
  share(otherApp, 0);
  await leads({ 'shop.acme.org/': A, 'x.acme.org/': '503' });
  share(otherApp, 100);
  share(app, 0);
  await until('20 requests in a row to the app that has all', async () => {
    for (let i = 0; i < 20; i++) if (!(await answers('shop.acme.org/')).includes(B)) return false;
    return true;
  });
  await agreed();
  expect(reloadsIn(log())).toBe(1);
});
