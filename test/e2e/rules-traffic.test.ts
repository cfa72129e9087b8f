import { describe, expect, jest, test } from '@jest/globals';
import { ANSWER_AFTER, ANSWER_TYPE, useEstate, type EstateQuestion } from './rules.ts';
import { until } from './until.ts';

jest.setTimeout(60_000);

const app = (name: string, labels: Readonly<Record<string, string>>) => ({
  id: `/${name}`,
  labels: { VHOST: `${name}.test`, ...labels },
});

const apps = [
  app('plain', {}),
  app('near', { ALLOW: '127.0.0.1 127.0.0.2', DENY: '127.0.0.2' }),
  app('paged', {
    ...{ DENY: '127.0.0.2', RATE_LIMIT: '2/1h', MAX_BODY: '1k', TIMEOUT_SERVER: '300ms' },
    ...{ ERROR_PAGE_403: 'no.json', ERROR_PAGE_413: 'page.html', ERROR_PAGE_429: 'page.html', ERROR_PAGE_504: 'full.txt' },
  }),
  app('rate', { RATE_LIMIT: '3/1h' }),
  app('body', { MAX_BODY: '1k' }),
  app('hash', { HASH_BY: 'header:X-User' }),
  app('strip', { STRIP_PREFIX: '/shop' }),
  app('host', { REWRITE_HOST: 'internal.test' }),
  app('headers', {
    REQUEST_HEADERS: 'X-Team:100% $blue #1||X-Debug:',
    RESPONSE_HEADERS: "Content-Security-Policy:default-src 'self'||X-Arrived-At:",
  }),
  app('gzip', { COMPRESS: 'application/json' }),
  app('moved', { REDIRECT_TO: 'https://new.test', BACKEND_NETWORK_ALLOWED_ACL: '127.0.0.1' }),
  app('there', { REDIRECT_TO: 'https://new.test/100%25?a=1' }),
  { id: '/www', labels: { VHOST: 'www.test,bare.test', CANONICAL_HOST: 'www.test' } },
  app('cors', {
    ...{
      CORS_ORIGINS: 'https://shop.test',
      CORS_METHODS: 'GET,POST',
      CORS_HEADERS: 'X-A,X-B',
      CORS_MAX_AGE: '60',
      CORS_CREDENTIALS: 'true',
    },
    BACKEND_NETWORK_ALLOWED_ACL: '127.0.0.1',
  }),
  app('open', { CORS_ORIGINS: '*' }),
  app('times', {
    ...{ TIMEOUT_CONNECT: '1s', TIMEOUT_SERVER: '300ms', TIMEOUT_TUNNEL: '1h', TIMEOUT_QUEUE: '1s', TIMEOUT_CLIENT: '30s', RETRIES: '1' },
    ...{ MAXCONN: '5', SLOW_START: '10s' },
  }),
];

const PAGES = { 'page.html': '<h1>sorry %[src] $HOME</h1>', 'no.json': '{"error":"no"}', 'full.txt': 'x'.repeat(12_000) };

const connecting = [
  app('limited', { MAXCONN: '1', TIMEOUT_QUEUE: '200ms' }),
  app('full', { MAXCONN_TOTAL: '1' }),
  { ...app('tls', { BACKEND_TLS: 'true', BACKEND_CA: '{PEM:tls}', BACKEND_SNI: 'tls' }), speaks: 'tls' as const },
  { ...app('misnamed', { BACKEND_TLS: 'true', BACKEND_CA: '{PEM:tls}', BACKEND_SNI: 'other' }), speaks: 'tls' as const },
  { ...app('unsigned', { BACKEND_TLS: 'true', BACKEND_SNI: 'tls' }), speaks: 'tls' as const },
  { ...app('insecure', { BACKEND_TLS: 'insecure' }), speaks: 'tls' as const },
  { ...app('proxy-v1', { PROXY_PROTOCOL: 'v1' }), speaks: 'proxy' as const },
  { ...app('proxy-v2', { PROXY_PROTOCOL: 'v2' }), speaks: 'proxy' as const },
  app('checked', { HEALTH_PATH: '/only-a', HEALTH_HOST: 'checked.test', HEALTH_INTERVAL: '1s' }),
  app('status', { HEALTH_PATH: '/only-a', HEALTH_STATUS: '500-599', HEALTH_INTERVAL: '1s' }),
];

const estate = useEstate({ apps: [...apps, ...connecting], settings: { templateLabels: 'deny' }, certificates: ['tls'], pages: PAGES });
const at = (name: string): Pick<EstateQuestion, 'host'> & { readonly over: 'http' } => ({ over: 'http', host: `${name}.test` });

describe('who is served', () => {
  test.each([
    ['127.0.0.1', '200'],
    ['127.0.0.2', '403'],
    ['127.0.0.3', '403'],
  ])('ALLOW and DENY: %s gets %s', async (from, status) => {
    await expect(estate().ask({ ...at('near'), from })).resolves.toMatchObject({ status });
    await expect(estate().ask({ ...at('plain'), from })).resolves.toMatchObject({ status: '200' });
  });

  test('RATE_LIMIT: 429 from the fourth of three on, with Retry-After, for this client and this app alone', async () => {
    const statuses: (string | undefined)[] = [];
    for (let i = 0; i < 5; i++) statuses.push((await estate().ask(at('rate'))).status);
    expect(statuses).toEqual(['200', '200', '200', '429', '429']);
    await expect(estate().ask(at('rate'))).resolves.toMatchObject({ headers: { 'retry-after': '3600' } });
    await expect(estate().ask({ ...at('rate'), from: '127.0.0.2' })).resolves.toMatchObject({ status: '200' });
    await expect(estate().ask(at('plain'))).resolves.toMatchObject({ status: '200' });
  });

  test.each([
    [{}, 1024, '200'],
    [{}, 1025, '413'],
    [{ 'content-length': '99999999999' }, 0, '413'],
    [{ 'content-length': '4294967297' }, 0, '413'],
    [{ 'transfer-encoding': 'chunked' }, 10, '411'],
  ])('MAX_BODY, %j and %i bytes: %s', async (headers, length, status) => {
    const question = { ...at('body'), method: 'POST', headers, ...(length > 0 && { body: 'x'.repeat(length) }) };
    await expect(estate().ask(question)).resolves.toMatchObject({ status });
  });
});

describe('what is rewritten', () => {
  test.each([
    ['/shop', '/'],
    ['/shop/', '/'],
    ['/shop/x?a=/shop', '/x?a=/shop'],
    ['/shopping', '/shopping'],
    ['/SHOP', '/SHOP'],
    ['/x/shop', '/x/shop'],
  ])('STRIP_PREFIX: %s comes as %s', async (path, arrived) => {
    const { headers, ...rest } = await estate().arrived({ ...at('strip'), path });
    expect(rest).toMatchObject({ path: arrived, host: 'strip.test' });
    expect(headers['x-forwarded-prefix']).toBe(path === arrived ? undefined : '/shop');
  });

  test('REWRITE_HOST', async () => {
    await expect(estate().arrived(at('host'))).resolves.toMatchObject({ host: 'internal.test' });
  });

  test('REQUEST_HEADERS and RESPONSE_HEADERS: set as they are written, and removed', async () => {
    const { headers } = await estate().arrived({ ...at('headers'), headers: { 'x-debug': '1' } });
    expect([headers['x-team'], headers['x-debug']]).toEqual(['100% $blue #1', undefined]);
    await expect(estate().ask(at('headers'))).resolves.toMatchObject({ headers: { 'content-security-policy': "default-src 'self'" } });
  });

  test('COMPRESS: with gzip for a client that takes it', async () => {
    const encoding = async (headers: Readonly<Record<string, string>>): Promise<string | undefined> =>
      (await estate().ask({ ...at('gzip'), headers: { ...headers, [ANSWER_TYPE]: 'application/json' } })).headers['content-encoding'];
    await expect(encoding({ 'accept-encoding': 'gzip' })).resolves.toBe('gzip');
    await expect(encoding({})).resolves.toBeUndefined();
  });
});

describe('what HAProxy answers itself', () => {
  test.each([
    ['moved', '/x?a=1', 'https://new.test/x?a=1'],
    ['there', '/x?b=1', 'https://new.test/100%25?a=1'],
    ['bare', '/x?a=1', 'http://www.test/x?a=1'],
  ])('REDIRECT_TO and CANONICAL_HOST: %s.test%s is redirected to %s', async (name, path, location) => {
    const { status, headers } = await estate().ask({ ...at(name), path });
    expect([status, headers.location]).toEqual(['301', location]);
  });

  test('CANONICAL_HOST keeps scheme and port, and leaves other hosts alone', async () => {
    const over = async (way: 'http' | 'https', host: string) => (await estate().ask({ over: way, host })).headers.location;
    await expect(over('https', 'bare.test')).resolves.toBe('https://www.test/');
    await expect(over('http', 'bare.test:8080')).resolves.toBe('http://www.test:8080/');
    await expect(over('http', 'www.test')).resolves.toBeUndefined();
    await expect(estate().ask({ servicePortOf: '/www', host: '10.0.0.1' })).resolves.toMatchObject({ status: '200' });
  });

  const preflight = { method: 'OPTIONS', headers: { origin: 'https://shop.test', 'access-control-request-method': 'POST' } };

  test('CORS: the preflight is answered for an origin that is named, and goes to the app for others', async () => {
    const { status, headers } = await estate().ask({ ...at('cors'), ...preflight });
    expect([status, headers['x-arrived']]).toEqual(['204', undefined]);
    expect(headers).toMatchObject({
      'access-control-allow-origin': 'https://shop.test',
      'access-control-allow-methods': 'GET, POST',
      'access-control-allow-headers': 'X-A, X-B',
      'access-control-max-age': '60',
      'access-control-allow-credentials': 'true',
      vary: 'Origin',
    });
    const other = await estate().ask({ ...at('cors'), ...preflight, headers: { ...preflight.headers, origin: 'https://evil.test' } });
    expect([other.status, other.headers['access-control-allow-origin']]).toEqual(['200', undefined]);
  });

  test('CORS: the answer of the app carries the origin; * allows every one', async () => {
    const originOf = async (name: string, origin: string) =>
      (await estate().ask({ ...at(name), headers: { origin } })).headers['access-control-allow-origin'];
    await expect(originOf('cors', 'https://shop.test')).resolves.toBe('https://shop.test');
    await expect(originOf('cors', 'https://shop.test.evil.test')).resolves.toBeUndefined();
    await expect(originOf('open', 'https://any.test')).resolves.toBe('*');
  });

  test('neither redirects nor preflights are answered for a network that is not allowed', async () => {
    const from = '127.0.0.2';
    await expect(estate().ask({ ...at('moved'), from })).resolves.toMatchObject({ status: '403' });
    await expect(estate().ask({ ...at('cors'), ...preflight, from })).resolves.toMatchObject({ status: '403' });
  });
});

describe('ERROR_PAGE', () => {
  const [html, text] = ['text/html; charset=utf-8', 'text/plain; charset=utf-8'];

  test.each([
    ['403', { from: '127.0.0.2' }, 'application/json', PAGES['no.json']],
    ['413', { method: 'POST', body: 'x'.repeat(2000) }, html, PAGES['page.html']],
    ['504', { headers: { [ANSWER_AFTER]: '2000' } }, text, PAGES['full.txt']],
    ['429', {}, html, PAGES['page.html']],
  ])('of %s is the file as it is', async (status, question, type, body) => {
    const answer = await estate().ask({ ...at('paged'), ...question });
    expect(answer).toMatchObject({ status, headers: { 'content-type': type }, body });
    if (status === '429') expect(answer.headers['retry-after']).toBe('3600');
  });
});

describe('where requests go', () => {
  test('HASH_BY: the same value goes to the same server', async () => {
    const serverOf = async (user: string) => (await estate().arrived({ ...at('hash'), headers: { 'x-user': user } })).server;
    for (const user of ['ann', 'bob', 'eve', 'joe']) expect(await serverOf(user)).toBe(await serverOf(user));
  });

  test('TIMEOUT_SERVER: a server that is silent for longer is answered for with 504', async () => {
    await expect(estate().ask({ ...at('times'), headers: { [ANSWER_AFTER]: '2000' } })).resolves.toMatchObject({ status: '504' });
    await expect(estate().ask(at('times'))).resolves.toMatchObject({ status: '200' });
  });
});

describe('how many at once', () => {
  const slow = (name: string) => estate().ask({ ...at(name), headers: { [ANSWER_AFTER]: '1500' } });

  test('MAXCONN: of three requests for two servers, one waits for TIMEOUT_QUEUE, and is answered with 503', async () => {
    const answers = await Promise.all([slow('limited'), slow('limited'), slow('limited')]);
    expect(answers.map(({ status }) => status).sort()).toEqual(['200', '200', '503']);
  });

  test('MAXCONN_TOTAL: of two one is answered with 503, or both where they come in the same moment', async () => {
    const seen: string[] = [];
    await until(
      () => `200 and 503; seen: ${seen.join('; ')}`,
      async () => {
        const answers = await Promise.all([slow('full'), slow('full')]);
        seen.push(
          answers
            .map(({ status }) => status)
            .sort()
            .join(' '),
        );
        return seen.at(-1) === '200 503';
      },
    );
    expect(seen).not.toContain('200 200');
  });
});

describe('how HAProxy speaks to the servers', () => {
  test.each([
    ['tls', '200'],
    ['insecure', '200'],
    ['misnamed', '503'],
    ['unsigned', '503'],
  ])('BACKEND_TLS: %s gets %s', async (name, status) => {
    await expect(estate().ask(at(name))).resolves.toMatchObject({ status });
  });

  test('PROXY_PROTOCOL: the address of the client comes first', async () => {
    const v1 = Buffer.from((await estate().ask({ ...at('proxy-v1'), from: '127.0.0.2' })).body, 'hex').toString();
    expect(v1).toMatch(/^PROXY TCP4 127\.0\.0\.2 127\.0\.0\.1 /);
    const v2 = (await estate().ask({ ...at('proxy-v2'), from: '127.0.0.2' })).body;
    expect(v2).toMatch(/^0d0a0d0a000d0a515549540a2111000c7f0000027f000001/);
  });

  test.each([
    ['checked', 'a'],
    ['status', 'b'],
  ])('HEALTH_PATH, HEALTH_HOST, HEALTH_STATUS: of %s only %s stays', async (name, good) => {
    const seen: string[] = [];
    await until(
      () => `six answers of ${good}; seen: ${seen.join('')}`,
      async () => {
        seen.push((await estate().arrived(at(name))).server);
        return seen.length >= 6 && seen.slice(-6).every((server) => server === good);
      },
    );
  });
});
