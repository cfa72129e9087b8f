import { describe, expect, test } from '@jest/globals';
import type { NamedFile } from '../../src/model/certificates.ts';
import type { Front } from '../../src/model/service.ts';
import { makeCertify } from '../../src/services/certify-fronts.ts';
import { writtenOf } from '../../src/services/sift-quarantined.ts';
import { front, server, service } from '../haproxy/make.ts';

const FILE = '/etc/ssl/shop.pem';
const BIND = { address: '*', port: 10000, certificate: FILE, options: 'alpn h2' };
const FILES = [{ file: FILE, label: 'HAPROXY_0_SSL_CERT', in: 'certificate' }] as const;
const shop = (given: Parameters<typeof front>[0] = {}): Front => front({ bind: BIND, files: FILES, ...given });
const FAULT = { message: 'the certificate /etc/ssl/shop.pem is empty, so the port is not bound', hint: 'put one there' };
const good: NamedFile = { file: FILE, serves: [FILE], fingerprint: 'f1', faults: [] };
const bad: NamedFile = { file: FILE, serves: [], fingerprint: undefined, faults: [FAULT] };

const certify = (of: Front, ...named: readonly NamedFile[]) => makeCertify()([service(of, [server(31001)])], { named });

test.each<[string, readonly NamedFile[]]>([
  ['one that is good', [good]],
  ['one that nobody has looked into', []],
])('%s stays as it is: the very same service', (_, named) => {
  const one = service(shop(), []);
  const { services, ...rest } = makeCertify()([one], { named });
  expect(services[0]).toBe(one);
  expect(rest).toEqual({ out: [], files: [FILE], leftOut: [], problems: [] });
});

test('a port with an unusable certificate is not bound, its app gets a Problem, and its backend stays', () => {
  const { services, leftOut, problems, files } = certify(shop(), bad);
  expect(services).toMatchObject([{ front: { bind: undefined, certificates: [] }, backend: { servers: [{ port: 31001 }] } }]);
  expect(leftOut).toEqual([{ app: '/shop', index: 0, why: 'certificate' }]);
  expect(problems).toEqual([{ code: 'certificate', owner: { by: 'app', app: '/shop', index: 0 }, label: 'HAPROXY_0_SSL_CERT', ...FAULT }]);
  expect(files).toEqual([FILE]);
});

test('what a port asks for is the same with a bad one, so that what was refused is known again', () => {
  const { services } = certify(shop(), bad);
  expect(services.map(writtenOf)).toEqual([writtenOf(service(shop(), []))]);
});

test('of a folder of certificates, the usable ones are bound', () => {
  const { services, leftOut, problems } = certify(shop(), { ...bad, serves: ['/etc/ssl/shop.pem/a'] });
  expect(services).toMatchObject([{ front: { bind: BIND, certificates: ['/etc/ssl/shop.pem/a'] } }]);
  expect({ leftOut, told: problems.length }).toEqual({ leftOut: [], told: 1 });
});

test('a certificate with a fault that is still served is reported, and stays bound', () => {
  const { services, problems } = certify(shop(), { ...good, faults: [FAULT] });
  expect(services).toMatchObject([{ front: { bind: BIND } }]);
  expect(problems).toHaveLength(1);
});

test('a template of the port without a place for it is bound without', () => {
  const { services, leftOut } = certify(
    shop({ overrides: { HAPROXY_FRONTEND_HEAD: 'frontend {backend}\n  bind *:{servicePort}\n' } }),
    bad,
  );
  expect(services).toMatchObject([{ front: { bind: BIND, certificates: [] } }]);
  expect(leftOut).toEqual([]);
});

test('a port that another service has is not left out twice; its file counts for its hosts', () => {
  const { files, leftOut, problems } = certify(shop({ bind: undefined, claimed: shop() }), bad);
  expect({ files, leftOut, told: problems.length }).toEqual({ files: [FILE], leftOut: [], told: 1 });
});

test('a change of tasks changes no front and no list', () => {
  const certified = makeCertify();
  const [one, other, named] = [shop(), shop({ app: '/other', port: 10001 }), [bad]];
  const before = certified([service(one, [server(31001)]), service(other, [])], { named });
  const after = certified([service(one, [server(31001), server(31002)]), service(other, [])], { named });
  expect(after.services.map(({ front: of }, i) => of === before.services[i]?.front)).toEqual([true, true]);
  expect(after.files).toBe(before.files);
  expect(after.problems).toBe(before.problems);
});

const CA = 'ca-file /etc/ca.pem';
const OPTIONS = 'ca-file /etc/ca.pem verify required';
const withOptions = (given: Parameters<typeof front>[0] = {}): Front =>
  front({
    bind: { ...BIND, certificate: undefined, options: OPTIONS },
    files: [{ file: CA, label: 'HAPROXY_0_BIND_OPTIONS', in: 'options' }],
    ...given,
  });
const PIPE = { message: 'the file /etc/ca.pem is a pipe', hint: 'put a file there' };
const pipe: NamedFile = { file: CA, serves: [], fingerprint: undefined, faults: [PIPE] };

test('a port whose bind options name a bad file is not bound, and has no bind of a virtual host', () => {
  const { services, leftOut, problems } = certify(withOptions(), pipe);
  expect(services).toMatchObject([{ front: { bind: undefined, isWithheld: true, claimed: withOptions() } }]);
  expect(leftOut).toEqual([{ app: '/shop', index: 0, why: 'file' }]);
  expect(problems).toEqual([{ code: 'file', owner: { by: 'app', app: '/shop', index: 0 }, label: 'HAPROXY_0_BIND_OPTIONS', ...PIPE }]);
});

test('the bind options name the copy from which a file is served', () => {
  const { services, leftOut } = certify(withOptions(), { ...pipe, serves: ['/state/copy.pem'] });
  expect(services).toMatchObject([{ front: { bind: { options: OPTIONS }, bindOptions: 'ca-file /state/copy.pem verify required' } }]);
  expect(leftOut).toEqual([]);
});

test.each<[string, () => Front]>([
  ['certificate', () => shop()],
  ['file of bind options', withOptions],
])('a %s that was not looked into yet is not bound, where somebody looks', (_, of) => {
  const { services, problems } = makeCertify()([service(of(), [])], { named: [], areJudged: true });
  expect(services).toMatchObject([{ front: { bind: undefined } }]);
  expect(problems).toEqual([]);
  expect(makeCertify()([service(of(), [])], { named: [] }).services[0]?.front.bind).toBeDefined();
});

test('a port whose template names a bad file is left out, and no other', () => {
  const of = front({ files: [{ file: 'file /fifo', label: 'HAPROXY_0_BACKEND_HTTP_OPTIONS', in: 'template' }] });
  const other = service(front({ app: '/other', port: 10001 }), []);
  const known = { named: [{ ...pipe, file: 'file /fifo' }], areJudged: true } as const;
  const { services, leftOut, problems, files } = makeCertify()([service(of, []), other], known);
  expect(services).toEqual([other]);
  expect(leftOut).toEqual([{ app: '/shop', index: 0, why: 'file' }]);
  expect(problems).toMatchObject([{ code: 'file', label: 'HAPROXY_0_BACKEND_HTTP_OPTIONS' }]);
  expect(files).toEqual(['file /fifo']);
});

describe('error pages', () => {
  const PAGE = { file: '/pages/sorry.html', type: 'text/html', status: 503 as const };
  const of = front({
    pages: [PAGE, { ...PAGE, file: '/pages/slow.html', status: 504 }],
    files: [
      { file: 'page /pages/sorry.html', label: 'HAPROXY_0_ERROR_PAGE_503', in: 'page' },
      { file: 'page /pages/slow.html', label: 'HAPROXY_0_ERROR_PAGE_504', in: 'page' },
    ],
  });
  const one = service(of, [server(31001)]);
  const readable: NamedFile = { file: 'page /pages/sorry.html', serves: ['/pages/sorry.html'], fingerprint: 'f1', faults: [] };
  const missing: NamedFile = {
    file: 'page /pages/slow.html',
    serves: [],
    fingerprint: undefined,
    faults: [{ message: 'it is not there', hint: 'put it there' }],
  };

  test('one that is missing is not used, its app is told, and all else stays', () => {
    const { services, problems, leftOut } = makeCertify()([one], { named: [readable, missing], areJudged: true });
    expect(services).toMatchObject([{ front: { pages: [PAGE], claimed: of, bind: of.bind }, backend: one.backend }]);
    expect(services.map(writtenOf)).toEqual([writtenOf(one)]);
    expect(leftOut).toEqual([]);
    expect(problems).toMatchObject([{ code: 'file', label: 'HAPROXY_0_ERROR_PAGE_504', message: 'it is not there' }]);
  });

  test('one that was not looked into yet is not used, unless no look will come', () => {
    const pagesOf = (known: Parameters<ReturnType<typeof makeCertify>>[1]) => makeCertify()([one], known).services[0]?.front.pages;
    expect(pagesOf({ named: [], areJudged: true })).toEqual([]);
    expect(pagesOf({ named: [] })).toEqual(of.pages);
  });
});
