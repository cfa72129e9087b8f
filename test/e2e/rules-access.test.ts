import { describe, expect, jest, test } from '@jest/globals';
import { bothOf, hostOf, idOf, KINDS, MAPS, useEstate, WAYS, type EstateQuestion } from './rules.ts';

jest.setTimeout(60_000);

/** 'secret', by crypt(3). */
const HASH = '$6$saltsalt$TVLlQcbpFVof5W3Yz4DTP6gRstiNuHwwTt6GLc1E5n0U0aDehy0S5knV8wiOQSpT0Y77vwPZN.Pq.H91p5hVO1';
const AUTH = `Staff only:alice:${HASH}`;
/** 'hers', of an app that would open another's. */
const MALLORY = 'Staff only:mallory:$6$saltsalt$yj4ZAG1HBQC7AuVazcZI4NnS3Hl9mpnF1W3PtglWaWZEbJHuW1kTKIK/QCUAbVPKkf4SagJl71S0Ixmd41SA5/';

const PAGES = { CORS_ORIGINS: 'https://shop.test', CORS_CREDENTIALS: 'true', ALLOW: '127.0.0.1 127.0.0.2', DENY: '127.0.0.2' };

const apps = [
  ...bothOf('open', {}),
  ...bothOf('auth', { AUTH }),
  ...bothOf('unhashed', { AUTH: 'Staff:alice:secret' }),
  ...bothOf('broken', { AUTH: 'alice:secret' }),
  ...bothOf('inner', { AUTH, PATH: '/inner' }),
  { id: '/inner-beside', labels: { VHOST: KINDS.map((kind) => hostOf('inner', kind)).join() } },
  ...bothOf('pages', { AUTH, ...PAGES }),
  ...bothOf('paths', { AUTH, ...PAGES, PATH: '/api' }),
  ...bothOf('table', { AUTH, ...PAGES, PATH: '/api', PATH_TYPE: 'segment' }),
  ...bothOf('every', { AUTH, CORS_ORIGINS: '*' }),
  ...bothOf('moved', { REDIRECT_TO_HTTPS: 'true' }),
  ...bothOf('part', { REDIRECT_TO_HTTPS: 'true', PATH: '/part' }),
  { id: '/part-beside', labels: { VHOST: KINDS.map((kind) => hostOf('part', kind)).join() } },
  ...bothOf('both', { AUTH, REDIRECT_TO_HTTPS: 'true' }),
  ...bothOf('all', { AUTH, REDIRECT_TO_HTTPS: 'true', PATH: '/all' }),
  ...bothOf('net', { BACKEND_NETWORK_ALLOWED_ACL: '127.0.0.2' }),
  ...bothOf('nets', { BACKEND_NETWORK_ALLOWED_ACL: '10.0.0.0/8 127.0.0.2 127.0.3.0/24' }),
  ...bothOf('bad', { BACKEND_NETWORK_ALLOWED_ACL: '127.0.0.0/8 nonsense' }),
  { id: '/deep/lock', labels: { VHOST: 'lock.test', AUTH } },
  { id: '/lock', labels: { VHOST: 'lock.test_deep', AUTH: MALLORY } }, // in 1.15 its ACLs are called as those of /deep/lock
  { id: '/raw', labels: { BACKEND_NETWORK_ALLOWED_ACL: '127.0.0.2 127.0.3.0/24' } },
  { id: '/six', labels: { MODE: 'http', BIND_ADDR: '::1', BACKEND_NETWORK_ALLOWED_ACL: '::1' } },
  { id: '/six-not', labels: { MODE: 'http', BIND_ADDR: '::1', BACKEND_NETWORK_ALLOWED_ACL: '2001:db8::/32 127.0.0.0/8' } },
];

const PREFLIGHT = { method: 'OPTIONS', headers: { Origin: 'https://shop.test', 'Access-Control-Request-Method': 'POST' } };

/** Requests that are not a preflight of an origin and a network that may use the app. */
const NO_PREFLIGHT: readonly (readonly [string, Omit<EstateQuestion, 'host'>])[] = [
  ['another origin', { ...PREFLIGHT, headers: { ...PREFLIGHT.headers, Origin: 'https://evil.test' } }],
  ['an origin that begins alike', { ...PREFLIGHT, headers: { ...PREFLIGHT.headers, Origin: 'https://shop.test.evil.test' } }],
  ['no origin', { ...PREFLIGHT, headers: { 'Access-Control-Request-Method': 'POST' } }],
  ['another method', { ...PREFLIGHT, method: 'POST' }],
  ['OPTIONS that asks for no method', { ...PREFLIGHT, headers: { Origin: 'https://shop.test' } }],
  ['a network that is denied', { ...PREFLIGHT, from: '127.0.0.2' }],
  ['a network that is not allowed', { ...PREFLIGHT, from: '127.0.0.3' }],
];

const basic = (user: string, password: string) => ({ Authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` });
const ALICE = basic('alice', 'secret');

const REFUSED: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
  ['none', {}],
  ['a wrong password', basic('alice', 'wrong')],
  ['another user', basic('bob', 'secret')],
  ['no password', basic('alice', '')],
  ['the hash', basic('alice', HASH)],
  ['what is no basic auth', { Authorization: 'Bearer secret' }],
];

describe.each(MAPS)('with maps %s', (_, haproxyMap) => {
  const estate = useEstate({ apps, settings: { haproxyMap } });

  test.each(['http', 'https'] as const)(
    "over %s an app whose ACLs would be called as another's does not open it with its own password",
    async (over) => {
      const at = { over, host: 'lock.test' } as const;
      expect((await estate().ask({ ...at, headers: basic('mallory', 'hers') })).status).toBe('401');
      await expect(estate().arrived({ ...at, headers: ALICE })).resolves.toMatchObject({ app: '/deep/lock' });
    },
  );

  describe.each(WAYS)('over $over, to $kind', ({ over, kind }) => {
    const at = (name: string) => ({ over, host: hostOf(name, kind) }) as const;

    test.each(REFUSED)('AUTH: with %s as credentials, 401 with the realm', async (_, headers) => {
      const { status, headers: got } = await estate().ask({ ...at('auth'), headers });
      expect([status, got['www-authenticate']]).toEqual(['401', 'Basic realm="Staff only"']);
    });

    test('AUTH lets the right credentials through', async () => {
      await expect(estate().arrived({ ...at('auth'), headers: ALICE })).resolves.toMatchObject({ app: idOf('auth', kind) });
    });

    test.each(['pages', 'paths', 'table'])(
      'AUTH of %s: the preflight of a browser, which brings no password, is answered by HAProxy',
      async (name) => {
        const { status, headers } = await estate().ask({ ...at(name), path: '/api/x', ...PREFLIGHT });
        expect([status, headers['x-arrived'], headers.vary]).toEqual(['204', undefined, 'Origin']);
        expect(headers).toMatchObject({
          'access-control-allow-origin': 'https://shop.test',
          'access-control-allow-credentials': 'true',
          'access-control-allow-methods': 'GET, HEAD, POST, PUT, PATCH, DELETE',
        });
      },
    );

    test.each(['pages', 'paths', 'table'])('AUTH of %s: all else is refused without the password', async (name) => {
      for (const [, question] of NO_PREFLIGHT) {
        const { status, headers } = await estate().ask({ ...at(name), path: '/api/x', ...question });
        expect(['401', '403']).toContain(status);
        expect(headers['x-arrived']).toBeUndefined();
      }
      const { headers } = await estate().ask({ ...at(name), path: '/api/x', headers: { ...ALICE, Origin: 'https://shop.test' } });
      expect([headers['x-arrived'], headers['access-control-allow-origin']]).toEqual([expect.any(String), 'https://shop.test']);
    });

    test('a preflight for a path that is not the app’s is not answered for it', async () => {
      for (const name of ['paths', 'table']) {
        await expect(estate().ask({ ...at(name), path: '/other', ...PREFLIGHT })).resolves.toMatchObject({ status: '503' });
      }
    });

    test('AUTH with CORS_ORIGINS of *: the preflight of every page is answered, for every page', async () => {
      const headers = { ...PREFLIGHT.headers, Origin: 'https://any.test' };
      const answer = await estate().ask({ ...at('every'), ...PREFLIGHT, headers });
      expect([answer.status, answer.headers['access-control-allow-origin']]).toEqual(['204', '*']);
      await expect(estate().ask({ ...at('every'), headers })).resolves.toMatchObject({ status: '401' });
    });

    test('AUTH of one app is none of another', async () => {
      await expect(estate().arrived(at('open'))).resolves.toMatchObject({ app: idOf('open', kind) });
    });

    test('AUTH with a password that is not hashed lets nobody in', async () => {
      await expect(estate().ask({ ...at('unhashed'), headers: ALICE })).resolves.toMatchObject({ status: '401' });
    });

    test.each(['broken', 'bad'])('%s, whose guard can not be read, is shut', async (name) => {
      await expect(estate().ask({ ...at(name), headers: ALICE })).resolves.toMatchObject({ status: '503' });
    });

    test.each(['/inner', '/inner/x', '/inner?a=1', '/innermost'])('AUTH with PATH guards %s', async (path) => {
      await expect(estate().ask({ ...at('inner'), path })).resolves.toMatchObject({ status: '401' });
      const let_in = await estate().arrived({ ...at('inner'), path, headers: ALICE });
      expect(let_in).toMatchObject({ app: idOf('inner', kind), path });
    });

    test.each(['/', '/other', '/x/inner'])('AUTH with PATH leaves %s to the other app, open', async (path) => {
      await expect(estate().arrived({ ...at('inner'), path })).resolves.toMatchObject({ app: '/inner-beside' });
    });

    test.each(['net', 'nets'])('BACKEND_NETWORK_ALLOWED_ACL, %s: 403 for other sources', async (name) => {
      await expect(estate().ask(at(name))).resolves.toMatchObject({ status: '403' });
      await expect(estate().arrived({ ...at(name), from: '127.0.0.2' })).resolves.toMatchObject({ app: idOf(name, kind) });
    });

    test('BACKEND_NETWORK_ALLOWED_ACL takes several networks', async () => {
      await expect(estate().arrived({ ...at('nets'), from: '127.0.3.77' })).resolves.toMatchObject({ app: idOf('nets', kind) });
      await expect(estate().ask({ ...at('nets'), from: '127.0.4.77' })).resolves.toMatchObject({ status: '403' });
    });
  });

  describe.each(KINDS)('to %s', (kind) => {
    test.each([
      ['moved', '/'],
      ['moved', '/x/y?a=1&b=%20'],
      ['part', '/part'],
      ['part', '/part/x?a=1'],
      ['both', '/x?a=1'],
      ['all', '/all/x?a=1'],
    ])('REDIRECT_TO_HTTPS, %s: %s keeps host, path and query', async (name, path) => {
      const { status, headers } = await estate().ask({ host: hostOf(name, kind), path, method: 'GET' });
      expect([status, headers.location]).toEqual(['301', `https://${hostOf(name, kind)}${path}`]);
    });

    test('REDIRECT_TO_HTTPS asks for no password before', async () => {
      await expect(estate().ask({ host: hostOf('both', kind), headers: ALICE })).resolves.toMatchObject({ status: '301' });
    });

    test.each([
      ['moved', '/x', {}],
      ['part', '/part/x', {}],
      ['both', '/x', ALICE],
      ['all', '/all/x', ALICE],
    ])('REDIRECT_TO_HTTPS, %s: over https %s comes to the app', async (name, path, headers) => {
      const arrived = estate().arrived({ over: 'https', host: hostOf(name, kind), path, headers });
      await expect(arrived).resolves.toMatchObject({ app: idOf(name, kind), path });
    });

    test.each([
      ['both', '/x'],
      ['all', '/all/x'],
    ])('REDIRECT_TO_HTTPS, %s: over https %s wants the password', async (name, path) => {
      await expect(estate().ask({ over: 'https', host: hostOf(name, kind), path })).resolves.toMatchObject({ status: '401' });
    });

    test.each(['http', 'https'] as const)('REDIRECT_TO_HTTPS with PATH: over %s other paths are left to the other app', async (over) => {
      const arrived = estate().arrived({ over, host: hostOf('part', kind), path: '/other' });
      await expect(arrived).resolves.toMatchObject({ app: '/part-beside' });
    });

    test.each(['auth', 'inner', 'moved', 'both'])('the service port of %s stays open', async (name) => {
      const servicePortOf = idOf(name, kind);
      await expect(estate().arrived({ servicePortOf, host: hostOf(name, kind) })).resolves.toMatchObject({ app: servicePortOf });
    });

    test('BACKEND_NETWORK_ALLOWED_ACL holds on the service port and by app id', async () => {
      const id = idOf('net', kind);
      const ways = [{ servicePortOf: id }, { over: 'appId', headers: { 'X-Marathon-App-Id': id } }] as const;
      for (const way of ways) {
        await expect(estate().ask(way)).resolves.toMatchObject({ status: '403' });
        await expect(estate().arrived({ ...way, from: '127.0.0.2' })).resolves.toMatchObject({ app: id });
      }
    });
  });

  test.each([
    ['127.0.0.1', 'ECONNRESET'],
    ['127.0.0.2', '200'],
    ['127.0.3.4', '200'],
    ['127.0.4.4', 'ECONNRESET'],
  ])('BACKEND_NETWORK_ALLOWED_ACL in tcp mode: %s gets %s', async (from, status) => {
    await expect(estate().ask({ servicePortOf: '/raw', from })).resolves.toMatchObject({ status });
  });

  test.each([
    ['/six', '200'],
    ['/six-not', '403'],
  ])('BACKEND_NETWORK_ALLOWED_ACL over IPv6: %s gives %s', async (servicePortOf, status) => {
    await expect(estate().ask({ servicePortOf, address: '::1' })).resolves.toMatchObject({ status });
  });
});
