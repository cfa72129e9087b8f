import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { makeAclNames } from '../../src/haproxy/acl-names.ts';
import { makeRenderer } from '../../src/haproxy/document.ts';
import type { Document, Section } from '../../src/model/document.ts';
import type { Front, Service } from '../../src/model/service.ts';
import { front, OPTIONS, settings, templatesWith } from './make.ts';

const TEMPLATES = templatesWith();
const RELEASE = { major: 2, minor: 6 };
const auth = (user: string) => ({ realm: 'Staff', user, password: 'x' });
const hosts = (names: readonly string[], path?: string) => ({ routes: names.map((host) => ({ host, path })) });

function render(fronts: readonly Front[], given: Parameters<typeof settings>[0] = {}): Document {
  const services = fronts.map((one): Service => ({ front: one, backend: { options: OPTIONS, servers: [], leaving: [] } }));
  return makeRenderer(TEMPLATES, settings(given))(services, RELEASE).document;
}

/** What each ACL of a section means: name -> owner -> its lines. */
function aclsOf({ fragments }: Section): ReadonlyMap<string, ReadonlyMap<string, ReadonlySet<string>>> {
  const acls = new Map<string, Map<string, Set<string>>>();
  for (const { text, owner } of fragments)
    for (const [, name = '', rest = ''] of text.matchAll(/^ *acl (\S+) (.*)$/gm)) {
      const who = owner.by === 'app' ? `${owner.app} ${owner.index ?? ''}` : 'operator';
      const owners = acls.get(name) ?? new Map<string, Set<string>>();
      acls.set(name, owners.set(who, (owners.get(who) ?? new Set()).add(rest)));
    }
  return acls;
}

/** The ACLs of a document by which two apps, or two ports of one, mean different things. */
function ambiguous({ front: sections }: Document): readonly string[] {
  return sections.flatMap((section) =>
    [...aclsOf(section)].flatMap(([name, owners]) => {
      const meanings = new Set([...owners.values()].map((lines) => [...lines].sort().join('\n')));
      return meanings.size > 1 ? [`${section.name}: ${name}`] : [];
    }),
  );
}

const text = (document: Document): string => document.front.flatMap(({ fragments }) => fragments.map((one) => one.text)).join('');

test("an app whose host and id spell another's ACL does not open the other's basic auth", () => {
  const victim = front({ app: '/prod/shop', ...hosts(['shop.acme.org']), auth: auth('alice') });
  const evil = front({ app: '/shop', ...hosts(['shop.acme.org_prod']), auth: auth('mallory') });
  const document = render([victim, evil]);
  expect(ambiguous(document)).toEqual([]);
  expect(text(document)).toContain('acl auth_shop_acme_org_prod_shop http_auth(user_prod_shop_10000)');
  expect(text(document)).toContain('acl auth_shop_acme_org_prod_shop_shop_10000 http_auth(user_shop_10000)');
  expect(text(document)).toContain('http-request auth realm "Staff" if host_shop_acme_org_prod_shop !auth_shop_acme_org_prod_shop\n');
});

test('inside one app the users of one port do not open the path of another', () => {
  const admin = front({ app: '/team', ...hosts(['a.acme.org'], '/admin'), auth: auth('root') });
  const open = front({ app: '/team', index: 1, port: 10001, ...hosts(['a.acme.org'], '/public'), auth: auth('guest') });
  const document = render([admin, open]);
  expect(ambiguous(document)).toEqual([]);
  expect(text(document)).toContain('acl auth_a_acme_org_team http_auth(user_team_10000)');
  expect(text(document)).toContain('acl auth_a_acme_org_team_team_10001 http_auth(user_team_10001)');
});

test('two apps whose ids read the same in an ACL lead apart by X-Marathon-App-Id', () => {
  const document = render([front({ app: '/a/b' }), front({ app: '/a_b', port: 10001 })], { maps: false });
  expect(ambiguous(document)).toEqual([]);
  expect(text(document)).toContain('acl app__a_b hdr(x-marathon-app-id) -i /a/b\n');
  expect(text(document)).toContain('use_backend a_b_10001 if app__a_b_a_b_10001');
});

test("names stay marathon-lb's where two ports mean the same by one, and where the map file leads to one of them", () => {
  const first = front({ app: '/team', ...hosts(['a.acme.org'], '/x') });
  const second = front({ app: '/team', index: 1, port: 10001, ...hosts(['a.acme.org'], '/y') });
  const names = makeAclNames(() => true)([first, second]);
  expect(names.map(({ hostAcl }) => hostAcl)).toEqual(['a_acme_org_team', 'a_acme_org_team']);
  const mapped = front({ app: '/team', index: 2, port: 10002, ...hosts(['a.acme.org', 'b.acme.org']) });
  expect(makeAclNames(({ index }) => index !== 2)([mapped, first]).map(({ hostAcl }) => hostAcl)).toEqual([
    'a_acme_org_team',
    'a_acme_org_team',
  ]);
});

test('unchanged fronts stay the same objects, even those whose ACL got a different name', () => {
  const [a, b] = [front({ app: '/a/b' }), front({ app: '/a_b', port: 10001 })];
  const name = makeAclNames(() => true);
  const before = name([a, b]);
  const after = name([a, b, front({ app: '/c', port: 10002 })]);
  expect(after[0]).toBe(before[0]);
  expect(after[1]).toBe(before[1]);
});

const APPS = ['/a', '/a/b', '/a_b', '/b', '/b/a', '/a/b/a', '/a-b', '/b_a'];
const HOSTS = ['a', 'a.b', 'a_b', 'a.b_a', 'b', 'b.a', 'a.a', 'b_a'];
const anyFront = fc.record({
  app: fc.constantFrom(...APPS),
  names: fc.uniqueArray(fc.constantFrom(...HOSTS), { maxLength: 3 }),
  path: fc.option(fc.constantFrom('/x', '/y'), { nil: undefined }),
  auth: fc.option(fc.constant(auth('u')), { nil: undefined }),
  redirectToHttps: fc.boolean(),
});

test.each([
  ['maps', { maps: true }],
  ['rules', { maps: false }],
  ['maps, grouped', { maps: true, groupHttpsByVhost: true }],
  ['rules, grouped', { maps: false, groupHttpsByVhost: true }],
])('in any estate no ACL has two meanings in a frontend: %s', (_, given) => {
  fc.assert(
    fc.property(fc.array(anyFront, { maxLength: 8 }), (drawn) => {
      const all = drawn
        .sort((a, b) => (a.app < b.app ? -1 : a.app > b.app ? 1 : 0))
        .map(({ app, names, path, ...rest }, i) => front({ app, index: i, port: 10_000 + i, ...hosts(names, path), ...rest }));
      expect(ambiguous(render(all, given))).toEqual([]);
    }),
    { numRuns: 300 },
  );
});
