import { describe, expect, jest, test } from '@jest/globals';
import { Agent } from 'node:http';
import { useEstate } from './rules.ts';

jest.setTimeout(60_000);

const AUTH = 'Staff:alice:$6$saltsalt$TVLlQcbpFVof5W3Yz4DTP6gRstiNuHwwTt6GLc1E5n0U0aDehy0S5knV8wiOQSpT0Y77vwPZN.Pq.H91p5hVO1';

const apps = [
  { id: '/a-short', labels: { VHOST: 'site.test', PATH: '/app', PATH_TYPE: 'segment' } },
  { id: '/b-long', labels: { VHOST: 'site.test', PATH: '/app/v2 /other', PATH_TYPE: 'segment' } },
  { id: '/bytes', labels: { VHOST: 'site.test', PATH: '/byte', PATH_TYPE: 'prefix' } },
  { id: '/exact', labels: { VHOST: 'site.test', PATH: '/app/v2/only', PATH_TYPE: 'exact' } },
  { id: '/regex', labels: { VHOST: 'site.test', PATH: '/app/v[0-9]+/(users|groups)$', PATH_TYPE: 'regex' } },
  { id: '/rest', labels: { VHOST: 'site.test' } },
  { id: '/old', labels: { VHOST: 'site.test', PATH: '/old' } },
  { id: '/wide', labels: { VHOST: '*.wild.test' } },
  { id: '/narrow', labels: { VHOST: '*.deep.wild.test' } },
  { id: '/wide-path', labels: { VHOST: '*.wild.test', PATH: '/static', PATH_TYPE: 'segment' } },
  { id: '/plain', labels: { VHOST: 'plain.wild.test' } },
  { id: '/address', labels: { VHOST: '[::1]' } },
  { id: '/well-known', labels: { PATH: '/.well-known', PATH_TYPE: 'segment' } },
  { id: '/default', labels: { DEFAULT: 'true' } },
  { id: '/guarded', labels: { VHOST: '*.guarded.test', AUTH } },
  { id: '/moved', labels: { VHOST: '*.moved.test', REDIRECT_TO_HTTPS: 'true' } },
  { id: '/stable', labels: { VHOST: 'shop.test', SPLIT: 'shop' } },
  { id: '/canary', labels: { VHOST: 'shop.test', SPLIT: 'shop', SPLIT_WEIGHT: '10' } },
  { id: '/off', labels: { VHOST: 'shop.test', SPLIT: 'shop', SPLIT_WEIGHT: '0' } },
  { id: '/kept-a', labels: { VHOST: 'kept.test', SPLIT: 'kept', STICKY: 'true' } },
  { id: '/kept-b', labels: { VHOST: 'kept.test', SPLIT: 'kept', STICKY: 'true' } },
];

/** Host, path, and whose requests they are. */
const ROUTES: readonly (readonly [string, string, string])[] = [
  ['site.test', '/app', '/a-short'],
  ['site.test', '/app/', '/a-short'],
  ['site.test', '/app/v1?x=1', '/a-short'],
  ['site.test', '/apple', '/rest'],
  ['site.test', '/app/v2', '/b-long'],
  ['site.test', '/app/v2/x', '/b-long'],
  ['site.test', '/app/v22', '/a-short'],
  ['site.test', '/other/x', '/b-long'],
  ['site.test', '/bytes', '/bytes'],
  ['site.test', '/byte', '/bytes'],
  ['site.test', '/app/v2/only', '/exact'],
  ['site.test', '/app/v2/only/x', '/b-long'],
  ['site.test', '/app/v3/users', '/regex'],
  ['site.test', '/app/v3/users/x', '/a-short'],
  ['site.test', '/old/x', '/old'],
  ['site.test', '/', '/rest'],
  ['SITE.test.', '/app', '/a-short'],
  ['site.test:80', '/app', '/a-short'],
  ['x.wild.test', '/', '/wide'],
  ['y.x.wild.test', '/', '/wide'],
  ['a.b.c.d.e.f.g.wild.test', '/', '/wide'],
  ['x.deep.wild.test', '/', '/narrow'],
  ['y.x.deep.wild.test', '/static', '/narrow'],
  ['x.wild.test', '/static/x', '/wide-path'],
  ['plain.wild.test', '/', '/plain'],
  ['wild.test', '/', '/default'],
  ['notwild.test', '/', '/default'],
  ['nobody.test', '/.well-known/x', '/well-known'],
  ['nobody.test', '/x', '/default'],
  ['plain.wild.test', '/.well-known/x', '/plain'],
];

describe.each([
  ['on', true],
  ['off', false],
])('with maps %s', (_, haproxyMap) => {
  const estate = useEstate({ apps, settings: { haproxyMap } });
  const overHttps = ({ 1: host }: RegExpMatchArray): string => host ?? '';

  describe.each(['http', 'https'] as const)('over %s', (over) => {
    const sniOf = (host: string): string => overHttps(/^(.*?)\.?(?::\d+)?$/.exec(host.toLowerCase()) ?? ['']);

    test.each(ROUTES)('%s%s is that of %s', async (host, path, app) => {
      await expect(estate().arrived({ over, host, path, sni: sniOf(host) })).resolves.toMatchObject({ app, path });
    });

    test('a wildcard with a password asks for it, and one without none', async () => {
      const { status, headers } = await estate().ask({ over, host: 'x.guarded.test' });
      expect([status, headers['www-authenticate']]).toEqual(['401', 'Basic realm="Staff"']);
      const Authorization = `Basic ${Buffer.from('alice:wonderland').toString('base64')}`;
      const wrong = await estate().ask({ over, host: 'x.guarded.test', headers: { Authorization } });
      expect(wrong.headers['x-arrived']).toBeUndefined();
    });

    test('a header names an app of a split, but not one whose weight is 0', async () => {
      const to = (app: string) => estate().arrived({ over, host: 'shop.test', headers: { 'X-Marathon-Split': app } });
      for (let i = 0; i < 5; i++) await expect(to('/canary')).resolves.toMatchObject({ app: '/canary' });
      for (let i = 0; i < 5; i++) expect((await to('/off')).app).not.toBe('/off');
    });

    test('STICKY keeps a client at its app of a split', async () => {
      const first = await estate().ask({ over, host: 'kept.test' });
      const cookies = first.headers['set-cookie']?.map((text) => text.split(';')[0] ?? '') ?? [];
      expect(cookies.filter((text) => text.startsWith('marathon_split=/kept-'))).toHaveLength(1);
      const app = cookies.find((text) => text.startsWith('marathon_split='))?.split('=')[1];
      for (let i = 0; i < 12; i++) {
        const next = estate().arrived({ over, host: 'kept.test', headers: { Cookie: cookies.join('; ') } });
        await expect(next).resolves.toMatchObject({ app });
      }
    });
  });

  test('an IPv6 address as the host', async () => {
    for (const host of ['[::1]', '[::1]:80']) await expect(estate().arrived({ host })).resolves.toMatchObject({ app: '/address', host });
  });

  test('a wildcard with REDIRECT_TO_HTTPS is redirected, without the port of the Host', async () => {
    const { status, headers } = await estate().ask({ host: 'x.moved.test:80', path: '/a?b=1' });
    expect([status, headers.location]).toEqual(['301', 'https://x.moved.test/a?b=1']);
    await expect(estate().arrived({ over: 'https', host: 'x.moved.test' })).resolves.toMatchObject({ app: '/moved' });
  });

  test('the own port of an app in the table asks for no password', async () => {
    await expect(estate().arrived({ servicePortOf: '/guarded', host: 'x.guarded.test' })).resolves.toMatchObject({ app: '/guarded' });
  });
});

describe('a split', () => {
  const estate = useEstate({ apps: apps.filter(({ labels }) => 'SPLIT' in labels) });

  test('of 10,000 requests of a split, each app gets its share within the bounds of chance', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 8 });
    const counts = new Map<string, number>();
    const askOne = async (): Promise<void> => {
      const { app } = await estate().arrived({ host: 'shop.test', agent });
      counts.set(app, (counts.get(app) ?? 0) + 1);
    };
    for (let i = 0; i < 10_000 / 8; i++) await Promise.all(Array.from({ length: 8 }, askOne));
    agent.destroy();
    const deviation = Math.sqrt(10_000 * 0.1 * 0.9);
    expect(counts.get('/off')).toBeUndefined();
    expect(Math.abs((counts.get('/canary') ?? 0) - 1_000)).toBeLessThan(5 * deviation);
    expect((counts.get('/stable') ?? 0) + (counts.get('/canary') ?? 0)).toBe(10_000);
  });
});
