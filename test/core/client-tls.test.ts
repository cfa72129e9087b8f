import { expect, test } from '@jest/globals';
import { hostCertificates } from '../../src/haproxy/host-certificates.ts';
import { certificatesInForce } from '../../src/core/certificates-in-force.ts';
import type { PemFile } from '../../src/model/certificates.ts';
import { makeOneClientCa } from '../../src/services/client-ca.ts';
import { front, service, settings } from '../haproxy/make.ts';

const at = (host: string, path?: string) => ({ routes: [{ host, path }] });
const own = (certificate: string) => ({ bind: { address: '*', port: 10000, certificate, options: undefined } });
const bank = front({ app: '/bank', ...at('bank.org'), clientTls: { ca: '/ca.pem', verify: 'required' }, changedAt: '2017-01-01' });

test('of two ports of a host, the one for the whole host gives the certificate, and the higher TLS version counts; a certificate is asked for only when both ask', () => {
  const path = front({ app: '/a', ...at('bank.org', '/a'), ...own('/a.pem'), clientTls: { min: '1.3' }, weight: 9 });
  const plain = front({ app: '/plain', ...at('plain.org') });
  const named = front({ app: '/shop', ...at('shop.org'), ...own('/shop.pem') });
  const shared = front({ app: '/same', ...at('same.org'), ...own('/etc/ssl/cert.pem') });
  expect(hostCertificates([path, bank, plain, named, shared], settings())).toEqual([
    { files: ['/a.pem'], options: 'ca-file /ca.pem verify optional ssl-min-ver TLSv1.3', hosts: ['bank.org'] },
    { files: ['/shop.pem'], options: undefined, hosts: ['shop.org'] },
  ]);
  expect(hostCertificates([bank], settings())).toMatchObject([{ files: undefined, options: 'ca-file /ca.pem verify required' }]);
  expect(hostCertificates([named], settings({ httpsRouting: 'sni' }))).toEqual([]);
  expect(hostCertificates([bank], settings({ groupHttpsByVhost: true }))).toEqual([]);
});

test('a path of a host of somebody else changes neither its certificate nor its version of TLS, and the port itself stays closed', () => {
  const host = front({ app: '/team/shop', ...at('shop.org'), clientTls: { min: '1.2' } });
  const beside = front({ app: '/team/api', ...at('shop.org', '/api'), ...own('/team.pem') });
  const stranger = front({
    app: '/other/x',
    ...at('shop.org', '/x'),
    ...own('/other.pem'),
    clientTls: { min: '1.3' },
    changedAt: '2016-01-01',
  });
  const line = { files: ['/team.pem'], options: 'ssl-min-ver TLSv1.2', hosts: ['shop.org'] };
  expect(hostCertificates([host, beside, stranger], settings())).toEqual([line]);
  expect(hostCertificates([front({ app: '/team/shop', ...at('shop.org') }), stranger], settings())).toEqual([]);
  expect(hostCertificates([stranger], settings())).toMatchObject([{ files: ['/other.pem'], options: 'ssl-min-ver TLSv1.3' }]);
});

const pem = (path: string, ...names: readonly string[]): PemFile => ({ path, fingerprint: '1', names, key: 'ec' });

test("a host with a TLS policy has a line of its own in the list, with the operator's certificate that fits", () => {
  const pems = [pem('/first.pem', 'first.org', 'bank.org'), pem('/wild.pem', '*.org')];
  const shelves = pems.map((one) => ({ name: one.path, kind: 'file' as const, pems: [one] }));
  const contents = shelves.map((shelf) => ({ file: shelf.name, fingerprint: '1', shelves: [shelf] }));
  const told = { files: pems.map(({ path }) => path), problems: [], contents, named: [] };
  const inForce = (fronts: readonly (typeof bank)[]) => certificatesInForce({ told, files: [], fronts, settings: settings() });
  expect(inForce([bank]).list).toEqual(['/first.pem first.org', '/wild.pem', '/first.pem [ca-file /ca.pem verify required] bank.org']);
  const first = front({ app: '/first', ...at('first.org'), clientTls: { min: '1.3' } });
  expect(inForce([bank, first]).list[0]).toBe('/first.pem nobody.invalid');
  expect(inForce([front()]).list).toEqual([]);
});

test('a port that names other authorities than the first port of its host is left out, with a Problem that names both', () => {
  const other = front({ app: '/other', ...at('bank.org', '/o'), clientTls: { ca: '/other.pem', verify: 'required' }, weight: 9 });
  const { services, problems, leftOut } = makeOneClientCa()([service(other, []), service(bank, [])], []);
  expect(services.map(({ front: { app } }) => app)).toEqual(['/bank']);
  expect(leftOut).toEqual([{ app: '/other', index: 0, why: 'label' }]);
  expect(problems).toMatchObject([{ code: 'label-conflict', label: 'HAPROXY_0_CLIENT_CA' }]);
  expect(problems[0]?.message).toContain('/bank for the virtual host bank.org');
});

test('a wildcard serves every host below it, except one whose clients other authorities sign', () => {
  const ca = (file: string) => ({ clientTls: { ca: file, verify: 'required' as const } });
  const wide = front({ app: '/wide', ...at('*.bank.org'), ...ca('/ca.pem') });
  const below = front({ app: '/below', ...at('x.bank.org', '/nothing'), ...ca('/theirs.pem') });
  const deep = front({ app: '/deep', ...at('*.y.bank.org'), ...ca('/theirs.pem') });
  const same = front({ app: '/same', ...at('z.bank.org', '/z'), ...ca('/ca.pem') });
  const other = front({ app: '/other', ...at('x.shop.org'), ...ca('/theirs.pem') });
  const services = [wide, below, deep, same, other].map((one) => service(one, []));
  const sift = makeOneClientCa();
  const sifted = sift(services, []);
  expect(sifted.services.map(({ front: { app, clientTls } }) => [app, clientTls?.notAt])).toEqual([
    ['/wide', ['x.bank.org']],
    ...['/below', '/deep', '/same', '/other'].map((app) => [app, undefined]),
  ]);
  expect(sifted.services.slice(1)).toEqual(services.slice(1));
  const again = sift([...services, service(front({ app: '/open' }), [])], []);
  for (const [i, one] of sifted.services.entries()) expect(again.services[i]).toBe(one);
});

/** What hosts have of their own on the shared https bind. */
function hostsWithLines(services: readonly ReturnType<typeof service>[]): readonly string[] {
  const fronts = services.map((one) => one.front);
  return hostCertificates(fronts, settings()).map(({ options = '', hosts }) => `${options}: ${hosts.join()}`);
}

test('a path of a host of a different folder changes no handshake: it is closed there and told, also while the owner of the host is left out', () => {
  const ca = { clientTls: { ca: '/ca.pem', verify: 'optional' as const } };
  const owner = front({ app: '/a/owner', ...at('a.org') });
  const guest = front({ app: '/b/guest', ...at('a.org', '/b'), ...ca });
  const mate = front({ app: '/a/mate', ...at('a.org', '/m'), ...ca });
  const sift = makeOneClientCa();
  const closed = sift(
    [owner, guest].map((one) => service(one, [])),
    [],
  );
  expect(closed.services.map(({ front: { clientTls } }) => clientTls?.notAt)).toEqual([undefined, ['a.org']]);
  expect(closed).toMatchObject({
    out: [],
    leftOut: [],
    problems: [{ code: 'label-conflict', label: 'HAPROXY_0_CLIENT_CA', owner: { app: '/b/guest' } }],
  });
  expect(hostsWithLines(closed.services)).toEqual([]);
  expect(sift([service(guest, [])], [owner]).services[0]?.front.clientTls?.notAt).toEqual(['a.org']);
  const own = sift(
    [owner, mate].map((one) => service(one, [])),
    [],
  );
  expect(own).toMatchObject({ out: [], problems: [] });
  expect(hostsWithLines(own.services)).toEqual(['ca-file /ca.pem verify optional: a.org']);
});
