import { expect, test } from '@jest/globals';
import { makeRenderer } from '../../src/haproxy/document.ts';
import { serviceAlone } from '../../src/blame/service-alone.ts';
import { textOf } from '../../src/haproxy/file-text.ts';
import type { TemplateName } from '../../src/haproxy/catalogue.ts';
import type { Document } from '../../src/model/document.ts';
import type { AppId } from '../../src/model/names.ts';
import type { Service } from '../../src/model/service.ts';
import { front, OPTIONS, server, service, settings, templatesWith } from '../haproxy/make.ts';

const RELEASE = { major: 3, minor: 3 };
const CHECK = {
  protocol: 'tcp',
  marathonProtocol: 'TCP',
  path: '/',
  intervalSeconds: 5,
  timeoutSeconds: 5,
  gracePeriodSeconds: 5,
  falls: 3,
  at: undefined,
} as const;
const SHOP = { by: 'app', app: '/shop' as AppId, index: 0 } as const;
const text = (document: Document | undefined): string => (document === undefined ? '' : [...textOf(document)].join(''));

/** A document of /shop beside /other, with these templates of the operator's. */
function rendered(own: Partial<Record<TemplateName, string>>, given: Partial<Service['front']> = {}): Document {
  const texts = Object.entries(own).map(([name, of]) => [name, { text: of, language: 'marathon-lb', from: name }] as const);
  const services = [
    service(front({ app: '/other', port: 10001 }), [server(31001)]),
    service({ ...front(), ...given }, [server(31000)], { ...OPTIONS, check: CHECK }),
  ];
  return makeRenderer(templatesWith(Object.fromEntries(texts)), settings())(services, RELEASE).document;
}

test.each<[TemplateName, string]>([
  ['HAPROXY_FRONTEND_HEAD', 'frontend {backend}\n  bind *:1\n'],
  ['HAPROXY_BACKEND_HEAD', 'backend {backend}\n  nonsense\n'],
  ['HAPROXY_BACKEND_SERVER_OPTIONS', '  server {serverName} {host}:{port} nonsense\n'],
  ['HAPROXY_BACKEND_SERVER_TCP_HEALTHCHECK_OPTIONS', ' check nonsense\n'],
])("%s of the operator's: a service alone, as it is and as the default templates have it", (name, own) => {
  const alone = serviceAlone(rendered({ [name]: own }), SHOP);
  const byDefault = text(rendered({}));
  const lines = (one: string): readonly string[] => one.split('\n').filter((line) => line.trim() !== '');
  expect(lines(text(alone?.asItIs)).filter((line) => !lines(byDefault).includes(line))).toHaveLength(1);
  expect(lines(text(alone?.withStandard)).filter((line) => !lines(byDefault).includes(line))).toEqual([]);
  expect(text(alone?.asItIs)).toContain('shop_10000');
  expect(text(alone?.asItIs)).not.toContain('other_10001');
});

test('both templates of a server line', () => {
  const own = {
    HAPROXY_BACKEND_SERVER_OPTIONS: '  server {serverName} {host}:{port}{healthCheckOptions} a\n',
    HAPROXY_BACKEND_SERVER_TCP_HEALTHCHECK_OPTIONS: ' check b\n',
  };
  const found = serviceAlone(rendered(own), SHOP);
  expect(text(found?.asItIs)).toContain('10.0.0.1:31000 check b a\n');
  expect(text(found?.withStandard)).not.toMatch(/ [ab]\n/);
});

test("no template of the operator's, or one in whose place the app has its own: nothing to compare", () => {
  expect(serviceAlone(rendered({}), SHOP)).toBeUndefined();
  const overrides = { HAPROXY_BACKEND_HEAD: 'backend {backend}\n  mode {mode}\n' };
  expect(serviceAlone(rendered({ HAPROXY_BACKEND_HEAD: 'backend {backend}\n  nonsense\n' }, { overrides }), SHOP)).toBeUndefined();
});

test("a check's template in a label: the server line has that label", () => {
  const overrides = { HAPROXY_BACKEND_SERVER_TCP_HEALTHCHECK_OPTIONS: ' check nonsense' };
  const line = rendered({}, { overrides })
    .backends.flatMap(({ servers }) => [...servers.values()])
    .find(({ owner }) => owner.by === 'app' && owner.app === '/shop');
  expect(line).toMatchObject({
    label: 'HAPROXY_0_BACKEND_SERVER_TCP_HEALTHCHECK_OPTIONS',
    text: expect.stringContaining('check nonsense'),
  });
});
