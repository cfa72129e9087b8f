import { describe, expect, test } from '@jest/globals';
import type { AppId } from '../../src/model/names.ts';
import type { BackendOptions, Front, Service } from '../../src/model/service.ts';
import { makeLend } from '../../src/services/backups.ts';
import { front, OPTIONS, server, service } from '../haproxy/make.ts';

const asking = (app: string, index = 0): BackendOptions => ({ ...OPTIONS, traffic: { backup: { app: app as AppId, index } } });
const shop = (options = asking('/static'), given: Parameters<typeof front>[0] = {}): Service => service(front(given), [server(1)], options);
const of = (app: string, given: Partial<Front> = {}, options = OPTIONS): Service => service(front({ ...given, app }), [server(2)], options);
const lend = (...services: readonly Service[]) => makeLend()(services);

test('the servers of the other port come behind its own, unchecked, and as their own app says', () => {
  const tls = { traffic: { proxyProtocol: 2 } } as const;
  const lender = of('/static', {}, { ...OPTIONS, ...tls });
  const { services, problems } = lend(shop(), { ...lender, backend: { ...lender.backend, leaving: [server(3).name] } });
  expect(problems).toEqual([]);
  expect(services[0]?.backend.servers).toMatchObject([
    { port: 1, checked: true },
    { port: 2, checked: false, lent: { traffic: { proxyProtocol: 2 }, by: { by: 'app', app: '/static', index: 0 } } },
  ]);
  expect(services[0]?.backend.servers[0]).not.toHaveProperty('lent');
  expect(services[0]?.backend.leaving).toEqual([server(3).name]);
  expect(services[1]?.backend.servers).toHaveLength(1);
});

test('two apps may stand in for each other, and get only what the other one has itself', () => {
  const { services, problems } = lend(shop(), of('/static', {}, asking('/shop')));
  expect(problems).toEqual([]);
  expect(services.map(({ backend }) => backend.servers.map(({ port }) => port))).toEqual([
    [1, 2],
    [2, 1],
  ]);
});

test('services that neither have the label nor are named by one stay the same objects', () => {
  const all = [of('/a'), of('/b')];
  expect(makeLend()(all).services).toBe(all);
  const lendTwice = makeLend();
  const services = [of('/a'), shop(), of('/static')];
  const [first, second] = [lendTwice(services).services, lendTwice([...services]).services];
  expect(second).toBe(first);
  expect(first[0]).toBe(services[0]);
  const scaled = { ...of('/static'), backend: { ...of('/static').backend, servers: [server(2), server(4)] } };
  const third = lendTwice([of('/a'), services[1] as Service, scaled]).services;
  expect(third[1]?.backend.servers.map(({ port }) => port)).toEqual([1, 2, 4]);
});

test('two servers of one backend have different ids', () => {
  const twin = { ...of('/static'), backend: { ...of('/static').backend, servers: [server(2, { id: 1 })] } };
  const ids = lend(shop(), twin).services[0]?.backend.servers.map(({ id }) => id);
  expect(new Set(ids).size).toBe(2);
});

describe('what does not stand in', () => {
  const auth = { realm: 'r', user: 'u', password: '$6$a$b' };
  const verify = { address: '*', port: 1, certificate: undefined, options: 'ssl crt a.pem verify required ca-file b.pem' };

  test.each<[string, RegExp, readonly Service[]]>([
    ['an app that is not there', /does not serve it$/, [shop()]],
    ['a port that is not there', /does not serve it$/, [shop(asking('/static', 1)), of('/static')]],
    ['itself', /the port itself$/, [shop(asking('/shop'))]],
    ['an app of a different folder', /different folder$/, [shop(asking('/team/static')), of('/team/static')].reverse()],
    ['a tcp port for an http port', /in tcp mode, and this port in http mode$/, [shop(), of('/static', { mode: 'tcp' })]],
    ['a port with a password', /fewer clients/, [shop(), of('/static', { auth })]],
    ['a port that asks for certificates', /fewer clients/, [shop(), of('/static', { bind: verify })]],
    ['a port with CLIENT_CA', /fewer clients/, [shop(), of('/static', { clientTls: { ca: '/etc/ssl/a.pem', verify: 'required' } })]],
    ['a port with TLS_MIN', /fewer clients/, [shop(), of('/static', { clientTls: { min: '1.3' } })]],
    ['a port with networks', /fewer clients/, [shop(), of('/static', {}, { ...OPTIONS, allowedNetworks: ['10.0.0.0/8'] })]],
    ['a port with ALLOW', /fewer clients/, [shop(), of('/static', {}, { ...OPTIONS, traffic: { allow: ['10.0.0.0/8'] } })]],
    ['an app beside own server lines', /BACKEND_SERVER_OPTIONS/, [shop(undefined, { overrides: { HAPROXY_BACKEND_SERVER_OPTIONS: '' } }), of('/static')]], // prettier-ignore
  ])('%s', (_, why, given) => {
    const services = [...given];
    const { services: lent, problems } = lend(...services);
    expect(lent.map(({ backend }) => backend.servers.length)).toEqual(services.map(() => 1));
    expect(problems).toEqual([
      expect.objectContaining({ code: 'label-value', owner: { by: 'app', app: '/shop', index: 0 }, label: 'HAPROXY_0_BACKUP' }),
    ]);
    expect(problems[0]?.message).toMatch(why);
  });

  test('the same networks on both are no obstacle', () => {
    const near = { allowedNetworks: ['10.0.0.0/8'] };
    expect(lend(shop({ ...asking('/static'), ...near }), of('/static', {}, { ...OPTIONS, ...near })).problems).toEqual([]);
  });
});
