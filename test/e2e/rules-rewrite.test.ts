import { describe, expect, jest, test } from '@jest/globals';
import { ANSWER_LOCATION, bothOf, hostOf, idOf, MAPS, useEstate, WAYS } from './rules.ts';

jest.setTimeout(60_000);

const apps = [
  ...bothOf('plain', {}),
  ...bothOf('hsts', { USE_HSTS: 'true' }),
  ...bothOf('shop', { HTTP_BACKEND_PROXYPASS_PATH: '/shop' }),
  ...bothOf('odd', { HTTP_BACKEND_PROXYPASS_PATH: '/a.b+c' }),
  ...bothOf('deep', { HTTP_BACKEND_PROXYPASS_PATH: '/deep/er/' }),
  ...bothOf('percent', { HTTP_BACKEND_PROXYPASS_PATH: '/a%20b' }),
  ...bothOf('quote', { HTTP_BACKEND_PROXYPASS_PATH: '/$HOME' }),
  ...bothOf('whole', { HTTP_BACKEND_PROXYPASS_PATH: '/' }),
  ...bothOf('pathed', { PATH: '/pathed', HTTP_BACKEND_PROXYPASS_PATH: '/pathed' }),
  ...bothOf('back', { HTTP_BACKEND_REVPROXY_PATH: '/back' }),
  ...bothOf('backs', { HTTP_BACKEND_REVPROXY_PATH: '/100%/' }),
  ...bothOf('root', { HTTP_BACKEND_REDIR: '/my/content' }),
  ...bothOf('away', { HTTP_BACKEND_REDIR: 'https://elsewhere.test/100%25?a=1' }),
  ...bothOf('guarded', { HTTP_BACKEND_REDIR: '/inside', BACKEND_NETWORK_ALLOWED_ACL: '127.0.0.1' }),
];

/** Path asked for, and the path that the app sees. */
const PREFIXES: readonly (readonly [string, string, string])[] = [
  ['shop', '/shop', '/'],
  ['shop', '/shop/', '/'],
  ['shop', '/shop/x', '/x'],
  ['shop', '/shop/x/', '/x/'],
  ['shop', '/shop//x', '//x'],
  ['shop', '/shop/x%2Fy%20z', '/x%2Fy%20z'],
  ['shop', '/SHOP/x', '/x'],
  ['shop', '/shop/shop', '/shop'],
  ['shop', '/shop?a=1', '/?a=1'],
  ['shop', '/shop/?a=1', '/?a=1'],
  ['shop', '/shop/x?a=1&b=/shop/y', '/x?a=1&b=/shop/y'],
  ['shop', '/shop?', '/?'],
  ['shop', '/shopping', '/shopping'],
  ['shop', '/shopping/x?a=1', '/shopping/x?a=1'],
  ['shop', '/', '/'],
  ['shop', '/other', '/other'],
  ['shop', '/other?a=/shop/x', '/other?a=/shop/x'],
  ['shop', '/in/shop/x', '/in/shop/x'],
  ['odd', '/a.b+c', '/'],
  ['odd', '/a.b+c/x?a=1', '/x?a=1'],
  ['odd', '/aXb+c/x', '/aXb+c/x'],
  ['odd', '/a.bbc/x', '/a.bbc/x'],
  ['deep', '/deep/er/x', '/x'],
  ['deep', '/deep/er/', '/'],
  ['deep', '/deep/er', '/'],
  ['deep', '/deep/erx', '/deep/erx'],
  ['percent', '/a%20b/x', '/x'],
  ['quote', '/$HOME/x', '/x'],
  ['whole', '/x?a=1', '/x?a=1'],
  ['whole', '/', '/'],
  ['pathed', '/pathed/x?a=1', '/x?a=1'],
  ['pathed', '/pathed', '/'],
];

const OWN = 'http://HOST';

/** The label, the app's Location, and the one that the client sees; HOST stands for the virtual host. */
const LOCATIONS: readonly (readonly [string, string, string])[] = [
  ['back', '/x', '/back'],
  ['back', '/', '/back'],
  ['back', '/x?a=1', '/back'],
  ['back', `${OWN}/x`, '/back'],
  ['back', `${OWN}:8080/x`, '/back'],
  ['back', 'https://HOST/x', '/back'],
  ['back', '//HOST/x', '/back'],
  ['back', 'x', 'x'],
  ['back', '//elsewhere.test/x', '//elsewhere.test/x'],
  ['back', 'http://elsewhere.test/x', 'http://elsewhere.test/x'],
  ['back', `${OWN}.elsewhere.test/x`, `${OWN}.elsewhere.test/x`],
  ['backs', '/x', '/100%/'],
  ['plain', '/x', '/x'],
];

describe.each(MAPS)('with maps %s', (_, haproxyMap) => {
  const estate = useEstate({ apps, settings: { haproxyMap } });

  describe.each(WAYS)('over $over, to $kind', ({ over, kind }) => {
    const at = (name: string) => ({ over, host: hostOf(name, kind) }) as const;

    test.each([
      ['hsts', 'max-age=15768000'],
      ['plain', undefined],
    ])('USE_HSTS: %s has %s', async (name, wanted) => {
      const { status, headers } = await estate().ask(at(name));
      expect(status).toBe('200');
      expect(headers['strict-transport-security']).toBe(wanted);
    });

    test.each(PREFIXES)('PROXYPASS_PATH, %s: %s comes as %s', async (name, path, arrived) => {
      await expect(estate().arrived({ ...at(name), path })).resolves.toMatchObject({ app: idOf(name, kind), path: arrived });
    });

    test('PROXYPASS_PATH keeps method and body', async () => {
      const posted = await estate().arrived({ ...at('shop'), path: '/shop/x', method: 'POST', body: 'a body' });
      expect(posted).toMatchObject({ method: 'POST', path: '/x', body: 'a body' });
    });

    test('PROXYPASS_PATH: the app sees its virtual host', async () => {
      await expect(estate().arrived({ ...at('shop'), path: '/shop/x' })).resolves.toMatchObject({ host: hostOf('shop', kind) });
    });

    test.each(LOCATIONS)('REVPROXY_PATH, %s: the Location %s is seen as %s', async (name, sent, seen) => {
      const ofHost = (text: string): string => text.replace('HOST', hostOf(name, kind));
      const { status, headers } = await estate().ask({ ...at(name), headers: { [ANSWER_LOCATION]: ofHost(sent) } });
      expect([status, headers.location]).toEqual(['302', ofHost(seen)]);
    });

    test('REVPROXY_PATH makes no Location where there is none', async () => {
      const { status, headers } = await estate().ask(at('back'));
      expect([status, headers.location]).toEqual(['200', undefined]);
    });

    test.each([
      ['root', '/', '/my/content'],
      ['root', '/?a=1', '/my/content'],
      ['away', '/', 'https://elsewhere.test/100%25?a=1'],
      ['guarded', '/', '/inside'],
    ])('REDIR, %s: %s is redirected to %s', async (name, path, location) => {
      const { status, headers } = await estate().ask({ ...at(name), path });
      expect([status, headers.location]).toEqual(['301', location]);
    });

    test.each(['/x', '/my/content', '//', '/index.html?a=/'])('REDIR: %s is not redirected', async (path) => {
      await expect(estate().arrived({ ...at('root'), path })).resolves.toMatchObject({ path });
    });

    test('REDIR does not answer a network that is not allowed', async () => {
      await expect(estate().ask({ ...at('guarded'), from: '127.0.0.2' })).resolves.toMatchObject({ status: '403' });
    });
  });

  test('REDIR: on the service port, another host is not redirected', async () => {
    const servicePortOf = idOf('root', 'one');
    await expect(estate().arrived({ servicePortOf, host: 'other.test:8080' })).resolves.toMatchObject({ host: 'other.test:8080' });
    await expect(estate().ask({ servicePortOf, host: hostOf('root', 'one') })).resolves.toMatchObject({ status: '301' });
  });

  test('PROXYPASS_PATH: on the service port, the Host becomes the one virtual host, and stays where there are several', async () => {
    const at = (id: string) => ({ servicePortOf: id, host: 'other.test', path: '/shop/x' });
    await expect(estate().arrived(at('/shop-one'))).resolves.toMatchObject({ path: '/x', host: 'shop.one.test' });
    await expect(estate().arrived(at('/shop-list'))).resolves.toMatchObject({ path: '/x', host: 'other.test' });
  });
});
