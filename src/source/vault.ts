import { rootCertificates } from 'node:tls';
import { Agent, request } from 'undici';
import { withDeadline } from '../lib/deadline.ts';
import type { Environment } from '../lib/environment.ts';
import { sentence } from '../lib/sentence.ts';
import { basicAuth, shown, type Auth, type Headers } from './auth.ts';
import { failure, refuseWebPage } from './http-get.ts';
import { withoutEnd } from '../lib/without-end.ts';

/** Where Vault keeps Marathon's user and password, and the token to read them. */
export interface VaultSettings {
  readonly url: URL;
  readonly token: string;
  /** PEM texts of CAs to trust beside Node's own. */
  readonly ca?: string | undefined;
  /** Accepts any certificate. */
  readonly insecure?: boolean;
  /** How long one read may take, in milliseconds. */
  readonly deadlineMs?: number;
}

/**
 * Reads the variables of marathon-lb's container: VAULT_TOKEN with VAULT_URL and VAULT_MARATHON_PATH, or with VAULT_HOST, VAULT_PORT and VAULT_PATH.
 * Returns undefined when one is missing, because VAULT_TOKEN alone may be meant for something else. Throws an Error when they do not form a URL.
 */
export function readVaultSettings(env: Environment): Pick<VaultSettings, 'url' | 'token'> | undefined {
  const { VAULT_TOKEN: token, VAULT_URL: base, VAULT_MARATHON_PATH: path, VAULT_HOST: host, VAULT_PORT: port, VAULT_PATH: oldPath } = env;
  const address = joined([base], path) ?? joined(['https://', host, ':', port], oldPath);
  if (isEmpty(token) || address === undefined) return undefined;
  if (!/^https?:/i.test(address) || !URL.canParse(address))
    throw new Error(
      "VAULT_URL and VAULT_MARATHON_PATH do not form a URL; wanted are 'https://vault:8200/v1' and '/secret/marathon', for example",
    );
  return { url: new URL(address), token };
}

function joined(parts: readonly (string | undefined)[], path: string | undefined): string | undefined {
  if (parts.some(isEmpty) || isEmpty(path)) return undefined;
  return `${withoutEnd(parts.join('').trim(), '/')}/${path.trim().replace(/^\/+/, '')}`;
}

function isEmpty(text: string | undefined): text is undefined {
  return text === undefined || text.trim() === '';
}

/** Basic auth with the user and password in Vault. They are read when first needed, and again when Marathon refuses them. */
export function vaultAuth(settings: VaultSettings): Auth {
  let kept: Headers | undefined;
  const headers = async (signal: AbortSignal): Promise<Headers> => (kept ??= await readHeaders(settings, signal));
  const forget = (refused: Headers): void => {
    if (kept?.['authorization'] === refused['authorization']) kept = undefined; // newer credentials may have come in the meantime
  };
  return Object.assign(headers, { from: 'VAULT_MARATHON_PATH', forget });
}

async function readHeaders(settings: VaultSettings, signal: AbortSignal): Promise<Headers> {
  try {
    const { user, password } = readSecret(await ask(settings, signal));
    return await basicAuth(`${user}:${password}`)(signal);
  } catch (error) {
    throw new Error(`no credentials of Marathon from Vault at ${shown(settings.url)}: ${sentence(error)}`, { cause: error });
  }
}

/** Returns the text of Vault's answer. The connection is not kept, because the next request is hours away. */
async function ask({ url, token, ca, insecure = false, deadlineMs = 10_000 }: VaultSettings, from: AbortSignal): Promise<string> {
  const trusted = ca === undefined ? {} : { ca: [...rootCertificates, ca] };
  const agent = new Agent({ connect: { timeout: deadlineMs, rejectUnauthorized: !insecure, ...trusted }, maxResponseSize: 2 ** 20 });
  const late = (): Error => new Error(`no whole answer within ${deadlineMs} ms`);
  try {
    return await withDeadline({ ms: deadlineMs, signal: from, late }, (signal) => exchange({ url, token, agent, deadlineMs, signal }));
  } finally {
    await agent.destroy();
  }
}

interface Exchange extends Pick<VaultSettings, 'url' | 'token'> {
  readonly agent: Agent;
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
}

async function exchange({ url, token, agent, deadlineMs, signal }: Exchange): Promise<string> {
  try {
    const options = { dispatcher: agent, headers: { 'x-vault-token': token.trim(), accept: 'application/json' }, signal } as const;
    const { statusCode: status, headers, body } = await request(url, options);
    body.on('error', () => undefined); // a body that is not read is destroyed with its agent
    if (status === 403) throw new Error('answered HTTP 403: VAULT_TOKEN may not read this');
    refuseWebPage({ status, headers }, 'JSON');
    if (status < 200 || status >= 300) throw new Error(`answered HTTP ${status}`);
    return await body.text();
  } catch (error) {
    throw failure(error, { connectMs: deadlineMs, headMs: deadlineMs, silenceMs: deadlineMs, signal });
  }
}

/** Reads `user` and `pass` (or `password`) under `data`, or under `data.data` if Vault keeps versions. No message quotes the answer. */
function readSecret(json: string): { readonly user: string; readonly password: string } {
  const data = fieldOf(parse(json), 'data');
  const secret = fieldOf(data, 'data') ?? data;
  const [user, password] = [fieldOf(secret, 'user'), fieldOf(secret, 'pass') ?? fieldOf(secret, 'password')];
  if (typeof user !== 'string' || typeof password !== 'string')
    throw new Error("answered without the texts 'user' and 'pass' (or 'password') under 'data'");
  return { user, password };
}

function fieldOf(value: unknown, name: string): unknown {
  return value !== null && typeof value === 'object' ? (value as Readonly<Record<string, unknown>>)[name] : undefined;
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
