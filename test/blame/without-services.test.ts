import { describe, expect, test } from '@jest/globals';
import { makeRenderer } from '../../src/haproxy/document.ts';
import { ownersIn } from '../../src/blame/app-owners.ts';
import { textOf } from '../../src/haproxy/file-text.ts';
import { withoutServices } from '../../src/blame/without-services.ts';
import type { Document } from '../../src/model/document.ts';
import type { Service } from '../../src/model/service.ts';
import { front, server, service, settings, templatesWith } from '../haproxy/make.ts';

const AUTH = { realm: 'shop', user: 'joe', password: '$6$x' };
const host = (name: string, path?: string) => ({ host: `${name}.org`, path });
const A = service(front({ app: '/a', port: 10001, routes: [host('a')] }), [server(1)]);
const B = service(front({ app: '/b', port: 10002, routes: [host('b', '/x')], auth: AUTH }), [server(2)]);
const C = service(front({ app: '/c', port: 10003, mode: 'tcp' }), [server(3)]);
const SECOND = service(front({ app: '/a', port: 10004, index: 1, routes: [host('second')] }), [server(4)]);
const ALL = [A, SECOND, B, C];

function render(services: readonly Service[], given: Parameters<typeof settings>[0] = {}): Document {
  return makeRenderer(templatesWith(), settings(given))(services, { major: 2, minor: 6 }).document;
}

const text = (document: Document): string => [...textOf(document)].join('');

describe.each([{ maps: true }, { maps: false }, { groupHttpsByVhost: true, maps: false }])('with %j', (given) => {
  test.each([
    ['one port of an app', ['/a 1'], [A, B, C]],
    ['an app with a userlist and rules', ['/b 0'], [A, SECOND, C]],
    ['one without a host', ['/c 0'], [A, SECOND, B]],
    ['two', ['/b 0', '/c 0'], [A, SECOND]],
    ['one that is not there', ['/b 1', '/z 0'], ALL],
  ])('%s: as if it had not been rendered', (_, owners, left) => {
    const [rest, wanted] = [withoutServices(render(ALL, given), new Set(owners)), render(left, given)];
    const rules = (one: Document) =>
      one.front.filter(({ name }) => !/marathon_https_in|^backend \w+_org$/.test(name) || given.groupHttpsByVhost !== true);
    expect(text({ ...rest, front: rules(rest) })).toBe(text({ ...wanted, front: rules(wanted) }));
    expect(rest.maps).toEqual(wanted.maps);
  });
});

test('what is untouched is the same object', () => {
  const all = render(ALL);
  expect(withoutServices(all, new Set())).toBe(all);
  const rest = withoutServices(all, new Set(['/c 0']));
  for (const section of rest.front) expect(all.front).toContain(section);
  for (const section of rest.backends) expect(all.backends).toContain(section);
  for (const [file, map] of Object.entries(rest.maps)) expect(all.maps[file]).toBe(map);
});

test('without anybody, nothing of an app is left', () => {
  const all = render(ALL, { maps: false, groupHttpsByVhost: true });
  expect(ownersIn(all)).toEqual(expect.arrayContaining(['/a 0', '/a 1', '/b 0', '/c 0']));
  const rest = withoutServices(all, new Set(ownersIn(all)));
  expect(ownersIn(rest)).toEqual([]);
  expect(rest.backends).toEqual([]);
  expect(text(rest)).not.toMatch(/10\.0\.0\.1/);
});

test("a backend that somebody else's rule leads to stays, empty, in the mode of that frontend", () => {
  const rule = '  acl to_c hdr(host) c.org\n  use_backend c_10003 if to_c\n';
  const other = service(front({ app: '/d', port: 10005, routes: [host('d')], overrides: { HAPROXY_HTTP_FRONTEND_ACL: rule } }), []);
  const all = render([A, C, other]);
  const rest = withoutServices(all, new Set(['/c 0']));
  expect(rest.backends.find(({ backend }) => backend === 'c_10003')?.fragments).toEqual([
    { template: 'HAPROXY_BACKEND_HEAD', owner: { by: 'operator' }, text: '\nbackend c_10003\n  mode http\n' },
  ]);
  expect(withoutServices(all, new Set(['/c 0', '/d 0'])).backends.map(({ backend }) => backend)).toEqual(['a_10001']);
});
