import { expect, test } from '@jest/globals';
import { makePlan } from '../../src/plan/plan.ts';
import { absorb } from '../../src/snapshot/absorb.ts';
import { asLoaded } from '../haproxy/make.ts';
import { decodeAll, EMPTY, makeDeriver } from '../golden/cases.ts';
import { R26, words } from './plan-rows.ts';

/** An app with one task, as Marathon sends it, whose service port is not bound. */
function app(name: string, labels: Readonly<Record<string, string>>, more: object = {}): unknown {
  const unbound = { HAPROXY_0_FRONTEND_HEAD: '', HAPROXY_0_FRONTEND_BACKEND_GLUE: '' };
  return {
    id: `/${name}`,
    instances: 1,
    labels: { HAPROXY_GROUP: 'external', ...unbound, ...labels },
    networks: [{ mode: 'container', name: 'calico' }],
    container: { portMappings: [{ containerPort: 80, servicePort: 10_000 + name.length }] },
    tasks: [{ id: `${name}.1`, state: 'TASK_RUNNING', host: '172.24.197.101', ipAddresses: [{ ipAddress: '10.0.0.9' }] }],
    ...more,
  };
}

const CHECKED = {
  healthChecks: [{ protocol: 'HTTP', path: '/', portIndex: 0 }],
  tasks: [
    {
      id: 'new.1',
      state: 'TASK_RUNNING',
      host: '172.24.197.101',
      ipAddresses: [{ ipAddress: '10.0.0.9' }],
      healthCheckResults: [{ alive: true }],
    },
  ],
};

const ESTATE = [
  app('shop', { HAPROXY_0_VHOST: 'shop.acme.org' }),
  app('deep', { HAPROXY_0_VHOST: 'www.acme.org', HAPROXY_0_PATH: '/deep' }),
  app('safe', { HAPROXY_0_VHOST: 'safe.acme.org', HAPROXY_0_REDIRECT_TO_HTTPS: 'true' }),
  app('checked', { HAPROXY_0_VHOST: 'checked.acme.org' }, CHECKED),
  ...Array.from({ length: 6 }, (_, i) =>
    [`a${i}`, `b${i}`].map((name) =>
      app(name, { HAPROXY_0_VHOST: `${name}.acme.org`, HAPROXY_0_BACKEND_HTTP_OPTIONS: `  timeout queue ${i + 1}s\n` }),
    ),
  ).flat(),
  app('fast', { HAPROXY_0_VHOST: 'fast.acme.org', HAPROXY_0_BACKEND_HTTP_OPTIONS: '  option forwardfor\n  no log\n' }),
];

const VHOST = { HAPROXY_0_VHOST: 'new.acme.org' };

test.each<[string, Readonly<Record<string, string>>, object, 'at once' | RegExp]>([
  ['VHOST', VHOST, {}, 'at once'],
  ['several hosts', { HAPROXY_0_VHOST: 'new.acme.org,new.acme.com' }, {}, 'at once'],
  ['REDIRECT_TO_HTTPS', { ...VHOST, HAPROXY_0_REDIRECT_TO_HTTPS: 'true' }, {}, 'at once'],
  ['REDIRECT_TO_HTTPS of several hosts', { HAPROXY_0_VHOST: 'a.acme.org,b.acme.org', HAPROXY_0_REDIRECT_TO_HTTPS: 'true' }, {}, 'at once'],
  ['PATH', { ...VHOST, HAPROXY_0_PATH: '/new' }, {}, 'at once'],
  ['PATH of a host that others have', { HAPROXY_0_VHOST: 'www.acme.org,shop.acme.org', HAPROXY_0_PATH: '/new' }, {}, 'at once'],
  ['PATH and REDIRECT_TO_HTTPS', { ...VHOST, HAPROXY_0_PATH: '/new /old', HAPROXY_0_REDIRECT_TO_HTTPS: 'true' }, {}, 'at once'],
  ['PATH within the path of an app before it', { HAPROXY_0_VHOST: 'www.acme.org', HAPROXY_0_PATH: '/deep/new' }, {}, 'at once'],
  ['PATH around the path of an app before it', { HAPROXY_0_VHOST: 'www.acme.org', HAPROXY_0_PATH: '/' }, {}, 'at once'],
  ['PATH_TYPE', { ...VHOST, HAPROXY_0_PATH: '/new', HAPROXY_0_PATH_TYPE: 'prefix' }, {}, /front-changed .*mlb_host/],
  ['BACKEND_WEIGHT', { ...VHOST, HAPROXY_0_BACKEND_WEIGHT: '3' }, {}, 'at once'],
  ['a health check of others', VHOST, CHECKED, 'at once'],
  ['BACKEND_HTTP_OPTIONS of others', { ...VHOST, HAPROXY_0_BACKEND_HTTP_OPTIONS: '  option forwardfor\n  no log\n' }, {}, 'at once'],
  ['BACKEND_HTTP_OPTIONS of its own', { ...VHOST, HAPROXY_0_BACKEND_HTTP_OPTIONS: '  no log\n' }, {}, /no spare backend with its lines/],
  ['PATH with a flag', { ...VHOST, HAPROXY_0_PATH: '-i /new' }, {}, /HAPROXY_n_PATH with a flag/],
  ['AUTH', { ...VHOST, HAPROXY_0_AUTH: 'realm:user:$5$salt$hash' }, {}, /HAPROXY_n_AUTH needs a list of users/],
  ['STICKY', { ...VHOST, HAPROXY_0_STICKY: 'true' }, {}, /no spare backend with its lines/],
  ['MODE', { HAPROXY_0_MODE: 'tcp' }, {}, /it is not http/],
  ['no host', { HAPROXY_0_MODE: 'http' }, {}, /it has no virtual host/],
  [
    'a bound service port',
    { ...VHOST, HAPROXY_0_FRONTEND_HEAD: '  frontend {backend}\n  bind {bindAddr}:{servicePort}\n' },
    {},
    /^front-new frontend /,
  ],
])('a new app with %s goes this way', (_, labels, more, way) => {
  const derive = makeDeriver({ spareBackends: 2 });
  const documentOf = (apps: readonly unknown[]) => {
    const view = derive(absorb(EMPTY, { kind: 'apps', at: 0, sentAt: 0, ...decodeAll(apps) }));
    if (view === undefined) throw new Error('no view');
    return view.document;
  };
  const running = asLoaded(documentOf(ESTATE));
  const wanted = documentOf([...ESTATE, app('new', labels, more)]);
  const { commands, reload } = makePlan({ mapFolder: '/etc/haproxy' })({ running, wanted, release: R26 });
  if (way === 'at once') {
    expect(reload.map(words)).toEqual([]);
    expect(commands.map(({ reason }) => words(reason))[0]).toMatch(/^spare-taken new_10003/);
  } else expect(reload.map(words).join('\n')).toMatch(way);
});

test('one pass has no spare backends, and no rules for them', () => {
  const view = makeDeriver({ spareBackends: 2, once: true })(absorb(EMPTY, { kind: 'apps', at: 0, sentAt: 0, ...decodeAll(ESTATE) }));
  expect(view?.document.spares).toBeUndefined();
  expect(Object.keys(view?.document.maps ?? {}).join()).not.toContain('spare');
});
