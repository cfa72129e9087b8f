import { afterEach, expect, test } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openMarathon } from '../../src/daemon/open-marathon.ts';
import { defaultSettings, type Settings } from '../../src/options/options.ts';
import { closeServers, serve } from '../source/server.ts';

const made: string[] = [];
afterEach(async () => {
  await closeServers();
  for (const folder of made.splice(0)) await rm(folder, { recursive: true, force: true });
});

/** The user and password that Marathon is asked with, or why it can't be asked. */
async function sent(settings: Partial<Settings>, env: Readonly<Record<string, string>> = {}): Promise<string | undefined> {
  const { url, asked } = await serve((_, response) => response.setHeader('content-type', 'application/json').end('{"apps":[]}'));
  const client = await openMarathon({ ...defaultSettings(), marathon: [url], ...settings }, env);
  const answer = await client.get({
    base: url,
    path: '/v2/apps',
    headers: {},
    headMs: 5000,
    silenceMs: 5000,
    signal: new AbortController().signal,
  });
  answer.body.resume();
  await client.close();
  const [, words] = String(asked[0]?.headers['authorization'] ?? '').split(' ');
  return words === undefined ? undefined : Buffer.from(words, 'base64').toString();
}

async function fileWith(text: string): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'auth-'));
  made.push(folder);
  await writeFile(path.join(folder, 'auth'), text);
  return path.join(folder, 'auth');
}

const DCOS = '{"uid":"me"}'; // is refused where it is looked at
const MARATHON = { MARATHON_USER: 'env', MARATHON_PASSWORD: 'p:w' };

async function vault(): Promise<Readonly<Record<string, string>>> {
  const { url } = await serve((_, response) => response.end('{"data":{"user":"vault","pass":"pw"}}'));
  return { VAULT_TOKEN: 't', VAULT_URL: url, VAULT_MARATHON_PATH: '/marathon' };
}

test('the file comes before --auth-credentials, those before DC/OS, as in marathon-lb', async () => {
  const file = await fileWith('file:pw\n');
  const given = { authCredentials: 'flag:pw', dcosAuthCredentials: DCOS };
  await expect(sent({ marathonAuthCredentialFile: file, ...given })).resolves.toBe('file:pw');
  await expect(sent(given)).resolves.toBe('flag:pw');
  await expect(sent({ dcosAuthCredentials: DCOS }, MARATHON)).rejects.toThrow('DC/OS');
});

test('the environment comes behind all flags, Vault last', async () => {
  await expect(sent({ authCredentials: 'flag:pw' }, { ...MARATHON, ...(await vault()) })).resolves.toBe('flag:pw');
  await expect(sent({}, { ...MARATHON, ...(await vault()) })).resolves.toBe('env:p:w');
  await expect(sent({}, { MARATHON_USER: '', ...(await vault()) })).resolves.toBe('vault:pw');
  await expect(sent({}, { VAULT_TOKEN: 'of somebody else' })).resolves.toBeUndefined();
});

test.each([['me:pw'], ['me:pw\n'], ['me:pw\r\n'], ['me:pw\n# the load balancer\n']])(
  'of the file %j its first line counts',
  async (text) => {
    await expect(sent({ marathonAuthCredentialFile: await fileWith(text) })).resolves.toBe('me:pw');
  },
);
