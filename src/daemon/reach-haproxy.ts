import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { makeOwnAgain } from '../certificates/choose.ts';
import { readForHaproxy } from '../certificates/pem-file.ts';
import { FilesOnDisk } from '../drive/files.ts';
import { foldersOfHead } from '../haproxy/template-rules.ts';
import type { Environment } from '../lib/environment.ts';
import { makeFolder } from '../lib/folders.ts';
import { sentence } from '../lib/sentence.ts';
import type { Haproxy, Verdict } from '../model/haproxy.ts';
import type { Settings } from '../options/options.ts';
import { revive, withChecksBeforeReload } from '../process/before-reload.ts';
import { capabilitiesOf, capabilitiesOfProcess } from '../process/capabilities.ts';
import { checkConfig } from '../process/check-config.ts';
import { limit } from '../process/descriptors.ts';
import { environmentOf } from '../process/haproxy-environment.ts';
import { makeProcess, makeSystemService, type MasterWorker, type OwnProcess } from '../process/process.ts';
import { makeCommand } from '../process/reload-by-command.ts';
import { findRelease } from './find-release.ts';
import type { Surroundings } from './surroundings.ts';

/** The means to reach HAProxy, as the flags say. */
export interface Reached {
  readonly haproxy: Haproxy;
  readonly applied: () => Promise<string | undefined>;
  /** Rejects with a sentence when a service's HAProxy can't be given a configuration now. */
  readonly ready?: () => Promise<void>;
  readonly revive: () => Promise<boolean>;
  /** Starts our HAProxy with the files in place, if it does not run. Returns whether it was started; a failure is logged. `spawned` is called when its process runs. */
  readonly serveAtOnce?: (spawned?: () => void) => Promise<boolean>;
  /** The HAProxy that can be watched; undefined when it is reloaded by --command. */
  readonly master: MasterWorker | undefined;
  /** The process when it is ours, which may end with the daemon. */
  readonly own: OwnProcess | undefined;
  readonly files: FilesOnDisk;
  /** The Linux capabilities that HAProxy has when it is started or reloaded, as a bit mask. */
  readonly capable: () => Promise<bigint>;
  /** How many file descriptors HAProxy may have. */
  readonly most: () => Promise<number>;
}

type Given = Surroundings & { readonly env: Environment };

/** Prepares to reach HAProxy: our own process, one that a service runs, or one that --command reloads. Nothing is started yet. */
export function reach(given: Given): Reached {
  const { settings, log, now, env: all } = given;
  const { haproxyConfig: config, stateDir, haproxyBin: bin, runDir } = settings;
  const env = environmentOf(all, settings.haproxyEnv);
  const files = openFiles(given, env);
  const fingerprint = (): Promise<string> => files.fingerprint();
  const shared = { runDir, fingerprint, log, now, readPem: readForHaproxy };
  const capable = () => capabilitiesOf(bin, env);
  const ours = { files, capable, most: () => limit() };
  const never = () => Promise.resolve(false);
  if (settings.command !== undefined) {
    const { command, haproxySocket: socket } = settings;
    const haproxy = makeCommand({ ...shared, command, socket, mapFolder: mapFolderOf(settings), env });
    return { haproxy, applied: () => haproxy.applied(), revive: never, master: undefined, own: undefined, ...ours };
  }
  const prepare = makePrepare(settings);
  if (settings.haproxyMasterSocket !== undefined) {
    const sockets = { master: settings.haproxyMasterSocket, worker: settings.haproxySocket };
    const master = makeSystemService({ ...shared, stateDir, config, sockets });
    const its = rightsOf(master);
    const haproxy = withChecksBeforeReload(master, { config, prepare, ...its });
    return { haproxy, applied: () => master.applied(), ready: () => master.ready(), revive: never, master, own: undefined, files, ...its };
  }
  const own = makeProcess({ ...shared, bin, stateDir, config, env, holdsListeners: settings.holdListeners && !settings.once });
  const haproxy = withChecksBeforeReload(own, { config, prepare, ...ours });
  return {
    haproxy,
    applied: () => own.applied(),
    revive: () => revive(own),
    serveAtOnce: serving(own, haproxy, log),
    master: own,
    own,
    ...ours,
  };
}

/** Makes `serveAtOnce`. A HAProxy that does not start, because a port is taken or a certificate is gone, is started later with a new configuration. */
function serving(own: OwnProcess, haproxy: Haproxy, log: Surroundings['log']): NonNullable<Reached['serveAtOnce']> {
  return async (spawned) => {
    try {
      if ((await own.pids()).length > 0) return false;
      await haproxy.reload([], { spawned });
      return true;
    } catch (error) {
      log.warn(
        { reason: sentence(error) },
        'HAProxy does not start with the files in place; the configuration is checked before it is started again',
      );
      return false;
    }
  };
}

/** What a service has given to the HAProxy that it runs; what this process has when none runs. */
function rightsOf(service: MasterWorker): Pick<Reached, 'capable' | 'most'> {
  const master = async (): Promise<number | undefined> => (await service.pids().catch(() => []))[0];
  return { capable: async () => capabilitiesOfProcess(await master()), most: async () => limit(await master()) };
}

/** Creates what a configuration refers to, if it is missing. */
function makePrepare({ stateDir }: Settings): (text: string) => Promise<void> {
  return async (text) => {
    await makeOwnAgain(text, stateDir);
    for (const folder of foldersOfHead(text)) await makeFolder(folder, 0o755); // for those who may use the stats sockets in it
  };
}

function openFiles({ settings, log, tell, signal, now, env: all }: Given, env: Environment): FilesOnDisk {
  const { haproxyConfig: config, stateDir, archiveVersions, skipValidation, haproxyBin: bin } = settings;
  const ask = async (file: string, deadlineMs?: number): Promise<Verdict> => {
    tell({ kind: 'release', at: now(), release: await findRelease(settings, all) }); // a package may have been upgraded: what it does not take any more is then written anew
    await makeOwnAgain(await readFile(file, 'utf8'), stateDir);
    return checkConfig(bin, file, { env, signal, deadlineMs });
  };
  return new FilesOnDisk({ config, stateDir, archiveVersions, check: skipValidation ? undefined : ask, now, log });
}

/** The folder as it appears in the rules that read the maps. */
export function mapFolderOf({ haproxyConfig }: Settings): string {
  return path.dirname(path.resolve(haproxyConfig));
}
