import { readFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { bindsOf, firstTaken } from './apply/binds.ts';
import { askVersion, checkConfig, type Verdict } from './apply/check.ts';
import { makeCommand } from './apply/command.ts';
import { demandOf, limit, tooFew } from './apply/descriptors.ts';
import { drive, type Drive, type Haproxy } from './apply/drive.ts';
import { FilesOnDisk } from './apply/files.ts';
import { listenersOf } from './apply/listeners.ts';
import { makeProcess, type OwnProcess } from './apply/process.ts';
import { describeRefusal } from './apply/refusal.ts';
import { foldersOfHead } from './haproxy/template-rules.ts';
import { plan } from './haproxy/plan.ts';
import { OLDEST_RELEASE, readRelease } from './haproxy/release.ts';
import { makeBackoff } from './lib/backoff.ts';
import { usableCores } from './lib/cores.ts';
import { makeFolder } from './lib/folders.ts';
import type { Logger } from './lib/logger.ts';
import { quiet } from './lib/runs.ts';
import { sentence } from './lib/sentence.ts';
import type { Reason } from './model/document.ts';
import type { News } from './model/news.ts';
import type { Release } from './model/release.ts';
import type { Settings } from './options.ts';
import { basicAuth, noAuth, type Auth } from './source/auth.ts';
import { makeClient, type Client } from './source/client.ts';
import { makeHosts } from './source/hosts.ts';
import { makeReader, type Reader, type Sleep } from './source/reader.ts';
import { makeFullRead } from './source/source.ts';
import { decodeApp } from './snapshot/decode.ts';

/** What the parts of a run share. */
export interface Surroundings {
  readonly settings: Settings;
  readonly log: Logger;
  readonly tell: (news: News) => void;
  readonly signal: AbortSignal;
}

export const sleep: Sleep = (ms, signal) => setTimeout(ms, undefined, { signal });

type Environment = Readonly<Record<string, string | undefined>>;

/** The client of the Marathon that the flags name. Rejects with a sentence when a file they name can't be read. */
export async function openMarathon(settings: Settings, env: Environment): Promise<Client> {
  const { marathon: urls, marathonCaCert, insecure } = settings;
  const ca = marathonCaCert === undefined ? undefined : await readNamed('--marathon-ca-cert', marathonCaCert);
  return makeClient({ urls, auth: await chooseAuth({ settings, env, ca }), ca, insecure });
}

interface AuthParts {
  readonly settings: Settings;
  readonly env: Environment;
  readonly ca: string | undefined;
}

/** DC/OS before basic auth, flags before the environment. */
async function chooseAuth({ settings, env, ca }: AuthParts): Promise<Auth> {
  const { dcosAuthCredentials: dcos, authCredentials, marathonAuthCredentialFile: file, insecure } = settings;
  if (dcos !== undefined) {
    const { dcosAuth } = await import('./source/dcos.ts'); // with its JWT library it takes its time to load
    return dcosAuth({ credentials: dcos, ca, insecure });
  }
  if (authCredentials !== undefined) return basicAuth(authCredentials);
  if (file !== undefined)
    return basicAuth((await readNamed('--marathon-auth-credential-file', file)).trim(), '--marathon-auth-credential-file');
  const { MARATHON_USER: user, MARATHON_PASSWORD: password } = env;
  return user === undefined || user === '' ? noAuth : basicAuth(`${user}:${password ?? ''}`, 'MARATHON_USER and MARATHON_PASSWORD');
}

async function readNamed(flag: string, file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new Error(`the file of ${flag} can't be read: ${sentence(error)}`, { cause: error });
  }
}

/** Full reads of Marathon, told as News; agents known by name get their addresses. */
export function openReader(
  client: Client,
  { settings, log, tell, signal }: Surroundings,
): { readonly read: (signal: AbortSignal) => Promise<void>; readonly reader: Reader } {
  const hosts = makeHosts({
    unresolved: (name, error) => {
      log.warn({ host: name, reason: sentence(error) }, 'the name of an agent does not resolve, its tasks are left out');
    },
  });
  const read = makeFullRead({
    readApps: client.readApps,
    decode: (json) => decodeApp(json, settings.health),
    complete: hosts,
    tell,
    now: Date.now,
    log,
  });
  const backoff = makeBackoff({ first: 1_000, most: 10_000, random: Math.random });
  return { read, reader: makeReader({ read, backoff, sleep, log, signal }) };
}

/** What `haproxy -v` says; where HAProxy need not be here (`--dry`, a command elsewhere) the oldest supported one is assumed. */
export async function findRelease({ haproxyBin, dry, skipValidation, command }: Settings): Promise<Release> {
  try {
    const said = await askVersion(haproxyBin);
    const release = readRelease(said);
    if (release === undefined) throw new Error(`'${haproxyBin} -v' answers '${said.split('\n')[0] ?? ''}', which names no version`);
    return release;
  } catch (error) {
    if (dry || (skipValidation && command !== undefined)) return OLDEST_RELEASE;
    throw error;
  }
}

/** HAProxy as the flags want it reached. `own`: the process, when it is ours. */
export interface Reached {
  readonly haproxy: Haproxy;
  readonly applied: () => Promise<string | undefined>;
  readonly revive: () => Promise<boolean>;
  readonly own: OwnProcess | undefined;
  readonly files: FilesOnDisk;
}

export function reach({ settings, log, tell }: Pick<Surroundings, 'settings' | 'log' | 'tell'>): Reached {
  const { haproxyConfig: config, stateDir, archiveVersions, skipValidation, haproxyBin: bin, runDir, command } = settings;
  const ask = async (file: string): Promise<Verdict> => {
    await tellRelease(settings, tell); // a package may have been upgraded: what it does not take any more is then written anew
    return checkConfig(bin, file);
  };
  const check = skipValidation ? undefined : ask;
  const files = new FilesOnDisk({ config, stateDir, archiveVersions, check, now: () => new Date() });
  const fingerprint = () => files.fingerprint();
  if (command !== undefined) {
    const haproxy = makeCommand({ command, runDir, fingerprint, log });
    return { haproxy, applied: () => haproxy.applied(), revive: () => Promise.resolve(false), own: undefined, files };
  }
  const own = makeProcess({ bin, runDir, config, fingerprint, log });
  const haproxy: Haproxy = {
    ...own,
    async reload(reasons) {
      await requireRoom(config, own);
      await own.reload(reasons);
    },
  };
  return { haproxy, applied: () => own.applied(), revive: () => revive(own), own, files };
}

/** The HAProxy on the disk is the one that reads the next configuration, whatever runs now. */
async function tellRelease(settings: Settings, tell: Surroundings['tell']): Promise<void> {
  tell({ kind: 'release', at: Date.now(), release: await findRelease(settings) });
}

/** A worker that dies at its start takes all of HAProxy with it, the worker before included [haproxy: exit-on-failure]. */
async function revive(own: OwnProcess): Promise<boolean> {
  if ((await own.adopt()) !== undefined) return false;
  await own.reload([{ code: 'not-loaded', subject: 'haproxy', detail: 'the reload has ended it, it is started with the files before' }]);
  return true;
}

/**
 * What `haproxy -c` does not see: a port that another process has, an address that is not this machine's, too few descriptors. A reload in
 * which one bind fails stops all listeners for two seconds, so it is not tried.
 */
async function requireRoom(config: string, own: OwnProcess): Promise<void> {
  const text = await readFile(config, 'utf8');
  for (const folder of foldersOfHead(text)) await makeFolder(folder);
  const demand = demandOf(text, usableCores());
  const few = demand === undefined ? undefined : tooFew(demand, await limit());
  if (few !== undefined) throw new Error(few);
  const serving = await own.adopt();
  const taken = await firstTaken(bindsOf(text), serving === undefined ? [] : await listenersOf(serving.worker));
  if (taken !== undefined) throw new Error(taken);
}

/** The two lanes of applying, with the words for the log. */
export function openDrive({ haproxy, applied, revive, files }: Reached, { settings, log, tell, signal }: Surroundings): Drive {
  const backoff = makeBackoff({ first: 1_000, most: 30_000, random: Math.random });
  return drive({
    haproxy,
    applied,
    revive,
    files,
    plan,
    quiet: (work) =>
      quiet({
        work,
        ...waitsOf(settings),
        backoff,
        signal,
        failed: (error, nextMs) => {
          if (settings.once) return; // the pass ends with it, and its reason goes to stderr
          log.error({ reason: sentence(error), againInMs: Math.round(nextMs) }, 'HAProxy could not be brought there, it is tried again');
        },
      }),
    judged: (verdict, document) => {
      tell(
        verdict.ok
          ? { kind: 'accepted', at: Date.now() }
          : { kind: 'refused', at: Date.now(), problems: describeRefusal(verdict.lines, document) },
      );
    },
    reloaded: (reasons, ms) => {
      log.info({ reasons: describeReasons(reasons), ms: Math.round(ms) }, 'HAProxy has loaded the configuration');
    },
    ended: (error) => {
      log.error({ reason: sentence(error) }, 'the reload has ended HAProxy, it was started again with the files before');
    },
    signal,
    now: () => performance.now(),
  });
}

/** One pass has nothing to wait for. */
function waitsOf({ once, reloadQuiet, reloadMaxWait, reloadMinInterval }: Settings) {
  return once ? { quietMs: 0, mostMs: 0, apartMs: 0 } : { quietMs: reloadQuiet, mostMs: reloadMaxWait, apartMs: reloadMinInterval };
}

/** The first few, in words: 'server-added shop_10004: 10_0_0_1_31001'. */
export function describeReasons(reasons: readonly Reason[]): readonly string[] {
  const words = reasons.slice(0, 5).map(({ code, subject, detail }) => `${code} ${subject}${detail === '' ? '' : `: ${detail}`}`);
  return reasons.length > 5 ? [...words, `and ${reasons.length - 5} more`] : words;
}
