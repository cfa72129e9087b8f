import { readFile } from 'node:fs/promises';
import { makeBackoff } from '../lib/backoff.ts';
import { machineTime, now, sleep } from '../lib/clock.ts';
import type { Environment } from '../lib/environment.ts';
import { inTime } from '../lib/deadline.ts';
import { sentence } from '../lib/sentence.ts';
import { readSetting } from '../lib/usage-error.ts';
import type { Settings } from '../options/options.ts';
import { decodeApp, decodePod, unpackPorts } from '../snapshot/decode.ts';
import { EVENT_TYPES, readEvent } from '../snapshot/events.ts';
import { basicAuth, noAuth, type Auth } from '../source/auth.ts';
import { makeClient, type Client } from '../source/client.ts';
import type { RequestMeter } from '../source/metered.ts';
import { makeHosts } from '../source/hosts.ts';
import { makePodReads } from '../source/pods.ts';
import { makeReadScheduler, type ReadScheduler } from '../source/read-scheduler.ts';
import { makeAppRead, makeFullRead, type Complete, type Decode } from '../source/read-to-news.ts';
import { follow, poll, type Source } from '../source/source.ts';
import { openStream } from '../source/stream.ts';
import { readVaultSettings, vaultAuth } from '../source/vault.ts';
import { makeUnreadAlarm } from '../source/unread-alarm.ts';
import { makeVersions } from '../source/versions.ts';
import type { Surroundings } from './surroundings.ts';

/** The client for the Marathon that the flags name. Rejects with a UsageError when credentials are wrong, else when a file of a flag can't be read. */
export async function openMarathon(settings: Settings, env: Environment, meter?: RequestMeter): Promise<Client> {
  const { marathon: urls, marathonLeaderHosts: leaderHosts, marathonCaCert, insecure } = settings;
  const ca = marathonCaCert === undefined ? undefined : await readAuthorities(marathonCaCert);
  return makeClient({ now, urls, leaderHosts, auth: await chooseAuth({ settings, env, ca }), ca, insecure, meter });
}

interface AuthParts {
  readonly settings: Settings;
  readonly env: Environment;
  readonly ca: string | undefined;
}

/**
 * Chooses the credentials in marathon-lb's order: the file, --auth-credentials, DC/OS; then what only marathon-lb's container knew: the environment
 * and Vault.
 */
async function chooseAuth({ settings, env, ca }: AuthParts): Promise<Auth> {
  const { dcosAuthCredentials: dcos, authCredentials, marathonAuthCredentialFile: file, insecure } = settings;
  if (file !== undefined)
    return basicAuth(firstLine(await readNamed('--marathon-auth-credential-file', file)), '--marathon-auth-credential-file');
  if (authCredentials !== undefined) return readSetting('--auth-credentials', () => basicAuth(authCredentials));
  if (dcos !== undefined) {
    const { dcosAuth } = await import('../source/dcos.ts'); // the JWT library takes time to load
    return readSetting('--dcos-auth-credentials (DCOS_SERVICE_ACCOUNT_CREDENTIAL)', () =>
      dcosAuth({ credentials: dcos, ca, insecure, now: machineTime }),
    );
  }
  const { MARATHON_USER: user, MARATHON_PASSWORD: password } = env;
  if (user !== undefined && user !== '') {
    const from = 'MARATHON_USER and MARATHON_PASSWORD';
    return readSetting(from, () => basicAuth(`${user}:${password ?? ''}`, from));
  }
  const vault = readSetting('VAULT_TOKEN', () => readVaultSettings(env));
  return vault === undefined ? noAuth : vaultAuth({ ...vault, ca, insecure });
}

function firstLine(text: string): string {
  return text.split(/\r?\n/)[0] ?? '';
}

async function readAuthorities(file: string): Promise<string> {
  const text = await readNamed('--marathon-ca-cert', file);
  if (text.includes('-----BEGIN CERTIFICATE-----')) return text;
  throw new Error(`the file of --marathon-ca-cert, ${file}, holds no certificate in PEM`);
}

async function readNamed(flag: string, file: string): Promise<string> {
  try {
    return await inTime(readFile(file, 'utf8'), { ms: 10_000, what: `reading ${file}` });
  } catch (error) {
    throw new Error(`the file of ${flag} can't be read: ${sentence(error)}`, { cause: error });
  }
}

/** Reads of Marathon whose results are told as News. */
interface Reads {
  /** Reads everything once. */
  readonly readAll: (signal: AbortSignal) => Promise<void>;
  /** Opens the reader that decides what to read when. */
  readonly openReader: () => ReadScheduler;
}

/** Opens reads of Marathon. Agents known by name get their addresses, and tasks of an older version get that version's ports and checks. */
export function openReads(client: Client, { settings, log, tell, signal, now }: Omit<Surroundings, 'env' | 'drained'>): Reads {
  const hosts = makeHosts({
    now,
    unresolved: (name, error) => {
      log.warn({ host: name, reason: sentence(error) }, 'the name of an agent does not resolve; its tasks are left out');
    },
  });
  const decode: Decode = (json) => decodeApp(json, settings.health);
  const versions = makeVersions({ readVersion: client.readVersion, decode, unpack: unpackPorts, sleep, log });
  const complete: Complete = async (apps, reading) => versions(await hosts(apps, reading), reading);
  const parts = { decode, complete, tell, now, log };
  const unread = makeUnreadAlarm({
    tell: (since) => {
      tell({ kind: 'unread', at: now(), since });
    },
    now,
    sleep,
  });
  const pods = makePodReads({ ...client, decode, decodePod, log });
  const readAll = makeFullRead({ ...parts, readApps: client.readApps, unread, pods });
  const readApp = makeAppRead({ ...parts, readApp: ({ id, signal: until }) => pods.readOne(id, until) });
  const newBackoff = () => makeBackoff({ first: 1_000, most: 8_000, random: Math.random });
  return { readAll, openReader: () => makeReadScheduler({ readAll, readApp, newBackoff, now, sleep, log, signal }) };
}

/** Opens the source of News: the event stream with reads when something happens, polling, or reads only when asked. */
export function openSource(client: Client, surroundings: Surroundings, following: boolean): Source {
  const { settings, log, tell, signal, now } = surroundings;
  const reader = openReads(client, surroundings).openReader();
  if (!following) return onlyWhenAsked(reader);
  if (settings.poll !== undefined) return poll({ reader, everyMs: settings.poll * 1000, sleep, signal });
  const silenceMs = settings.streamTimeout * 1000;
  return follow({
    urls: client.urls,
    open: (attempt) => openStream({ get: client.get, types: EVENT_TYPES, log, silenceMs, ...attempt }),
    readEvent,
    tell,
    now,
    reader,
    backoff: makeBackoff({ first: 500, most: 15_000, random: Math.random }),
    resyncMs: settings.resyncInterval * 1000,
    sleep,
    log,
    signal,
  });
}

function onlyWhenAsked(reader: ReadScheduler): Source {
  return {
    resync: (reason) => reader.read(reason),
    stream: () => ({ attached: false, why: 'Marathon is read only when asked' }),
    heard: () => [],
    ended: Promise.resolve(),
  };
}
