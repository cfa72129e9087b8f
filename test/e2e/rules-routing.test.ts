import { describe, expect, jest, test } from '@jest/globals';
import { bothOf, hostOf, idOf, KINDS, MAPS, useEstate, WAYS } from './rules.ts';

jest.setTimeout(60_000);

const ALL = (name: string): string => KINDS.map((kind) => hostOf(name, kind)).join();
const AUTH = 'Staff:alice:$6$saltsalt$TVLlQcbpFVof5W3Yz4DTP6gRstiNuHwwTt6GLc1E5n0U0aDehy0S5knV8wiOQSpT0Y77vwPZN.Pq.H91p5hVO1';

const apps = [
  ...bothOf('plain', {}),
  ...bothOf('api', { PATH: '/api' }),
  ...bothOf('own', { PATH: '/api', BACKEND_HTTP_OPTIONS: '  option forwardfor\n' }),
  ...bothOf('apis', { PATH: '/v1 /v2/x' }),
  ...bothOf('any', { PATH: '-i /any /ANYWAY' }),
  ...bothOf('split', { PATH: '/split' }),
  { id: '/split-rest', labels: { VHOST: ALL('split') } },
  { id: '/split-deeper', labels: { VHOST: ALL('split'), PATH: '/split/deeper', BACKEND_WEIGHT: '2' } },
  { id: '/a-catch-all', labels: { VHOST: ALL('order'), BACKEND_WEIGHT: '-1' } },
  ...bothOf('order', { PATH: '/order', BACKEND_WEIGHT: '0' }),
  { id: '/first-of-all', labels: { VHOST: ALL('order'), PATH: '/order/first', BACKEND_WEIGHT: '100' } },
  ...bothOf('guarded', { AUTH }),
  ...bothOf('moved', { REDIRECT_TO_HTTPS: 'true' }),
  ...bothOf('root', { HTTP_BACKEND_REDIR: '/inside' }),
  ...bothOf('sticky', { STICKY: 'true' }),
  { id: '/deep/er/App', labels: { VHOST: 'deeper.test' } },
  { id: '/no-vhost', labels: { MODE: 'http' } },
  { id: '/tcp', labels: { MODE: 'tcp' } },
];

/** The label, the path asked for, and whether it is the app's. */
const PATHS: readonly (readonly [string, string, boolean])[] = [
  ['api', '/api', true],
  ['api', '/api/x?a=1', true],
  ['api', '/apiary', true],
  ['api', '/API', false],
  ['api', '/x/api', false],
  ['api', '/?/api', false],
  ['apis', '/v1', true],
  ['apis', '/v2/x/y', true],
  ['apis', '/v2', false],
  ['apis', '/v3', false],
  ['any', '/any', true],
  ['any', '/ANY/x', true],
  ['any', '/anyway', true],
  ['any', '/other', false],
];

describe.each(MAPS)('with maps %s', (_, haproxyMap) => {
  const estate = useEstate({ apps, settings: { haproxyMap } });

  describe.each(WAYS)('over $over, to $kind', ({ over, kind }) => {
    const at = (name: string) => ({ over, host: hostOf(name, kind) }) as const;

    test.each(PATHS)('PATH, %s: %s is its own: %s', async (name, path, own) => {
      const { status, headers } = await estate().ask({ ...at(name), path });
      expect([status, headers['x-arrived'] !== undefined]).toEqual(own ? ['200', true] : ['503', false]);
    });

    test.each([
      ['/split/deeper/x', '/split-deeper'],
      ['/split/x', idOf('split', kind)],
      ['/x', '/split-rest'],
    ])('PATH: of three apps with one host, %s is that of %s', async (path, app) => {
      await expect(estate().arrived({ ...at('split'), path })).resolves.toMatchObject({ app });
    });

    test.each([
      ['/order/first', '/first-of-all'],
      ['/order/x', idOf('order', kind)],
      ['/x', '/a-catch-all'],
    ])('BACKEND_WEIGHT: the largest first, so %s is that of %s', async (path, app) => {
      await expect(estate().arrived({ ...at('order'), path })).resolves.toMatchObject({ app });
    });

    test.each([
      ['upper case', (host: string) => host.toUpperCase()],
      ['the port', (host: string) => `${host}:${estate().ports[over]}`],
      ['another port', (host: string) => `${host}:80`],
      ['upper case and a port', (host: string) => `${host.toUpperCase()}:80`],
    ])('a Host with %s is routed, and comes to the app as it is', async (_, written) => {
      for (const name of ['plain', 'api', 'own', 'split']) {
        const host = written(hostOf(name, kind));
        const arrived = estate().arrived({ over, host, sni: hostOf(name, kind), path: '/api/split' });
        await expect(arrived).resolves.toMatchObject({ app: name === 'split' ? '/split-rest' : idOf(name, kind), host });
      }
    });

    test('a Host with a port is asked for its password', async () => {
      const host = `${hostOf('guarded', kind)}:80`;
      await expect(estate().ask({ over, host, sni: hostOf('guarded', kind) })).resolves.toMatchObject({ status: '401' });
    });

    test('REDIR: a Host with a port is redirected', async () => {
      const { status, headers } = await estate().ask({ over, host: `${hostOf('root', kind)}:80`, sni: hostOf('root', kind) });
      expect([status, headers.location]).toEqual(['301', '/inside']);
    });

    test('a request for a whole URL is routed, and comes as it was sent', async () => {
      const host = `${hostOf('api', kind)}:8080`;
      const path = `http://${host}/api/x?a=1`;
      const arrived = estate().arrived({ over, host, sni: hostOf('api', kind), path });
      await expect(arrived).resolves.toMatchObject({ app: idOf('api', kind), host, path });
    });

    test('the app is told where the request came from, and how', async () => {
      const { headers } = await estate().arrived({ ...at('plain'), from: '127.0.0.9' });
      expect(headers).toMatchObject({ 'x-forwarded-for': '127.0.0.9', 'x-forwarded-port': String(estate().ports[over]) });
      expect(headers['x-forwarded-proto']).toBe(over === 'https' ? 'https' : undefined);
    });

    test.each(['unknown.test', 'plain', 'x.plain.one.test', 'plain.one.test.elsewhere.test'])('503 for %s', async (host) => {
      const { status, headers } = await estate().ask({ over, host });
      expect([status, headers['x-arrived']]).toEqual(['503', undefined]);
    });

    test('STICKY keeps a client at its server', async () => {
      const first = await estate().ask(at('sticky'));
      const [cookie = ''] = first.headers['set-cookie']?.[0]?.split(';') ?? [];
      expect(cookie).toMatch(/^mesosphere_server_id=[0-9a-f]{10}$/);
      for (let i = 0; i < 4; i++) {
        const next = await estate().ask({ ...at('sticky'), headers: { Cookie: cookie } });
        expect(next.headers['x-arrived']).toBe(first.headers['x-arrived']);
        expect(next.headers['set-cookie']).toBeUndefined();
      }
    });

    test('without STICKY there is no cookie, and both servers are asked', async () => {
      const servers = new Set<unknown>();
      for (let i = 0; i < 4; i++) {
        const { headers } = await estate().ask(at('plain'));
        servers.add(headers['x-arrived']);
        expect(headers['set-cookie']).toBeUndefined();
      }
      expect(servers.size).toBe(2);
    });
  });

  test.each(KINDS)('REDIRECT_TO_HTTPS: the port of the Host of %s is not kept', async (kind) => {
    const { status, headers } = await estate().ask({ host: `${hostOf('moved', kind)}:80`, path: '/x?a=1' });
    expect([status, headers.location]).toEqual(['301', `https://${hostOf('moved', kind)}/x?a=1`]);
  });

  test.each([
    ['/plain-one', '/plain-one'],
    ['/plain-list', '/plain-list'],
    ['/no-vhost', '/no-vhost'],
    ['/deep/er/App', '/deep/er/App'],
    ['/DEEP/er/app', '/deep/er/App'],
  ])('X-Marathon-App-Id: %s leads to %s', async (id, app) => {
    await expect(estate().arrived({ over: 'appId', headers: { 'X-Marathon-App-Id': id } })).resolves.toMatchObject({ app });
  });

  test.each(['/unknown', '/tcp', 'plain-one', ''])('X-Marathon-App-Id: 503 for %p', async (id) => {
    await expect(estate().ask({ over: 'appId', headers: { 'X-Marathon-App-Id': id } })).resolves.toMatchObject({ status: '503' });
  });

  test('both servers of a cookie are reached', async () => {
    const cookies = new Set<unknown>();
    for (let i = 0; i < 4; i++) cookies.add((await estate().ask({ host: hostOf('sticky', 'one') })).headers['set-cookie']?.[0]);
    expect(cookies.size).toBe(2);
  });
});
