/* eslint-disable max-lines -- to be cut at the rules: stub of the IAM, logins, wrong credentials, 401 of a Marathon */
import { generateKeyPairSync, sign, verify, type KeyObject } from 'node:crypto';
import type { RequestListener, ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import { afterEach, expect, test } from '@jest/globals';
import { generate } from 'selfsigned';
import { basicAuth, type Auth, type Headers } from '../../src/source/auth.ts';
import { makeClient, type Client } from '../../src/source/client.ts';
import { dcosAuth, type DcosSettings } from '../../src/source/dcos.ts';
import { openStream } from '../../src/source/stream.ts';
import { closeServers, recordLog, refusedUrl, serve } from './server.ts';
import { now } from '../../src/lib/clock.ts';

const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 });
const pkcs8 = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }) as string;
const pkcs1 = (key: KeyObject): string => key.export({ type: 'pkcs1', format: 'pem' }) as string;
const KEY = pkcs8(pair.privateKey);
/** Lines of the key's middle: none may ever be told. */
const SECRETS = KEY.split('\n').slice(1, -2);

const START = Date.parse('2024-05-01T10:00:00Z');
const { signal } = new AbortController();
const clients: Client[] = [];
afterEach(async () => {
  for (const made of clients.splice(0)) await made.close();
  await closeServers();
});

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const read = (text = ''): unknown => JSON.parse(Buffer.from(text, 'base64url').toString());

/** A JWT by node:crypto, as jose is what is tested. */
function makeJwt(payload: object): string {
  const text = `${part({ alg: 'RS256', typ: 'JWT' })}.${part(payload)}`;
  return `${text}.${sign('sha256', Buffer.from(text), stranger.privateKey).toString('base64url')}`;
}

/** What one login said, its signature checked. */
interface Login {
  readonly good: boolean;
  readonly header: unknown;
  readonly payload: unknown;
  readonly body: Readonly<Record<string, unknown>>;
}

interface Iam {
  readonly endpoint: string;
  readonly logins: Login[];
  /** The headers for its nth token, from 0. */
  readonly headers: (n: number) => Headers;
  /** Can be changed by a test. */
  readonly clock: { now: number; lifeS: number };
  /** Answers in place of the stub, one for each login. */
  readonly answers: ((response: ServerResponse) => void)[];
}

/** A DC/OS IAM: it verifies the signature and the life of the login, and gives tokens that live `lifeS` by its clock. */
async function makeIam(tls?: { readonly key: string; readonly cert: string }): Promise<Iam> {
  const logins: Login[] = [];
  const tokens: string[] = [];
  const answers: Iam['answers'] = [];
  const clock = { now: START, lifeS: 3600 };
  const answer: RequestListener = (request, response) => {
    void json(request).then((said) => {
      const body = said as Login['body'];
      const [header, payload, signature = ''] = String(body['token']).split('.');
      const signed = verify('sha256', Buffer.from(`${header}.${payload}`), pair.publicKey, Buffer.from(signature, 'base64url'));
      const { uid, exp } = read(payload) as { readonly uid: string; readonly exp: number };
      const good = signed && uid === body['uid'] && exp * 1000 > clock.now;
      logins.push({ good, header: read(header), payload: read(payload), body });
      const own = answers.shift();
      if (own !== undefined) {
        own(response);
        return;
      }
      const wanted = request.method === 'POST' && request.headers['content-type'] === 'application/json';
      response.writeHead(!wanted ? 400 : good ? 200 : 401, { 'content-type': 'application/json' });
      if (wanted && good) tokens.push(makeJwt({ uid, exp: clock.now / 1000 + clock.lifeS, n: tokens.length }));
      response.end(JSON.stringify(wanted && good ? { token: tokens.at(-1) } : { title: 'Unauthorized' }));
    });
  };
  const { url } = await serve(answer, tls);
  const headers = (n: number): Headers => ({ authorization: `token=${tokens[n]}` });
  return { endpoint: `${url}/acs/api/v1/auth/login`, logins, headers, clock, answers };
}

const json200 =
  (body: unknown) =>
  (response: ServerResponse): void => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(typeof body === 'string' ? body : JSON.stringify(body));
  };

const account = (login_endpoint: string, private_key = KEY): string =>
  JSON.stringify({ scheme: 'RS256', uid: 'mlb-sa', login_endpoint, private_key });

const authOf = (iam: Iam, more: Partial<DcosSettings> = {}): Auth =>
  dcosAuth({ credentials: account(iam.endpoint), now: () => iam.clock.now, ...more });

/** The message of a failure, which tells neither key nor login. */
async function failureOf(work: Promise<unknown>): Promise<string> {
  const message = await work.then(
    () => 'no failure',
    (error: unknown) => (error instanceof Error ? error.message : JSON.stringify(error)),
  );
  for (const secret of [...SECRETS, 'eyJ', 'PRIVATE']) expect(message).not.toContain(secret);
  return message;
}

test('logs in with a signed text and uses the token', async () => {
  const iam = await makeIam();
  expect(await authOf(iam)(signal)).toEqual(iam.headers(0));
  expect(iam.logins).toMatchObject([
    {
      good: true,
      header: { alg: 'RS256', typ: 'JWT' },
      payload: { uid: 'mlb-sa', exp: START / 1000 + 60 },
      body: { uid: 'mlb-sa', exp: START / 1000 + 3600 },
    },
  ]);
});

test('makes no login before it is asked', async () => {
  const iam = await makeIam();
  authOf(iam);
  expect(iam.logins).toEqual([]);
});

test.each([
  ['PKCS#8', KEY],
  ['PKCS#1', pkcs1(pair.privateKey)],
  ['PKCS#8, lines ending as \\n', KEY.replaceAll('\n', '\\n')],
  ['PKCS#1, lines ending as \\n', pkcs1(pair.privateKey).replaceAll('\n', '\\n')],
  ['PKCS#8, lines ending as \\r\\n', KEY.replaceAll('\n', '\\r\\n')],
  ['PKCS#8, lines ending in CRLF', KEY.replaceAll('\n', '\r\n')],
])('takes a key in %s', async (_, pem) => {
  const iam = await makeIam();
  expect(await authOf(iam, { credentials: account(iam.endpoint, pem) })(signal)).toEqual(iam.headers(0));
});

test('a token is kept until 60 s before its end', async () => {
  const iam = await makeIam();
  const auth = authOf(iam);
  await auth(signal);
  iam.clock.now = START + 3_539_999;
  expect(await auth(signal)).toEqual(iam.headers(0));
  iam.clock.now = START + 3_540_000;
  expect(await auth(signal)).toEqual(iam.headers(1));
  expect(await auth(signal)).toEqual(iam.headers(1));
  expect(iam.logins).toHaveLength(2);
});

test('a token of a short life is kept for half of it', async () => {
  const iam = await makeIam();
  iam.clock.lifeS = 40;
  const auth = authOf(iam);
  await auth(signal);
  iam.clock.now = START + 19_999;
  expect(await auth(signal)).toEqual(iam.headers(0));
  iam.clock.now = START + 20_000;
  expect(await auth(signal)).toEqual(iam.headers(1));
});

test.each([
  ['no JWT', 'opaque'],
  ['a JWT without exp', makeJwt({ uid: 'mlb-sa' })],
  ['a JWT whose exp is no number', makeJwt({ uid: 'mlb-sa', exp: 'soon' })],
])('a token that does not tell its end counts as one hour: %s', async (_, token) => {
  const iam = await makeIam();
  iam.answers.push(json200({ token }));
  const auth = authOf(iam);
  expect(await auth(signal)).toEqual({ authorization: `token=${token}` });
  iam.clock.now = START + 3_539_999;
  expect(await auth(signal)).toEqual({ authorization: `token=${token}` });
  iam.clock.now = START + 3_540_000;
  expect(await auth(signal)).toEqual(iam.headers(0));
});

test('a token that is over when it comes is used, and not kept', async () => {
  const iam = await makeIam();
  iam.clock.lifeS = -10;
  const auth = authOf(iam);
  expect(await auth(signal)).toEqual(iam.headers(0));
  expect(await auth(signal)).toEqual(iam.headers(1));
});

test('concurrent callers share one login', async () => {
  const iam = await makeIam();
  const auth = authOf(iam);
  expect(await Promise.all([auth(signal), auth(signal), auth(signal)])).toEqual([0, 0, 0].map(iam.headers));
  iam.clock.now = START + 3_600_000;
  expect(await Promise.all([auth(signal), auth(signal)])).toEqual([1, 1].map(iam.headers));
  expect(iam.logins).toHaveLength(2);
});

test('a failed login is shared, too, and not kept', async () => {
  const iam = await makeIam();
  iam.answers.push((response) => response.writeHead(503).end());
  const auth = authOf(iam);
  const both = await Promise.all([failureOf(auth(signal)), failureOf(auth(signal))]);
  const message = `no DC/OS login as 'mlb-sa' at ${iam.endpoint}: answered HTTP 503`;
  expect(both).toEqual([message, message]);
  expect(iam.logins).toHaveLength(1);
  expect(await auth(signal)).toEqual(iam.headers(0));
});

test('when a renewal fails, the old token serves to its end', async () => {
  const iam = await makeIam();
  const auth = authOf(iam);
  await auth(signal);
  const down = (response: ServerResponse): void => void response.writeHead(503).end();
  iam.answers.push(down, down);
  iam.clock.now = START + 3_599_999;
  expect(await auth(signal)).toEqual(iam.headers(0));
  iam.clock.now = START + 3_600_000;
  expect(await failureOf(auth(signal))).toMatch(/: answered HTTP 503$/);
  expect(await auth(signal)).toEqual(iam.headers(1));
});

/** A login that hangs: `reached` once it is there, `left` once its connection is over. */
function hang(iam: Iam): { readonly reached: Promise<ServerResponse>; readonly left: Promise<void> } {
  const reached = new Promise<ServerResponse>((resolve) => iam.answers.push(resolve));
  const left = reached.then((response) => new Promise<void>((resolve) => response.on('close', resolve)));
  return { reached, left };
}

test('a caller who leaves takes its own reason, and the login goes on for the other', async () => {
  const iam = await makeIam();
  const { reached } = hang(iam);
  const auth = authOf(iam);
  const stop = new AbortController();
  const leaver = failureOf(auth(stop.signal));
  const stayer = auth(signal);
  const response = await reached;
  stop.abort(new Error('the end'));
  expect(await leaver).toBe('the end');
  json200({ token: 'late' })(response);
  expect(await stayer).toEqual({ authorization: 'token=late' });
});

test('a login for which nobody waits is ended, and the next caller begins another', async () => {
  const iam = await makeIam();
  const { reached, left } = hang(iam);
  const auth = authOf(iam);
  const stop = new AbortController();
  const only = failureOf(auth(stop.signal));
  await reached;
  stop.abort(new Error('the end'));
  expect(await only).toBe('the end');
  expect(await failureOf(auth(stop.signal))).toBe('the end');
  expect(await auth(signal)).toEqual(iam.headers(0));
  await left;
});

test('a login has a deadline, its body included', async () => {
  const iam = await makeIam();
  const auth = authOf(iam, { deadlineMs: 250 });
  const message = `no DC/OS login as 'mlb-sa' at ${iam.endpoint}: no answer within 250 ms`;
  iam.answers.push(
    () => undefined,
    (response) => void response.writeHead(200).write('{"token":'),
  );
  expect(await failureOf(auth(signal))).toBe(message);
  expect(await failureOf(auth(signal))).toBe(message);
});

const failing: readonly (readonly [string, (response: ServerResponse) => void, RegExp])[] = [
  [
    'a web page',
    (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'),
    /a web page \(HTTP 200\) instead of JSON$/,
  ],
  [
    'an error page',
    (response) => response.writeHead(502, { 'content-type': 'text/html' }).end('<html>'),
    /a web page \(HTTP 502\) instead of JSON/,
  ],
  [
    '401',
    (response) => response.writeHead(401, { 'content-type': 'text/html' }).end('<html>'),
    /answered HTTP 401: it does not accept this/,
  ],
  ['a redirect', (response) => response.writeHead(302, { location: '/login' }).end(), /HTTP 302, a redirect, which is not followed$/],
  ['an error', (response) => response.writeHead(500).end('{"token":"t"}'), /answered HTTP 500$/],
  ['no JSON', json200('eyJhbGciOi'), /answered with no token$/],
  ['no object', json200(null), /answered with no token$/],
  ['no token', json200({ title: 'eyJhbGciOi' }), /answered with no token$/],
  ['an empty token', json200({ token: '' }), /answered with no token$/],
  ['a token of another kind', json200({ token: 7 }), /answered with no token$/],
  ['a token that is no header', json200({ token: 'eyJ\r\nx: y' }), /answered with no token$/],
  ['too much', json200({ token: 'x'.repeat(2 ** 21) }), /: Response content exceeded max size$/],
  ['nothing', (response) => void response.socket?.destroy(), /closed the connection in the middle of the answer$/],
];

test.each(failing)('a login endpoint that answers with %s is told by name', async (_, answer, message) => {
  const iam = await makeIam();
  iam.answers.push(answer);
  const said = await failureOf(authOf(iam)(signal));
  expect(said).toMatch(message);
  expect(said).toContain(`no DC/OS login as 'mlb-sa' at ${iam.endpoint}: `);
});

test('a key that the login endpoint does not know is told', async () => {
  const iam = await makeIam();
  const auth = authOf(iam, { credentials: account(iam.endpoint, pkcs8(stranger.privateKey)) });
  expect(await failureOf(auth(signal))).toBe(
    `no DC/OS login as 'mlb-sa' at ${iam.endpoint}: answered HTTP 401: it does not accept this account's key, ` +
      'or one of the two clocks is wrong by a minute',
  );
  expect(iam.logins[0]?.good).toBe(false);
});

test('a login endpoint where nobody listens is told by name, without user info and query', async () => {
  const url = await refusedUrl();
  const auth = dcosAuth({ credentials: account(`${url.replace('//', '//me:s3cret@')}/login?x=1`), now });
  const said = await failureOf(auth(signal));
  expect(said).toMatch(new RegExp(`^no DC/OS login as 'mlb-sa' at ${url}/login: .*ECONNREFUSED`));
  expect(said).not.toContain('s3cret');
});

test('the certificate of the login endpoint is verified, by the given CA, unless that is turned off', async () => {
  const names: { readonly type: 7; readonly ip: string }[] = [{ type: 7, ip: '127.0.0.1' }];
  const pems = await generate([{ name: 'commonName', value: 'master' }], {
    keySize: 2048,
    extensions: [{ name: 'subjectAltName', altNames: names }],
  });
  const iam = await makeIam({ key: pems.private, cert: pems.cert });
  expect(await failureOf(authOf(iam)(signal))).toMatch(/: no TLS connection, .*\(DEPTH_ZERO_SELF_SIGNED_CERT\); --marathon-ca-cert names/);
  expect(iam.logins).toEqual([]);
  expect(await authOf(iam, { ca: pems.cert })(signal)).toEqual(iam.headers(0));
  expect(await authOf(iam, { insecure: true })(signal)).toEqual(iam.headers(1));
});

const fields = { scheme: 'RS256', uid: 'mlb-sa', login_endpoint: 'https://master/acs/api/v1/auth/login', private_key: KEY };
const keyWanted = 'the "private_key" of the DC/OS credentials must be the PEM text of an RSA key of at least 2048 bits';
const other = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const small = generateKeyPairSync('rsa', { modulusLength: 1024 });
const locked = pair.privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' }) as string;
const openKey = pair.publicKey.export({ type: 'spki', format: 'pem' }) as string;
const jsonWanted = /^the DC\/OS credentials must be a JSON object with "scheme", "uid", "login_endpoint" and "private_key"$/;
const endpointWanted = /^the "login_endpoint" of the DC\/OS credentials must look like https:/;

const wrong: readonly (readonly [string, string | object, string | RegExp])[] = [
  ['nothing', '', jsonWanted],
  ['the key alone', KEY, jsonWanted],
  ['half of the JSON', JSON.stringify(fields).slice(0, -9), jsonWanted],
  ['null', 'null', jsonWanted],
  ['a list', [fields], jsonWanted],
  ['a text', '"x"', jsonWanted],
  ['no scheme', { ...fields, scheme: undefined }, 'the DC/OS credentials have no "scheme"'],
  ['another scheme', { ...fields, scheme: 'HS256' }, 'the "scheme" of the DC/OS credentials must be "RS256"'],
  ['no uid', { ...fields, uid: undefined }, 'the DC/OS credentials have no "uid"'],
  ['null as uid', { ...fields, uid: null }, 'the DC/OS credentials have no "uid"'],
  ['a number as uid', { ...fields, uid: 7 }, 'the "uid" of the DC/OS credentials must be a text that is not empty'],
  ['an empty uid', { ...fields, uid: ' ' }, 'the "uid" of the DC/OS credentials must be a text that is not empty'],
  ['no endpoint', { ...fields, login_endpoint: undefined }, 'the DC/OS credentials have no "login_endpoint"'],
  ['a path as endpoint', { ...fields, login_endpoint: '/acs/api/v1/auth/login' }, endpointWanted],
  ['another protocol', { ...fields, login_endpoint: 'ftp://master/login' }, endpointWanted],
  ['no URL', { ...fields, login_endpoint: 'https://[' }, endpointWanted],
  ['the key as endpoint', { ...fields, login_endpoint: KEY }, endpointWanted],
  ['no key', { ...fields, private_key: undefined }, 'the DC/OS credentials have no "private_key"'],
  ['a list as key', { ...fields, private_key: [KEY] }, 'the "private_key" of the DC/OS credentials must be a text that is not empty'],
  ['half of the key', { ...fields, private_key: KEY.slice(0, 400) }, `${keyWanted}, without a passphrase`],
  ['a locked key', { ...fields, private_key: locked }, `${keyWanted}, without a passphrase`],
  ['the public key', { ...fields, private_key: openKey }, `${keyWanted}, without a passphrase`],
  ['a key of another kind', { ...fields, private_key: pkcs8(other.privateKey) }, `${keyWanted}, but is a different kind of key`],
  ['a short key', { ...fields, private_key: pkcs8(small.privateKey) }, `${keyWanted}, but has 1024`],
];

test.each(wrong)('%s: the field is named, the key is not told', async (_, given, message) => {
  const credentials = typeof given === 'string' ? given : JSON.stringify(given);
  const said = await failureOf(Promise.resolve().then(() => dcosAuth({ credentials, now })));
  if (typeof message === 'string') expect(said).toBe(message);
  else expect(said).toMatch(message);
});

/** A Marathon that takes the tokens of an IAM, but none before the nth. */
async function marathonOf(iam: Iam, first: number): Promise<Awaited<ReturnType<typeof serve>>> {
  return serve((request, response) => {
    const taken = iam.logins.some((_, n) => n >= first && request.headers.authorization === iam.headers(n)['authorization']);
    if (!taken) response.writeHead(401, { 'www-authenticate': 'acsjwt', 'content-type': 'text/html' }).end('<html>');
    else if (request.url?.startsWith('/v2/events')) response.writeHead(200, { 'content-type': 'text/event-stream' }).end(':\n\n');
    else json200({ apps: [{ id: '/a' }] })(response);
  });
}

function clientOf(url: string, auth: Auth): Client {
  const made = makeClient({ urls: [url], auth, now });
  clients.push(made);
  return made;
}
const idsOf = async (client: Client): Promise<readonly unknown[]> =>
  (await client.readApps((text) => (JSON.parse(text) as { id: string }).id, signal)).answer;

test('a Marathon gets the token', async () => {
  const iam = await makeIam();
  const { url, asked } = await marathonOf(iam, 0);
  const client = clientOf(url, authOf(iam));
  expect(await idsOf(client)).toEqual(['/a']);
  expect(await idsOf(client)).toEqual(['/a']);
  expect([asked.length, iam.logins.length]).toEqual([2, 1]);
});

test('a token that Marathon does not take is followed by one fresh login', async () => {
  const iam = await makeIam();
  const { url, asked } = await marathonOf(iam, 1);
  const client = clientOf(url, authOf(iam));
  expect(await idsOf(client)).toEqual(['/a']);
  expect(await idsOf(client)).toEqual(['/a']);
  expect(asked.map(({ headers }) => headers['authorization'])).toEqual([0, 1, 1].map((n) => iam.headers(n)['authorization']));
  expect(iam.logins).toHaveLength(2);
});

test('a second 401 is a failure that names the flag', async () => {
  const iam = await makeIam();
  const { url, asked } = await marathonOf(iam, 9);
  expect(await failureOf(idsOf(clientOf(url, authOf(iam))))).toBe(
    `Marathon's apps could not be read: ${url}: answered HTTP 401: it does not accept the credentials of --dcos-auth-credentials`,
  );
  expect([asked.length, iam.logins.length]).toEqual([2, 2]);
});

test('a fresh login that fails is the failure', async () => {
  const iam = await makeIam();
  const { url, asked } = await marathonOf(iam, 9);
  const auth = authOf(iam);
  await auth(signal);
  iam.answers.push((response) => response.writeHead(503).end());
  expect(await failureOf(idsOf(clientOf(url, auth)))).toBe(
    `Marathon's apps could not be read: ${url}: no DC/OS login as 'mlb-sa' at ${iam.endpoint}: answered HTTP 503`,
  );
  expect(asked).toHaveLength(1);
});

test('many refused at once make one fresh login', async () => {
  const iam = await makeIam();
  const { url } = await marathonOf(iam, 1);
  const client = clientOf(url, authOf(iam));
  expect(await Promise.all([idsOf(client), idsOf(client), idsOf(client)])).toEqual([['/a'], ['/a'], ['/a']]);
  expect(iam.logins).toHaveLength(2);
});

test('a refusal of the old token leaves the newer one', async () => {
  const iam = await makeIam();
  const auth = authOf(iam);
  const old = await auth(signal);
  auth.forget?.(old);
  expect(await auth(signal)).toEqual(iam.headers(1));
  auth.forget?.(old);
  expect(await auth(signal)).toEqual(iam.headers(1));
});

test('a leader that refuses the token is asked again, through the host that names it', async () => {
  const iam = await makeIam();
  const leader = await marathonOf(iam, 1);
  const standby = await serve((request, response) => response.writeHead(302, { location: `${leader.url}${request.url}` }).end());
  expect(await idsOf(clientOf(standby.url, authOf(iam)))).toEqual(['/a']);
  const tokens = [0, 1].map((n) => iam.headers(n)['authorization']);
  for (const { asked } of [standby, leader]) expect(asked.map(({ headers }) => headers['authorization'])).toEqual(tokens);
});

test('an event stream attaches with a fresh login, too', async () => {
  const iam = await makeIam();
  const { url } = await marathonOf(iam, 1);
  const attached: string[] = [];
  const { get } = clientOf(url, authOf(iam));
  const attempt = {
    get,
    url,
    types: [],
    signal,
    log: recordLog().log,
    onAttached: () => attached.push('attached'),
    onEvent: () => undefined,
  };
  await expect(openStream(attempt)).rejects.toThrow('closed the event stream');
  expect(attached).toEqual(['attached']);
  expect(iam.logins).toHaveLength(2);
});

test('basic credentials are not tried twice, and their flag is named', async () => {
  const { url, asked } = await serve((_, response) => response.writeHead(401).end());
  const auth = basicAuth('me:s3cret', '--marathon-auth-credential-file');
  await expect(idsOf(clientOf(url, auth))).rejects.toThrow(
    `${url}: answered HTTP 401: it does not accept the credentials of --marathon-auth-credential-file`,
  );
  expect(asked).toHaveLength(1);
});
