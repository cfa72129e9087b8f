import { afterEach, expect, test } from '@jest/globals';
import type { ServerResponse } from 'node:http';
import { Agent } from 'undici';
import { makeGet } from '../../src/source/http-get.ts';
import { readVaultSettings, vaultAuth } from '../../src/source/vault.ts';
import { closeServers, refusedUrl, serve } from './server.ts';

afterEach(closeServers);

const { signal } = new AbortController();
const TOKEN = 's.0123456789';
const basic = (words: string) => ({ authorization: `Basic ${Buffer.from(words).toString('base64')}` });

/** A Vault that answers this, or these in turn. */
async function makeVault(...answers: readonly (object | string | number)[]) {
  const left = [...answers];
  const { url, asked } = await serve((_, response: ServerResponse) => {
    const answer = left.length > 1 ? left.shift() : left[0];
    const [status, body] = typeof answer === 'number' ? [answer, { errors: [] }] : [200, answer];
    response.writeHead(status, { 'content-type': 'application/json' }).end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  return { auth: vaultAuth({ url: new URL(`${url}/v1/secret/marathon`), token: TOKEN }), url, asked };
}

test.each([
  [{ data: { user: 'balancer', pass: 'a:b' } }],
  [{ data: { user: 'balancer', password: 'a:b' } }],
  [{ data: { data: { user: 'balancer', pass: 'a:b' }, metadata: { version: 2 } } }],
])('user and password in %j', async (secret) => {
  const { auth, asked } = await makeVault(secret);
  await expect(auth(signal)).resolves.toEqual(basic('balancer:a:b'));
  expect(asked).toMatchObject([{ url: '/v1/secret/marathon', headers: { 'x-vault-token': TOKEN } }]);
});

test('are read when they are needed, and once', async () => {
  const { auth, asked } = await makeVault({ data: { user: 'me', pass: '1' } });
  expect(asked).toHaveLength(0);
  await auth(signal);
  await auth(signal);
  expect(asked).toHaveLength(1);
});

test('are read again when Marathon does not take them any more', async () => {
  const { auth } = await makeVault({ data: { user: 'me', pass: 'old' } }, { data: { user: 'me', pass: 'new' } });
  const marathon = await serve(({ headers }, response) => {
    response.statusCode = headers.authorization === basic('me:new').authorization ? 200 : 401;
    response.end();
  });
  const agent = new Agent();
  const get = makeGet({ agent, auth, mayTrust: () => false, connectMs: 1000 });
  const { status } = await get({ base: marathon.url, path: '/v2/apps', headers: {}, headMs: 1000, silenceMs: 1000, signal });
  await agent.destroy();
  expect(status).toBe(200);
});

test.each<[object | string | number, string]>([
  [403, 'answered HTTP 403: VAULT_TOKEN may not read this'],
  [404, 'answered HTTP 404'],
  [307, 'answered HTTP 307'],
  ['no JSON: s3cret', "without the texts 'user' and 'pass'"],
  [{ data: { user: 'me' } }, "without the texts 'user' and 'pass'"],
  [{ data: { username: 'me', pass: 's3cret' } }, "without the texts 'user' and 'pass'"],
])('%j is a failure that tells where, and no secret; the next time is a fresh try', async (answer, words) => {
  const { auth, url } = await makeVault(answer, { data: { user: 'me', pass: 'good' } });
  const message = await Promise.resolve(auth(signal)).catch((error: unknown) => (error as Error).message);
  expect(message).toContain(`no credentials of Marathon from Vault at ${url}/v1/secret/marathon: `);
  expect(message).toContain(words);
  expect(message).not.toMatch(/s3cret|s\.0123/);
  await expect(auth(signal)).resolves.toEqual(basic('me:good'));
});

test('nobody there, or nobody who answers', async () => {
  const gone = vaultAuth({ url: new URL(await refusedUrl()), token: TOKEN });
  await expect(gone(signal)).rejects.toThrow('ECONNREFUSED');
  const silent = await serve(() => undefined);
  const slow = vaultAuth({ url: new URL(silent.url), token: TOKEN, deadlineMs: 50 });
  await expect(slow(signal)).rejects.toThrow('no credentials of Marathon from Vault');
});

test.each<[Readonly<Record<string, string>>, string | undefined]>([
  [{}, undefined],
  [{ VAULT_TOKEN: TOKEN }, undefined],
  [{ VAULT_TOKEN: TOKEN, VAULT_URL: 'https://vault:8200/v1', VAULT_MARATHON_PATH: '' }, undefined],
  [{ VAULT_URL: 'https://vault:8200/v1', VAULT_MARATHON_PATH: '/secret/marathon' }, undefined],
  [
    { VAULT_TOKEN: TOKEN, VAULT_URL: 'https://vault:8200/v1', VAULT_MARATHON_PATH: '/secret/marathon' },
    'https://vault:8200/v1/secret/marathon',
  ],
  [
    { VAULT_TOKEN: TOKEN, VAULT_URL: 'https://vault:8200/v1/', VAULT_MARATHON_PATH: 'secret/marathon' },
    'https://vault:8200/v1/secret/marathon',
  ],
  [{ VAULT_TOKEN: TOKEN, VAULT_HOST: 'vault', VAULT_PORT: '8200', VAULT_PATH: '/v1/secret/x' }, 'https://vault:8200/v1/secret/x'],
  [{ VAULT_TOKEN: TOKEN, VAULT_HOST: 'vault', VAULT_PORT: '8200' }, undefined],
])('%j', (env, address) => {
  const settings = readVaultSettings(env);
  expect(settings?.url.href).toBe(address);
  expect(settings?.token).toBe(address === undefined ? undefined : TOKEN);
});

test('variables that make no address are refused', () => {
  expect(() => readVaultSettings({ VAULT_TOKEN: TOKEN, VAULT_URL: 'vault:8200', VAULT_MARATHON_PATH: '/x' })).toThrow('VAULT_URL');
});
