import { expect, test } from '@jest/globals';
import { findTrespass } from '../../src/haproxy/template-rules.ts';
import { networks } from '../../src/services/value-grammars.ts';
import { arrange, type Claim } from '../../src/services/arrange.ts';
import { makeMergeGroups } from '../../src/services/groups.ts';
import { app, appId, definition, servicesOf } from './make.ts';
import { front } from '../haproxy/make.ts';
import { nginx, read, task } from '../story/cluster.ts';
import { absorb } from '../../src/snapshot/absorb.ts';
import { EMPTY, makeDeriver } from '../golden/cases.ts';

test.each([
  ['HAPROXY_BACKEND_HEAD', ''],
  ['HAPROXY_BACKEND_HEAD', '# x\n'],
  ['HAPROXY_USERLIST_HEAD', ''],
  ['HAPROXY_BACKEND_HTTP_OPTIONS', '"backend" evil\n'],
  ['HAPROXY_BACKEND_HTTP_OPTIONS', "fronten'd' evil\n"],
  ['HAPROXY_BACKEND_HTTP_OPTIONS', '.if 0\n'],
  ['HAPROXY_HTTP_FRONTEND_ACL', '  use_backend {backend} if x \\\n'],
] as const)('an app may not have a %s of %j', (name, text) => {
  expect(findTrespass(name, text)).toBeDefined();
});
test('an IPv6 zone is refused, because HAProxy takes no such network', () => {
  expect(networks.read('fe80::1%eth0').value).toBeUndefined();
});
test('a group whose older app is scaled to 0 and whose newer one has no task yet keeps its backend', () => {
  const labels = { HAPROXY_DEPLOYMENT_GROUP: 'shop' };
  const of = (id: string, instances: number) => app([], definition({ id: appId(id), labels }), instances);
  const [merged] = makeMergeGroups()([of('/a', 0), of('/b', 2)]).apps;
  expect(merged && servicesOf(merged).services).toHaveLength(1);
});
test.each(['HAPROXY_HTTP_BACKEND_NETWORK_ALLOWED_ACL', 'HAPROXY_HTTP_FRONTEND_APPID_ACL'])(
  'a label for %s does not take a host out of the contest',
  (name) => {
    const of = (id: string, port: number, overrides = {}): Claim => ({
      serves: true,
      front: front({ app: id, port, routes: [{ host: 'x', path: undefined }], overrides }),
    });
    expect(
      arrange([of('/a', 1), of('/b', 2, { [name]: '  acl x src {network_allowed}' })], { own: [], holders: [] }).problems,
    ).toHaveLength(1);
  },
);
test('a frontend template that can not be used does not take its port out of the contest', () => {
  const derive = makeDeriver();
  const bad = nginx([task(2)], { id: '/z', labels: { HAPROXY_GROUP: 'external', HAPROXY_0_FRONTEND_HEAD: '{nothing}' } });
  const view = derive(absorb(EMPTY, read(nginx([task(1)]), bad)));
  const binds = view?.services.flatMap(({ front: { bind } }) => (bind ? [bind.port] : []));
  expect(binds).toEqual([10000]);
});

test('a label for the rule of the map has no effect, which is told', () => {
  const derive = makeDeriver();
  const of = (labels: Readonly<Record<string, string>>) =>
    derive(absorb(EMPTY, read(nginx([task(1)], { labels: { HAPROXY_GROUP: 'external', HAPROXY_0_VHOST: 'mytask.acme.org', ...labels } }))));
  const view = of({ HAPROXY_0_MAP_HTTP_FRONTEND_ACL: '  use_backend nowhere if TRUE\n' });
  expect(view?.problems).toMatchObject([
    { code: 'template', label: 'HAPROXY_0_MAP_HTTP_FRONTEND_ACL', message: expect.stringContaining('shared by all apps') },
  ]);
  expect(view?.document).toEqual(of({})?.document);
});
