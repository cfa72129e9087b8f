import { expect, test } from '@jest/globals';
import type { Front } from '../../src/model/service.ts';
import { makeAclNames } from '../../src/haproxy/acl-names.ts';
import { cleaned, makeRouteRules } from '../../src/haproxy/routes.ts';
import { front, templatesWith } from './make.ts';

const TEMPLATES = templatesWith();
const AUTH = { realm: 'Staff', user: 'alice', password: 'x' };
const SHORT: Readonly<Record<string, string>> = { HAPROXY_HTTP_FRONTEND_: '', HAPROXY_HTTPS_FRONTEND_: '', HAPROXY_BACKEND_: '' };

type Kind = 'plain' | 'path' | 'auth' | 'path auth' | 'redirect' | 'path redirect' | 'auth redirect' | 'path auth redirect';

function frontOf(kind: Kind, hosts: readonly string[], overrides: Front['overrides'] = {}): Front {
  const path = kind.includes('path') ? '/api' : undefined;
  return front({
    routes: hosts.map((host) => ({ host, path })),
    auth: kind.includes('auth') ? AUTH : undefined,
    redirectToHttps: kind.includes('redirect'),
    overrides,
  });
}

function rulesOf(of: Front, maps: boolean, grouped = false) {
  const author = { owner: { by: 'app', app: of.app, index: of.index } as const, overrides: of.overrides };
  const hostAcl = makeAclNames(() => true)([of])[0]?.hostAcl ?? '';
  const { http, https, mapped } = makeRouteRules({ front: of, hostAcl, templates: TEMPLATES, author, maps, grouped, byHost: false });
  return {
    http,
    https: [...https.before, ...https.hosts.flatMap(({ fragments }) => fragments)],
    hosts: https.hosts.map(({ host }) => host),
    mapped,
  };
}

/** The names of the templates, without what they have in common. */
const short = (fragments: readonly { readonly template: string }[]): string =>
  fragments.map(({ template }) => Object.entries(SHORT).reduce((name, [long, brief]) => name.replace(long, brief), template)).join(' ');

const TO_HTTPS = 'REDIRECT_HTTP_TO_HTTPS';

test.each<['one' | 'list', Kind, string, string]>([
  ['one', 'plain', 'ACL', 'ACL'],
  ['one', 'path', 'ACL_WITH_PATH', 'ACL_ONLY_WITH_PATH ACL_WITH_PATH'],
  ['one', 'auth', 'ACL_WITH_AUTH', 'ACL_WITH_AUTH'],
  ['one', 'path auth', 'ACL_WITH_AUTH_AND_PATH', 'ACL_ONLY_WITH_PATH ACL_WITH_AUTH_AND_PATH'],
  ['one', 'redirect', `ACL ${TO_HTTPS}`, 'ACL'],
  ['one', 'auth redirect', `ACL ${TO_HTTPS}`, 'ACL_WITH_AUTH'],
  ['one', 'path redirect', `ACL_ONLY ACL_ONLY_WITH_PATH ${TO_HTTPS}_WITH_PATH`, 'ACL_ONLY_WITH_PATH ACL_WITH_PATH'],
  ['one', 'path auth redirect', `ACL_ONLY ACL_ONLY_WITH_PATH ${TO_HTTPS}_WITH_PATH`, 'ACL_ONLY_WITH_PATH ACL_WITH_AUTH_AND_PATH'],
  ['list', 'plain', 'ACL_ONLY ACL_ONLY ROUTING_ONLY', 'ACL ACL'],
  ['list', 'path', 'ACL_ONLY_WITH_PATH ACL_ONLY ACL_ONLY ROUTING_ONLY_WITH_PATH', 'ACL_ONLY_WITH_PATH ACL_WITH_PATH ACL_WITH_PATH'],
  ['list', 'auth', 'ACL_ONLY ACL_ONLY ROUTING_ONLY_WITH_AUTH', 'ACL_WITH_AUTH ACL_WITH_AUTH'],
  [
    'list',
    'path auth',
    'ACL_ONLY_WITH_PATH_AND_AUTH ACL_ONLY ACL_ONLY ROUTING_ONLY_WITH_PATH_AND_AUTH',
    'ACL_ONLY_WITH_PATH ACL_WITH_AUTH_AND_PATH ACL_WITH_AUTH_AND_PATH',
  ],
  ['list', 'redirect', `ACL_ONLY ACL_ONLY ${TO_HTTPS}`, 'ACL ACL'],
  ['list', 'auth redirect', `ACL_ONLY ACL_ONLY ${TO_HTTPS}`, 'ACL_WITH_AUTH ACL_WITH_AUTH'],
  ['list', 'path redirect', `ACL_ONLY_WITH_PATH ACL_ONLY ACL_ONLY ${TO_HTTPS}_WITH_PATH`, 'ACL_ONLY_WITH_PATH ACL_WITH_PATH ACL_WITH_PATH'],
  [
    'list',
    'path auth redirect',
    `ACL_ONLY_WITH_PATH_AND_AUTH ACL_ONLY ACL_ONLY ${TO_HTTPS}_WITH_PATH`,
    'ACL_ONLY_WITH_PATH ACL_WITH_AUTH_AND_PATH ACL_WITH_AUTH_AND_PATH',
  ],
])('%s host, %s', (many, kind, http, https) => {
  const hosts = many === 'one' ? ['a.acme.org'] : ['a.acme.org', 'b.acme.org'];
  const ruled = rulesOf(frontOf(kind, hosts), false);
  expect({ http: short(ruled.http), https: short(ruled.https) }).toEqual({ http, https });
  expect(ruled.mapped).toEqual({ http: [], https: [] });

  const mapped = rulesOf(frontOf(kind, hosts), true);
  const plain = !kind.includes('path') && !kind.includes('auth');
  const redirect = kind.includes('redirect');
  expect(mapped.mapped).toEqual({ http: plain && !redirect ? hosts : [], https: plain ? hosts : [] });
  expect({ http: short(mapped.http), https: short(mapped.https) }).toEqual({
    http: plain && !redirect ? '' : http,
    https: plain ? '' : https,
  });
});

test.each([true, false])('without virtual hosts there are no rules, maps %s', (maps) => {
  expect(rulesOf(front({ auth: AUTH, redirectToHttps: true }), maps)).toEqual({
    http: [],
    https: [],
    hosts: [],
    mapped: { http: [], https: [] },
  });
});

test.each([
  ['HAPROXY_HTTP_FRONTEND_ACL', true],
  ['HAPROXY_HTTPS_FRONTEND_ACL', true],
  ['HAPROXY_HTTP_FRONTEND_ROUTING_ONLY', true],
  ['HAPROXY_HTTPS_FRONTEND_AUTH_ACL_ONLY', true],
  ['HAPROXY_BACKEND_REDIRECT_HTTP_TO_HTTPS', true],
  ['HAPROXY_HTTP_FRONTEND_APPID_ACL', false],
  ['HAPROXY_BACKEND_HEAD', false],
  ['HAPROXY_HTTP_BACKEND_NETWORK_ALLOWED_ACL', false],
  ['HAPROXY_MAP_HTTP_FRONTEND_ACL', false],
])('an app with a label for %s makes rules of its own: %s', (name, own) => {
  const { http, https, mapped } = rulesOf(frontOf('plain', ['a.acme.org'], { [name]: '  my rule if x\n' }), true);
  expect(mapped.https).toEqual(own ? [] : ['a.acme.org']);
  expect([http.length, https.length]).toEqual(own ? [1, 1] : [0, 0]);
  if (name === 'HAPROXY_HTTP_FRONTEND_ACL') expect(http[0]?.text).toBe('  my rule if x\n');
});

test('where each host has an https frontend of its own, plain hosts have rules there, and the http map stays', () => {
  const hosts = ['a.acme.org', 'b.acme.org'];
  const grouped = rulesOf(frontOf('plain', hosts), true, true);
  expect(grouped.mapped).toEqual({ http: hosts, https: [] });
  expect([short(grouped.http), short(grouped.https), grouped.hosts]).toEqual(['', 'ACL ACL', hosts]);
});

test('rules know their hosts, path and names', () => {
  const of = front({
    app: '/shop/cart',
    routes: ['a.acme.org', 'b_x.acme.org'].map((host) => ({ host, path: '-i /api /v2' })),
    auth: AUTH,
  });
  const { http, https } = rulesOf(of, false);
  expect(http.map(({ text }) => text).join('')).toBe(
    `  acl path_shop_cart_10000 path_beg -i /api /v2
  acl auth_a_acme_org_shop_cart http_auth(user_shop_cart_10000)
  acl host_a_acme_org_shop_cart hdr(host) -i a.acme.org
  acl host_a_acme_org_shop_cart hdr(host) -i b_x.acme.org
  http-request auth realm "Staff" if host_a_acme_org_shop_cart path_shop_cart_10000 !auth_a_acme_org_shop_cart
  use_backend shop_cart_10000 if host_a_acme_org_shop_cart path_shop_cart_10000
`,
  );
  expect(https.map(({ text }) => text).join('')).toContain(
    'use_backend shop_cart_10000 if { ssl_fc_sni b_x.acme.org } path_shop_cart_10000',
  );
  for (const { owner } of [...http, ...https]) expect(owner).toEqual({ by: 'app', app: '/shop/cart', index: 0 });
});

test.each([
  ['a.acme.org', 'a_acme_org'],
  ['/shop/cart-v2', '_shop_cart-v2'],
  ['ä b"', '__b_'],
  ['A-z09', 'A-z09'],
])('cleaned: %s', (text, wanted) => {
  expect(cleaned(text)).toBe(wanted);
});
