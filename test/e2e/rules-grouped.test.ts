import { describe, expect, jest, test } from '@jest/globals';
import { ANSWER_LOCATION, bothOf, hostOf, idOf, KINDS, MAPS, useEstate } from './rules.ts';

jest.setTimeout(60_000);

const AUTH = 'Staff only:alice:$6$saltsalt$TVLlQcbpFVof5W3Yz4DTP6gRstiNuHwwTt6GLc1E5n0U0aDehy0S5knV8wiOQSpT0Y77vwPZN.Pq.H91p5hVO1';
const ALICE = { Authorization: `Basic ${Buffer.from('alice:secret').toString('base64')}` };
const ALL = (name: string): string => KINDS.map((kind) => hostOf(name, kind)).join();

/** The hosts are of this file alone: each is the name of a socket in memory, of which a machine has one. */
const apps = [
  ...bothOf('g-plain', {}),
  ...bothOf('g-shop', { SSL_CERT: '{PEM:of-the-shop}', USE_HSTS: 'true' }),
  ...bothOf('g-bank', { SSL_CERT: '{PEM:of-the-bank}', AUTH }),
  ...bothOf('g-two', { BIND_OPTIONS: 'alpn h2,http/1.1' }),
  ...bothOf('g-path', { SSL_CERT: '{PEM:of-the-shop}', PATH: '/api', AUTH }),
  { id: '/g-path-rest', labels: { VHOST: ALL('g-path'), SSL_CERT: '{PEM:of-the-shop}' } },
  ...bothOf('g-moved', { REDIRECT_TO_HTTPS: 'true', AUTH }),
  ...bothOf('g-net', { BACKEND_NETWORK_ALLOWED_ACL: '127.0.0.2' }),
  ...bothOf('g-rewritten', { HTTP_BACKEND_PROXYPASS_PATH: '/in', HTTP_BACKEND_REVPROXY_PATH: '/in', HTTP_BACKEND_REDIR: '/in/side' }),
  ...bothOf('g-sticky', { STICKY: 'true' }),
  { id: '/g-wide', labels: { VHOST: '*.g-wide.test', SSL_CERT: '{PEM:of-the-shop}' } },
  { id: '/g-narrow', labels: { VHOST: '*.deep.g-wide.test', SSL_CERT: '{PEM:of-the-bank}', AUTH } },
  { id: '/g-wide-path', labels: { VHOST: '*.g-wide.test', PATH: '/static', PATH_TYPE: 'segment' } },
  { id: '/g-named', labels: { VHOST: 'named.g-wide.test' } },
  { id: '/g-last', labels: { DEFAULT: 'true' } },
];

describe.each(MAPS)('with maps %s', (_, haproxyMap) => {
  const settings = { haproxyMap, groupHttpsByVhost: true };
  const estate = useEstate({ apps, settings, certificates: ['of-the-shop', 'of-the-bank'] });

  describe.each(KINDS)('to %s', (kind) => {
    const at = (name: string) => ({ over: 'https', host: hostOf(name, kind) }) as const;

    test.each([
      ['g-plain', 'shared', '200'],
      ['g-shop', 'of-the-shop', '200'],
      ['g-bank', 'of-the-bank', '401'],
      ['g-path', 'of-the-shop', '200'],
    ])('%s has the certificate %s', async (name, certificate, status) => {
      await expect(estate().ask(at(name))).resolves.toMatchObject({ certificate, status });
    });

    test('the name in the TLS hello counts in any case', async () => {
      const answer = estate().ask({ ...at('g-shop'), sni: hostOf('g-shop', kind).toUpperCase() });
      await expect(answer).resolves.toMatchObject({ certificate: 'of-the-shop' });
    });

    test('AUTH: 401 with the realm without a password, the app with it', async () => {
      const { status, headers } = await estate().ask(at('g-bank'));
      expect([status, headers['www-authenticate']]).toEqual(['401', 'Basic realm="Staff only"']);
      await expect(estate().arrived({ ...at('g-bank'), headers: ALICE })).resolves.toMatchObject({ app: idOf('g-bank', kind) });
    });

    test('AUTH with PATH guards that path only', async () => {
      const path = '/api/x?a=1';
      await expect(estate().ask({ ...at('g-path'), path })).resolves.toMatchObject({ status: '401' });
      await expect(estate().arrived({ ...at('g-path'), path, headers: ALICE })).resolves.toMatchObject({ app: idOf('g-path', kind), path });
      await expect(estate().arrived({ ...at('g-path'), path: '/x' })).resolves.toMatchObject({ app: '/g-path-rest' });
    });

    test('USE_HSTS', async () => {
      const [shop, plain] = [await estate().ask(at('g-shop')), await estate().ask(at('g-plain'))];
      expect(shop.headers['strict-transport-security']).toBe('max-age=15768000');
      expect(plain.headers['strict-transport-security']).toBeUndefined();
    });

    test('REDIRECT_TO_HTTPS on http, AUTH on https', async () => {
      const { status, headers } = await estate().ask({ ...at('g-moved'), over: 'http', path: '/x?a=1' });
      expect([status, headers.location]).toEqual(['301', `https://${hostOf('g-moved', kind)}/x?a=1`]);
      await expect(estate().ask(at('g-moved'))).resolves.toMatchObject({ status: '401' });
      await expect(estate().arrived({ ...at('g-moved'), headers: ALICE })).resolves.toMatchObject({ app: idOf('g-moved', kind) });
    });

    test('BACKEND_NETWORK_ALLOWED_ACL sees where the client really comes from', async () => {
      await expect(estate().ask(at('g-net'))).resolves.toMatchObject({ status: '403' });
      await expect(estate().arrived({ ...at('g-net'), from: '127.0.0.2' })).resolves.toMatchObject({ app: idOf('g-net', kind) });
    });

    test('PROXYPASS_PATH, REVPROXY_PATH and REDIR', async () => {
      await expect(estate().arrived({ ...at('g-rewritten'), path: '/in/x?a=1' })).resolves.toMatchObject({ path: '/x?a=1' });
      const answered = await estate().ask({ ...at('g-rewritten'), path: '/in/x', headers: { [ANSWER_LOCATION]: '/y' } });
      expect([answered.status, answered.headers.location]).toEqual(['302', '/in']);
      const redirected = await estate().ask(at('g-rewritten'));
      expect([redirected.status, redirected.headers.location]).toEqual(['301', '/in/side']);
    });

    test('STICKY', async () => {
      const first = await estate().ask(at('g-sticky'));
      const [Cookie = ''] = first.headers['set-cookie']?.[0]?.split(';') ?? [];
      expect(Cookie).toMatch(/^mesosphere_server_id=[0-9a-f]{10}$/);
      for (let i = 0; i < 3; i++) {
        const { headers } = await estate().ask({ ...at('g-sticky'), headers: { Cookie } });
        expect(headers['x-arrived']).toBe(first.headers['x-arrived']);
      }
    });

    test('the app is told where the request came from, and how', async () => {
      const { headers } = await estate().arrived({ ...at('g-plain'), from: '127.0.0.9' });
      const port = String(estate().ports.https);
      expect(headers).toMatchObject({ 'x-forwarded-for': '127.0.0.9', 'x-forwarded-port': port, 'x-forwarded-proto': 'https' });
    });

    test('a Host with a port is routed, on https and http', async () => {
      const host = `${hostOf('g-path', kind)}:8443`;
      const path = '/api/x';
      const [sni, headers] = [hostOf('g-path', kind), ALICE];
      for (const over of ['https', 'http'] as const)
        await expect(estate().arrived({ over, host, sni, path, headers })).resolves.toMatchObject({ app: idOf('g-path', kind), host });
    });
  });

  test.each([
    ['x.g-wide.test', '/', '/g-wide', 'of-the-shop'],
    ['y.x.g-wide.test', '/static/x', '/g-wide-path', 'of-the-shop'],
    ['x.deep.g-wide.test', '/', '/g-narrow', 'of-the-bank'],
    ['X.Deep.g-wide.test', '/static', '/g-narrow', 'of-the-bank'],
    ['named.g-wide.test', '/static', '/g-named', 'shared'],
  ])('a wildcard: %s%s is that of %s, with the certificate %s', async (host, path, app, certificate) => {
    const answer = await estate().ask({ over: 'https', host, path, headers: ALICE });
    expect([answer.certificate, answer.status]).toEqual([certificate, '200']);
    expect(JSON.parse(answer.body)).toMatchObject({ app, path });
  });

  test('a wildcard with a password asks for it; the name of one host opens no other, of the same wildcard too', async () => {
    await expect(estate().ask({ over: 'https', host: 'x.deep.g-wide.test' })).resolves.toMatchObject({ status: '401' });
    for (const host of ['x.deep.g-wide.test', 'named.g-wide.test', 'y.g-wide.test', hostOf('g-bank', 'one')])
      await expect(estate().ask({ over: 'https', sni: 'x.g-wide.test', host, headers: ALICE })).resolves.toMatchObject({ status: '421' });
  });

  test('a domain itself is not below its wildcard, and DEFAULT is served over http alone', async () => {
    for (const host of ['g-wide.test', 'notg-wide.test']) {
      await expect(estate().ask({ over: 'https', host })).resolves.toMatchObject({ status: 'ECONNRESET' });
      await expect(estate().arrived({ over: 'http', host })).resolves.toMatchObject({ app: '/g-last' });
    }
  });

  test('an unknown name in the TLS hello gets no connection', async () => {
    await expect(estate().ask({ over: 'https', host: 'unknown.test' })).resolves.toMatchObject({ status: 'ECONNRESET' });
  });
});
